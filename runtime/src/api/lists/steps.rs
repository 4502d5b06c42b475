//! Rows for a long answer, read in short steps, each in its turn among all who read much. Knows no route.

use std::sync::Arc;

use serde::Serialize;

use crate::api::failed::Failed;
use crate::api::lists::pieces::Steps;
use crate::api::state::Api;
use crate::views::{ReadError, Views};

/// Rows of a step, at most: some milliseconds for the store.
pub(in crate::api) const STEP: u64 = 250;

/// Reads rows from a place on, as entries of an answer.
pub(in crate::api) struct RowSteps<R, Read, After, Show> {
    api: Arc<Api>,
    /// Rows that are read already.
    ready: Vec<R>,
    /// Where to go on; none: that was all.
    at: Option<u64>,
    /// Rows that are still wanted.
    left: u64,
    read: Arc<Read>,
    after: After,
    show: Show,
}

impl<R, I, Read, After, Show> RowSteps<R, Read, After, Show>
where
    R: Send + Sync + 'static,
    I: Serialize + Send + Sync,
    Read: Fn(&dyn Views, u64, u64) -> Result<Vec<R>, ReadError> + Send + Sync + 'static,
    After: Fn(&[R]) -> Option<u64> + Send + 'static,
    Show: Fn(R) -> I + Send + 'static,
{
    /// Begins with rows that were read to know that there is something; so many more are wanted. `after` says where
    /// the next begin, `read` reads some from there on, and `show` makes an entry of a row.
    pub(in crate::api) fn behind(
        api: Arc<Api>,
        ready: Vec<R>,
        left: u64,
        after: After,
        read: Read,
        show: Show,
    ) -> Self {
        let at = after(&ready).filter(|_| left > 0);
        RowSteps { api, ready, at, left, read: Arc::new(read), after, show }
    }
}

impl<R, I, Read, After, Show> Steps for RowSteps<R, Read, After, Show>
where
    R: Send + Sync + 'static,
    I: Serialize + Send + Sync,
    Read: Fn(&dyn Views, u64, u64) -> Result<Vec<R>, ReadError> + Send + Sync + 'static,
    After: Fn(&[R]) -> Option<u64> + Send + 'static,
    Show: Fn(R) -> I + Send + 'static,
{
    type Item = I;

    async fn next(&mut self) -> Result<Vec<I>, Failed> {
        let mut rows = std::mem::take(&mut self.ready);
        if rows.is_empty() {
            let Some(at) = self.at else { return Ok(Vec::new()) };
            let (read, limit) = (Arc::clone(&self.read), self.left.min(STEP));
            rows = self.api.read_much(move |views| read(views, at, limit)).await?;
            self.left = self.left.saturating_sub(rows.len() as u64);
            self.at = (self.after)(&rows).filter(|_| self.left > 0);
        }
        Ok(rows.into_iter().map(&self.show).collect())
    }
}
