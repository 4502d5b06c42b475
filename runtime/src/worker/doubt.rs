//! Submissions of which nobody knows whether they arrived: looked up by their name among current and
//! ended jobs, until they are found, or until none of their jobs could do anything any more.

use std::collections::{BTreeMap, BTreeSet};

use gleaner_core::fact::{Fact, Refusal};
use gleaner_core::ids::RemoteJobId;
use gleaner_core::time::{Duration, Timestamp};
use gleaner_oar::states::JobState;
use gleaner_oar::wire::Dialect;
use gleaner_oar::wire::answer::Answer;
use gleaner_oar::wire::call::{Call, JobQuery};
use gleaner_oar::wire::job::{JobId, JobRow};
use gleaner_oar::wire::page::{Page, Unread};

use crate::client::line::Unsendable;
use crate::client::{Answered, CallError};
use crate::order::{Batch, Order, OrderAction};
use crate::worker::Worker;
use crate::worker::details::SINGLES_MAX;
use crate::worker::pages::Pages;
use crate::worker::refusal::Refused;
use crate::worker::whose::Place;

/// The clocks of a cluster's nodes and of its API differ by no more: so long after its lease a job may still
/// have been started.
pub(super) const MARGIN: Duration = Duration::from_seconds(60);
/// A server may date a submission so much too early.
const SKEW: Duration = Duration::from_seconds(600);

/// Jobs of which it is said that a list holds them and they cannot be read, at most.
const UNREAD_MAX: usize = 1000;

/// The jobs of a list in short.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) rows: Vec<JobRow>,
    /// The ids of those that cannot be read, where that much can be.
    pub(super) unread: Vec<Option<u64>>,
}

/// A submission in doubt.
#[derive(Clone, Debug)]
pub(super) struct Doubt {
    order: Order,
    /// Its jobs, as any look has shown them: one list may leave out what another shows.
    seen: BTreeSet<JobId>,
    /// Places in the array of those of which it had to be asked.
    indices: BTreeMap<JobId, u32>,
    /// Jobs that were sent, where that is known: all of the order, or the first of them.
    sent: Option<usize>,
    /// It counts as refused if a look finds none of its jobs.
    explained: Option<Refused>,
    /// Jobs told so far.
    told: usize,
    /// The earliest that the cluster's clock has shown since: it may have been set back.
    earliest: Option<Timestamp>,
}

impl Doubt {
    /// Of an order that a process before this one may have sent, perhaps one that knew of no numbers.
    pub(super) fn new(order: Order) -> Doubt {
        Doubt {
            order,
            seen: BTreeSet::new(),
            indices: BTreeMap::new(),
            sent: None,
            explained: None,
            told: 0,
            earliest: None,
        }
    }

    /// A submission of which the first `sent` jobs were sent by this very worker.
    pub(super) fn sent(order: Order, sent: usize, explained: Option<Refused>) -> Doubt {
        Doubt { sent: Some(sent), explained, ..Doubt::new(order) }
    }

    /// Whether its lines certainly have the numbers of their tasks: this process has sent it.
    fn is_numbered(&self) -> bool {
        self.sent.is_some()
    }

    fn batch(&self) -> Option<&Batch> {
        match &self.order.action {
            OrderAction::Submit(batch) => Some(batch),
            OrderAction::Cancel { .. } => None,
        }
    }
}

impl Batch {
    /// From when on none of its jobs can do anything any more, by the cluster's clock if its lease there was
    /// noted, else by grid time.
    pub(super) fn harmless_from(&self) -> Timestamp {
        self.lease_there.unwrap_or(self.lease_until) + MARGIN
    }

    /// When it was decided at `intent_at` of grid time, by the cluster's clock.
    fn decided_there(&self, intent_at: Timestamp) -> Option<Timestamp> {
        self.lease_there.map(|lease| lease - self.lease_until.since(intent_at))
    }
}

