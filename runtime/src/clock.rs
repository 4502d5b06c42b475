//! What time it is for the daemon: the machine's clock, or that of an emulator. The one place of the
//! runtime that asks.

use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use gleaner_core::time::Timestamp;
use serde::Deserialize;
use serde_json::json;

/// The longest wait at once, so that a clock that was set is noticed.
const WAIT_MAX: Duration = Duration::from_secs(3600);

/// A clock.
#[derive(Debug)]
pub enum Clock {
    /// The machine's.
    Wall,
    /// An emulator's that goes by itself.
    Paced {
        /// What it showed at `at`, in seconds.
        shown_s: f64,
        /// When that was.
        at: Instant,
        /// Its seconds in one of ours.
        speed: f64,
    },
    /// An emulator's that stands still until it is turned.
    Hand(Hand),
}

/// An emulator's clock that is turned by us.
#[derive(Debug)]
pub struct Hand {
    client: reqwest::Client,
    url: String,
    runtime: tokio::runtime::Handle,
    now: Mutex<Timestamp>,
}

/// The emulator's clock does not answer as it should.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the clock at `{url}`")]
pub struct ClockError {
    url: String,
    #[source]
    source: reqwest::Error,
}

impl ClockError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        "give the address that the emulator listens at, with `/_clock`"
    }

    /// Whether nobody answered there.
    pub fn is_unreachable(&self) -> bool {
        self.source.is_connect() || self.source.is_timeout()
    }
}

/// What an emulator's clock shows.
#[derive(Debug, Deserialize)]
struct Face {
    now: f64,
    mode: String,
    #[serde(default)]
    speed: f64,
}

impl Clock {
    /// Reads an emulator's clock at `url`, and goes with it from then on.
    ///
    /// # Errors
    /// [`ClockError`] when there is no such clock.
    pub async fn of_emulator(url: &str) -> Result<Clock, ClockError> {
        let client = reqwest::Client::new();
        let failed = |source| ClockError { url: url.to_owned(), source };
        let asked = Instant::now();
        let answer = client.get(url).send().await.and_then(reqwest::Response::error_for_status);
        let face: Face = answer.map_err(failed)?.json().await.map_err(failed)?;
        if face.mode != "hand" {
            // It showed that somewhere between question and answer.
            let at = asked + asked.elapsed() / 2;
            return Ok(Clock::Paced { shown_s: face.now, at, speed: face.speed });
        }
        Ok(Clock::Hand(Hand {
            client,
            url: url.to_owned(),
            runtime: tokio::runtime::Handle::current(),
            now: Mutex::new(timestamp(face.now)),
        }))
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::Wall => {
                let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                // Before 1970: a clock that was never set.
                timestamp(since.map_or(0.0, |since| since.as_secs_f64()))
            }
            Clock::Paced { shown_s, at, speed } => {
                timestamp(shown_s + at.elapsed().as_secs_f64() * speed)
            }
            Clock::Hand(hand) => hand.now(),
        }
    }

    /// How long a span of this clock's time takes by our own.
    pub fn real(&self, span: Duration) -> Duration {
        match self {
            Clock::Wall | Clock::Hand(_) => span,
            // A clock that hardly moves, as in tests: no span is endless.
            Clock::Paced { speed, .. } => span.div_f64(speed.max(0.001)),
        }
    }

    /// How long to wait until `time`, by our own clock; an hour at most.
    pub fn wait(&self, time: Timestamp) -> Duration {
        let (now_s, speed) = match self {
            Clock::Wall => {
                let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                (since.map_or(0.0, |since| since.as_secs_f64()), 1.0)
            }
            Clock::Paced { shown_s, at, speed } => {
                (shown_s + at.elapsed().as_secs_f64() * speed, *speed)
            }
            Clock::Hand(_) => return Duration::ZERO,
        };
        if time.is_never() {
            return WAIT_MAX;
        }
        let seconds = ((time.seconds() as f64 - now_s) / speed).max(0.0);
        Duration::try_from_secs_f64(seconds).unwrap_or(WAIT_MAX).min(WAIT_MAX)
    }
}

impl Hand {
    /// What it shows.
    pub fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Turns it to `until`, or to the first whole second at which something of ours changes. Waits for
    /// the answer: to be called outside of asynchronous code.
    ///
    /// # Errors
    /// [`ClockError`] when it cannot be turned.
    pub fn turn(&self, until: Timestamp, on_change: bool) -> Result<Timestamp, ClockError> {
        let failed = |source| ClockError { url: self.url.clone(), source };
        let body = json!({ "until": until.seconds(), "on_change": on_change });
        let face: Face = self
            .runtime
            .block_on(async {
                let answer = self.client.post(&self.url).json(&body).send().await?;
                answer.error_for_status()?.json().await
            })
            .map_err(failed)?;
        let now = timestamp(face.now);
        *self.now.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = now;
        Ok(now)
    }
}

/// The core counts whole seconds.
fn timestamp(seconds: f64) -> Timestamp {
    Timestamp::from_seconds(seconds.floor() as i64)
}
