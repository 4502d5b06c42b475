//! Hands out the numbers of a batch in order, and none that is too far ahead of what has been told. Must not
//! know what is done for a number.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::cancel::Cancel;

/// Where threads get their next number.
pub(super) struct Gate {
    count: usize,
    /// How far a number may be ahead of the first that has not been told.
    window: usize,
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    next: usize,
    told: usize,
    shut: bool,
}

impl Gate {
    /// A gate for the numbers below `count`.
    pub(super) fn new(count: usize, window: usize) -> Gate {
        Gate { count, window, state: Mutex::default(), moved: Condvar::new() }
    }

    /// Returns the next number; waits until it is near enough. None when there is none left or nobody
    /// wants it any more.
    pub(super) fn next(&self, cancel: &Cancel) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.shut || state.next >= self.count || cancel.is_cancelled() {
                return None;
            }
            if state.next - state.told < self.window {
                state.next += 1;
                return Some(state.next - 1);
            }
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The numbers below `told` have been told.
    pub(super) fn told(&self, told: usize) {
        self.lock().told = told;
        self.moved.notify_all();
    }

    /// Hands out no further number.
    fn shut(&self) {
        self.lock().shut = true;
        self.moved.notify_all();
    }

    /// Nothing under the lock can panic half way.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shuts a gate when it goes out of scope.
pub(super) struct ShutAtEnd<'a>(pub(super) &'a Gate);

impl Drop for ShutAtEnd<'_> {
    fn drop(&mut self) {
        self.0.shut();
    }
}
