//! What jobs waited for, added up by the fast way, equals what is found by asking for every waiting job after
//! every event; and that, what a count of the cores says.

use std::collections::BTreeMap;
use std::sync::Mutex;

use gleaner_sim::cause::{Cause, Obstacle, Room};
use gleaner_sim::job::{ClusterIndex, Job, JobKind, JobSlot, JobSpec, JobState, JobTable};
use gleaner_sim::node::NodeState;
use gleaner_sim::observer::Observer;
use gleaner_sim::textbook::Rhythm;
use gleaner_sim::textbook::catalogue::TextbookEntry;
use gleaner_sim::textbook::harvest::{HarvestConfig, Latencies};
use gleaner_sim::time::{SimSpan, SimTime};
use gleaner_sim::waits::{Spent, Waited, Waits};
use gleaner_sim::world::{RunEnd, World};

use crate::instance::{Instance, Kind, for_seeds, textbook};

/// A waiting job as the plain way sees it.
struct Waiting {
    slot: JobSlot,
    cluster: ClusterIndex,
    best_effort: bool,
    number: u64,
    submitted: SimTime,
    estimate: SimSpan,
    /// How many it overtook when it was promised its cores, if it was.
    promised: Option<u32>,
    since: SimTime,
    /// What its scheduler said after the last event, and what a count of cores says.
    now: Option<(Obstacle, Cause)>,
    told: Spent,
    counted: Spent,
}

impl Waiting {
    fn add_up(&mut self, now: SimTime) {
        let span = now - self.since;
        self.since = now;
        if let Some((obstacle, counted)) = self.now.filter(|_| span > SimSpan::ZERO) {
            let add = |sums: &mut Spent, cause: Cause| {
                sums[cause.index()] = sums[cause.index()] + span;
            };
            add(&mut self.told, obstacle.cause);
            add(&mut self.counted, counted);
        }
    }
}

/// Follows every waiting job, beside the fast way.
struct Plain {
    name: &'static str,
    cores_per_node: Vec<u32>,
    fast: Waits,
    line: Vec<Waiting>,
    away: Vec<BTreeMap<u32, bool>>,
    /// Whether best-effort jobs take time to leave.
    starts_late: Vec<bool>,
    now: SimTime,
    started: usize,
    /// How many jobs have lost time to each cause.
    waited: BTreeMap<Cause, usize>,
}

impl Plain {
    fn new(name: &'static str, instances: &[Instance]) -> Plain {
        Plain {
            name,
            cores_per_node: instances.iter().map(|instance| instance.cores_per_node).collect(),
            fast: Waits::new(instances.iter().map(Instance::cores)),
            line: Vec::new(),
            away: instances
                .iter()
                .map(|instance| (0..instance.nodes).map(|node| (node, false)).collect())
                .collect(),
            starts_late: instances.iter().map(|instance| leave_slowly(instance.harvest)).collect(),
            now: SimTime::from_ms(i64::MIN),
            started: 0,
            waited: BTreeMap::new(),
        }
    }

    /// What holds a job, by a count of each core and of nothing else.
    fn counted(&self, job: &Job, jobs: &JobTable) -> Cause {
        if job.state == JobState::Promised {
            return Cause::Preemption;
        }
        let per_node = self.cores_per_node[job.cluster.index()];
        let here = |other: &&Job| other.cluster == job.cluster && !other.released;
        let others: Vec<&Job> = jobs.iter().map(|(_, other)| other).filter(here).collect();
        let (mut free, mut lost) = (0, 0);
        for (node, away) in &self.away[job.cluster.index()] {
            for core in node * per_node..(node + 1) * per_node {
                let mut there =
                    others.iter().filter(|other| other.cores.cores().any(|c| c == core));
                let holds = |other: &&&Job| other.state != JobState::Promised;
                let bars = |other: &&&Job| {
                    job.spec.kind == JobKind::BestEffort || other.spec.kind != JobKind::BestEffort
                };
                if *away {
                    lost += u32::from(!there.any(|other| holds(&other)));
                } else {
                    free += u32::from(!there.any(|other| bars(&other)));
                }
            }
        }
        match (job.spec.cores <= free, job.spec.cores <= free + lost) {
            (true, _) if job.spec.kind == JobKind::BestEffort => Cause::Pass,
            (true, _) => passed_over(self.name),
            (false, true) => Cause::Nodes,
            (false, false) => Cause::Cores,
        }
    }

