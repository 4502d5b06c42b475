//! The names by which people know clusters and jobs, for messages of events, and the lines about events that
//! operators read. Writes no row.

use gleaner_core::config::ClusterSpec;
use gleaner_core::ids::{CampaignId, ClusterId, EventId, RemoteJobId, TaskId};
use gleaner_core::report::telling::Names;
use rusqlite::{Connection, OptionalExtension};

use crate::store::error::StoreError;
use crate::store::rows::Rows;

/// Names as the API shows them.
pub(super) struct Shown<'a> {
    pub(super) clusters: &'a [ClusterSpec],
    pub(super) rows: &'a Rows,
}

impl Shown<'_> {
    /// The number that people know a task's job by.
    fn job_of(&self, task: TaskId, cluster: Option<ClusterId>) -> Option<u64> {
        let ended = cluster.and_then(|at| self.rows.ended.get(&(task, at)).copied());
        let alive = || {
            let mut living = self.rows.living.values();
            let same =
                living.find(|job| job.campaign == task.campaign && job.task == Some(task.index));
            same.map(|job| job.row)
        };
        ended.or_else(alive)
    }
}

impl Names for Shown<'_> {
    fn cluster(&self, cluster: ClusterId) -> String {
        match self.clusters.get(cluster.index()) {
            Some(spec) => format!("cluster `{}`", spec.name),
            None => format!("cluster {}", u32::from(cluster.0) + 1),
        }
    }

    fn job(&self, cluster: ClusterId, job: RemoteJobId) -> String {
        match self.rows.living.get(&(cluster, job)) {
            Some(known) => format!("job {} (number {job})", known.row),
            None => format!("number {job}"),
        }
    }

    fn task(&self, task: TaskId, cluster: Option<ClusterId>) -> String {
        match self.job_of(task, cluster) {
            Some(job) => format!("job {job}"),
            // It has no job that could be shown.
            None => format!("task {} of campaign {}", task.index, task.campaign),
        }
    }
}

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
        let failed = StoreError::doing("read an event");
        let sql = "SELECT events.id, code, open, cluster, campaign, user, message FROM events \
                   LEFT JOIN campaigns ON campaigns.id = events.campaign \
                   WHERE event = ?1 AND parent IS NULL";
        let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
        let line = statement.query_row([event.0], |row| {
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
        });
        line.optional().map_err(&failed)
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
