//! What reaches the driver from outside.

use gleaner_core::config::SchedulerConfig;
use gleaner_core::ids::ClusterId;

use crate::order::News;
use crate::request::Envelope;
use crate::store::error::StoreError;

/// A message to the driver.
#[derive(Debug)]
pub enum Inbox {
    /// A worker tells what happened.
    News(News),
    /// A worker has looked, as it was asked to, and its news were before this.
    Looked(ClusterId),
    /// Somebody asks for something.
    Asked(Envelope),
    /// The settings have changed.
    Reconfigure(Box<SchedulerConfig>),
    /// The store turned out to be damaged: nothing more may be decided on what it says.
    Damaged(StoreError),
    /// Finish the cycle and stop.
    Stop,
}
