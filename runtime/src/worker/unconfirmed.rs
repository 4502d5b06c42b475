//! An unconfirmed submission, of which it is not known whether it arrived. Asks nobody: see `look_up.rs`.

use std::collections::{BTreeMap, BTreeSet};

use gleaner_core::ids::RemoteJobId;
use gleaner_core::time::{Duration, Timestamp};

use crate::order::{Batch, Order, OrderAction};
use crate::sites::answer::Refused;

/// The clocks of a cluster's nodes and of its API differ by no more: so long after its lease a job may still
/// have been started.
pub(super) const MARGIN: Duration = Duration::from_seconds(60);
/// An unconfirmed submission.
#[derive(Clone, Debug)]
pub(super) struct Unconfirmed {
    pub(super) order: Order,
    /// Its jobs, as any look has shown them: one list may leave out what another shows.
    pub(super) seen: BTreeSet<RemoteJobId>,
    /// Places in the array of those of which it had to be asked.
    pub(super) indices: BTreeMap<RemoteJobId, u32>,
    /// Jobs that were sent, where that is known: all of the order, or the first of them.
    pub(super) sent: Option<usize>,
    /// It counts as refused if a look finds none of its jobs.
    pub(super) explained: Option<Refused>,
    /// Jobs reported so far.
    pub(super) reported: usize,
    /// The earliest that the cluster's clock has shown since: it may have been set back.
    pub(super) earliest: Option<Timestamp>,
}

impl Unconfirmed {
    /// Of an order that a process before this one may have sent, perhaps one that knew of no numbers.
    pub(super) fn new(order: Order) -> Unconfirmed {
        Unconfirmed {
            order,
            seen: BTreeSet::new(),
            indices: BTreeMap::new(),
            sent: None,
            explained: None,
            reported: 0,
            earliest: None,
        }
    }

    /// A submission of which the first `sent` jobs were sent by this very worker.
    pub(super) fn sent(order: Order, sent: usize, explained: Option<Refused>) -> Unconfirmed {
        Unconfirmed { sent: Some(sent), explained, ..Unconfirmed::new(order) }
    }

    /// Whether its lines certainly have the numbers of their tasks: this process has sent it.
    pub(super) fn is_numbered(&self) -> bool {
        self.sent.is_some()
    }

    pub(super) fn batch(&self) -> Option<&Batch> {
        match &self.order.action {
            OrderAction::Submit(batch) => Some(batch),
            OrderAction::Cancel { .. } => None,
        }
    }
}

impl Batch {
    /// From when on none of its jobs can do anything any more, by the cluster's clock if its lease there was
    /// noted, else by grid time.
    pub(super) fn harmless_from(&self) -> Timestamp {
        self.lease_there.unwrap_or(self.lease_until) + MARGIN
    }

    /// When it was decided at `intent_at` of grid time, by the cluster's clock.
    pub(super) fn decided_there(&self, intent_at: Timestamp) -> Option<Timestamp> {
        self.lease_there.map(|lease| lease - self.lease_until.since(intent_at))
    }
}
