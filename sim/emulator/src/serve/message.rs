//! Messages to the owner of the engine: requests of clients, and processes that are over.

use gleaner_sim::job::ClusterIndex;
use tokio::sync::oneshot;

use crate::front::answer::Answer;
use crate::front::entry::Reply;
use crate::front::request::Request;
use crate::table::watcher::JobRef;

/// A message to the owner of the engine.
pub(super) enum Message {
    /// A request to a cluster.
    Request {
        cluster: ClusterIndex,
        request: Box<Request>,
        /// How many more requests to this cluster are being answered.
        others: u32,
        reply: oneshot::Sender<Reply>,
    },
    /// A request about the emulation itself.
    Control { request: Box<Request>, reply: oneshot::Sender<Answer> },
    /// The process of a job is over.
    CommandOver { job: JobRef, status: i32 },
}
