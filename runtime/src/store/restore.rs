//! Putting a backup in the store's place: a whole copy of it is made ready beside the store, and takes its place
//! at once. What was there is kept. Asks no cluster.

use std::path::{Path, PathBuf};

use gleaner_core::fact::Fact;
use gleaner_core::ids::CampaignId;
use gleaner_core::time::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use crate::store::backup::copied;
use crate::store::connection::{in_one_file, read_only};
use crate::store::epoch::{self, Epoch};
use crate::store::error::StoreError;
use crate::store::journal::{self, FactSeq};
use crate::store::lock::Lock;
use crate::store::{archive, file, integrity, migrations, numbers};

/// What the copy is called as long as it is not in its place.
const PART: &str = ".restore.part";

/// A backup that is ready to take the store's place, which nobody uses meanwhile.
#[derive(Debug)]
pub struct Restoring {
    /// Held until all is done. Declared first, but let go of by [`Restoring::finish`] last.
    connection: Connection,
    target: PathBuf,
    past: Vec<String>,
    epoch: Epoch,
    lineage: String,
    lock: Lock,
}

impl Restoring {
    /// Makes a copy of the backup at `from` ready for the place of the store at `to`: whole, checked, of this
    /// release's format, with a new epoch.
    ///
    /// # Errors
    /// [`StoreError`] when a daemon uses the store, or the backup cannot be used; nothing has changed then.
    pub fn begin(from: &Path, to: &Path) -> Result<Restoring, StoreError> {
        file::regular(to)?;
        let target = file::real(to);
        if same(from, &target) {
            return Err(StoreError::Same { path: from.to_owned() });
        }
        let header = file::readable(from)?;
        if header.is_some_and(|header| migrations::lacks_log(from, header)) {
            let log = file::beside(from, "-wal");
            return Err(StoreError::WithoutLog { path: from.to_owned(), log });
        }
        if header.is_none() {
            return Err(StoreError::NoDatabase { path: from.to_owned(), what: "empty" });
        }
        let new = !target.exists();
        let lock = Lock::take(&target)?;
        let made = ready(from, &target, &lock);
        if made.is_err() {
            remove_part(&target);
            if new {
                // The lock's, which no daemon shall take for a store.
                let _ = std::fs::remove_file(&target);
            }
        }
        let (connection, past, epoch, lineage) = made?;
        Ok(Restoring { connection, target, past, epoch, lineage, lock })
    }

    /// Returns the copy: what was written to the backup last is in it.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Returns the epochs under which jobs were sent that it may not know of, the oldest first; none
    /// where that was not noted in older releases.
    pub fn past(&self) -> &[String] {
        &self.past
    }

    /// Adds what is to be told first when the daemon starts, behind what it has been told, and the highest
    /// number of a campaign that was seen.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub fn tell(
        &mut self,
        known: FactSeq,
        facts: &[Fact],
        seen: Option<CampaignId>,
    ) -> Result<(), StoreError> {
        let doing = StoreError::doing("keep what was found");
        let copy = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let copy = copy.map_err(&doing)?;
        let last = journal::last_fact(&copy)?.max(known);
        journal::put_facts(&copy, last, facts)?;
        numbers::given(&copy, None, seen)?;
        copy.commit().map_err(&doing)
    }

    /// Puts it in the store's place, and keeps what was there under names that end with `at`: they are returned.
    ///
    /// # Errors
    /// [`StoreError`]; the store is as it was then, or nothing is in its place and the copy is still there.
    pub fn finish(self, at: Timestamp) -> Result<Vec<PathBuf>, StoreError> {
        let Restoring { connection, target, epoch, lineage, lock, .. } = self;
        let last = journal::last_cycle(&connection)?;
        in_one_file(&connection).map_err(StoreError::doing("make the copy one file"))?;
        drop(connection);
        let part = file::beside(&target, PART);
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::Write { path, source }
        };
        let (copy, failed_copy) = (std::fs::File::open(&part), failed(&part));
        copy.and_then(|copy| copy.sync_all()).map_err(failed_copy)?;
        let kept = keep(&target, &lock, at)?;
        std::fs::rename(&part, &target).map_err(failed(&target))?;
        file::sync_folder_of(&target).map_err(failed(&target))?;
        lock.note(&epoch, last, &lineage).map_err(failed(&file::beside(&target, ".lock")))?;
        Ok(kept)
    }

    /// Leaves everything as it was.
    pub fn give_up(self) {
        let Restoring { connection, target, lock, .. } = self;
        drop(connection);
        remove_part(&target);
        let made_by_lock = lock.store().metadata().is_ok_and(|found| found.len() == 0);
        if made_by_lock {
            let _ = std::fs::remove_file(&target);
        }
    }
}

