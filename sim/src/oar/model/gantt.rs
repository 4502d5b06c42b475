//! What the last pass predicted, as OAR's gantt tables hold it until the next pass.

use crate::oar::model::ids::{Date, JobId, ResourceId};
use crate::oar::model::platform::Platform;
use std::sync::Arc;

/// The resources of an entry.
#[derive(Debug, Clone)]
pub(in crate::oar) enum EntryResources {
    /// Listed: jobs that hold resources, accepted reservations.
    Listed(Arc<[ResourceId]>),
    /// A set of ranks in the arena, by its first word.
    Planned(usize),
}

/// One row.
#[derive(Debug, Clone)]
pub(in crate::oar) struct Entry {
    pub(in crate::oar) job: JobId,
    pub(in crate::oar) start: Date,
    pub(in crate::oar) alternative: usize,
    pub(in crate::oar) resources: EntryResources,
    /// Whether the job has already been started.
    pub(in crate::oar) under_way: bool,
}

/// A predicted job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prediction {
    /// The job.
    pub job: JobId,
    /// Its start, past for jobs that run.
    pub start: Date,
    /// Index of its alternative.
    pub alternative: usize,
    /// Its resources, ascending.
    pub resources: Vec<ResourceId>,
}

/// All predictions of a pass.
#[derive(Debug, Clone, Default)]
pub struct Gantt {
    pub(in crate::oar) entries: Vec<Entry>,
    pub(in crate::oar) arena: Vec<u64>,
    pub(in crate::oar) platform: Option<Arc<Platform>>,
    /// Whether every job examined has been tried, not only those a launch depended on.
    pub complete: bool,
}

impl Gantt {
    /// Whether it has no row.
    pub(in crate::oar) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The predictions, by job.
    #[must_use]
    pub fn predictions(&self) -> Vec<Prediction> {
        let mut all: Vec<_> = self.entries.iter().map(|entry| self.prediction_of(entry)).collect();
        all.sort_by_key(|prediction| prediction.job);
        all
    }

    /// Predicted starts, in no particular order, without their resources.
    pub fn starts(&self) -> impl Iterator<Item = (JobId, Date)> + '_ {
        self.entries.iter().map(|entry| (entry.job, entry.start))
    }

    /// The prediction of one job.
    #[must_use]
    pub fn prediction(&self, job: JobId) -> Option<Prediction> {
        let entry = self.entries.iter().find(|entry| entry.job == job)?;
        Some(self.prediction_of(entry))
    }

    fn prediction_of(&self, entry: &Entry) -> Prediction {
        let mut resources = match &entry.resources {
            EntryResources::Listed(ids) => ids.to_vec(),
            EntryResources::Planned(from) => {
                let platform = self.platform.as_ref().expect("planned entries have a platform");
                platform.ids_of(self.planned(*from, platform))
            }
        };
        resources.sort_unstable();
        let Entry { job, start, alternative, .. } = *entry;
        Prediction { job, start, alternative, resources }
    }

    /// Ranks of a planned entry.
    pub(in crate::oar) fn planned(&self, from: usize, platform: &Platform) -> &[u64] {
        &self.arena[from..from + platform.words]
    }
}
