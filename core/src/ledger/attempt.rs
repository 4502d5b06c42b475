//! Attempts: the jobs that are or may be alive on the clusters, in a slab with dense ids.

pub(crate) mod saved;

use serde::{Deserialize, Serialize};

use crate::ids::{ClusterId, PairIndex, RemoteJobId};
use crate::job::JobState;
use crate::time::Timestamp;

/// What a job of ours does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AttemptWork {
    Task(u32),
    Prologue,
    Epilogue,
}

/// One job that is or may be alive.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// Tells apart the attempts that use a slot one after the other.
    pub(crate) serial: u64,
    /// Slot of the campaign.
    pub(crate) campaign: u32,
    pub(crate) cluster: ClusterId,
    pub(crate) pair_index: PairIndex,
    pub(crate) work: AttemptWork,
    pub(crate) state: JobState,
    pub(crate) remote: Option<RemoteJobId>,
    pub(crate) submitted_at: Timestamp,
    /// By the cluster's clock; `NEVER` as long as it has not been seen running.
    pub(crate) started_at: Timestamp,
    /// When something has to be done about it; `NEVER` as long as it has no remote id.
    pub(crate) deadline: Timestamp,
    /// It was to be deleted because it waited too long.
    pub(crate) gave_up_waiting: bool,
    /// Its task was cancelled: it is to be deleted, and not to be done again.
    pub(crate) unwanted: bool,
    /// It waits while this other cluster has free cores: it is to be deleted as long as it waits.
    pub(crate) recalled_for: Option<ClusterId>,
    /// How many copies the cluster has put in its place since it last ran.
    pub(crate) copies: u8,
    /// How often it was to be deleted.
    pub(crate) deletions: u8,
}

/// A job that is copied more often without running cannot be started: by its user's or its nodes' fault.
const COPIES_MAX: u8 = 2;

impl Attempt {
    /// Returns whether the cluster tried too often to start it.
    pub(crate) fn cannot_start(&self) -> bool {
        self.copies > COPIES_MAX
    }
}

/// An attempt that may be over by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AttemptRef {
    pub(crate) slot: u32,
    pub(crate) serial: u64,
}

/// All attempts. Slots of those that are over are used again.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    slots: Vec<Option<Attempt>>,
    free: Vec<u32>,
    serial: u64,
}

impl Attempts {
    /// Reserves the slot and serial that the next [`Attempts::insert`] will use.
    pub(crate) fn next(&self) -> AttemptRef {
        let slot = self.free.last().copied().unwrap_or(self.slots.len() as u32);
        AttemptRef { slot, serial: self.serial + 1 }
    }

    pub(crate) fn insert(&mut self, attempt: Attempt) {
        assert!(attempt.serial == self.serial + 1, "serial {} was not next", attempt.serial);
        self.serial = attempt.serial;
        match self.free.pop() {
            Some(slot) => self.slots[slot as usize] = Some(attempt),
            None => self.slots.push(Some(attempt)),
        }
    }

    /// Returns an attempt, unless it is over.
    pub(crate) fn get(&self, at: AttemptRef) -> Option<&Attempt> {
        self.slots.get(at.slot as usize)?.as_ref().filter(|found| found.serial == at.serial)
    }

    pub(crate) fn get_mut(&mut self, at: AttemptRef) -> Option<&mut Attempt> {
        self.slots.get_mut(at.slot as usize)?.as_mut().filter(|found| found.serial == at.serial)
    }

    /// Returns the attempt that now uses a slot.
    pub(crate) fn in_slot(&self, slot: u32) -> Option<&Attempt> {
        self.slots.get(slot as usize)?.as_ref()
    }

    pub(crate) fn remove(&mut self, at: AttemptRef) -> Option<Attempt> {
        self.get(at)?;
        self.free.push(at.slot);
        self.slots[at.slot as usize].take()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (AttemptRef, &Attempt)> {
        (0..).zip(&self.slots).filter_map(|(slot, attempt)| {
            let attempt = attempt.as_ref()?;
            Some((AttemptRef { slot, serial: attempt.serial }, attempt))
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}
