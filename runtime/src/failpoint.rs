//! Places at which the daemon can be made to die, to prove that dying there loses nothing. Inert
//! unless `GLEANER_FAILPOINT=NAME:COUNT` is in the environment: then the process aborts when it
//! comes by the place NAME for the COUNT-th time.
//!
//! Places: `before-commit` (a cycle is written and not yet durable), `after-intent` (durable, nothing
//! sent), `before-send` (a worker is about to submit), `after-reply` (the cluster has answered, nobody
//! has been told).

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The environment variable.
pub const VARIABLE: &str = "GLEANER_FAILPOINT";

struct Armed {
    name: String,
    left: AtomicU64,
}

static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

/// Comes by the place `name`.
pub fn hit(name: &str) {
    let armed = ARMED.get_or_init(|| {
        let text = std::env::var(VARIABLE).ok()?;
        let (name, count) = text.split_once(':')?;
        Some(Armed { name: name.to_owned(), left: AtomicU64::new(count.parse().ok()?) })
    });
    let Some(armed) = armed else { return };
    if armed.name == name && armed.left.fetch_sub(1, Ordering::Relaxed) == 1 {
        std::process::abort();
    }
}
