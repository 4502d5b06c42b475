//! Reads rows for the REST API, with a few connections of its own. Writes nothing.

mod campaigns;
mod events;
mod jobs;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gleaner_api::numbers::JobId;
use gleaner_core::ids::{CampaignId, ClusterId, EventId};
use rusqlite::{Connection, OptionalExtension};

use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::parameters;
use crate::store::words::time;
use crate::views::rows::{
    CampaignRow, ClusterStatus, EventRow, JobRow, PairRow, StatsRow, TaskRow,
};
use crate::views::{Block, Meant, Page, Part, READS_MAX, ReadError, Views};

/// Blocks of parameters that are kept after they were read: whoever leafs through a campaign needs the same again.
const BLOCKS_KEPT: usize = 16;
/// Rows end where their parameters have so many bytes together.
const TEXT_MAX: usize = 1 << 20;

/// The rows of a store.
#[derive(Debug)]
pub struct StoredViews {
    /// As many as read at the same time.
    readers: Vec<Mutex<Connection>>,
    /// The blocks that were read last, the latest behind. They do not change; more may be added.
    leafed: Mutex<VecDeque<(CampaignId, Block)>>,
}

impl StoredViews {
    /// Opens the store at `path` for reading.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be opened.
    pub fn open(path: &Path) -> Result<StoredViews, StoreError> {
        let readers = (0..READS_MAX).map(|_| Ok(Mutex::new(Store::reader(path)?)));
        let readers = readers.collect::<Result<_, StoreError>>()?;
        Ok(StoredViews { readers, leafed: Mutex::default() })
    }

    /// Returns a connection that nobody uses, or else the first, in its turn.
    fn reader(&self) -> MutexGuard<'_, Connection> {
        let free = self.readers.iter().find_map(|reader| reader.try_lock().ok());
        // A reader that panicked has left nothing half done.
        free.unwrap_or_else(|| self.readers[0].lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads what a page needs as of one moment.
    fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, ReadError> {
        let reader = self.reader();
        let transaction = reader.unchecked_transaction().map_err(failed)?;
        read(&transaction).map_err(failed)
    }

    fn leafed(&self) -> MutexGuard<'_, VecDeque<(CampaignId, Block)>> {
        self.leafed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, id: CampaignId, index: u32) -> Option<Block> {
        let leafed = self.leafed();
        let holds = |(of, (first, block)): &&(CampaignId, Block)| {
            *of == id && index.checked_sub(*first).is_some_and(|place| place < block.len())
        };
        leafed.iter().rev().find(holds).map(|(_, block)| block.clone())
    }

    /// Returns the jobs of a campaign with their parameters.
    fn of_campaign(&self, id: CampaignId, rows: Vec<JobRow>) -> Result<Vec<JobRow>, ReadError> {
        let mut rows: Vec<(JobRow, String)> =
            rows.into_iter().map(|row| (row, String::new())).collect();
        self.fill(id, &mut rows, |(row, parameter)| (row.index, parameter))?;
        Ok(rows.into_iter().map(filled).collect())
    }

