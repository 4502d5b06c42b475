//! A waiting job in the plan that stands. Must not know the plan.

use super::search::Cursor;
use super::sparse::SparseSet;
use crate::oar::model::ids::JobId;
use crate::oar::model::slots::kept::Move;

/// A job and its place.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The job.
    pub id: JobId,
    /// First second.
    pub start: i64,
    pub(super) width_s: i64,
    /// First second in which others may have what it takes.
    pub(super) end: i64,
    /// No window that begins before holds more resources.
    pub(super) most: u32,
    /// Whether its start narrows windows.
    pub(super) narrows: bool,
    /// What it takes.
    pub set: SparseSet,
}

impl Planned {
    /// End that it asks for.
    pub(super) fn asked_end(&self) -> i64 {
        self.start + self.width_s
    }

    pub(super) fn cursor(&self) -> Cursor {
        Cursor { start: self.start, most: self.most }
    }

    /// Whether a job came under way just as it was planned.
    pub(super) fn became(&self, moved: &Move) -> bool {
        let holder = &moved.holder;
        (self.id, self.start, self.asked_end()) == (moved.id, holder.start.0, holder.end)
            && self.end == moved.until
            && self.set == SparseSet::of(&holder.set)
    }
}
