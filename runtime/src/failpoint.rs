//! Places at which the daemon can be made to die, to prove that dying there loses nothing. Inert
//! unless `GLEANER_FAILPOINT=NAME:COUNT` is in the environment: then the process aborts when it
//! comes by the place NAME for the COUNT-th time. A daemon does not start with any other value in it.
//!
//! Places: `before-commit` (a cycle is written and not yet durable), `after-intent` (durable, nothing
//! sent), `before-send` (a worker is about to submit), `after-reply` (the cluster has answered, nobody
//! has been told).

use std::num::NonZeroU64;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The environment variable.
pub const VARIABLE: &str = "GLEANER_FAILPOINT";

/// The places, in the order in which a submission comes by them.
pub const PLACES: [&str; 4] = ["before-commit", "after-intent", "before-send", "after-reply"];

/// The environment variable says nothing that could be done.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "`{VARIABLE}={text}` names no place to die at\n  hint: it is PLACE:COUNT with a count from 1 on and a \
     place of {}", PLACES.join(", ")
)]
pub struct FailpointError {
    text: String,
}

struct Armed {
    place: &'static str,
    left: AtomicU64,
}

static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

/// Refuses a value of the variable that would never strike: a test that waits for it proves nothing.
///
/// # Errors
/// [`FailpointError`] when it is not PLACE:COUNT.
pub fn check(text: Option<&str>) -> Result<(), FailpointError> {
    text.map_or(Ok(()), |text| armed(text).map(drop))
}

/// Comes by a place, one of [`PLACES`].
pub fn hit(place: &str) {
    let armed = ARMED.get_or_init(|| armed(&std::env::var(VARIABLE).ok()?).ok());
    let Some(armed) = armed else { return };
    if armed.place == place && armed.left.fetch_sub(1, Ordering::Relaxed) == 1 {
        std::process::abort();
    }
}

fn armed(text: &str) -> Result<Armed, FailpointError> {
    let wrong = || FailpointError { text: text.to_owned() };
    let (place, count) = text.split_once(':').ok_or_else(wrong)?;
    let place = PLACES.into_iter().find(|known| *known == place).ok_or_else(wrong)?;
    let count: NonZeroU64 = count.parse().map_err(|_| wrong())?;
    Ok(Armed { place, left: AtomicU64::new(count.get()) })
}

#[cfg(test)]
mod tests {
    use super::{PLACES, check};

    #[test]
    fn what_would_never_strike_is_refused() {
        for place in PLACES {
            assert_eq!(check(Some(&format!("{place}:1"))), Ok(()));
        }
        assert_eq!(check(None), Ok(()));
        for text in ["", "before-send", "before-send:", "before-send:0", "before-sent:1"] {
            assert!(check(Some(text)).is_err(), "{text}");
        }
        let error = check(Some("before-sent:1")).unwrap_err().to_string();
        assert!(error.contains("`GLEANER_FAILPOINT=before-sent:1`"), "{error}");
        assert!(error.contains("before-send, after-reply"), "{error}");
    }
}
