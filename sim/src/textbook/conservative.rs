//! Conservative backfilling with in-place compression: every waiting job holds a reservation, and
//! a job that ends early lets each of them move forward in order of submission, never backward.
//! Must not know core numbers or true run times.
//!
//! Source: Mu'alem and Feitelson, IEEE TPDS 12(6), 2001; the exact rules and ties are those of
//! `docs/textbook-schedulers.md`.

use std::collections::BTreeMap;

use crate::blocks::{BlockList, Item};
use crate::cause::Cause;
use crate::job::{Job, JobSlot};
use crate::textbook::classes::Classes;
use crate::textbook::compression::Compression;
use crate::textbook::policy::{InTheWay, OwnerSide, Policy, Waiting};
use crate::textbook::profile::Profile;
use crate::time::{SimSpan, SimTime};

/// Conservative backfilling.
///
/// A compression passes over the queue and moves whoever has an earlier hole, which is told of most jobs by
/// one look at the plan (see `textbook::classes` and `textbook::compression`).
#[derive(Clone, Debug)]
pub struct Conservative {
    profile: Profile,
    /// Waiting jobs in order of submission.
    queue: BlockList<Reserved>,
    classes: Classes,
    /// Cores that can be used again, and planned end, of the running jobs, to rebuild the profile when
    /// nodes change.
    running: BTreeMap<JobSlot, (u32, SimTime)>,
    /// A job has ended since the last compression.
    loose: bool,
    /// A job has started later than promised: until the plan is in order again, others may have to
    /// move backward.
    late: bool,
}

/// A waiting job and what it was promised.
#[derive(Clone, Copy, Debug)]
struct Reserved {
    waiting: Waiting,
    /// Number of its class.
    class: u32,
    /// `None` while the usable cores are too few for it.
    start: Option<SimTime>,
}

impl Conservative {
    /// An empty plan for `capacity` cores.
    pub fn new(capacity: u32) -> Conservative {
        Conservative {
            profile: Profile::new(SimTime::ZERO, capacity),
            queue: BlockList::new(),
            classes: Classes::default(),
            running: BTreeMap::new(),
            loose: false,
            late: false,
        }
    }

    /// Moves each job that is not yet due to its earliest hole, in order of submission.
    fn compress(&mut self, now: SimTime) {
        self.profile.forget_before(now);
        if self.late {
            return self.compress_all(now);
        }
        let mut compression = Compression::begin(now, &mut self.profile, &mut self.classes);
        self.queue.revise(
            &mut compression,
            |compression, starts| {
                let Starts { class, earliest, latest, .. } = *starts;
                latest > now
                    && class.is_none_or(|class| compression.may_move(class, earliest, latest))
            },
            |compression, reserved| {
                let Some(start) = reserved.start.filter(|start| *start > now) else {
                    return false;
                };
                let Some(hole) = compression.advance((&reserved.waiting, reserved.class), start)
                else {
                    return false;
                };
                reserved.start = Some(hole);
                true
            },
        );
        compression.end();
    }

    /// [`Conservative::compress`] without shortcuts.
    fn compress_all(&mut self, now: SimTime) {
        self.queue.revise(
            &mut self.profile,
            |_, _| true,
            |profile, reserved| {
                let before = reserved.start;
                if before.is_some_and(|start| start <= now) {
                    return false;
                }
                give_back(profile, reserved);
                let Waiting { cores, estimate, .. } = reserved.waiting;
                reserved.start = profile.earliest(now, cores, estimate);
                book(profile, reserved);
                before != reserved.start
            },
        );
        self.classes.forget(now);
        self.late = self.profile.is_overbooked();
    }

    /// The earliest reservation.
    fn next(&self) -> Option<SimTime> {
        let earliest = self.queue.blocks().map(|(starts, _)| starts.earliest).min()?;
        (earliest < SimTime::NEVER).then_some(earliest)
    }

    /// The earliest reservation after `now`.
    fn next_after(&self, now: SimTime) -> Option<SimTime> {
        let mut next = SimTime::NEVER;
        for (starts, block) in self.queue.blocks() {
            if starts.earliest > now {
                next = next.min(starts.earliest);
            } else if starts.latest > now {
                let later = block.iter().filter_map(|r| r.start).filter(|start| *start > now);
                next = later.fold(next, SimTime::min);
            }
        }
        (next < SimTime::NEVER).then_some(next)
    }

