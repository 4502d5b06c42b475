//! What a server remembers between passes. Plain data: `reuse` decides what it is worth.

use crate::oar::config::Predictions;
use crate::oar::ids::{Date, JobId};
use crate::oar::platform::Platform;
use crate::oar::slots::SlotSet;
use crate::oar::slots::standing::Standing;
use std::sync::Arc;

/// What is remembered between passes.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    pub(super) plan: Option<Plan>,
    pub(super) arrivals: Vec<JobId>,
    /// Slots of the owners' jobs under way at the last pass that needed slots.
    pub(super) standing: Option<Standing>,
    /// Slots that nobody needs any more, for their memory.
    pub(super) spare: Option<SlotSet>,
}

/// The plan of a pass, and how far it reaches.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) slots: SlotSet,
    pub(super) now: Date,
    pub(super) predictions: Predictions,
    pub(super) platform: Arc<Platform>,
    /// Group behind which new jobs may be placed: the last one that holds or waits for anything.
    pub(super) tail_group: Option<usize>,
    /// Last job examined in each group.
    pub(super) last_job: Vec<Option<JobId>>,
    /// Jobs of each group that were examined and wait on.
    pub(super) examined: Vec<usize>,
    /// Whether jobs beyond the limit of a round wait: a launch brings them into view.
    pub(super) truncated: bool,
}

impl Memory {
    /// Something changed that the plan rests on.
    pub(super) fn forget(&mut self) {
        if let Some(plan) = self.plan.take() {
            self.spare = Some(plan.slots);
        }
        self.arrivals.clear();
    }

    /// A job arrived.
    pub(super) fn note_arrival(&mut self, id: JobId) {
        if self.plan.is_some() {
            self.arrivals.push(id);
        }
    }
}
