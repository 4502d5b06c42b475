//! Whether the driver's cycles run when they are due, by a clock that nobody can set. Knows no cycle; the
//! driver says when it waits and for how long, others look on.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A cycle that is so much overdue is no slow one: something stands still.
const OVERDUE: Duration = Duration::from_secs(60);
/// After so long a restart is the only help.
const DEAD: Duration = Duration::from_secs(600);

/// The driver's pulse.
#[derive(Debug)]
pub struct Pulse(Mutex<Beats>);

#[derive(Clone, Copy, Debug)]
struct Beats {
    /// When the last cycle was through, or the driver began.
    last: Instant,
    /// When the driver is to be heard of again; none: it waits for somebody to ask for something.
    next: Option<Instant>,
}

/// Nothing moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing moves: the last cycle was through {} s ago, and the next is overdue by {} s", since.as_secs(), overdue.as_secs())]
pub struct Still {
    /// How long ago the last cycle was through.
    pub since: Duration,
    /// How much the next is overdue.
    pub overdue: Duration,
}

impl Still {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        "the daemon's log says what it did last; nothing durable is lost by a restart"
    }

    /// Whether only a restart helps.
    pub fn is_dead(&self) -> bool {
        self.overdue >= DEAD
    }
}

impl Default for Pulse {
    fn default() -> Pulse {
        Pulse::new()
    }
}

impl Pulse {
    /// A pulse that begins now.
    pub fn new() -> Pulse {
        Pulse::since(Instant::now())
    }

    /// A pulse that has begun, and not been heard of since.
    pub fn since(begin: Instant) -> Pulse {
        Pulse(Mutex::new(Beats { last: begin, next: Some(begin) }))
    }

    fn set(&self, change: impl FnOnce(&mut Beats)) {
        change(&mut self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
    }

    /// A cycle is through.
    pub fn beat(&self) {
        let now = Instant::now();
        self.set(|beats| *beats = Beats { last: now, next: Some(now) });
    }

    /// The driver waits for so long at most.
    pub fn expect(&self, within: Duration) {
        let next = Instant::now() + within;
        self.set(|beats| beats.next = Some(next));
    }

    /// The driver waits for somebody to ask for something, however long that takes.
    pub fn rest(&self) {
        self.set(|beats| beats.next = None);
    }

    /// Whether all is well.
    ///
    /// # Errors
    /// [`Still`] when a cycle is overdue by a minute or more.
    pub fn check(&self) -> Result<(), Still> {
        self.check_at(Instant::now())
    }

    fn check_at(&self, now: Instant) -> Result<(), Still> {
        let beats = *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let Some(next) = beats.next else { return Ok(()) };
        let overdue = now.saturating_duration_since(next);
        if overdue < OVERDUE {
            return Ok(());
        }
        Err(Still { since: now.saturating_duration_since(beats.last), overdue })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Pulse;

    #[test]
    fn a_driver_that_does_not_come_back_is_not_well() {
        let s = Duration::from_secs;
        let pulse = Pulse::new();
        let now = Instant::now();
        assert_eq!(pulse.check_at(now + s(50)), Ok(()), "a slow cycle");
        let still = pulse.check_at(now + s(70)).unwrap_err();
        assert!(still.overdue >= s(69) && !still.is_dead(), "{still}");
        pulse.expect(s(3600));
        assert_eq!(pulse.check_at(now + s(3600)), Ok(()), "nothing is due before");
        assert!(pulse.check_at(now + s(4300)).unwrap_err().is_dead());
        pulse.beat();
        assert_eq!(pulse.check_at(now + s(50)), Ok(()));
        pulse.rest();
        assert_eq!(pulse.check_at(now + s(86_400)), Ok(()), "nobody wants anything");
    }
}
