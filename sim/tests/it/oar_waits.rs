//! What OAR tells of waiting jobs as it goes is what is found by asking for each of them: over random worlds
//! whose jobs ask for all that OAR knows. Nothing is told twice, and nobody's schedule depends on it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use gleaner_sim::cause::{Cause, Obstacle, Room};
use gleaner_sim::job::{ClusterIndex, Job, JobSlot, JobState, JobTable};
use gleaner_sim::observer::Observer;
use gleaner_sim::time::{SimSpan, SimTime};

use crate::instance::{Log, for_seeds};
use crate::requests::Full;

/// So long after an event OAR has surely passed again.
const SETTLED: SimSpan = SimSpan::from_s(7);

/// A job as told, and as found by asking after the last event.
struct Waiting {
    slot: JobSlot,
    told: Option<Cause>,
    found: Option<(Obstacle, Cause, String)>,
}

/// Hears all that is told, asks for every waiting job after every event, and lets `log` hear as well.
struct Asking {
    log: Log,
    waiting: Vec<Waiting>,
    room: Option<Room>,
    now: SimTime,
    ideal: bool,
    /// How often which cause was told, and how often another one was found.
    seen: BTreeMap<Cause, usize>,
    differ: usize,
}

impl Asking {
    fn new(ideal: bool) -> Asking {
        Asking {
            log: Log::default(),
            waiting: Vec::new(),
            room: None,
            now: SimTime::from_ms(i64::MIN / 2),
            ideal,
            seen: BTreeMap::new(),
            differ: 0,
        }
    }

    fn of(&mut self, slot: JobSlot) -> &mut Waiting {
        self.waiting.iter_mut().find(|waiting| waiting.slot == slot).expect("the job waits")
    }

    /// An event happens; what was found after the last one has held until now.
    fn time_is(&mut self, now: SimTime) {
        let span = now - self.now;
        if span == SimSpan::ZERO {
            return;
        }
        self.now = now;
        let found = || self.waiting.iter().filter_map(|job| job.found.as_ref());
        // Where somebody would start at the next pass, which is in no hurry, others look different by then.
        let due = found().any(|(obstacle, ..)| obstacle.cause == Cause::Pass);
        // OAR puts off a reservation that waits for nodes by a second: in the second of that very pass its
        // resources look free.
        let put_off = self.waiting.iter().any(|waiting| waiting.told == Some(Cause::Nodes));
        if put_off || !self.ideal && (due || span < SETTLED) {
            return;
        }
        for (obstacle, cause, what) in found() {
            let agree = obstacle.cause == *cause;
            assert!(agree || !self.ideal, "{what}: {cause}, but {obstacle:?}");
            self.differ += usize::from(!agree);
            *self.seen.entry(*cause).or_default() += 1;
        }
    }

    fn leaves(&mut self, slot: JobSlot) {
        self.waiting.retain(|waiting| waiting.slot != slot);
    }
}

impl Observer for Asking {
    fn asks_why(&self) -> bool {
        true
    }

    fn room(&mut self, now: SimTime, _cluster: ClusterIndex, room: &Room) {
        self.time_is(now);
        self.room = Some(*room);
    }

    fn follows(&self, number: usize) -> Option<JobSlot> {
        self.waiting.get(number).map(|waiting| waiting.slot)
    }

    fn job_held(&mut self, now: SimTime, slot: JobSlot, job: &Job, cause: Option<Cause>) {
        self.time_is(now);
        assert_eq!(job.state, JobState::Waiting, "job {} waits no more", job.spec.number);
        let waiting = self.of(slot);
        assert_ne!(waiting.told, cause, "job {} at {now}: told twice", job.spec.number);
        waiting.told = cause;
    }

    fn job_waits(&mut self, now: SimTime, slot: JobSlot, obstacle: &Obstacle, jobs: &JobTable) {
        let job = jobs.job(slot);
        let room = self.room.expect("told before");
        let waiting = self.of(slot);
        let counted = || room.cause(job.spec.kind, job.asked_cores);
        let cause = match job.state {
            JobState::Promised => room.promised,
            _ => waiting.told.unwrap_or_else(counted),
        };
        waiting.found = Some((*obstacle, cause, format!("job {} at {now}", job.spec.number)));
    }

    fn job_submitted(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        self.time_is(now);
        self.log.job_submitted(now, slot, job);
        self.waiting.push(Waiting { slot, told: None, found: None });
    }

    fn job_started(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        self.time_is(now);
        self.log.job_started(now, slot, job);
        self.leaves(slot);
    }

    fn job_ended(&mut self, slot: JobSlot, job: &Job) {
        self.log.job_ended(slot, job);
    }

    fn job_withdrawn(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        self.time_is(now);
        self.log.job_withdrawn(now, slot, job);
        self.leaves(slot);
    }
}

/// Passes are the same where somebody asks, and what they tell is true: always where passes come at once. In the
/// rhythm of a real server a job could start of which the pass knew nothing yet, and others be held by it: there
/// it is true but for one in fifty.
#[test]
fn causes_told_as_they_change_are_those_found_by_asking() {
    let seen: Mutex<BTreeMap<Cause, usize>> = Mutex::default();
    let differ: Mutex<usize> = Mutex::default();
    for_seeds("causes_told_as_they_change_are_those_found_by_asking", 8, |seed| {
        for ideal in [true, false] {
            let full = Full::random(seed, ideal);
            let (end, asking) = full.run_watched(Asking::new(ideal));
            assert_eq!((end, asking.log), full.run());
            *differ.lock().unwrap() += asking.differ;
            let mut seen = seen.lock().unwrap();
            for (cause, times) in asking.seen {
                *seen.entry(cause).or_default() += times;
            }
        }
    });
    let (seen, differ) = (seen.lock().unwrap(), *differ.lock().unwrap());
    let all: usize = seen.values().sum();
    assert!(all == 0 || 50 * differ <= all, "{differ} of {all}: {seen:?}");
    if std::env::var("GLEANER_SEED").is_err() {
        use Cause::{
            Container, Cores, Dependency, Hold, Properties, Quotas, Reservation, StartTime,
        };
        for cause in
            [Container, Cores, Dependency, Hold, Properties, Quotas, Reservation, StartTime]
        {
            assert!(seen.contains_key(&cause), "nobody waited for {cause}: {seen:?}");
        }
    }
}
