//! The names of submissions, under which their jobs are found again.

use gleaner_core::ids::{CampaignId, CommandId};

use crate::order::NAME_MAX;
use crate::store::epoch::Epoch;

/// The name of a submission: `gleaner.<campaign>.<epoch>-<command>`.
pub fn submission(campaign: CampaignId, epoch: &Epoch, command: CommandId) -> String {
    let name = format!("gleaner.{campaign}.{epoch}-{command}");
    assert!(name.len() <= NAME_MAX, "`{name}` is longer than {NAME_MAX} characters");
    name
}
