//! Jobs in short, page by page: those that live, those of an array, those of a login that are over. A list that may
//! have missed a job is none.

use gleaner_core::time::{Duration, Timestamp};
use gleaner_oar::states::JobState as OarState;
use gleaner_oar::wire::Dialect;
use gleaner_oar::wire::answer::Answer;
use gleaner_oar::wire::call::{Call, JobQuery};
use gleaner_oar::wire::job::{JobId, JobRow};
use gleaner_oar::wire::page::{Page, Unread};

use crate::sites::failure::Failure;
use crate::sites::job::{Listed, Row};
use crate::sites::oar::client::Answered;
use crate::sites::oar::pages::Pages;
use crate::sites::oar::server::Server;

/// A server may date a submission so much too early.
const SKEW: Duration = Duration::from_seconds(600);

/// Jobs of which it is said that a list holds them and they cannot be read, at most.
const UNREAD_MAX: usize = 1000;

/// The jobs of a list, those that cannot be read by their ids, where that much can be.
#[derive(Debug, Default)]
struct Whole {
    rows: Vec<JobRow>,
    unread: Vec<Option<u64>>,
}

impl Server {
    /// The jobs that live.
    pub(super) async fn living(&mut self) -> Result<Listed, Failure> {
        let size = self.client.config().page_size;
        let Whole { rows, unread } =
            self.all_listed(|offset| Call::current_jobs(size, offset)).await?;
        let number = |id: Option<u64>| id.map(gleaner_core::ids::RemoteJobId);
        let unread = unread.into_iter().map(number).collect();
        Ok(Listed { rows: short(rows), unread, in_order: true })
    }

    /// The jobs of an array, in whatever state; none where some may have been missed.
    pub(super) async fn array(&mut self, array: JobId) -> Result<Option<Vec<Row>>, Failure> {
        let size = self.client.config().page_size;
        let rows = self.all_rows(|offset| Call::jobs_by_array(array, size, offset)).await?;
        Ok(rows.map(short))
    }

    /// Jobs of a login that ended since `since`; none where some may have been missed.
    pub(super) async fn ended(
        &mut self,
        login: &str,
        since: Timestamp,
    ) -> Result<Option<Vec<Row>>, Failure> {
        let oldest = (since - SKEW).seconds();
        let rows = match self.client.dialect() {
            Dialect::Oar2 => self.submitted_since(login, oldest).await?,
            Dialect::Oar3 => self.over_since(login, oldest).await?,
        };
        Ok(rows.map(short))
    }

    /// The API of OAR 3 works in one long database transaction after the other, and dates a submission
    /// by the transaction's begin: that may be hours ago. The end of a job is dated by others, rightly.
    async fn over_since(
        &mut self,
        login: &str,
        oldest: i64,
    ) -> Result<Option<Vec<JobRow>>, Failure> {
        let size = self.client.config().page_size;
        // Jobs that end meanwhile move others down the list, where they are seen once more.
        self.all_rows(|offset| {
            Call::Jobs(JobQuery { from: Some(oldest), ..over(login, size, offset) })
        })
        .await
    }

    /// Goes by the time of submission, for a server that dates it rightly.
    async fn submitted_since(
        &mut self,
        login: &str,
        oldest: i64,
    ) -> Result<Option<Vec<JobRow>>, Failure> {
        // Pages overlap, and so hold more than one job.
        let page = self.client.config().page_size.max(10);
        let query = |offset| Call::Jobs(over(login, page, offset));
        let first = self.rows(&query(0)).await?;
        let total = first.total;
        let mut pages = Pages::of(page);
        pages.take(numbers(&first), false)?;
        if !first.unread.is_empty() {
            return Ok(None);
        }
        let mut rows = first.items;
        // Lists begin with the oldest job: the last pages are those that matter.
        let size = u64::from(page);
        let mut end = total;
        let mut after: Option<JobId> = None;
        while end > size {
            let offset = end - size;
            let more = self.rows(&query(offset)).await?;
            pages.take(numbers(&more), true)?;
            // It may be one of ours.
            if !more.unread.is_empty() {
                return Ok(None);
            }
            let (first, last) = (more.items.first(), more.items.last());
            // Jobs that end meanwhile move the others down the list: pages that do not overlap may
            // have lost one between them.
            if after.is_some_and(|after| last.is_none_or(|last| last.id < after)) {
                return Ok(None);
            }
            let old = more.items.iter().any(|row| row.submission < oldest);
            after = first.map(|row| row.id).or(after);
            rows.extend(more.items);
            if old {
                break;
            }
            end = offset + (size / 10).max(1);
        }
        rows.retain(|row| row.submission >= oldest);
        Ok(Some(rows))
    }

    /// The jobs of all pages; none when one of them cannot be read.
    async fn all_rows(
        &mut self,
        query: impl Fn(u64) -> Call,
    ) -> Result<Option<Vec<JobRow>>, Failure> {
        let Whole { rows, unread } = self.all_listed(query).await?;
        Ok(unread.is_empty().then_some(rows))
    }

    /// The same, with those that cannot be read.
    async fn all_listed(&mut self, query: impl Fn(u64) -> Call) -> Result<Whole, Failure> {
        let mut whole = Whole::default();
        let mut pages = Pages::of(self.client.config().page_size);
        loop {
            let offset = (whole.rows.len() + whole.unread.len()) as u64;
            let page = self.rows(&query(offset)).await?;
            let more = page.next_offset().is_some();
            pages.take(numbers(&page), more)?;
            for Unread { id, error } in page.unread {
                if self.unread.len() < UNREAD_MAX && self.unread.insert(id.unwrap_or(0)) {
                    let cluster = &self.client.config().name;
                    tracing::warn!(cluster, job = id, %error, "a job in a list cannot be read");
                }
                whole.unread.push(id);
            }
            whole.rows.extend(page.items);
            if !more {
                return Ok(whole);
            }
        }
    }

    /// A page of jobs in short.
    pub(super) async fn rows(&mut self, call: &Call) -> Result<Page<JobRow>, Failure> {
        match self.client.open(call).await? {
            Answered { answer: Answer::JobRows(page), .. } => Ok(page),
            // OAR 3 answers a page past the end with 404.
            Answered { status: 404, .. } => Ok(Page {
                items: Vec::new(),
                unread: Vec::new(),
                total: 0,
                offset: 0,
                links: None,
                api_timestamp: None,
                api_timezone: None,
            }),
            other => Err(other.odd()),
        }
    }
}

/// In neutral words.
fn short(rows: Vec<JobRow>) -> Vec<Row> {
    rows.into_iter().map(Row::from).collect()
}

/// The numbers on a page, of those that cannot be read too; of what has none, the next one that nobody has.
fn numbers(page: &Page<JobRow>) -> impl Iterator<Item = u64> {
    let unread = page.unread.iter().zip(0..).map(|(one, nth)| one.id.unwrap_or(u64::MAX - nth));
    page.items.iter().map(|row| row.id.0).chain(unread)
}

/// A page of a login's jobs that are over.
fn over(login: &str, size: u32, offset: u64) -> JobQuery {
    JobQuery {
        states: vec![OarState::Terminated, OarState::Error],
        user: Some(login.to_owned()),
        limit: Some(size),
        offset: Some(offset),
        ..JobQuery::default()
    }
}
