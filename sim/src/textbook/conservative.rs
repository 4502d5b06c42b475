//! Conservative backfilling with in-place compression: every waiting job holds a reservation, and
//! a job that ends early lets each of them move forward in order of submission, never backward.
//! Must not know core numbers or true run times.
//!
//! Source: Mu'alem and Feitelson, IEEE TPDS 12(6), 2001; the exact rules and ties are those of
//! `ARCHITECTURE.md`, "Textbook schedulers".

use std::collections::BTreeMap;

use crate::job::{Job, JobSlot};
use crate::textbook::policy::{OwnerSide, Policy, Waiting};
use crate::textbook::profile::Profile;
use crate::time::{SimSpan, SimTime};

/// Conservative backfilling.
#[derive(Debug)]
pub struct Conservative {
    capacity: u32,
    profile: Profile,
    /// Waiting jobs in order of submission.
    queue: Vec<Reserved>,
    /// Cores and planned end of the running jobs, to rebuild the profile when nodes change.
    running: BTreeMap<JobSlot, (u32, SimTime)>,
    /// A job has ended since the last compression.
    loose: bool,
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
            capacity,
            profile: Profile::new(SimTime::ZERO, capacity),
            queue: Vec::new(),
            running: BTreeMap::new(),
            loose: false,
        }
    }

    /// Moves each job that is not yet due to its earliest hole, in order of submission.
    fn compress(&mut self, now: SimTime) {
        self.profile.forget_before(now);
        for reserved in &mut self.queue {
            if reserved.start.is_some_and(|start| start <= now) {
                continue;
            }
            book(&mut self.profile, reserved, -1);
            let Waiting { cores, estimate, .. } = reserved.waiting;
            reserved.start = self.profile.earliest(now, cores, estimate);
            book(&mut self.profile, reserved, 1);
        }
    }

    /// Asks to be called when the next reservation is due.
    fn wake_for_next(&self, side: &mut OwnerSide<'_>) {
        if let Some(start) = self.queue.iter().filter_map(|reserved| reserved.start).min() {
            side.wake_at(start.max(side.now));
        }
    }

    /// Starts `reserved`; its cores are booked until its planned end, also where that has moved
    /// because victims must leave first.
    fn start(&mut self, reserved: Reserved, side: &mut OwnerSide<'_>) {
        let waiting = reserved.waiting;
        let promised = reserved.start.map_or(side.now, |start| start + waiting.estimate);
        let planned_end = side.start(&waiting) + waiting.estimate;
        self.profile.book(promised, planned_end, i64::from(waiting.cores));
        self.running.insert(waiting.slot, (waiting.cores, planned_end));
    }
}

impl Policy for Conservative {
    fn enqueue(&mut self, waiting: Waiting, side: &mut OwnerSide<'_>) -> bool {
        let start = self.profile.earliest(side.now, waiting.cores, waiting.estimate);
        let reserved = Reserved { waiting, start };
        book(&mut self.profile, &reserved, 1);
        self.queue.push(reserved);
        if let Some(start) = start {
            side.wake_at(start);
        }
        false
    }

    fn ended(&mut self, slot: JobSlot, job: &Job, now: SimTime) {
        if let Some((cores, planned_end)) = self.running.remove(&slot) {
            debug_assert_eq!(cores, job.spec.cores);
            self.profile.book(now, planned_end, -i64::from(cores));
            self.loose = true;
        }
    }

    fn withdraw(&mut self, slot: JobSlot, _now: SimTime) {
        if let Some(place) = self.queue.iter().position(|other| other.waiting.slot == slot) {
            let reserved = self.queue.remove(place);
            book(&mut self.profile, &reserved, -1);
            self.loose = true;
        }
    }

    fn pass(&mut self, side: &mut OwnerSide<'_>) {
        if std::mem::take(&mut self.loose) {
            self.compress(side.now);
        }
        self.wake_for_next(side);
    }

    fn due(&mut self, side: &mut OwnerSide<'_>) {
        let now = side.now;
        let mut due: Vec<Reserved> = self
            .queue
            .iter()
            .filter(|r| r.start.is_some_and(|start| start <= now))
            .copied()
            .collect();
        due.sort_by_key(|reserved| (reserved.start, reserved.waiting.arrival));
        // One that finds its cores still held (a late start before it) is tried again when they
        // are given back.
        due.retain(|reserved| {
            let fits = reserved.waiting.cores <= side.free();
            if fits {
                self.start(*reserved, side);
            }
            fits
        });
        if !due.is_empty() {
            self.queue
                .retain(|r| !due.iter().any(|started| started.waiting.slot == r.waiting.slot));
        }
        let next = self.queue.iter().filter_map(|r| r.start).filter(|start| *start > now).min();
        if let Some(start) = next {
            side.wake_at(start);
        }
    }

    /// Plans anew: what was promised on the old capacity may not hold.
    fn capacity_changed(&mut self, capacity: u32, now: SimTime) {
        self.capacity = capacity;
        self.profile = Profile::new(now, capacity);
        for (cores, planned_end) in self.running.values() {
            self.profile.book(now, *planned_end, i64::from(*cores));
        }
        for reserved in &mut self.queue {
            let Waiting { cores, estimate, .. } = reserved.waiting;
            reserved.start = self.profile.earliest(now, cores, estimate);
            book(&mut self.profile, reserved, 1);
        }
    }
}

/// Books (`sign` 1) or gives back (`sign` -1) what `reserved` was promised.
fn book(profile: &mut Profile, reserved: &Reserved, sign: i64) {
    if let Some(start) = reserved.start {
        let cores = sign * i64::from(reserved.waiting.cores);
        profile.book(start, start + reserved.waiting.estimate.max(SimSpan::ZERO), cores);
    }
}
