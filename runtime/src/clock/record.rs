//! What the clocks showed when a cycle ran: what the next daemon goes on from.

use gleaner_core::time::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

/// Names this start of the machine.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";
/// How long ago that was, by a clock that nobody can set.
const UPTIME: &str = "/proc/uptime";

/// What the clocks showed when a cycle ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClockRecord {
    /// Grid time.
    pub now: Timestamp,
    /// The date.
    pub date: Timestamp,
    /// How long the machine had been running, if that is known.
    #[serde(rename = "run")]
    pub uptime: Option<Uptime>,
}

/// How long a machine, or an emulator, has been running.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Uptime {
    /// Names this start of it.
    of: String,
    /// Seconds.
    for_s: f64,
}

impl Uptime {
    /// Returns that of this machine; none where the system does not tell it.
    pub(super) fn of_machine() -> Option<Uptime> {
        let of = std::fs::read_to_string(BOOT).ok()?.trim().to_owned();
        let uptime = std::fs::read_to_string(UPTIME).ok()?;
        let for_s = uptime.split_whitespace().next()?.parse().ok()?;
        Some(Uptime { of, for_s })
    }

    /// Makes that of an emulator whose clock shows so many seconds.
    pub(super) fn of_emulator(url: &str, shown_s: f64) -> Uptime {
        Uptime { of: url.to_owned(), for_s: shown_s }
    }

    /// Returns the same uptime some seconds later.
    pub(super) fn later(&self, seconds: f64) -> Uptime {
        Uptime { of: self.of.clone(), for_s: self.for_s + seconds }
    }

    /// Returns how much longer it has been running than then; none where it was started anew in between.
    pub(super) fn since(&self, then: &Uptime) -> Option<Duration> {
        let seconds = self.for_s - then.for_s;
        let same = self.of == then.of && seconds >= 0.0;
        same.then(|| Duration::from_seconds(seconds.round() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::Uptime;

    #[test]
    fn the_machine_tells_how_long_it_has_been_running() {
        let first = Uptime::of_machine().expect("Linux tells it");
        let second = Uptime::of_machine().expect("Linux tells it");
        assert_eq!(second.since(&first).map(|span| span.seconds() < 60), Some(true));
        assert_eq!(first.since(&second.later(5.0)), None);
    }
}