    /// Time goes on: what was said last must be right, for it has held until now.
    fn time_is(&mut self, now: SimTime) {
        if self.now < now {
            self.now = now;
            for waiting in &self.line {
                self.check(waiting, &waiting.now.expect("asked after every event").0);
            }
        }
    }

    /// How many stand before one in the line.
    fn before(&self, at: usize) -> u32 {
        let one = &self.line[at];
        let like =
            |other: &&Waiting| other.cluster == one.cluster && other.best_effort == one.best_effort;
        self.line[..at].iter().filter(like).filter(|other| other.promised.is_none()).count() as u32
    }

    fn at(&self, slot: JobSlot) -> usize {
        self.line.iter().position(|waiting| waiting.slot == slot).expect("it waits")
    }

    fn check(&self, waiting: &Waiting, obstacle: &Obstacle) {
        let Obstacle { cause, by, planned } = *obstacle;
        let what =
            format!("{} job {} at {}: {obstacle:?}", self.name, waiting.number, waiting.since);
        let before = |other: &&Waiting| other.cluster == waiting.cluster && !other.best_effort;
        let mut owners = self.line.iter().filter(before);
        let passed_over = matches!(cause, Cause::Order | Cause::Reservation);
        if waiting.best_effort {
            return assert!(!passed_over && by.is_none(), "{what}");
        }
        match self.name {
            "fcfs" | "easy" | "easy-sjbf" => {
                let head = owners.find(|other| other.promised.is_none()).map(|head| head.slot);
                assert_eq!(by, head.filter(|_| passed_over), "{what}");
            }
            "conservative" => {
                // A start that was late leaves a plan in which some could move, until the next end.
                let may_be_loose = self.starts_late[waiting.cluster.index()];
                let Some(by) = by else { return assert!(!passed_over || may_be_loose, "{what}") };
                let by = owners.find(|other| other.slot == by).expect("it waits");
                let now = by.now.expect("asked after every event").0;
                // What is due starts, unless others have begun later than promised.
                let late = matches!(now.cause, Cause::Cores | Cause::Nodes);
                let start = now.planned.expect("it has a promise");
                assert!(passed_over && by.slot != waiting.slot, "{what}");
                assert!(late || start > waiting.since, "{what}: {now:?}");
                assert!(late || planned.is_none_or(|start| start > waiting.since), "{what}");
                assert!(start < waiting.since + waiting.estimate, "{what}: {now:?}");
            }
            _ => assert_eq!(by, None, "{what}"),
        }
    }

    fn leaves(&mut self, now: SimTime, slot: JobSlot) -> Waiting {
        let mut waiting = self.line.remove(self.at(slot));
        waiting.add_up(now);
        waiting
    }

    fn is_over(&mut self, now: SimTime, waiting: &Waiting, overtook: u32, fast: Option<Spent>) {
        let what = format!("{} job {} at {now}", self.name, waiting.number);
        assert_eq!(fast, Some(waiting.told), "{what}: by asking");
        assert_eq!(fast, Some(waiting.counted), "{what}: by counting");
        let most = waiting.told.iter().max().copied().filter(|most| *most > SimSpan::ZERO);
        let cause = Cause::ALL.into_iter().find(|cause| Some(waiting.told[cause.index()]) == most);
        assert_eq!(self.fast.waited(now, waiting.slot), Waited { cause, overtook }, "{what}");
        let lost = waiting.told.iter().fold(SimSpan::ZERO, |sum, span| sum + *span);
        assert_eq!(lost, now - waiting.submitted, "{what}: every moment has its cause");
        for cause in Cause::ALL.iter().filter(|cause| waiting.told[cause.index()] > SimSpan::ZERO) {
            *self.waited.entry(*cause).or_default() += 1;
        }
    }
}

/// What holds a job for which enough cores are free.
fn passed_over(scheduler: &str) -> Cause {
    match scheduler {
        "fcfs" | "lifo" => Cause::Order,
        "easy" | "easy-sjbf" | "conservative" => Cause::Reservation,
        other => panic!("add what holds a job that fits under `{other}`, and who is in its way"),
    }
}

/// Whether best-effort jobs take time to leave.
fn leave_slowly(harvest: HarvestConfig) -> bool {
    let Latencies { kill, cleanup, .. } = harvest.latencies;
    kill + cleanup > SimSpan::ZERO
}

impl Observer for Plain {
    fn asks_why(&self) -> bool {
        true
    }

    fn room(&mut self, now: SimTime, cluster: ClusterIndex, room: &Room) {
        self.time_is(now);
        self.fast.room(now, cluster, room);
    }

