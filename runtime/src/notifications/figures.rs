//! What is counted about messages, for the figures of the daemon.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gleaner_api::notifications::Channel;

/// How it went with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Delivery {
    /// A server took it.
    Sent,
    /// It was tried in vain, and is tried again.
    Retried,
    /// It is given up.
    GivenUp,
}

impl Delivery {
    /// Returns its word.
    pub const fn word(self) -> &'static str {
        match self {
            Delivery::Sent => "sent",
            Delivery::Retried => "retried",
            Delivery::GivenUp => "given_up",
        }
    }
}

/// Counts since the start, and how things are.
#[derive(Debug, Default)]
pub struct Figures {
    counts: Mutex<BTreeMap<(Channel, Delivery), u64>>,
    /// Whether each server that was spoken with could be reached last time. Servers are few: those of the settings.
    servers: Mutex<BTreeMap<String, bool>>,
    waiting: AtomicU64,
}

impl Figures {
    /// Returns how it went with messages, by way and word.
    pub fn counts(&self) -> Vec<(Channel, Delivery, u64)> {
        locked(&self.counts)
            .iter()
            .map(|((channel, delivery), count)| (*channel, *delivery, *count))
            .collect()
    }

    /// Returns which servers can be reached, as far as was tried.
    pub fn servers(&self) -> Vec<(String, bool)> {
        locked(&self.servers).iter().map(|(server, reached)| (server.clone(), *reached)).collect()
    }

    /// Returns how many messages wait.
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(super) fn count(&self, channel: Channel, delivery: Delivery) {
        *locked(&self.counts).entry((channel, delivery)).or_default() += 1;
    }

    pub(super) fn wait(&self, waiting: u64) {
        self.waiting.store(waiting, Ordering::Relaxed);
    }

    /// Notes whether a server could be reached; returns whether that is news.
    pub(super) fn reached(&self, server: &str, reached: bool) -> bool {
        let before = locked(&self.servers).insert(server.to_owned(), reached);
        before.unwrap_or(true) != reached
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A map is whole after each change.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
