//! What a server remembers between passes. Plain data: `reuse` decides what it is worth.

use crate::oar::model::config::Predictions;
use crate::oar::model::ids::{Date, JobId};
use crate::oar::model::platform::Platform;
use crate::oar::model::slots::SlotSet;
use crate::oar::model::slots::kept::KeptSlots;
use crate::oar::model::standing::Standing;
use crate::oar::model::standing::line::Line;
use std::sync::Arc;

/// What is remembered between passes.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    pub(in crate::oar) plan: Option<Plan>,
    pub(in crate::oar) arrivals: Vec<JobId>,
    /// Slots of the owners' jobs under way at the last pass that needed slots.
    pub(in crate::oar) kept: Option<KeptSlots>,
    /// The plan over these slots, if the last pass that needed slots left it.
    pub(in crate::oar) standing: Option<Standing>,
    /// Who waited then.
    pub(in crate::oar) line: Line,
    /// Slots that nobody needs any more, for their memory.
    pub(in crate::oar) spare: Option<SlotSet>,
}

/// The plan of a pass, and how far it reaches.
#[derive(Debug, Clone)]
pub(in crate::oar) struct Plan {
    pub(in crate::oar) slots: SlotSet,
    pub(in crate::oar) now: Date,
    pub(in crate::oar) predictions: Predictions,
    pub(in crate::oar) platform: Arc<Platform>,
    /// Group behind which new jobs may be placed: the last one that holds or waits for anything.
    pub(in crate::oar) tail_group: Option<usize>,
    /// Last job examined in each group.
    pub(in crate::oar) last_job: Vec<Option<JobId>>,
    /// Jobs of each group that were examined and wait on.
    pub(in crate::oar) examined: Vec<usize>,
    /// Whether jobs beyond the limit of a round wait: a launch brings them into view.
    pub(in crate::oar) truncated: bool,
}

impl Memory {
    /// Something changed that the plan rests on.
    pub(in crate::oar) fn forget(&mut self) {
        if let Some(plan) = self.plan.take() {
            self.spare = Some(plan.slots);
        }
        self.arrivals.clear();
    }

    /// A job arrived.
    pub(in crate::oar) fn note_arrival(&mut self, id: JobId) {
        if self.plan.is_some() {
            self.arrivals.push(id);
        }
    }
}
