//! The port through which people's requests read rows. The store stands behind it; whoever asks knows no SQL, and the
//! store knows nobody who asks.

pub mod rows;

use std::sync::Arc;

use gleaner_api::numbers::JobId;
use gleaner_core::ids::{CampaignId, ClusterId, EventId};
use gleaner_core::jdl::params::Parameters;
use gleaner_core::ledger::campaign::CampaignState;

use crate::views::rows::{
    CampaignRow, ClusterStatus, EventRow, JobRow, PairRow, StatsRow, TaskRow,
};

/// Reads at the same time, at most: who asks keeps to it, and what stands behind is ready for as many.
pub const READS_MAX: usize = 4;

/// A part of a long list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Entries before it.
    pub offset: u64,
    /// The most entries in it.
    pub limit: u64,
}

/// The rows could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the store")]
pub struct ReadError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// A part of a list, and how long the whole is.
pub type Part<T> = (Vec<T>, u64);

/// Some of a campaign's parameters: the index of the first of their tasks, and the texts.
pub type Block = (u32, Arc<Parameters>);

/// Which campaigns are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meant {
    /// Those in one of these states.
    pub states: Vec<CampaignState>,
    /// Those of this user; none: of anybody.
    pub user: Option<String>,
}

impl Meant {
    /// Those that are not over, of anybody.
    pub fn active() -> Meant {
        let states = CampaignState::ALL.into_iter().filter(|state| !state.is_over());
        Meant { states: states.collect(), user: None }
    }
}

/// Reads rows. Called off the asynchronous threads; each call sees what was durable at its start, and takes some
/// milliseconds: whoever wants much asks again and again, and lets others have their turn in between.
pub trait Views: Send + Sync {
    /// Returns the campaigns that are meant, latest first, from before `before` on; and how many they are in all.
    ///
    /// # Errors
    /// [`ReadError`], here and below.
    fn campaigns(
        &self,
        meant: &Meant,
        before: Option<CampaignId>,
        limit: u64,
    ) -> Result<Part<CampaignRow>, ReadError>;

    /// Returns how many campaigns are in each state, in the order of
    /// [`CampaignState::ALL`](gleaner_core::ledger::campaign::CampaignState::ALL).
    fn campaign_counts(&self) -> Result<[u64; 4], ReadError>;

    /// Returns one campaign, if there is such.
    fn campaign(&self, id: CampaignId) -> Result<Option<CampaignRow>, ReadError>;

    /// Returns a campaign on its clusters, in the order of the clusters.
    fn pairs(&self, id: CampaignId) -> Result<Vec<PairRow>, ReadError>;

    /// Returns the expanded JDL without its parameters, as JSON.
    fn jdl(&self, id: CampaignId) -> Result<Option<String>, ReadError>;

    /// Returns the parameters of some tasks, the one with this index among them; none beyond the
    /// last.
    fn block(&self, id: CampaignId, index: u32) -> Result<Option<Block>, ReadError>;

    /// Returns the tasks of a campaign with their tries, in the order of their parameters; a page counts tasks. Where
    /// parameters are long, fewer tasks than asked for, but always one if there is one.
    fn tasks(&self, id: CampaignId, page: Page) -> Result<Part<TaskRow>, ReadError>;

    /// Returns the jobs of a campaign that are over, in the order of their ids; fewer than asked for,
    /// as above.
    fn finished_jobs(&self, id: CampaignId, page: Page) -> Result<Part<JobRow>, ReadError>;

    /// Returns the next of them behind one, without counting all that come before.
    fn finished_jobs_behind(
        &self,
        id: CampaignId,
        after: JobId,
        limit: u64,
    ) -> Result<Vec<JobRow>, ReadError>;

    /// Returns one job.
    fn job(&self, id: JobId) -> Result<Option<JobRow>, ReadError>;

    /// Open events of a campaign and of all users on its clusters; or all its events, open or not.
    fn campaign_events(
        &self,
        id: CampaignId,
        all: bool,
        page: Page,
    ) -> Result<Part<EventRow>, ReadError>;

    /// Open events that concern no single campaign.
    fn global_events(&self, page: Page) -> Result<Part<EventRow>, ReadError>;

    /// Returns the next events of a campaign behind one.
    fn campaign_events_behind(
        &self,
        id: CampaignId,
        all: bool,
        after: EventId,
        limit: u64,
    ) -> Result<Vec<EventRow>, ReadError>;

    /// Returns the next events that concern no single campaign behind one.
    fn global_events_behind(&self, after: EventId, limit: u64) -> Result<Vec<EventRow>, ReadError>;

    /// Returns one event.
    fn event(&self, id: EventId) -> Result<Option<EventRow>, ReadError>;

    /// Figures of a campaign.
    fn stats(&self, id: CampaignId) -> Result<StatsRow, ReadError>;

    /// Returns a cluster as it is known now.
    fn cluster(&self, id: ClusterId) -> Result<ClusterStatus, ReadError>;
}