    fn follows(&self, number: usize) -> Option<JobSlot> {
        self.line.get(number).map(|waiting| waiting.slot)
    }

    fn job_waits(&mut self, now: SimTime, slot: JobSlot, obstacle: &Obstacle, jobs: &JobTable) {
        let counted = self.counted(jobs.job(slot), jobs);
        let at = self.at(slot);
        self.line[at].add_up(now);
        self.line[at].now = Some((*obstacle, counted));
    }

    fn job_submitted(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        self.time_is(now);
        self.fast.submitted(slot, job);
        self.line.push(Waiting {
            slot,
            cluster: job.cluster,
            best_effort: job.spec.kind == JobKind::BestEffort,
            number: job.spec.number,
            submitted: now,
            estimate: job.estimate,
            promised: None,
            since: now,
            now: None,
            told: Spent::default(),
            counted: Spent::default(),
        });
    }

    fn job_promised(&mut self, now: SimTime, slot: JobSlot, _job: &Job) {
        self.time_is(now);
        self.fast.promised(now, slot);
        let at = self.at(slot);
        self.line[at].promised = Some(self.before(at));
    }

    fn job_started(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        self.time_is(now);
        let fast = self.fast.spent(now, slot);
        self.fast.started(now, slot, job);
        let at = self.at(slot);
        let overtook = self.line[at].promised.unwrap_or_else(|| self.before(at));
        let waiting = self.leaves(now, slot);
        self.is_over(now, &waiting, overtook, fast);
        self.started += 1;
    }

    fn job_withdrawn(&mut self, now: SimTime, slot: JobSlot, _job: &Job) {
        self.time_is(now);
        let fast = self.fast.spent(now, slot);
        self.fast.withdrawn(now, slot);
        let waiting = self.leaves(now, slot);
        self.is_over(now, &waiting, 0, fast);
    }

    fn node_changed(&mut self, now: SimTime, cluster: ClusterIndex, node: u32, state: NodeState) {
        self.time_is(now);
        self.away[cluster.index()].insert(node, state.is_away());
    }
}

/// Runs two clusters in one World; every fifth best-effort job is cancelled some time later, and an owner's
/// job with it, whatever has become of them.
fn run(entry: &'static TextbookEntry, instances: &[Instance]) -> Plain {
    let setups = instances.iter().map(|instance| instance.setup(Kind::Textbook(entry))).collect();
    let mut world = World::new(setups, Plain::new(entry.name, instances));
    let mut visits: Vec<(SimTime, ClusterIndex, &JobSpec)> = Vec::new();
    for (cluster, instance) in (0..).zip(instances) {
        visits
            .extend(instance.besteffort.iter().map(|job| (job.submit, ClusterIndex(cluster), job)));
    }
    visits.sort_by_key(|(submit, ..)| *submit);
    for (submit, cluster, visitor) in visits {
        world.advance(submit);
        if visitor.number % 5 == 4 {
            let waiting = world.observer().line.iter().map(|waiting| waiting.slot);
            let cancelled: Vec<JobSlot> = waiting.step_by(7).take(2).collect();
            cancelled.into_iter().for_each(|slot| world.cancel(slot));
        }
        world.submit(cluster, visitor.clone());
    }
    assert_eq!(world.run(SimTime::NEVER), RunEnd::Finished);
    world.into_observer()
}

#[test]
fn waits_equal_what_asking_at_every_event_gives() {
    let seen: Mutex<BTreeMap<(&str, Cause), usize>> = Mutex::default();
    for_seeds("waits_equal_what_asking_at_every_event_gives", 30, |seed| {
        let mut instances = [Instance::random(2 * seed), Instance::random(2 * seed + 1)];
        for entry in textbook() {
            for rhythm in [Rhythm::Event, Rhythm::Instant] {
                instances.iter_mut().for_each(|instance| instance.rhythm = rhythm);
                let plain = run(entry, &instances);
                let mut seen = seen.lock().unwrap();
                for (cause, jobs) in plain.waited {
                    *seen.entry((entry.name, cause)).or_default() += jobs;
                }
            }
        }
    });
    let seen = seen.into_inner().unwrap();
    if std::env::var_os("GLEANER_SEED").is_some() {
        return;
    }

    for entry in textbook() {
        let passed_over = passed_over(entry.name);
        for cause in [Cause::Cores, Cause::Nodes, passed_over, Cause::Preemption] {
            let jobs = seen.get(&(entry.name, cause)).copied().unwrap_or(0);
            assert!(jobs > 100, "{}: {jobs} jobs waited for {cause}", entry.name);
        }
    }
}
