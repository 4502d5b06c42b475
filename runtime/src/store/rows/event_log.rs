//! The lines about events that operators read in the log. Writes no row.

use gleaner_core::config::ClusterSpec;
use gleaner_core::ids::{CampaignId, EventId};
use rusqlite::Connection;

use crate::store::error::StoreError;
use crate::store::sql;

/// What operators read about an event once it is durable.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The number that people know it by.
    event: u64,
    code: String,
    open: bool,
    cluster: Option<String>,
    campaign: Option<CampaignId>,
    user: Option<String>,
    message: String,
}

impl Line {
    /// Reads what is to be said of a row of an event.
    pub(super) fn of(
        connection: &Connection,
        clusters: &[ClusterSpec],
        event: EventId,
    ) -> Result<Option<Line>, StoreError> {
        let sql = "SELECT events.id, code, open, cluster, campaign, user, message FROM events \
                   LEFT JOIN campaigns ON campaigns.id = events.campaign \
                   WHERE event = ?1 AND parent IS NULL";
        sql::first(connection, "read an event", sql, [event.0], |row| {
            let cluster: Option<u16> = row.get(3)?;
            let spec = cluster.and_then(|cluster| clusters.get(usize::from(cluster)));
            Ok(Line {
                event: row.get(0)?,
                code: row.get(1)?,
                open: row.get(2)?,
                cluster: spec.map(|spec| spec.name.to_string()),
                campaign: row.get::<_, Option<u32>>(4)?.map(CampaignId),
                user: row.get(5)?,
                message: row.get(6)?,
            })
        })
    }

    /// Writes it into the log.
    pub(crate) fn log(&self) {
        let Line { event, code, open, cluster, campaign, user, message } = self;
        let campaign = campaign.map(|id| id.0);
        if *open {
            tracing::warn!(event, code, cluster, campaign, user, message, "an event is opened");
        } else {
            tracing::info!(event, code, cluster, campaign, user, "an event is closed");
        }
    }
}
