//! Values of options from their text. Decides nothing.

use std::fmt::Display;
use std::str::FromStr;

use gleaner_scenarios::duration::Duration;
use gleaner_scenarios::names::{Word, parse};
use gleaner_traces::open::FORMATS;
use gleaner_traces::samples::PREFIX;

/// A value chosen by a word.
pub(crate) fn word<T: Word>(text: &str) -> Result<T, String> {
    parse(text).map_err(|error| error.to_string())
}

/// Lists the words that may be chosen, for help.
pub(crate) fn words<T: Word>() -> String {
    any_of(&T::words())
}

fn any_of(words: &[&str]) -> String {
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Lists the formats of traces that are read, and says how one is named that needs no file, for help.
pub(crate) fn trace_formats() -> String {
    let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    format!("{}, plain or .gz; {PREFIX}NAME is one that comes with Gleaner", any_of(&names))
}

/// A value with parameters, such as `lognormal:4.1,2.5`.
pub(crate) fn law<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// A length of time.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    law(text)
}
