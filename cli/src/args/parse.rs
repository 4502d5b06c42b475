//! Values of options from their text. Decides nothing.

use gleaner_scenarios::duration::Duration;
use gleaner_scenarios::names::{Word, parse};

/// A value chosen by a word.
pub(crate) fn word<T: Word>(text: &str) -> Result<T, String> {
    parse(text).map_err(|error| error.to_string())
}

/// A length of time.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    text.parse().map_err(|error: gleaner_scenarios::duration::DurationError| error.to_string())
}
