//! Rows of clusters: how each was last seen, and whether it can be used. Knows no job of its own.

use gleaner_core::backend::memory::Memory;
use gleaner_core::ids::ClusterId;
use gleaner_core::snapshot::ClusterSnapshot;
use rusqlite::{Connection, params};

use crate::clock::Moment;
use crate::store::error::StoreError;
use crate::store::sql::run;

/// Writes how a cluster was last seen, and whether it can be used.
pub(crate) fn put(
    connection: &Connection,
    memory: Memory<'_>,
    id: ClusterId,
    snapshot: Option<&ClusterSnapshot>,
    at: Moment,
) -> Result<(), StoreError> {
    let Some(health) = memory.cluster_health(id) else { return Ok(()) };
    let sql = "INSERT INTO clusters (id, blacklisted, under_stress, capacity_cores, used_cores, \
               our_cores, our_running, our_waiting) VALUES (?1, ?2, ?3, 0, 0, 0, 0, 0) \
               ON CONFLICT (id) DO UPDATE SET blacklisted = ?2, under_stress = ?3";
    run(connection, "keep a cluster", sql, params![id.0, !health.usable, health.stressed])?;
    snapshot.map_or(Ok(()), |snapshot| seen(connection, snapshot, at))
}

/// Writes how a cluster was last seen, between two cycles.
pub(crate) fn seen(
    connection: &Connection,
    seen: &ClusterSnapshot,
    at: Moment,
) -> Result<(), StoreError> {
    let sql = "UPDATE clusters SET stress = ?2, observed_at = ?3, capacity_cores = ?4, \
               used_cores = ?5, our_cores = ?6, our_running = ?7, our_waiting = ?8 WHERE id = ?1";
    let row = params![
        seen.cluster.0,
        seen.stress,
        at.date_of(seen.observed_at).seconds(),
        seen.capacity_cores,
        seen.everybody.running_cores,
        seen.ours.running_cores,
        seen.ours.running,
        seen.ours.waiting
    ];
    run(connection, "keep a cluster", sql, row)
}
