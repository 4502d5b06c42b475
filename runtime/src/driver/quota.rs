//! How much a user may have at a time: asked of the rows before a campaign is taken, or made longer.

use gleaner_core::jdl::params::{Parameters, ParametersError};
use rusqlite::{Connection, params};

use crate::request::{Quota, Refused};
use crate::store::error::StoreError;

/// What a user has that is not over.
#[derive(Clone, Copy, Debug)]
struct Held {
    campaigns: u32,
    tasks: u64,
}

fn held(connection: &Connection, user: &str) -> Result<Held, StoreError> {
    let failed = StoreError::doing("count a user's tasks");
    let sql = "SELECT count(*), coalesce(sum(total - finished), 0) FROM campaigns \
               WHERE user = ?1 AND state IN ('in_treatment', 'paused')";
    let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
    let held = statement
        .query_row(params![user], |row| Ok(Held { campaigns: row.get(0)?, tasks: row.get(1)? }));
    held.map_err(&failed)
}

/// Refuses what would be too much: a text for people, or nothing.
pub(super) fn refuse(
    connection: &Connection,
    user: &str,
    quota: &Quota,
    growth: Growth<'_>,
) -> Result<Option<Refused>, StoreError> {
    let (known, parameters) = match growth {
        Growth::Campaign(parameters) => (0, parameters),
        Growth::Tasks { known, parameters } => (known, parameters),
    };
    let count = u64::from(known) + u64::from(parameters.len());
    if count > u64::from(quota.campaign_tasks) {
        let error = ParametersError::TooMany { count, max: quota.campaign_tasks };
        return Ok(Some(Refused::Bad(format!("{error}\n  hint: {}", error.hint()))));
    }
    let Held { campaigns, tasks } = held(connection, user)?;
    if matches!(growth, Growth::Campaign(_)) && campaigns >= quota.campaigns {
        let max = quota.campaigns;
        return Ok(Some(Refused::Bad(format!(
            "{user} has {campaigns} campaigns that are not over, and may have {max}\n  hint: wait until one is over, \
             or cancel one; `user_campaigns_max` in `[grid]` sets the bound"
        ))));
    }
    let tasks = tasks + u64::from(parameters.len());
    if tasks > quota.tasks {
        let max = quota.tasks;
        return Ok(Some(Refused::Bad(format!(
            "{user} would have {tasks} tasks that are not done, and may have {max}\n  hint: wait until some are done, \
             or cancel a campaign; `user_tasks_max` in `[grid]` sets the bound"
        ))));
    }
    Ok(None)
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
