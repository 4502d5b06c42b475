//! Reads rows for the REST API, with a few connections of its own. Writes nothing.

mod campaigns;
mod events;
mod jobs;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gleaner_core::ids::{CampaignId, ClusterId, EventId};
use gleaner_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use crate::api::views::{
    CampaignRow, ClusterStatus, CoupleRow, EventRow, JobId, JobRow, Page, Part, ReadError,
    StatsRow, TaskRow, Views,
};
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::parameters::{self, Parts};

/// Connections that read: as many requests are answered at the same time.
const READERS: usize = 3;

/// The rows of a store.
#[derive(Debug)]
pub struct StoredViews {
    readers: Vec<Mutex<Connection>>,
    /// The parameters that were read last, and whose: people leaf through one campaign, and a million
    /// parameters take a while to read. They do not change; more may be added.
    leafed: Mutex<Option<(CampaignId, Parts)>>,
}

impl StoredViews {
    /// Opens the store at `path` for reading.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be opened.
    pub fn open(path: &Path) -> Result<StoredViews, StoreError> {
        let readers = (0..READERS).map(|_| Ok(Mutex::new(Store::reader(path)?)));
        let readers = readers.collect::<Result<_, StoreError>>()?;
        Ok(StoredViews { readers, leafed: Mutex::new(None) })
    }

    /// A connection that nobody uses, or else the first, in its turn.
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

    /// All parameters of a campaign.
    fn parts(&self, id: CampaignId) -> Result<Parts, ReadError> {
        let leafed = || self.leafed.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = self.reader();
        let count = parameters::count(&reader, id).map_err(failed)?;
        // Not held while others are read: nobody waits for somebody else's million.
        let known = leafed().clone();
        if let Some((_, parts)) = known.filter(|(of, parts)| *of == id && parts.len() == count) {
            return Ok(parts);
        }
        let parts = parameters::parts(&reader, id).map_err(failed)?;
        *leafed() = Some((id, parts.clone()));
        Ok(parts)
    }

    /// Fills in the parameters of jobs of one campaign.
    fn with_parameters(&self, rows: &mut [JobRow]) -> Result<(), ReadError> {
        let Some(campaign) = rows.first().map(|row| row.campaign) else { return Ok(()) };
        let parts = self.parts(campaign)?;
        for row in rows {
            row.parameter = row.index.and_then(|index| parameters::text(&parts, index));
        }
        Ok(())
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> ReadError {
    ReadError(Box::new(error))
}

fn time(seconds: Option<i64>) -> Option<Timestamp> {
    seconds.map(Timestamp::from_seconds)
}

impl Views for StoredViews {
    fn active_campaigns(&self) -> Result<Vec<CampaignRow>, ReadError> {
        self.read(campaigns::active)
    }

    fn campaign_counts(&self) -> Result<[u64; 4], ReadError> {
        self.read(campaigns::counts)
    }

    fn campaign(&self, id: CampaignId) -> Result<Option<CampaignRow>, ReadError> {
        self.read(|connection| campaigns::one(connection, id))
    }

    fn couples(&self, id: CampaignId) -> Result<Vec<CoupleRow>, ReadError> {
        self.read(|connection| campaigns::couples(connection, id))
    }

    fn jdl(&self, id: CampaignId) -> Result<Option<String>, ReadError> {
        let sql = "SELECT jdl FROM campaigns WHERE id = ?1";
        self.read(|connection| connection.query_row(sql, [id.0], |row| row.get(0)).optional())
    }

    fn parameters(&self, id: CampaignId, take: &mut dyn FnMut(&str)) -> Result<(), ReadError> {
        for (_, part) in self.parts(id)? {
            part.iter().for_each(|text| take(&text));
        }
        Ok(())
    }

    fn tasks(&self, id: CampaignId, page: Page) -> Result<Part<TaskRow>, ReadError> {
        let parts = self.parts(id)?;
        self.read(|connection| jobs::tasks(connection, id, &parts, page))
    }

    fn finished_jobs(&self, id: CampaignId, page: Page) -> Result<Part<JobRow>, ReadError> {
        let (mut rows, total) = self.read(|connection| jobs::finished(connection, id, page))?;
        self.with_parameters(&mut rows)?;
        Ok((rows, total))
    }

    fn job(&self, id: JobId) -> Result<Option<JobRow>, ReadError> {
        let row = self.read(|connection| jobs::one(connection, id))?;
        let mut rows: Vec<JobRow> = row.into_iter().collect();
        self.with_parameters(&mut rows)?;
        Ok(rows.pop())
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
