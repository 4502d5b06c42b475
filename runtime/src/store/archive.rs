//! Segments of the journal that outlive it: what is to be forgotten is first copied to a file a month, itself a
//! store that can be replayed. Forgets nothing.

use std::path::{Path, PathBuf};

use gleaner_core::time::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::store::connection::{in_one_file, prepare};
use crate::store::error::StoreError;
use crate::store::journal::Forgettable;
use crate::store::{file, migrations};

/// Marks a segment, so that no daemon takes it for its store.
const MARK: &str = "INSERT OR REPLACE INTO meta (key, value) VALUES ('segment', 'yes')";

/// Returns whether a store is such a segment.
pub(super) fn is_segment(path: &Path, connection: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM meta WHERE key = 'segment')";
    connection.query_one(sql, [], |row| row.get(0)).map_err(StoreError::opening(path))
}

/// Copies what is about to be forgotten of the store at `store` to a segment in `folder`, durably. Doing so
/// again changes nothing: a crash before it was forgotten does no harm.
///
/// # Errors
/// [`StoreError`] when the segment cannot be written.
pub(crate) fn keep(
    store: &Path,
    folder: &Path,
    forgettable: &Forgettable,
) -> Result<(), StoreError> {
    let path = segment(folder, forgettable.begins);
    // Nobody has it open: this process closes it when it is done.
    drop(
        file::open_private(&path)
            .map_err(|source| StoreError::Write { path: path.clone(), source })?,
    );
    file::tighten(&path);
    let mut connection = Connection::open(&path).map_err(StoreError::opening(&path))?;
    migrations::ours(&path, &connection)?;
    prepare(&connection).map_err(StoreError::opening(&path))?;
    migrations::run(&path, &mut connection)?;
    connection.execute(MARK, []).map_err(StoreError::opening(&path))?;
    let failed = StoreError::doing("archive the journal");
    let live = store.to_string_lossy();
    connection.execute("ATTACH ?1 AS live", [&*live]).map_err(&failed)?;
    let copy = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let copy = copy.map_err(&failed)?;
    let Forgettable { checkpoint, cycle, fact, .. } = *forgettable;
    for (sql, upto) in [
        ("INSERT OR IGNORE INTO cycles SELECT * FROM live.cycles WHERE id <= ?1", cycle),
        // With the one that stays: the next segment begins there.
        (
            "INSERT OR IGNORE INTO checkpoints SELECT * FROM live.checkpoints WHERE id <= ?1",
            checkpoint,
        ),
        ("INSERT OR IGNORE INTO facts SELECT * FROM live.facts WHERE seq + count - 1 <= ?1", fact),
    ] {
        copy.execute(sql, params![upto]).map_err(&failed)?;
    }
    // All that is there: a campaign may be long, and any part of it may be wanted.
    let parameters = "INSERT INTO parameters (campaign, first, count, data, part) \
                      SELECT campaign, first, count, data, part FROM live.parameters AS new \
                      WHERE NOT EXISTS (SELECT 1 FROM main.parameters AS old \
                      WHERE old.campaign = new.campaign AND old.first = new.first)";
    copy.execute(parameters, []).map_err(&failed)?;
    copy.commit().map_err(&failed)?;
    connection.execute("DETACH live", []).map_err(&failed)?;
    in_one_file(&connection).map_err(&failed)
}

/// Returns the file for a segment that begins at this time.
fn segment(folder: &Path, begins: Timestamp) -> PathBuf {
    let time = jiff::Timestamp::from_second(begins.seconds()).unwrap_or_default();
    folder.join(time.to_zoned(TimeZone::UTC).strftime("journal-%Y-%m.db").to_string())
}
