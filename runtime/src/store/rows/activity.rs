//! How busy each campaign is on each of its clusters, written where that has changed. Knows no single job.

use std::collections::BTreeMap;

use gleaner_core::backend::memory::Memory;
use gleaner_core::ids::{CampaignId, ClusterId};
use rusqlite::{Connection, params};

use crate::store::error::StoreError;
use crate::store::sql::{self, run};

/// What was last written of each campaign on each cluster: its jobs, and its tasks that wait for this cluster.
#[derive(Debug, Default)]
pub(super) struct Activity(BTreeMap<(CampaignId, ClusterId), (u32, u32)>);

impl Activity {
    /// Those that were busy when last written.
    pub(super) fn load(connection: &Connection) -> Result<Activity, StoreError> {
        let sql = "SELECT campaign, cluster, active, queued FROM couples \
                   WHERE active <> 0 OR queued <> 0";
        let busy = sql::all(connection, "read campaigns' standing", sql, [], |row| {
            let key = (CampaignId(row.get(0)?), ClusterId(row.get(1)?));
            Ok((key, (row.get(2)?, row.get(3)?)))
        });
        busy.map(Activity)
    }

    /// Writes what has changed.
    pub(super) fn write(
        &mut self,
        connection: &Connection,
        memory: Memory<'_>,
    ) -> Result<(), StoreError> {
        let mut now = BTreeMap::new();
        for (cluster, _) in ClusterId::with_each(memory.clusters()) {
            for pair in memory.pairs(cluster) {
                now.insert((pair.campaign, cluster), (pair.jobs.total(), pair.queued));
            }
        }
        let sql =
            "UPDATE couples SET active = ?3, queued = ?4 WHERE campaign = ?1 AND cluster = ?2";
        let put = |(campaign, cluster): &(CampaignId, ClusterId), (active, queued): (u32, u32)| {
            let row = params![campaign.0, cluster.0, active, queued];
            run(connection, "keep a campaign's standing", sql, row)
        };
        let mut changed = now.iter().filter(|(key, value)| self.0.get(key) != Some(value));
        changed.try_for_each(|(key, value)| put(key, *value))?;
        let mut idle = self.0.keys().filter(|key| !now.contains_key(key));
        idle.try_for_each(|key| put(key, (0, 0)))?;
        self.0 = now;
        Ok(())
    }
}
