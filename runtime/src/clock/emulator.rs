//! What an emulator's clock shows, and how reading it fails. Must not know what is done with the time.

use gleaner_core::time::Timestamp;
use serde::Deserialize;

/// What an emulator's clock shows.
#[derive(Debug, Deserialize)]
pub(super) struct EmulatorTime {
    pub(super) now: f64,
    pub(super) mode: String,
    #[serde(default)]
    pub(super) speed: f64,
}

/// The emulator's clock does not answer as it should.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the clock at `{url}`")]
pub struct ClockError {
    pub(super) url: String,
    #[source]
    pub(super) source: reqwest::Error,
}

impl ClockError {
    /// Returns a hint: what to do about it.
    pub fn hint(&self) -> &'static str {
        "give the address that the emulator listens at, with `/_clock`"
    }

    /// Returns whether nobody answered there.
    pub fn is_unreachable(&self) -> bool {
        self.source.is_connect() || self.source.is_timeout()
    }
}

/// Returns a time of the core, which counts whole seconds.
pub(super) fn timestamp(seconds: f64) -> Timestamp {
    Timestamp::from_seconds(seconds.floor() as i64)
}
