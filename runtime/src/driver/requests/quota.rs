//! How much a user may have at a time: asked of the rows before a campaign is taken, or made longer.

use gleaner_core::jdl::params::{Parameters, ParametersError};
use rusqlite::Connection;

use crate::driver::requests::handler::Denied;
use crate::request::{Quota, Refused};
use crate::store::rows::campaigns::{self, Held};

/// Refuses what would be too much.
pub(super) fn check(
    connection: &Connection,
    user: &str,
    quota: &Quota,
    growth: Growth<'_>,
) -> Result<(), Denied> {
    let (known, parameters) = match growth {
        Growth::Campaign(parameters) => (0, parameters),
        Growth::Tasks { known, parameters } => (known, parameters),
    };
    let count = u64::from(known) + u64::from(parameters.len());
    if count > u64::from(quota.campaign_tasks) {
        let error = ParametersError::TooMany { count, max: quota.campaign_tasks };
        return Err(Refused::Bad(format!("{error}\n  hint: {}", error.hint())).into());
    }
    let Held { campaigns, tasks } = campaigns::held_by(connection, user)?;
    if matches!(growth, Growth::Campaign(_)) && campaigns >= quota.campaigns {
        let max = quota.campaigns;
        return Err(Refused::Bad(format!(
            "{user} has {campaigns} campaigns that are not over, and may have {max}\n  hint: wait until one is over, \
             or cancel one; `user_campaigns_max` in `[grid]` sets the bound"
        ))
        .into());
    }
    let tasks = tasks + u64::from(parameters.len());
    if tasks > quota.tasks {
        let max = quota.tasks;
        return Err(Refused::Bad(format!(
            "{user} would have {tasks} tasks that are not done, and may have {max}\n  hint: wait until some are done, \
             or cancel a campaign; `user_tasks_max` in `[grid]` sets the bound"
        ))
        .into());
    }
    Ok(())
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Growth<'a> {
    /// A campaign of these parameters.
    Campaign(&'a Parameters),
    /// More tasks of one that has so many.
    Tasks {
        /// Those that it has.
        known: u32,
        /// Those that come.
        parameters: &'a Parameters,
    },
}
