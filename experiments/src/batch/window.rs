//! Hands out the numbers of a batch in order, and none that is too far ahead of what has been told. Must not
//! know what is done for a number.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::cancel::Cancel;

/// Where threads get their next number.
pub(super) struct SlidingWindow {
    count: usize,
    /// How far a number may be ahead of the first that has not been told.
    width: usize,
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    next: usize,
    told: usize,
    closed: bool,
}

impl SlidingWindow {
    /// Makes a window over the numbers below `count`.
    pub(super) fn new(count: usize, width: usize) -> SlidingWindow {
        SlidingWindow { count, width, state: Mutex::default(), moved: Condvar::new() }
    }

    /// Returns the next number; waits until it is near enough. None when there is none left or nobody
    /// wants it any more.
    pub(super) fn next(&self, cancel: &Cancel) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.closed || state.next >= self.count || cancel.is_cancelled() {
                return None;
            }
            if state.next - state.told < self.width {
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
    fn close(&self) {
        self.lock().closed = true;
        self.moved.notify_all();
    }

    /// Nothing under the lock can panic half way.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes a window when it goes out of scope.
pub(super) struct CloseAtEnd<'a>(pub(super) &'a SlidingWindow);

impl Drop for CloseAtEnd<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}
