//! From OAR's states to those that matter, and from two listings to facts. Sends nothing.

use std::collections::BTreeMap;

use gleaner_core::fact::Fact;
use gleaner_core::ids::{ClusterId, RemoteJobId};
use gleaner_core::listing::{ListedJob, ListedState, diff_listings};
use gleaner_core::time::Timestamp;
use gleaner_oar::states::JobState;

/// What a living job does; none for one that is over, of which details are wanted. A job that was
/// running keeps the time at which that was first seen.
pub(super) fn alive(
    state: JobState,
    told: Option<ListedState>,
    at: Timestamp,
) -> Option<ListedState> {
    Some(match state {
        JobState::Waiting => ListedState::Waiting,
        JobState::Launching | JobState::Running | JobState::Finishing => match told {
            Some(ListedState::Running(since)) => ListedState::Running(since),
            _ => ListedState::Running(at),
        },
        JobState::Hold
        | JobState::ToLaunch
        | JobState::ToAckReservation
        | JobState::Suspended
        | JobState::Resuming => ListedState::Unclear,
        JobState::ToError | JobState::Error | JobState::Terminated => return None,
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

/// The campaign of a submission's name, if it is of this epoch: `gleaner.<campaign>.<epoch>-<command>`.
pub(super) fn campaign(name: &str, epoch: &str) -> Option<u32> {
    let (campaign, rest) = name.strip_prefix("gleaner.")?.split_once('.')?;
    let (of, command) = rest.split_once('-')?;
    (of == epoch && command.bytes().all(|byte| byte.is_ascii_digit())).then_some(())?;
    campaign.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::campaign;

    #[test]
    fn only_names_of_this_epoch_are_ours() {
        assert_eq!(campaign("gleaner.7.k2x9ab-15", "k2x9ab"), Some(7));
        assert_eq!(campaign("gleaner.7.other1-15", "k2x9ab"), None);
        assert_eq!(campaign("cigri.7", "k2x9ab"), None);
        assert_eq!(campaign("gleaner.7.k2x9ab-", "k2x9ab"), Some(7));
    }
}
