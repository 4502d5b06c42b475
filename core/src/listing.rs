//! The one place where two listings of a cluster's jobs become facts, for every world that polls.
//! Knows nothing about how a listing was got.

use std::cmp::Ordering;

use crate::fact::{Fact, Outcome};
use crate::ids::{ClusterId, RemoteJobId};
use crate::time::Timestamp;

/// A job of ours in a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedJob {
    /// Where.
    pub cluster: ClusterId,
    /// Which job.
    pub job: RemoteJobId,
    /// Its state at the time of the listing.
    pub state: ListedState,
}

/// The states of a listed job that matter to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedState {
    /// In the cluster's queue.
    Waiting,
    /// Holding cores since this time.
    Running(Timestamp),
    /// Over since this time, in this way.
    Ended(Timestamp, Outcome),
    /// Anything else: held, suspended, on its way between two states.
    Unclear,
}

/// Appends to `facts` what happened between two listings, in the order of (cluster, job).
///
/// Both listings are sorted by (cluster, job) and hold each job once. States in between are
/// skipped. A job that was over stays over, listed or not; a live one that is no longer listed is
/// unclear: the listing may have a hole, and only a look-up can tell. Equal listings give nothing.
pub fn diff_listings(before: &[ListedJob], after: &[ListedJob], facts: &mut Vec<Fact>) {
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => (a.cluster, a.job).cmp(&(b.cluster, b.job)),
        };
        let was = if order.is_le() { old.next() } else { None };
        let is = if order.is_ge() { new.next() } else { None };
        facts.extend(news(was, is));
    }
}

/// Returns what happened to one job between two listings: in the first it was as `was`, in the second as `is`.
/// See [`diff_listings`].
pub fn news(was: Option<&ListedJob>, is: Option<&ListedJob>) -> Option<Fact> {
    if let Some(ListedJob { state: ListedState::Ended(..), .. }) = was {
        return None;
    }
    let (Some(ListedJob { cluster, job, .. }), state) = (is.or(was), is.map(|job| job.state))
    else {
        return None;
    };
    let (cluster, job) = (*cluster, *job);
    if state == was.map(|job| job.state) {
        return None;
    }
    Some(match state {
        Some(ListedState::Waiting) => Fact::JobWaiting { cluster, job },
        Some(ListedState::Running(at)) => Fact::JobStarted { cluster, job, at },
        Some(ListedState::Ended(at, outcome)) => Fact::JobEnded { cluster, job, at, outcome },
        Some(ListedState::Unclear) => Fact::JobUnclear { cluster, job },
        None if was.map(|job| job.state) == Some(ListedState::Unclear) => return None,
        None => Fact::JobUnclear { cluster, job },
    })
}
