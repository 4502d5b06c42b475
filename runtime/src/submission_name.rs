//! The names of submissions, under which their jobs are found again: written where a submission is decided, read where
//! clusters list jobs. Knows neither the store nor any cluster.

use std::fmt::Display;

use gleaner_core::ids::{CampaignId, CommandId};

/// The most characters of a submission's name: what every resource manager accepts with room to spare.
pub const NAME_MAX: usize = 60;

/// What the name of any grid's submission begins with.
const BEGIN: &str = "gleaner.";

/// Returns the name of a submission: `gleaner.<campaign>.<epoch>-<command>`, in ASCII. No other has it, as long as no other
/// store has the `epoch`.
pub fn name(campaign: CampaignId, epoch: impl Display, command: CommandId) -> String {
    let name = format!("{BEGIN}{campaign}.{epoch}-{command}");
    assert!(name.len() <= NAME_MAX, "`{name}` is longer than {NAME_MAX} characters");
    name
}

/// Returns what such a name says: the campaign, the epoch and the command; none for other names.
pub fn parts(name: &str) -> Option<(CampaignId, &str, CommandId)> {
    let (campaign, rest) = name.strip_prefix(BEGIN)?.split_once('.')?;
    let (epoch, command) = rest.split_once('-')?;
    Some((CampaignId(number(campaign)?), epoch, CommandId(number(command)?)))
}

/// A number in the one way in which it is written there.
fn number<N: std::str::FromStr + ToString>(text: &str) -> Option<N> {
    text.parse().ok().filter(|number: &N| number.to_string() == text)
}

/// Returns whether a job's name is one that a grid gives, of whatever epoch. All jobs of ours have one.
pub fn is_a_grids(name: Option<&str>) -> bool {
    let rest = name.and_then(|name| name.strip_prefix(BEGIN));
    let campaign = rest.and_then(|rest| rest.split_once('.')).map(|(campaign, _)| campaign);
    campaign.is_some_and(|campaign| campaign.parse::<u32>().is_ok())
}

#[cfg(test)]
mod tests {
    use gleaner_core::ids::{CampaignId, CommandId};

    use super::{is_a_grids, name, parts};

    #[test]
    fn names_are_read_back_and_others_are_not() {
        let ours = name(CampaignId(7), "k2x9ab", CommandId(15));
        assert_eq!(ours, "gleaner.7.k2x9ab-15");
        assert_eq!(parts(&ours), Some((CampaignId(7), "k2x9ab", CommandId(15))));
        for other in [
            "cigri.7",
            "cigri.7.k-1",
            "gleaner.7",
            "gleaner.x.k-1",
            "gleaner.+7.k-1",
            "gleaner.07.k-1",
            "gleaner.7.k-",
            "gleaner.7.k-+1",
            "gleaner.7.k-99999999999999999999",
        ] {
            assert_eq!(parts(other), None, "{other}");
        }
        assert!(is_a_grids(Some("gleaner.7.other1-15")));
        for name in [None, Some(""), Some("sleep"), Some("gleaner.x.y"), Some("my.gleaner.7.a-1")] {
            assert!(!is_a_grids(name), "{name:?}");
        }
    }
}