impl Worker {
    /// Takes up an order of a daemon that died: it may have been sent.
    pub(super) fn take_up(&mut self, order: Order) {
        match &order.action {
            // Deleting twice does no harm.
            OrderAction::Cancel { .. } => self.queue.push_back(order),
            OrderAction::Submit(_) => {
                self.fact(Fact::CommandUnknown { command: order.command });
                self.doubts.push(Doubt::new(order));
            }
        }
    }

    /// Whether a name is that of a submission in doubt.
    pub(super) fn doubts_about(&self, name: &str) -> bool {
        self.doubts.iter().filter_map(Doubt::batch).any(|batch| batch.name == name)
    }

    /// Looks all submissions in doubt up. `current` are the jobs that lived when the cluster's clock showed
    /// `told`, or later.
    pub(super) async fn look_up(&mut self, current: &[JobRow], told: Option<Timestamp>) {
        let mut open = Vec::new();
        for mut doubt in std::mem::take(&mut self.doubts) {
            match self.look_one_up(&mut doubt, current, told).await {
                Ok(true) => {}
                Ok(false) => open.push(doubt),
                Err(error) => {
                    self.judge(&error);
                    open.push(doubt);
                }
            }
        }
        self.doubts.append(&mut open);
    }

    /// Answers whether the doubt is over.
    async fn look_one_up(
        &mut self,
        doubt: &mut Doubt,
        current: &[JobRow],
        told: Option<Timestamp>,
    ) -> Result<bool, CallError> {
        let command = doubt.order.command;
        let Some(batch) = doubt.batch().cloned() else { return Ok(true) };
        // Both lists are younger than that: what they do not show will never do anything.
        let settled = told.is_some_and(|told| self.is_harmless(&batch, told));
        let since = self.since(doubt, &batch, told);
        let login = self.client.config().login(&batch.user).unwrap_or(&batch.user).to_owned();
        let ours = |row: &&JobRow| row.name.as_deref() == Some(&batch.name) && row.owner == login;
        doubt.seen.extend(current.iter().filter(ours).map(|row| row.id));
        if doubt.seen.len() < batch.len() {
            let Some(ended) = self.ended_since(&login, since).await? else { return Ok(false) };
            doubt.seen.extend(ended.iter().filter(ours).map(|row| row.id));
        }
        let most = usize::try_from(self.client.config().array_max).unwrap_or(usize::MAX);
        let sent = doubt.sent.unwrap_or(usize::MAX);
        let part = batch.first(most.min(sent));
        let sent: Vec<usize> = (0..part.len()).zip(part.lines()).filter_map(sendable).collect();
        let placed = self.placed(doubt, &part, &sent).await?;
        let Some(placed) = placed else { return Ok(false) };
        let known = placed.iter().flatten().count();
        let name = |place: Option<JobId>| place.map_or(RemoteJobId::NONE, |id| RemoteJobId(id.0));
        let jobs: Vec<RemoteJobId> = placed.into_iter().map(name).collect();
        let numbered = doubt.is_numbered();
        if known == sent.len() {
            self.accept(command, &batch, jobs, numbered);
            return Ok(true);
        }
        // The crash is explained, both lists were asked for after it, and nothing was recorded. Should a job
        // appear after all, it is deleted as a late find.
        if let (0, Some(refused)) = (doubt.seen.len(), doubt.explained.take()) {
            self.refused(command, &batch, refused);
            return Ok(true);
        }
        if known > doubt.told {
            // A part of an array was recorded: it is followed, and the rest is awaited.
            doubt.told = known;
            self.follow_jobs(&batch, &jobs, numbered);
            self.fact(Fact::CommandAccepted { command, jobs });
        }
        if settled {
            self.fact(Fact::refused(command, Refusal::Busy));
        }
        Ok(settled)
    }

    /// Whether no job of a batch can do anything any more when the cluster's clock shows `told`.
    fn is_harmless(&self, batch: &Batch, told: Timestamp) -> bool {
        // A lease that was not noted is known by grid time only.
        let ahead_s = if batch.lease_there.is_some() { 0 } else { self.ahead_s.unwrap_or(0) };
        told.seconds().saturating_sub(ahead_s) > batch.harmless_from().seconds()
    }

