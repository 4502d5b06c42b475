//! The clusters' entries as they were used last: their numbers, names and servers. By these, a renamed entry is
//! known for the one it was, also by a daemon that was not running then.

use std::collections::BTreeMap;

use gleaner_core::config::ClusterSpec;
use gleaner_core::ids::ClusterId;
use rusqlite::{Connection, params};

use crate::store::error::StoreError;
use crate::store::sql::{self, run};

/// The tables: entries, and the names that they had before.
pub(super) const MIGRATION: &str = "
CREATE TABLE cluster_entries (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL,
    server TEXT
) STRICT;
CREATE TABLE cluster_names (
    name TEXT PRIMARY KEY,
    id   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

/// Servers of clusters, by name; see [`crate::config::server::server`].
pub type Servers = BTreeMap<Box<str>, String>;

/// Returns the servers of the clusters that have been used, by number.
pub(crate) fn servers(connection: &Connection) -> Result<BTreeMap<ClusterId, String>, StoreError> {
    let sql = "SELECT id, server FROM cluster_entries WHERE server IS NOT NULL ORDER BY id";
    sql::all(connection, "read the clusters' servers", sql, [], |row| {
        Ok((ClusterId(row.get(0)?), row.get(1)?))
    })
}

/// Returns whether these are the names and servers that are written.
pub(crate) fn are(
    connection: &Connection,
    known: &[ClusterSpec],
    wanted: &Servers,
) -> Result<bool, StoreError> {
    let sql = "SELECT name FROM cluster_entries ORDER BY id";
    let names: Vec<String> =
        sql::all(connection, "read the clusters' names", sql, [], |row| row.get(0))?;
    let written = servers(connection)?;
    let same = |(id, spec): (ClusterId, &ClusterSpec)| {
        wanted.get(&spec.name).is_none_or(|server| written.get(&id) == Some(server))
    };
    let named = names.iter().map(String::as_str).eq(known.iter().map(|spec| &*spec.name));
    Ok(named && ClusterId::with_each(known).all(same))
}

/// Writes the clusters' names and servers of now. A server belongs to one entry: who had it before, and has
/// another or is gone, has it no more.
pub(crate) fn put(
    connection: &Connection,
    known: &[ClusterSpec],
    servers: &Servers,
) -> Result<(), StoreError> {
    let doing = "keep the clusters' names";
    for (ClusterId(id), spec) in ClusterId::with_each(known) {
        let former = "INSERT OR REPLACE INTO cluster_names (name, id) \
                      SELECT name, id FROM cluster_entries WHERE id = ?1 AND name <> ?2";
        run(connection, doing, former, params![id, &*spec.name])?;
        let entry = "INSERT INTO cluster_entries (id, name) VALUES (?1, ?2) \
                     ON CONFLICT (id) DO UPDATE SET name = ?2";
        run(connection, doing, entry, params![id, &*spec.name])?;
        if let Some(server) = servers.get(&spec.name) {
            let others = "UPDATE cluster_entries SET server = NULL WHERE server = ?2 AND id <> ?1";
            run(connection, doing, others, params![id, server])?;
            let entry = "UPDATE cluster_entries SET server = ?2 WHERE id = ?1";
            run(connection, doing, entry, params![id, server])?;
        }
    }
    // Somebody's name of now is nobody's former one.
    let sql = "DELETE FROM cluster_names WHERE name IN (SELECT name FROM cluster_entries)";
    run(connection, doing, sql, [])
}

/// Returns the names that clusters had before, each with its cluster's name of now.
pub(crate) fn former(connection: &Connection) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT cluster_names.name, cluster_entries.name FROM cluster_names \
               JOIN cluster_entries USING (id) ORDER BY 1";
    sql::all(connection, "read the clusters' former names", sql, [], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}
