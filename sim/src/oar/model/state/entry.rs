//! A job as the table keeps it, with what passes ask of it again and again.

use crate::oar::model::bits::SmallBits;
use crate::oar::model::ids::ResourceId;
use crate::oar::model::job::Job;
use crate::oar::model::shape::ShapeId;
use std::sync::Arc;

/// A job and its request by shape.
#[derive(Debug, Clone)]
pub(in crate::oar) struct Entry {
    pub(in crate::oar) job: Job,
    /// Index of its queue.
    pub(in crate::oar) queue: usize,
    /// Shape of each alternative.
    pub(in crate::oar) shapes: Vec<ShapeId>,
    /// Whether no type and no dependency asks for special care in placement.
    pub(in crate::oar) plain: bool,
    /// No alternative can do with fewer resources.
    pub(in crate::oar) least: u32,
    /// The resources it holds or has booked, as ranks of the last platform asked for.
    pub(in crate::oar) held: Option<Held>,
}

/// Resources as ranks of one platform.
#[derive(Debug, Clone)]
pub(in crate::oar) struct Held {
    /// Revision of the platform.
    pub(in crate::oar) revision: u64,
    /// The resources.
    pub(in crate::oar) ids: Arc<[ResourceId]>,
    /// Their ranks.
    pub(in crate::oar) set: SmallBits,
    /// The ids as OAR writes them back.
    pub(in crate::oar) written: Arc<[ResourceId]>,
}