    /// From when on, by the cluster's clock, jobs of a doubt may have ended.
    fn since(&self, doubt: &mut Doubt, batch: &Batch, told: Option<Timestamp>) -> Timestamp {
        let intent_at = doubt.order.intent_at;
        let ahead_s = self.ahead_s.unwrap_or(0);
        let here = || Timestamp::from_seconds(intent_at.seconds().saturating_add(ahead_s));
        let decided = batch.decided_there(intent_at).unwrap_or_else(here);
        let earliest = doubt.earliest.into_iter().chain(told).fold(decided, Timestamp::min);
        doubt.earliest = Some(earliest);
        earliest
    }

    /// Jobs of a login that ended since `since`, by the cluster's clock, in short; none when the list is not
    /// to be had.
    pub(super) async fn ended_since(
        &mut self,
        login: &str,
        since: Timestamp,
    ) -> Result<Option<Vec<JobRow>>, CallError> {
        let oldest = (since - SKEW).seconds();
        match self.client.dialect() {
            Dialect::Oar2 => self.submitted_since(login, oldest).await,
            Dialect::Oar3 => self.over_since(login, oldest).await,
        }
    }

    /// The API of OAR 3 works in one long database transaction after the other, and dates a submission
    /// by the transaction's begin: that may be hours ago. The end of a job is dated by others, rightly.
    async fn over_since(
        &mut self,
        login: &str,
        oldest: i64,
    ) -> Result<Option<Vec<JobRow>>, CallError> {
        let size = self.client.config().page_size;
        // Jobs that end meanwhile move others down the list, where they are seen once more.
        self.all_rows(|offset| {
            Call::Jobs(JobQuery { from: Some(oldest), ..ended(login, size, offset) })
        })
        .await
    }

