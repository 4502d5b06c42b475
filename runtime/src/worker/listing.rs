//! From a cluster's states to those that matter, and from two listings to facts. Sends nothing.

use std::collections::BTreeMap;

use gleaner_core::fact::Fact;
use gleaner_core::ids::{CampaignId, ClusterId, CommandId, RemoteJobId};
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

/// Campaign and command of a submission's name, if it is of this epoch:
/// `gleaner.<campaign>.<epoch>-<command>`.
pub(super) fn submission(name: &str, epoch: &str) -> Option<(CampaignId, CommandId)> {
    let (campaign, rest) = name.strip_prefix("gleaner.")?.split_once('.')?;
    let (of, command) = rest.split_once('-')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (of == epoch && digits(command) && digits(campaign)).then_some(())?;
    Some((CampaignId(campaign.parse().ok()?), CommandId(command.parse().ok()?)))
}

/// Whether a job's name is one that a grid gives, of whatever epoch. All jobs of ours have one.
pub(super) fn is_a_grids(name: Option<&str>) -> bool {
    let rest = name.and_then(|name| name.strip_prefix("gleaner."));
    let campaign = rest.and_then(|rest| rest.split_once('.')).map(|(campaign, _)| campaign);
    campaign.is_some_and(|campaign| campaign.parse::<u32>().is_ok())
}

#[cfg(test)]
mod tests {
    use gleaner_core::ids::{CampaignId, CommandId};

    use super::{is_a_grids, submission};

    #[test]
    fn only_names_of_this_epoch_are_ours() {
        let ours = |name| submission(name, "k2x9ab");
        assert_eq!(ours("gleaner.7.k2x9ab-15"), Some((CampaignId(7), CommandId(15))));
        for name in ["gleaner.7.other1-15", "cigri.7", "gleaner.7.k2x9ab-", "gleaner.+7.k2x9ab-15"]
        {
            assert_eq!(ours(name), None, "{name}");
        }
        assert_eq!(ours("gleaner.7.k2x9ab-99999999999999999999"), None);
        assert!(is_a_grids(Some("gleaner.7.other1-15")));
        for name in [None, Some(""), Some("sleep"), Some("gleaner.x.y"), Some("my.gleaner.7.a-1")] {
            assert!(!is_a_grids(name), "{name:?}");
        }
    }
}
