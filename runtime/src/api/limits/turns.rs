//! Turns: who reads much, parses much or brings much waits in a line of its own, first come, first served, and nobody
//! who brings work waits behind those who read. Knows no route.

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

/// A line of its own for each kind of work.
#[derive(Debug)]
pub(in crate::api) struct Turns {
    /// Reads of many rows, in short steps.
    pub(in crate::api) much: Line,
    /// Reads of few rows.
    pub(in crate::api) few: Line,
    /// Large bodies that are parsed.
    pub(in crate::api) large: Line,
    /// Small bodies that are parsed.
    pub(in crate::api) small: Line,
}

impl Default for Turns {
    fn default() -> Turns {
        let [much, few, large, small] = [MUCH_MAX, FEW_MAX, LARGE_MAX, SMALL_MAX].map(Line::new);
        Turns { much, few, large, small }
    }
}

/// Those who wait for one kind of work.
#[derive(Debug)]
pub(in crate::api) struct Line(Arc<Semaphore>);

impl Line {
    fn new(places: usize) -> Line {
        Line(Arc::new(Semaphore::new(places)))
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
