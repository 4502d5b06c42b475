//! Whether the driver's cycles run when they are due, by a clock that nobody can set. Knows no cycle; the
//! driver says when it waits and for how long, others look on.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A cycle that is so much overdue is no slow one: something stands still.
const OVERDUE: Duration = Duration::from_secs(60);
/// After so long a restart is the only help.
const DEAD: Duration = Duration::from_secs(600);

/// The driver's heartbeat.
#[derive(Debug)]
pub struct Heartbeat(Mutex<State>);

#[derive(Clone, Copy, Debug)]
struct State {
    /// When the last cycle was through, or the driver began.
    last: Instant,
    /// When the driver is to be heard of again; none: it waits for somebody to ask for something.
    next: Option<Instant>,
}

/// No cycle comes to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing moves: the last cycle was through {} s ago, and the next is overdue by {} s", since.as_secs(), overdue.as_secs())]
pub struct Stalled {
    /// How long ago the last cycle was through.
    pub since: Duration,
    /// How much the next is overdue.
    pub overdue: Duration,
}

impl Stalled {
    /// Returns a hint: what to do about it.
    pub fn hint(&self) -> &'static str {
        "the daemon's log says what it did last; nothing durable is lost by a restart"
    }

    /// Returns whether only a restart helps.
    pub fn is_dead(&self) -> bool {
        self.overdue >= DEAD
    }
}

impl Default for Heartbeat {
    fn default() -> Heartbeat {
        Heartbeat::new()
    }
}

impl Heartbeat {
    /// Makes a heartbeat that begins now.
    pub fn new() -> Heartbeat {
        Heartbeat::since(Instant::now())
    }

    /// Makes a heartbeat that has begun, and not been heard of since.
    pub fn since(begin: Instant) -> Heartbeat {
        Heartbeat(Mutex::new(State { last: begin, next: Some(begin) }))
    }

    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
    }

    /// A cycle is through.
    pub fn beat(&self) {
        let now = Instant::now();
        self.set(|state| *state = State { last: now, next: Some(now) });
    }

    /// The driver waits for so long at most.
    pub fn expect(&self, within: Duration) {
        let next = Instant::now() + within;
        self.set(|state| state.next = Some(next));
    }

    /// The driver waits for somebody to ask for something, however long that takes.
    pub fn idle(&self) {
        self.set(|state| state.next = None);
    }

    /// Returns whether all is well.
    ///
    /// # Errors
    /// [`Stalled`] when a cycle is overdue by a minute or more.
    pub fn check(&self) -> Result<(), Stalled> {
        self.check_at(Instant::now())
    }

    fn check_at(&self, now: Instant) -> Result<(), Stalled> {
        let state = *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let Some(next) = state.next else { return Ok(()) };
        let overdue = now.saturating_duration_since(next);
        if overdue < OVERDUE {
            return Ok(());
        }
        Err(Stalled { since: now.saturating_duration_since(state.last), overdue })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Heartbeat;

    #[test]
    fn a_driver_that_does_not_come_back_is_not_well() {
        let s = Duration::from_secs;
        let heartbeat = Heartbeat::new();
        let now = Instant::now();
        assert_eq!(heartbeat.check_at(now + s(50)), Ok(()), "a slow cycle");
        let stalled = heartbeat.check_at(now + s(70)).unwrap_err();
        assert!(stalled.overdue >= s(69) && !stalled.is_dead(), "{stalled}");
        heartbeat.expect(s(3600));
        assert_eq!(heartbeat.check_at(now + s(3600)), Ok(()), "nothing is due before");
        assert!(heartbeat.check_at(now + s(4300)).unwrap_err().is_dead());
        heartbeat.beat();
        assert_eq!(heartbeat.check_at(now + s(50)), Ok(()));
        heartbeat.idle();
        assert_eq!(heartbeat.check_at(now + s(86_400)), Ok(()), "nobody wants anything");
    }
}
