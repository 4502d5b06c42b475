//! What a simulated OAR server has told of the jobs that wait. Plain data: must not know passes nor the World.

use std::collections::BTreeMap;

use crate::cause::Cause;
use crate::oar::model::ids::JobId;

/// What was told of the jobs that wait.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// The highest number of a job at the last pass: those above wait for one.
    pub(super) seen: JobId,
    /// Jobs that were told to wait for a pass.
    pub(super) unseen: Vec<JobId>,
    /// What passes noted.
    pub(super) noted: BTreeMap<JobId, Cause>,
}
