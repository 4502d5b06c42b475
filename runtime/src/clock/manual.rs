//! An emulator's clock that stands still until we turn it.

use std::sync::Mutex;

use gleaner_core::time::Timestamp;
use serde_json::json;

use crate::clock::emulator::{ClockError, EmulatorTime, timestamp};

/// An emulator's clock that stands still until we turn it.
#[derive(Debug)]
pub struct ManualClock {
    client: reqwest::Client,
    url: String,
    runtime: tokio::runtime::Handle,
    now: Mutex<Timestamp>,
}

impl ManualClock {
    /// The clock at `url`, which shows `now`; within the asynchronous runtime.
    pub(super) fn new(client: reqwest::Client, url: &str, now: Timestamp) -> ManualClock {
        let runtime = tokio::runtime::Handle::current();
        ManualClock { client, url: url.to_owned(), runtime, now: Mutex::new(now) }
    }

    /// Returns what it shows.
    pub(super) fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Turns it to `until`, by its own time, or to the first whole second at which something of ours
    /// changes.
    pub(super) fn turn(&self, until: Timestamp, on_change: bool) -> Result<(), ClockError> {
        let failed = |source| ClockError { url: self.url.clone(), source };
        let body = json!({ "until": until.seconds(), "on_change": on_change });
        let shown: EmulatorTime = self
            .runtime
            .block_on(async {
                let answer = self.client.post(&self.url).json(&body).send().await?;
                answer.error_for_status()?.json().await
            })
            .map_err(failed)?;
        *self.now.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = timestamp(shown.now);
        Ok(())
    }
}