    /// Goes by the time of submission, for a server that dates it rightly.
    async fn submitted_since(
        &mut self,
        login: &str,
        oldest: i64,
    ) -> Result<Option<Vec<JobRow>>, CallError> {
        // Pages overlap, and so hold more than one job.
        let page = self.client.config().page_size.max(10);
        let query = |offset| Call::Jobs(ended(login, page, offset));
        let Some(first) = self.rows(&query(0)).await? else { return Ok(None) };
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
            let Some(more) = self.rows(&query(offset)).await? else { return Ok(None) };
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

    /// The jobs of all pages, in short; none when one of them is not to be had, or a job not to be read.
    pub(super) async fn all_rows(
        &mut self,
        query: impl Fn(u64) -> Call,
    ) -> Result<Option<Vec<JobRow>>, CallError> {
        let listed = self.all_listed(query).await?;
        Ok(listed.filter(|listed| listed.unread.is_empty()).map(|listed| listed.rows))
    }

    /// The same, with those that cannot be read.
    pub(super) async fn all_listed(
        &mut self,
        query: impl Fn(u64) -> Call,
    ) -> Result<Option<Listed>, CallError> {
        let mut listed = Listed::default();
        let mut pages = Pages::of(self.client.config().page_size);
        loop {
            let offset = (listed.rows.len() + listed.unread.len()) as u64;
            let Some(page) = self.rows(&query(offset)).await? else { return Ok(None) };
            let more = page.next_offset().is_some();
            pages.take(numbers(&page), more)?;
            for Unread { id, error } in page.unread {
                if self.unread.len() < UNREAD_MAX && self.unread.insert(id.unwrap_or(0)) {
                    let cluster = &self.client.config().name;
                    tracing::warn!(cluster, job = id, %error, "a job in a list cannot be read");
                }
                listed.unread.push(id);
            }
            listed.rows.extend(page.items);
            if !more {
                return Ok(Some(listed));
            }
        }
    }

    /// A page of jobs in short; none when the server answers something else.
    pub(super) async fn rows(&mut self, call: &Call) -> Result<Option<Page<JobRow>>, CallError> {
        match self.client.open(call).await? {
            Answered { answer: Answer::JobRows(page), .. } => Ok(Some(page)),
            // OAR 3 answers a page past the end with 404.
            Answered { status: 404, .. } => Ok(Some(Page {
                items: Vec::new(),
                unread: Vec::new(),
                total: 0,
                offset: 0,
                links: None,
                api_timestamp: None,
                api_timezone: None,
            })),
            other => {
                self.surprised(&other);
                Ok(None)
            }
        }
    }

    /// Puts the jobs of one array in the places of its tasks, of which those at `sent` could be sent; none
    /// when their places are not to be had yet.
    async fn placed(
        &mut self,
        doubt: &mut Doubt,
        part: &Batch,
        sent: &[usize],
    ) -> Result<Option<Vec<Option<JobId>>>, CallError> {
        let ids: Vec<JobId> = doubt.seen.iter().copied().collect();
        let mut places = vec![None; part.len()];
        // A whole array needs no question: within one, the ids grow with the index. A gap may be the
        // place of a job that is not seen, and the last job OAR's copy of another.
        let span = ids.first().zip(ids.last()).map_or(0, |(first, last)| last.0 - first.0 + 1);
        if ids.len() == sent.len() && span == sent.len() as u64 {
            sent.iter().zip(ids).for_each(|(&place, id)| places[place] = Some(id));
            return Ok(Some(places));
        }
        let asked: Vec<RemoteJobId> = ids.iter().map(|id| RemoteJobId(id.0)).collect();
        let details = self.details(&asked).await?;
        let mut singles = 0;
        for (rank, &id) in ids.iter().enumerate() {
            // What cannot be placed must not be forgotten: it may be doing a task's work.
            let Some(job) = details.jobs.get(&RemoteJobId(id.0)) else { return Ok(None) };
            // Where lines have numbers, these alone count: OAR may have made another number of jobs. A job
            // that names no task of these, or one that has its job, belongs to nobody, and is deleted later.
            match part.place_named(job, doubt.is_numbered()) {
                Place::Of(place) => {
                    places[place].get_or_insert(id);
                    continue;
                }
                Place::Nowhere => continue,
                Place::ByIndex => {}
            }
            // Without a gap before it, its id tells its place.
            let no_gap = id.0.checked_sub(job.array_id.0) == Some(rank as u64);
            let by_id = no_gap.then_some(rank as u32 + 1);
            let told = job.array_index.filter(|index| *index > 0);
            let mut index = told.or(by_id).or(doubt.indices.get(&id).copied());
            // Lists of OAR 2 do not tell it.
            if index.is_none() && singles < SINGLES_MAX {
                singles += 1;
                index = self.detail(id).await?.and_then(|job| job.array_index);
                doubt.indices.extend(index.map(|index| (id, index)));
            }
            let Some(index) = index else { return Ok(None) };
            let place = usize::try_from(index).unwrap_or(usize::MAX).checked_sub(1);
            let place = place.and_then(|nth| sent.get(nth).copied());
            if let Some(slot) = place.and_then(|place| places.get_mut(place)) {
                *slot = Some(id);
            }
        }
        Ok(Some(places))
    }
}

/// The numbers on a page, of those that cannot be read too; of what has none, the next one that nobody has.
fn numbers(page: &Page<JobRow>) -> impl Iterator<Item = u64> {
    let unread = page.unread.iter().zip(0..).map(|(one, nth)| one.id.unwrap_or(u64::MAX - nth));
    page.items.iter().map(|row| row.id.0).chain(unread)
}

/// The place of a job that could be sent.
fn sendable((place, line): (usize, Result<String, Unsendable>)) -> Option<usize> {
    line.ok().map(|_| place)
}

/// A page of a login's jobs that are over.
fn ended(login: &str, size: u32, offset: u64) -> JobQuery {
    JobQuery {
        states: vec![JobState::Terminated, JobState::Error],
        user: Some(login.to_owned()),
        limit: Some(size),
        offset: Some(offset),
        ..JobQuery::default()
    }
}