    /// Starts `reserved`; its cores are booked until its planned end, also where that has moved
    /// because victims must leave first.
    fn start(&mut self, reserved: Reserved, side: &mut OwnerSide<'_>) {
        let waiting = reserved.waiting;
        let promised = reserved.start.map_or(side.now, |start| start + waiting.estimate);
        let planned_end = side.start(&waiting) + waiting.estimate;
        self.profile.book(promised, planned_end, waiting.cores);
        self.late |= promised < planned_end;
        self.running.insert(waiting.slot, (waiting.cores, planned_end));
    }
}

impl Policy for Conservative {
    fn enqueue(&mut self, waiting: Waiting, side: &mut OwnerSide<'_>) -> bool {
        let class = self.classes.enter(&waiting, side.now);
        let start = self.classes.hole(class, &self.profile, side.now, SimTime::NEVER);
        let reserved = Reserved { waiting, class, start };
        book(&mut self.profile, &reserved);
        self.queue.insert(reserved);
        if let Some(start) = start {
            side.wake_at(start);
        }
        false
    }

    fn ended(&mut self, slot: JobSlot, job: &Job, now: SimTime) {
        if let Some((cores, planned_end)) = self.running.remove(&slot) {
            debug_assert!(cores <= job.spec.cores);
            self.profile.forget_before(now);
            self.profile.give_back(now, planned_end, cores);
            self.classes.give_back(&self.profile, (now, planned_end), 0);
            self.loose = true;
        }
    }

    fn withdraw(&mut self, slot: JobSlot, now: SimTime) {
        let found = self.queue.iter().find(|other| other.waiting.slot == slot).copied();
        if let Some(reserved) = found {
            self.queue.remove(reserved.key());
            self.classes.leave(reserved.class);
            self.profile.forget_before(now);
            give_back(&mut self.profile, &reserved);
            if let Some(start) = reserved.start {
                let end = start + reserved.waiting.estimate;
                self.classes.give_back(&self.profile, (start, end), 0);
            }
            self.loose = true;
        }
    }

    fn pass(&mut self, side: &mut OwnerSide<'_>) {
        if std::mem::take(&mut self.loose) {
            self.compress(side.now);
        }
        if let Some(start) = self.next() {
            side.wake_at(start.max(side.now));
        }
    }

    fn due(&mut self, side: &mut OwnerSide<'_>) {
        let now = side.now;
        let mut due: Vec<Reserved> = Vec::new();
        for (starts, block) in self.queue.blocks() {
            if starts.earliest <= now {
                due.extend(block.iter().filter(|r| r.start.is_some_and(|start| start <= now)));
            }
        }
        due.sort_by_key(|reserved| (reserved.start, reserved.waiting.arrival));
        // One that finds its cores still held (a late start before it) is tried again when they
        // are given back.
        for reserved in due {
            if reserved.waiting.cores <= side.free() {
                self.queue.remove(reserved.key());
                self.classes.leave(reserved.class);
                self.start(reserved, side);
            }
        }
        if let Some(start) = self.next_after(now) {
            side.wake_at(start);
        }
    }

    fn enough(&self) -> Cause {
        Cause::Reservation
    }

    fn in_the_way(&self, now: SimTime, slot: JobSlot, free: u32) -> InTheWay {
        let Some(reserved) = self.queue.iter().find(|reserved| reserved.waiting.slot == slot)
        else {
            return InTheWay::default();
        };
        let Waiting { cores, estimate, .. } = reserved.waiting;
        let mut others = self.profile.clone();
        give_back(&mut others, reserved);
        let narrow = others.first_below(now, now + estimate, cores).filter(|_| cores <= free);
        let has_it = |other: &&Reserved, time: SimTime| {
            let (start, estimate) = (other.start, other.waiting.estimate);
            let covers = start.is_some_and(|start| start <= time && time < start + estimate);
            other.waiting.slot != slot && covers
        };
        let by = narrow.and_then(|time| self.queue.iter().find(|other| has_it(other, time)));
        InTheWay { by: by.map(|other| other.waiting.slot), planned: reserved.start }
    }