    /// Fills in parameters, of jobs of one campaign; fewer rows than there were, where texts are long.
    fn fill<R>(
        &self,
        id: CampaignId,
        rows: &mut Vec<R>,
        place: impl Fn(&mut R) -> (Option<u32>, &mut String),
    ) -> Result<(), ReadError> {
        let mut bytes = 0;
        let mut first = None;
        for position in 0..rows.len() {
            let (index, parameter) = place(&mut rows[position]);
            let Some(index) = index else { continue };
            if let Some((first, block)) = self.block(id, index)? {
                *parameter = block.text(index - first).map(Cow::into_owned).unwrap_or_default();
            }
            bytes += parameter.len();
            first.get_or_insert(index);
            // All tries at the first of them, in any case.
            if bytes > TEXT_MAX && first != Some(index) {
                rows.truncate(position);
                break;
            }
        }
        Ok(())
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> ReadError {
    ReadError(Box::new(error))
}

/// Returns a job with its parameter, if it has one.
fn filled((row, parameter): (JobRow, String)) -> JobRow {
    JobRow { parameter: row.index.map(|_| parameter), ..row }
}

impl Views for StoredViews {
    fn campaigns(
        &self,
        meant: &Meant,
        before: Option<CampaignId>,
        limit: u64,
    ) -> Result<Part<CampaignRow>, ReadError> {
        self.read(|connection| campaigns::meant(connection, meant, before, limit))
    }

    fn campaign_counts(&self) -> Result<[u64; 4], ReadError> {
        self.read(campaigns::counts)
    }

    fn campaign(&self, id: CampaignId) -> Result<Option<CampaignRow>, ReadError> {
        self.read(|connection| campaigns::one(connection, id))
    }

    fn pairs(&self, id: CampaignId) -> Result<Vec<PairRow>, ReadError> {
        self.read(|connection| campaigns::pairs(connection, id))
    }

    fn jdl(&self, id: CampaignId) -> Result<Option<String>, ReadError> {
        let sql = "SELECT jdl FROM campaigns WHERE id = ?1";
        self.read(|connection| connection.query_row(sql, [id.0], |row| row.get(0)).optional())
    }

    fn block(&self, id: CampaignId, index: u32) -> Result<Option<Block>, ReadError> {
        if let Some(block) = self.known(id, index) {
            return Ok(Some(block));
        }
        let read = parameters::block(&self.reader(), id, index).map_err(failed)?;
        if let Some(block) = &read {
            let mut leafed = self.leafed();
            if leafed.len() >= BLOCKS_KEPT {
                leafed.pop_front();
            }
            leafed.push_back((id, block.clone()));
        }
        Ok(read)
    }

    fn tasks(&self, id: CampaignId, page: Page) -> Result<Part<TaskRow>, ReadError> {
        let (mut rows, total) = self.read(|connection| jobs::tasks(connection, id, page))?;
        let all = rows.len();
        self.fill(id, &mut rows, |row| (Some(row.index), &mut row.parameter))?;
        if rows.len() < all {
            jobs::whole_tasks(&mut rows);
        }
        Ok((rows, total))
    }

    fn finished_jobs(&self, id: CampaignId, page: Page) -> Result<Part<JobRow>, ReadError> {
        let (rows, total) = self.read(|connection| jobs::finished(connection, id, page))?;
        Ok((self.of_campaign(id, rows)?, total))
    }

    fn finished_jobs_behind(
        &self,
        id: CampaignId,
        after: JobId,
        limit: u64,
    ) -> Result<Vec<JobRow>, ReadError> {
        let rows = self.read(|connection| jobs::finished_behind(connection, id, after, limit))?;
        self.of_campaign(id, rows)
    }

    fn job(&self, id: JobId) -> Result<Option<JobRow>, ReadError> {
        let Some(row) = self.read(|connection| jobs::one(connection, id))? else { return Ok(None) };
        Ok(self.of_campaign(row.campaign, vec![row])?.pop())
    }

    fn campaign_events(
        &self,
        id: CampaignId,
        all: bool,
        page: Page,
    ) -> Result<Part<EventRow>, ReadError> {
        self.read(|connection| events::of_campaign(connection, id, all, page))
    }

    fn global_events(&self, page: Page) -> Result<Part<EventRow>, ReadError> {
        self.read(|connection| events::global(connection, page))
    }

    fn campaign_events_behind(
        &self,
        id: CampaignId,
        all: bool,
        after: EventId,
        limit: u64,
    ) -> Result<Vec<EventRow>, ReadError> {
        self.read(|connection| events::of_campaign_behind(connection, id, all, after, limit))
    }

    fn global_events_behind(&self, after: EventId, limit: u64) -> Result<Vec<EventRow>, ReadError> {
        self.read(|connection| events::global_behind(connection, after, limit))
    }

    fn event(&self, id: EventId) -> Result<Option<EventRow>, ReadError> {
        self.read(|connection| events::one(connection, id))
    }

    fn stats(&self, id: CampaignId) -> Result<StatsRow, ReadError> {
        self.read(|connection| campaigns::stats(connection, id))
    }

    fn cluster(&self, id: ClusterId) -> Result<ClusterStatus, ReadError> {
        let sql = "SELECT blacklisted, stress, under_stress, observed_at, capacity_cores, \
                   used_cores, our_cores, our_running, our_waiting FROM clusters WHERE id = ?1";
        let status = |row: &rusqlite::Row<'_>| {
            Ok(ClusterStatus {
                blacklisted: row.get(0)?,
                stress: row.get(1)?,
                under_stress: row.get(2)?,
                observed_at: time(row.get(3)?),
                capacity_cores: row.get(4)?,
                used_cores: row.get(5)?,
                our_cores: row.get(6)?,
                our_running: row.get(7)?,
                our_waiting: row.get(8)?,
            })
        };
        let found = self.read(|connection| connection.query_row(sql, [id.0], status).optional());
        Ok(found?.unwrap_or_default())
    }
}
