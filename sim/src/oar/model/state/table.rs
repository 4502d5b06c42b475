//! Jobs by id and by what they wait for. An index only: changing a job's state goes through
//! `JobTable::update`, so that the index stays right.

use super::entry::Entry;
use super::holdings::{Holdings, is_odd};
use crate::oar::model::bits;
use crate::oar::model::ids::{Date, JobId, ResourceId};
use crate::oar::model::job::Job;
use crate::oar::model::rows::RowIndex;
use gleaner_oar::states::{JobState, ReservationState};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Jobs of one kind: index in the table by id.
pub(in crate::oar) type Bucket = BTreeMap<JobId, u32>;

/// What a job waits for, as far as a pass asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Waiting,
    ToSchedule,
    Booked,
    Current,
    ToError,
    ToAck,
}

/// How a job is listed in the index.
struct Listing {
    kind: Option<Kind>,
    queue: usize,
    /// What it holds, if it is under way.
    held: Option<Arc<[ResourceId]>>,
    odd: bool,
    plain: bool,
    besteffort: bool,
}

/// All jobs.
#[derive(Debug, Clone)]
pub(in crate::oar) struct JobTable {
    entries: Vec<Option<Entry>>,
    vacant: Vec<u32>,
    by_id: BTreeMap<JobId, u32>,
    waiting: Vec<Bucket>,
    to_schedule: Vec<Bucket>,
    booked: Vec<Bucket>,
    current: Bucket,
    to_error: Bucket,
    to_ack: Bucket,
    dependents: BTreeSet<JobId>,
    last_id: JobId,
    /// What the jobs under way hold.
    holdings: Holdings,
    /// Jobs that wait and ask for special care in placement.
    special_waiting: usize,
}

impl JobTable {
    pub(super) fn new(queues: usize, rows: Arc<RowIndex>) -> Self {
        let per_queue = || vec![Bucket::new(); queues];
        Self {
            entries: Vec::new(),
            vacant: Vec::new(),
            by_id: BTreeMap::new(),
            waiting: per_queue(),
            to_schedule: per_queue(),
            booked: per_queue(),
            current: Bucket::new(),
            to_error: Bucket::new(),
            to_ack: Bucket::new(),
            dependents: BTreeSet::new(),
            last_id: JobId(0),
            holdings: Holdings::new(rows),
            special_waiting: 0,
        }
    }

    pub(in crate::oar) fn get(&self, id: JobId) -> Option<&Job> {
        self.by_id.get(&id).map(|&index| &self.entry(index).job)
    }

    /// For changes that the index does not depend on.
    pub(in crate::oar) fn get_mut(&mut self, id: JobId) -> Option<&mut Job> {
        let index = *self.by_id.get(&id)?;
        Some(&mut self.entry_mut(index).job)
    }

    pub(in crate::oar) fn index(&self, id: JobId) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    pub(in crate::oar) fn entry(&self, index: u32) -> &Entry {
        self.entries[index as usize].as_ref().expect("every index is that of an entry")
    }

    pub(in crate::oar) fn entry_mut(&mut self, index: u32) -> &mut Entry {
        self.entries[index as usize].as_mut().expect("every index is that of an entry")
    }