    fn promises(&self) -> Vec<(JobSlot, SimTime)> {
        let promise = |reserved: &Reserved| Some((reserved.waiting.slot, reserved.start?));
        self.queue.iter().filter_map(promise).collect()
    }

    fn take_up(
        &mut self,
        capacity: u32,
        running: &[JobSlot],
        waiting: &[Waiting],
        promises: Option<&[(JobSlot, SimTime)]>,
        side: &mut OwnerSide<'_>,
    ) {
        let now = side.now;
        self.profile = Profile::new(now, capacity);
        for slot in running {
            let job = side.jobs.job(*slot);
            let cores = side.gives_back(*slot);
            self.profile.book(now, job.planned_end(), cores);
            self.running.insert(*slot, (cores, job.planned_end()));
        }
        let promised: Option<BTreeMap<JobSlot, SimTime>> =
            promises.map(|promises| promises.iter().copied().collect());
        for waiting in waiting {
            let start = match &promised {
                Some(promised) => promised.get(&waiting.slot).copied(),
                None => self.profile.earliest(now, waiting.cores, waiting.estimate),
            };
            let class = self.classes.enter(waiting, now);
            let reserved = Reserved { waiting: *waiting, class, start };
            book(&mut self.profile, &reserved);
            self.queue.insert(reserved);
        }
        // The promises may be more than there is.
        self.late = true;
        if let Some(start) = self.next() {
            side.wake_at(start.max(now));
        }
    }

    fn gives_back(&mut self, slot: JobSlot, _job: &Job, cores: u32) {
        if let Some(running) = self.running.get_mut(&slot) {
            running.0 = cores;
        }
    }

    /// Plans anew: what was promised on the old capacity may not hold.
    fn capacity_changed(&mut self, capacity: u32, now: SimTime) {
        self.profile = Profile::new(now, capacity);
        for (cores, planned_end) in self.running.values() {
            self.profile.book(now, *planned_end, *cores);
        }
        self.queue.revise(
            &mut self.profile,
            |_, _| true,
            |profile, reserved| {
                let Waiting { cores, estimate, .. } = reserved.waiting;
                reserved.start = profile.earliest(now, cores, estimate);
                book(profile, reserved);
                true
            },
        );
        self.classes.forget(now);
        self.late = false;
    }
}

/// Books what `reserved` was promised.
fn book(profile: &mut Profile, reserved: &Reserved) {
    if let Some((from, to)) = reserved.span() {
        profile.book(from, to, reserved.waiting.cores);
    }
}

/// Gives back what `reserved` was promised.
fn give_back(profile: &mut Profile, reserved: &Reserved) {
    if let Some((from, to)) = reserved.span() {
        profile.give_back(from, to, reserved.waiting.cores);
    }
}

impl Reserved {
    /// From when to when it is planned to run.
    fn span(&self) -> Option<(SimTime, SimTime)> {
        let start = self.start?;
        Some((start, start + self.waiting.estimate.max(SimSpan::ZERO)))
    }
}

/// Of the waiting jobs in a block: their class if it is the same, the earliest and the latest start; a job
/// without a start counts as one that never starts.
#[derive(Clone, Debug)]
struct Starts {
    class: Option<u32>,
    earliest: SimTime,
    latest: SimTime,
}

impl Item for Reserved {
    type Key = u32;
    type Summary = Starts;

    fn key(&self) -> u32 {
        self.waiting.arrival
    }

    fn nothing() -> Starts {
        Starts { class: None, earliest: SimTime::NEVER, latest: SimTime::from_ms(i64::MIN) }
    }

    fn count_in(&self, starts: &mut Starts) {
        let start = self.start.unwrap_or(SimTime::NEVER);
        let first = starts.earliest > starts.latest;
        starts.class = Some(self.class).filter(|class| first || starts.class == Some(*class));
        starts.earliest = starts.earliest.min(start);
        starts.latest = starts.latest.max(start);
    }

    fn count_out(&self, starts: &mut Starts) -> bool {
        let start = self.start.unwrap_or(SimTime::NEVER);
        starts.class.is_some() && starts.earliest < start && start < starts.latest
    }
}
