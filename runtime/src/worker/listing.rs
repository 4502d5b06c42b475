//! From a cluster's states to those that matter, and from two listings to facts. Sends nothing.

use std::collections::BTreeMap;

use gleaner_core::fact::Fact;
use gleaner_core::ids::{ClusterId, RemoteJobId};
use gleaner_core::listing::{ListedJob, ListedState, diff_listings};
use gleaner_core::time::Timestamp;

use crate::sites::job::JobState;

/// What a living job does; none for one that is over, of which details are wanted. A job that was
/// running keeps the time at which that was first seen.
pub(super) fn alive(
    state: JobState,
    told: Option<ListedState>,
    at: Timestamp,
) -> Option<ListedState> {
    Some(match state {
        JobState::Waiting => ListedState::Waiting,
        JobState::Starting | JobState::Running | JobState::Finishing => match told {
            Some(ListedState::Running(since)) => ListedState::Running(since),
            _ => ListedState::Running(at),
        },
        JobState::Unclear => ListedState::Unclear,
        JobState::Dying | JobState::Over => return None,
    })
}

/// What has changed since it was told, in the order of the jobs.
pub(super) fn changes(
    cluster: ClusterId,
    told: impl Iterator<Item = (RemoteJobId, Option<ListedState>)>,
    states: &BTreeMap<RemoteJobId, ListedState>,
) -> Vec<Fact> {
    let listed = |job, state| ListedJob { cluster, job, state };
    let before = told.filter_map(|(job, state)| Some(listed(job, state?)));
    let before: Vec<ListedJob> = before.filter(|known| states.contains_key(&known.job)).collect();
    let after: Vec<ListedJob> = states.iter().map(|(&job, &state)| listed(job, state)).collect();
    let mut facts = Vec::new();
    diff_listings(&before, &after, &mut facts);
    facts
}
