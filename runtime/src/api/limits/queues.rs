//! Queues of work: large reads, small reads, large bodies and small bodies wait in a queue of their own each, first
//! come, first served, so that nobody who submits waits behind those who read. Knows no route.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::api::failed::Failed;
use crate::views::READS_MAX;

/// Reads of many rows at the same time, at most.
const MUCH_MAX: usize = READS_MAX / 2;
/// Reads of few rows at the same time, at most.
const FEW_MAX: usize = READS_MAX - MUCH_MAX;
/// Large bodies that are parsed at the same time, at most: each takes a core and some hundred megabytes.
const LARGE_MAX: usize = 2;
/// Small bodies that are parsed at the same time, at most.
const SMALL_MAX: usize = 2;

/// A queue for each kind of work.
#[derive(Debug)]
pub(in crate::api) struct WorkQueues {
    /// Reads of many rows, in short steps.
    pub(in crate::api) much: WorkQueue,
    /// Reads of few rows.
    pub(in crate::api) few: WorkQueue,
    /// Large bodies that are parsed.
    pub(in crate::api) large: WorkQueue,
    /// Small bodies that are parsed.
    pub(in crate::api) small: WorkQueue,
}

impl Default for WorkQueues {
    fn default() -> WorkQueues {
        let [much, few, large, small] =
            [MUCH_MAX, FEW_MAX, LARGE_MAX, SMALL_MAX].map(WorkQueue::new);
        WorkQueues { much, few, large, small }
    }
}

/// The queue for one kind of work.
#[derive(Debug)]
pub(in crate::api) struct WorkQueue(Arc<Semaphore>);

impl WorkQueue {
    fn new(places: usize) -> WorkQueue {
        WorkQueue(Arc::new(Semaphore::new(places)))
    }

    /// Does some work on a thread that may be busy, when its turn has come. The place is held until the work is done,
    /// even if nobody waits for it any more.
    pub(in crate::api) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failed> {
        let place: OwnedSemaphorePermit =
            Arc::clone(&self.0).acquire_owned().await.map_err(|_| Failed::bug())?;
        let done = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        done.await.map_err(|_| Failed::bug())
    }
}
