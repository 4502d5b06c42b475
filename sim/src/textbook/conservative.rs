//! Conservative backfilling with in-place compression: every waiting job holds a reservation, and
//! a job that ends early lets each of them move forward in order of submission, never backward.
//! Must not know core numbers or true run times.
//!
//! Source: Mu'alem and Feitelson, IEEE TPDS 12(6), 2001; the exact rules and ties are those of
//! `docs/textbook-schedulers.md`.

use std::collections::BTreeMap;

use crate::blocks::{BlockList, Item};
use crate::job::{Job, JobSlot};
use crate::textbook::freed::FreedSpans;
use crate::textbook::policy::{OwnerSide, Policy, Waiting};
use crate::textbook::profile::Profile;
use crate::time::{SimSpan, SimTime};

/// Conservative backfilling.
///
/// A compression looks only at jobs that can move: those before whose start something was given
/// back since they were last looked at, and enough of it (see `textbook::freed`).
#[derive(Clone, Debug)]
pub struct Conservative {
    profile: Profile,
    /// Waiting jobs in order of submission.
    queue: BlockList<Reserved>,
    /// Cores that can be used again, and planned end, of the running jobs, to rebuild the profile when
    /// nodes change.
    running: BTreeMap<JobSlot, (u32, SimTime)>,
    /// What was given back and not yet offered to everybody.
    freed: FreedSpans,
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
    /// `None` while the usable cores are too few for it.
    start: Option<SimTime>,
}

impl Conservative {
    /// An empty plan for `capacity` cores.
    pub fn new(capacity: u32) -> Conservative {
        Conservative {
            profile: Profile::new(SimTime::ZERO, capacity),
            queue: BlockList::new(),
            running: BTreeMap::new(),
            freed: FreedSpans::default(),
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
        self.freed.begin(now, &self.profile);
        let plan = &mut (&mut self.profile, &mut self.freed);
        self.queue.revise(
            plan,
            |(_, freed), starts| freed.may_serve(starts.least_cores, starts.latest),
            |(profile, freed), reserved| {
                let Some(start) = reserved.start.filter(|start| *start > now) else {
                    return false;
                };
                let Some(hole) = freed.hole(profile, now, &reserved.waiting, start) else {
                    return false;
                };
                book(profile, reserved, -1);
                reserved.start = Some(hole);
                book(profile, reserved, 1);
                freed.moved(profile, &reserved.waiting, start, hole);
                true
            },
        );
    }

    /// [`Conservative::compress`] without shortcuts.
    fn compress_all(&mut self, now: SimTime) {
        self.freed.begin(now, &self.profile);
        let plan = &mut (&mut self.profile, &mut self.freed);
        self.queue.revise(
            plan,
            |_, _| true,
            |(profile, freed), reserved| {
                let before = reserved.start;
                if before.is_some_and(|start| start <= now) {
                    return false;
                }
                book(profile, reserved, -1);
                let Waiting { cores, estimate, .. } = reserved.waiting;
                reserved.start = profile.earliest(now, cores, estimate);
                book(profile, reserved, 1);
                if let (Some(before), Some(start)) = (before, reserved.start)
                    && before != start
                {
                    freed.moved(profile, &reserved.waiting, before, start);
                }
                before != reserved.start
            },
        );
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
        self.profile.book(promised, planned_end, i64::from(waiting.cores));
        self.late |= promised < planned_end;
        self.running.insert(waiting.slot, (waiting.cores, planned_end));
    }
}

impl Policy for Conservative {
    fn enqueue(&mut self, waiting: Waiting, side: &mut OwnerSide<'_>) -> bool {
        let start = self.profile.earliest(side.now, waiting.cores, waiting.estimate);
        let reserved = Reserved { waiting, start };
        book(&mut self.profile, &reserved, 1);
        self.queue.insert(reserved);
        if let Some(start) = start {
            side.wake_at(start);
        }
        false
    }

    fn ended(&mut self, slot: JobSlot, job: &Job, now: SimTime) {
        if let Some((cores, planned_end)) = self.running.remove(&slot) {
            debug_assert!(cores <= job.spec.cores);
            self.profile.book(now, planned_end, -i64::from(cores));
            self.freed.add(now, planned_end);
            self.loose = true;
        }
    }

    fn withdraw(&mut self, slot: JobSlot, _now: SimTime) {
        let found = self.queue.iter().find(|other| other.waiting.slot == slot).copied();
        if let Some(reserved) = found {
            self.queue.remove(reserved.key());
            book(&mut self.profile, &reserved, -1);
            if let Some(start) = reserved.start {
                self.freed.add(start, start + reserved.waiting.estimate);
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
                self.start(reserved, side);
            }
        }
        if let Some(start) = self.next_after(now) {
            side.wake_at(start);
        }
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
            self.profile.book(now, job.planned_end(), i64::from(cores));
            self.running.insert(*slot, (cores, job.planned_end()));
        }
        let promised: Option<BTreeMap<JobSlot, SimTime>> =
            promises.map(|promises| promises.iter().copied().collect());
        for waiting in waiting {
            let start = match &promised {
                Some(promised) => promised.get(&waiting.slot).copied(),
                None => self.profile.earliest(now, waiting.cores, waiting.estimate),
            };
            let reserved = Reserved { waiting: *waiting, start };
            book(&mut self.profile, &reserved, 1);
            self.queue.insert(reserved);
        }
        // What was given back before and not offered to everybody is not known.
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
            self.profile.book(now, *planned_end, i64::from(*cores));
        }
        self.queue.revise(
            &mut self.profile,
            |_, _| true,
            |profile, reserved| {
                let Waiting { cores, estimate, .. } = reserved.waiting;
                reserved.start = profile.earliest(now, cores, estimate);
                book(profile, reserved, 1);
                true
            },
        );
        self.freed.clear();
        self.late = false;
    }
}

/// Books (`sign` 1) or gives back (`sign` -1) what `reserved` was promised.
fn book(profile: &mut Profile, reserved: &Reserved, sign: i64) {
    if let Some(start) = reserved.start {
        let cores = sign * i64::from(reserved.waiting.cores);
        profile.book(start, start + reserved.waiting.estimate.max(SimSpan::ZERO), cores);
    }
}

/// Of the waiting jobs in a block: the least width, the earliest and the latest start; a job
/// without a start counts as one that never starts.
#[derive(Clone, Debug)]
struct Starts {
    least_cores: u32,
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
        Starts {
            least_cores: u32::MAX,
            earliest: SimTime::NEVER,
            latest: SimTime::from_ms(i64::MIN),
        }
    }

    fn count_in(&self, starts: &mut Starts) {
        let start = self.start.unwrap_or(SimTime::NEVER);
        starts.least_cores = starts.least_cores.min(self.waiting.cores);
        starts.earliest = starts.earliest.min(start);
        starts.latest = starts.latest.max(start);
    }

    fn count_out(&self, starts: &mut Starts) -> bool {
        let start = self.start.unwrap_or(SimTime::NEVER);
        self.waiting.cores > starts.least_cores && starts.earliest < start && start < starts.latest
    }
}