    pub(in crate::oar) fn iter(&self) -> impl Iterator<Item = &Job> + '_ {
        self.by_id.values().map(|&index| &self.entry(index).job)
    }

    pub(in crate::oar) fn current(&self) -> impl Iterator<Item = &Job> + '_ {
        self.current.values().map(|&index| &self.entry(index).job)
    }

    /// Jobs that depend on a job.
    pub(in crate::oar) fn dependents_of(&self, id: JobId) -> Vec<JobId> {
        let waits = |dependent: &&JobId| {
            self.get(**dependent).is_some_and(|job| job.depends_on.contains(&id))
        };
        self.dependents.iter().filter(waits).copied().collect()
    }

    /// The next free job id.
    pub(in crate::oar) fn next_id(&self) -> JobId {
        JobId(self.last_id.0 + 1)
    }

    pub(in crate::oar) fn insert(&mut self, entry: Entry) {
        let id = entry.job.id;
        self.last_id = self.last_id.max(id);
        if !entry.job.depends_on.is_empty() {
            self.dependents.insert(id);
        }
        let index = if let Some(index) = self.vacant.pop() {
            self.entries[index as usize] = Some(entry);
            index
        } else {
            self.entries.push(Some(entry));
            u32::try_from(self.entries.len() - 1).expect("jobs fit 32 bits")
        };
        self.by_id.insert(id, index);
        self.list(id, index);
    }

    pub(super) fn remove(&mut self, id: JobId) {
        if let Some(index) = self.by_id.remove(&id) {
            let listing = self.listing(index);
            self.unlist(id, &listing);
            self.entries[index as usize] = None;
            self.dependents.remove(&id);
            self.vacant.push(index);
        }
    }

    /// Changes a job, its state included.
    pub(in crate::oar) fn update(&mut self, id: JobId, change: impl FnOnce(&mut Job)) {
        let Some(&index) = self.by_id.get(&id) else {
            return;
        };
        let before = self.listing(index);
        change(&mut self.entry_mut(index).job);
        let entry = self.entry(index);
        let same = kind_of(&entry.job) == before.kind
            && is_odd(entry) == before.odd
            && before.held.as_ref().is_none_or(|held| Arc::ptr_eq(held, &entry.job.assigned));
        if !same {
            self.unlist(id, &before);
            self.list(id, index);
        } else if before.kind == Some(Kind::Current) {
            self.holdings.change_times(self.entries[index as usize].as_ref().expect("still taken"));
        }
    }

    /// How a job is listed.
    fn listing(&self, index: u32) -> Listing {
        let entry = self.entry(index);
        let kind = kind_of(&entry.job);
        let held = (kind == Some(Kind::Current)).then(|| Arc::clone(&entry.job.assigned));
        Listing {
            kind,
            queue: entry.queue,
            held,
            odd: is_odd(entry),
            plain: entry.plain,
            besteffort: entry.job.is_besteffort(),
        }
    }

    /// Lists a job under what it waits for.
    fn list(&mut self, id: JobId, index: u32) {
        let entry = self.entries[index as usize].as_ref().expect("every index is that of an entry");
        let Some(kind) = kind_of(&entry.job) else { return };
        match kind {
            Kind::Current => self.holdings.enter(entry),
            Kind::Waiting => self.special_waiting += usize::from(!entry.plain),
            _ => {}
        }
        let queue = entry.queue;
        self.bucket(kind, queue).insert(id, index);
    }

    /// Takes a job off the list it is on.
    fn unlist(&mut self, id: JobId, listing: &Listing) {
        let Some(kind) = listing.kind else { return };
        match kind {
            Kind::Current => {
                let held = listing.held.as_deref().unwrap_or_default();
                self.holdings.leave(id, held, listing.besteffort, listing.odd);
            }
            Kind::Waiting => self.special_waiting -= usize::from(!listing.plain),
            _ => {}
        }
        self.bucket(kind, listing.queue).remove(&id);
    }

    /// What the jobs under way hold, if that is simply their rows from start to walltime and
    /// security time.
    pub(in crate::oar) fn holdings(&mut self, now: Date, security_s: i64) -> Option<&Holdings> {
        if self.holdings.is_stale(now.0, security_s) {
            let entries = &self.entries;
            let under_way = self.current.values();
            self.holdings.recount(under_way.filter_map(|index| entries[*index as usize].as_ref()));
        }
        self.holdings.is_simple(now.0, security_s).then_some(&self.holdings)
    }

    /// Owners' jobs that came under way, went or changed since the last call; nothing at first, or if
    /// they are too many to tell.
    pub(in crate::oar) fn follow_owners(&mut self) -> Option<Vec<JobId>> {
        self.holdings.follow()
    }

    /// Whether no best-effort job holds anything.
    pub(in crate::oar) fn holds_no_besteffort(&self) -> bool {
        bits::is_empty(&self.holdings.besteffort)
    }

    /// Whether there are only jobs that wait without special care, and jobs under way.
    pub(in crate::oar) fn is_plain(&self) -> bool {
        let none = |buckets: &[Bucket]| buckets.iter().all(Bucket::is_empty);
        self.special_waiting == 0
            && none(&self.to_schedule)
            && none(&self.booked)
            && self.to_error.is_empty()
            && self.to_ack.is_empty()
    }

    fn bucket(&mut self, kind: Kind, queue: usize) -> &mut Bucket {
        match kind {
            Kind::Waiting => &mut self.waiting[queue],
            Kind::ToSchedule => &mut self.to_schedule[queue],
            Kind::Booked => &mut self.booked[queue],
            Kind::Current => &mut self.current,
            Kind::ToError => &mut self.to_error,
            Kind::ToAck => &mut self.to_ack,
        }
    }

    /// Waiting jobs of a queue, without reservations.
    pub(in crate::oar) fn waiting(&self, queue: usize) -> &Bucket {
        &self.waiting[queue]
    }

    /// Reservations of a queue to be examined.
    pub(in crate::oar) fn to_schedule(&self, queue: usize) -> &Bucket {
        &self.to_schedule[queue]
    }

    /// Accepted reservations of a queue that have not started.
    pub(in crate::oar) fn booked(&self, queue: usize) -> &Bucket {
        &self.booked[queue]
    }

    /// Whether some reservation has not started yet.
    pub(in crate::oar) fn anyone_booked(&self) -> bool {
        self.booked.iter().chain(&self.to_schedule).any(|bucket| !bucket.is_empty())
    }

    /// Jobs that hold resources.
    pub(in crate::oar) fn current_bucket(&self) -> &Bucket {
        &self.current
    }

    /// Refused reservations.
    pub(in crate::oar) fn to_error(&self) -> Vec<JobId> {
        self.to_error.keys().copied().collect()
    }

    /// Accepted reservations to be acknowledged.
    pub(in crate::oar) fn to_ack(&self) -> Vec<JobId> {
        self.to_ack.keys().copied().collect()
    }
}

fn kind_of(job: &Job) -> Option<Kind> {
    Some(match (job.state, job.reservation) {
        (JobState::Waiting, ReservationState::None) => Kind::Waiting,
        (JobState::Waiting, ReservationState::ToSchedule) => Kind::ToSchedule,
        (JobState::Waiting, ReservationState::Scheduled) => Kind::Booked,
        (JobState::ToError, _) => Kind::ToError,
        (JobState::ToAckReservation, _) => Kind::ToAck,
        (state, _) if state.is_current() => Kind::Current,
        _ => return None,
    })
}