type Ready = (Connection, Vec<String>, Epoch, String);

/// Makes the copy.
fn ready(from: &Path, target: &Path, lock: &Lock) -> Result<Ready, StoreError> {
    let part = file::beside(target, PART);
    remove_part(target);
    let backup = read_only(from)?;
    migrations::ours(from, &backup)?;
    if archive::is_segment(from, &backup)? {
        return Err(StoreError::Segment { path: from.to_owned() });
    }
    let mut copy = copied(&backup, &part, "copy the backup")?;
    // What is wrong with it is wrong with the backup.
    integrity::wholly(from, &copy)?;
    migrations::run(from, &mut copy)?;
    Epoch::forget(&copy)?;
    let lineage = epoch::lineage(&copy)?;
    let past = with_replaced(&copy, target, lock, &lineage)?;
    epoch::remember(&copy, &past)?;
    let epoch = Epoch::draw(&copy)?;
    Ok((copy, past, epoch, lineage))
}

/// Returns the epochs of the backup, and those under which the store that it replaces has gone on since, if
/// that is of the same family. Numbers that it has given are not given again.
fn with_replaced(
    copy: &Connection,
    target: &Path,
    lock: &Lock,
    lineage: &str,
) -> Result<Vec<String>, StoreError> {
    let mut past = epoch::past(copy)?;
    let mut add = |epochs: Vec<String>| {
        for epoch in epochs {
            if !past.contains(&epoch) {
                past.push(epoch);
            }
        }
    };
    // It may be damaged, or not there.
    let of_replaced = || -> Result<Option<Vec<String>>, StoreError> {
        let replaced = read_only(target)?;
        migrations::check(target, &replaced, migrations::ROWS)?;
        if epoch::lineage(&replaced)? != lineage {
            return Ok(None);
        }
        numbers::given(copy, Some(&replaced), None)?;
        let mut epochs = epoch::past(&replaced)?;
        epochs.extend(Epoch::of(&replaced)?.map(|epoch| epoch.to_string()));
        Ok(Some(epochs))
    };
    match of_replaced() {
        Ok(epochs) => add(epochs.unwrap_or_default()),
        Err(error) => tracing::debug!(%error, "the store that is replaced tells nothing"),
    }
    let note = lock.noted().filter(|note| note.lineage.as_deref() == Some(lineage));
    add(note.map(|note| note.epoch).into_iter().collect());
    Ok(past)
}

/// Gives what is at the store's place other names, and returns them. The store comes last, so that whoever is
/// interrupted finds it there, and knows that its log is missing.
fn keep(target: &Path, lock: &Lock, at: Timestamp) -> Result<Vec<PathBuf>, StoreError> {
    let time = jiff::Timestamp::from_second(at.seconds()).unwrap_or_default();
    let name = |nth: u32| {
        let again = if nth == 0 { String::new() } else { format!("-{nth}") };
        let ending = time.strftime(".replaced-%Y%m%dT%H%M%SZ").to_string();
        file::beside(target, &format!("{ending}{again}"))
    };
    let kept = (0..).map(name).find(|name| !name.exists()).unwrap_or_else(|| name(0));
    let mut names = Vec::new();
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| StoreError::Write { path, source }
    };
    // What the lock has made is no store.
    let was_there = lock.store().metadata().is_ok_and(|found| found.len() > 0);
    if was_there {
        // A second name; the copy takes the first from it.
        match std::fs::hard_link(target, &kept) {
            Ok(()) => {}
            Err(_) => std::fs::rename(target, &kept).map_err(failed(&kept))?,
        }
        names.push(kept.clone());
    }
    for ending in file::BESIDE {
        let (old, new) = (file::beside(target, ending), file::beside(&kept, ending));
        if old.exists() {
            std::fs::rename(&old, &new).map_err(failed(&new))?;
            names.push(new);
        }
    }
    names.iter().for_each(|name| file::tighten(name));
    file::sync_folder_of(target).map_err(failed(target))?;
    Ok(names)
}

fn remove_part(target: &Path) {
    for ending in ["", "-journal", "-wal", "-shm"] {
        // Most are not there.
        let _ = std::fs::remove_file(file::beside(&file::beside(target, PART), ending));
    }
}

fn same(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let of = |path: &Path| std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    of(one).is_some() && of(one) == of(other)
}
