//! The names of submissions, under which their jobs are found again.

use gleaner_core::ids::{CampaignId, CommandId};

use crate::order::NAME_MAX;
use crate::store::epoch::Epoch;

/// Returns the name of a submission: `gleaner.<campaign>.<epoch>-<command>`.
pub fn submission(campaign: CampaignId, epoch: &Epoch, command: CommandId) -> String {
    let name = format!("gleaner.{campaign}.{epoch}-{command}");
    assert!(name.len() <= NAME_MAX, "`{name}` is longer than {NAME_MAX} characters");
    name
}

/// Returns what such a name says: the campaign, the epoch and the command; none for other names.
pub fn parts(name: &str) -> Option<(CampaignId, &str, CommandId)> {
    let (campaign, rest) = name.strip_prefix("gleaner.")?.split_once('.')?;
    let (epoch, command) = rest.split_once('-')?;
    Some((CampaignId(number(campaign)?), epoch, CommandId(number(command)?)))
}

/// Returns a number in the one way in which it is written there.
fn number<N: std::str::FromStr + ToString>(text: &str) -> Option<N> {
    text.parse().ok().filter(|number: &N| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use gleaner_core::ids::{CampaignId, CommandId};

    use super::parts;

    #[test]
    fn names_are_read_back_and_others_are_not() {
        assert_eq!(parts("gleaner.7.k2x9ab-15"), Some((CampaignId(7), "k2x9ab", CommandId(15))));
        for other in [
            "cigri.7",
            "gleaner.7",
            "gleaner.x.k-1",
            "gleaner.7.k-",
            "gleaner.7.k-+1",
            "gleaner.07.k-1",
        ] {
            assert_eq!(parts(other), None, "{other}");
        }
    }
}
