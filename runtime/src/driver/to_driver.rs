//! What reaches the driver from outside.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use gleaner_core::ids::ClusterId;
use tokio::sync::oneshot;

use crate::driver::entries::GridSettings;
use crate::driver::settings::DriverSettings;
use crate::order::{ClusterUpdate, TokenOwner};
use crate::request::Envelope;
use crate::secrets::Secret;
use crate::store::error::StoreError;

/// Settings to take between two cycles.
#[derive(Debug)]
pub struct Reconfigure {
    /// Those of the core, and where its clusters are.
    pub wanted: GridSettings,
    /// Those of the driver itself.
    pub settings: DriverSettings,
    /// Hears which clusters were renamed, or why all stays as it is.
    pub reply: oneshot::Sender<Result<Vec<String>, String>>,
}

/// A message to the driver.
#[derive(Debug)]
pub enum ToDriver {
    /// A worker tells what happened.
    Update(ClusterUpdate),
    /// A worker has compared clocks: the cluster's less grid time, in seconds; none where it is not known
    /// any more.
    Clock(ClusterId, Option<i64>),
    /// A worker has looked, as it was asked to, and its updates were before this.
    Looked(ClusterId),
    /// Somebody asks for something.
    Asked(Envelope),
    /// Somebody wants to hand in a token: whose is it?
    WhoseToken {
        /// For which cluster.
        cluster: ClusterId,
        /// The token.
        token: Secret,
        /// Where the answer goes.
        reply: oneshot::Sender<TokenOwner>,
    },
    /// This user has handed in a new token for this cluster.
    NewToken(ClusterId, Arc<str>),
    /// The settings have changed.
    Reconfigure(Box<Reconfigure>),
    /// The store turned out to be damaged: nothing more may be decided on what it says.
    Damaged(StoreError),
    /// Finish the cycle and stop.
    Stop,
}

/// Makes the driver's inbox: whoever wants something of it holds a copy of the sender.
pub fn inbox() -> (Sender<ToDriver>, Receiver<ToDriver>) {
    channel()
}
