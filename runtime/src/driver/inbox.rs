//! What reaches the driver from outside.

use gleaner_core::ids::ClusterId;
use tokio::sync::oneshot;

use crate::driver::{DriverSettings, Wanted};
use crate::order::News;
use crate::request::Envelope;
use crate::store::error::StoreError;

/// Settings to take between two cycles.
#[derive(Debug)]
pub struct Reconfigure {
    /// Those of the core, and where its clusters are.
    pub wanted: Wanted,
    /// Those of the driver itself.
    pub settings: DriverSettings,
    /// Hears which clusters were renamed, or why all stays as it is.
    pub reply: oneshot::Sender<Result<Vec<String>, String>>,
}

/// A message to the driver.
#[derive(Debug)]
pub enum Inbox {
    /// A worker tells what happened.
    News(News),
    /// A worker has compared clocks: the cluster's less grid time, in seconds; none where it is not known
    /// any more.
    Clock(ClusterId, Option<i64>),
    /// A worker has looked, as it was asked to, and its news were before this.
    Looked(ClusterId),
    /// Somebody asks for something.
    Asked(Envelope),
    /// The settings have changed.
    Reconfigure(Box<Reconfigure>),
    /// The store turned out to be damaged: nothing more may be decided on what it says.
    Damaged(StoreError),
    /// Finish the cycle and stop.
    Stop,
}
