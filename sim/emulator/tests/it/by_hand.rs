//! By hand, an emulated cluster's schedule is the simulated one's, to the millisecond and the core,
//! however the clock is turned; and the clock stops where a poller would see something new.

use std::sync::Arc;

use gleaner_emulator::behaviour::Behaviours;
use gleaner_emulator::engine::Engine;
use gleaner_emulator::engine::cluster::Dialect;
use gleaner_emulator::front::request::{Method, Request};
use gleaner_sim::job::{ClusterIndex, Job, JobKind, JobSlot, JobSpec};
use gleaner_sim::observer::Observer;
use gleaner_sim::time::{SimSpan, SimTime};
use gleaner_sim::world::{RunEnd, World};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::one_cluster::{NoTasks, alice, ask, cluster, engine};

/// Start, end and cores of each owner's job, by number.
type Schedule = Vec<(u64, SimTime, SimTime, String)>;

#[derive(Default)]
struct Recorder(Schedule);

impl Observer for Recorder {
    fn job_ended(&mut self, _: JobSlot, job: &Job) {
        self.0.push((job.spec.number, job.start, job.end, job.cores.to_string()));
    }
}

fn owners(seed: u64) -> Vec<JobSpec> {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let mut submit_ms = 5_400;
    let job = |number: u64| {
        submit_ms += rng.random_range(0..40_000);
        let run_ms = rng.random_range(1..200_000);
        JobSpec {
            number: number + 1,
            submit: SimTime::from_ms(submit_ms),
            cores: rng.random_range(1..=12),
            run: SimSpan::from_ms(run_ms),
            walltime: Some(SimSpan::from_ms(run_ms + rng.random_range(0..90_000))),
            user: 3,
            queue: 0,
            kind: JobKind::Local,
            exit_code: 0,
            origin: None,
            request: None,
        }
    };
    (0..400).map(job).collect()
}

fn setup(
    seed: u64,
) -> (gleaner_emulator::engine::cluster::Cluster, gleaner_sim::world::ClusterSetup) {
    cluster(Dialect::Oar3, Default::default(), owners(seed))
}

fn simulated(seed: u64) -> Schedule {
    let mut world = World::new(vec![setup(seed).1], Recorder::default());
    assert_eq!(world.run(SimTime::NEVER), RunEnd::Finished);
    let mut schedule = world.into_observer().0;
    schedule.sort();
    schedule
}

fn emulated(seed: u64, turn: impl Fn(&mut Engine, &mut Pcg64Mcg)) -> Schedule {
    let mut engine = Engine::new(vec![setup(seed)], Behaviours::new([], Arc::new(NoTasks)));
    let mut rng = Pcg64Mcg::seed_from_u64(seed + 1);
    while engine.next_event().is_some() {
        turn(&mut engine, &mut rng);
        let list = Request::new(Method::Get, "/jobs?details=1&start_time=0");
        assert_eq!(ask(&mut engine, &list).status, 200);
    }
    let rows = engine.table(ClusterIndex(0)).rows().iter();
    let entry = |row: &gleaner_emulator::table::row::Row| {
        (row.number.0, row.start.unwrap(), row.stop.unwrap(), row.cores.to_string())
    };
    rows.map(entry).collect()
}

#[test]
fn the_owners_schedule_is_the_simulated_one() {
    for seed in 0..2 {
        let want = simulated(seed);
        assert_eq!(want.len(), 400);
        let by_steps = emulated(seed, |engine, rng| {
            let step = SimSpan::from_ms(rng.random_range(1..400_000));
            engine.advance(engine.now() + step);
        });
        assert_eq!(by_steps, want, "seed {seed}, by steps");
        let by_changes = emulated(seed, |engine, _| {
            engine.advance_to_change(engine.now() + SimSpan::from_s(600));
        });
        assert_eq!(by_changes, want, "seed {seed}, by changes");
    }
}

#[test]
fn the_clock_stops_at_each_change_and_at_whole_seconds() {
    let mut engine = engine(Dialect::Oar3);
    let body = r#"{"command": "/bin/sleep 7", "resource": ["/core=1,walltime=0:5:0"]}"#;
    let submit = alice(&engine, Method::Post, "/jobs", body);
    assert_eq!(ask(&mut engine, &submit).status, 200);
    let until = engine.now() + SimSpan::from_s(1000);
    let mut seen = Vec::new();
    loop {
        let now = engine.advance_to_change(until);
        assert_eq!(now.ms() % 1000, 0, "a poller sees whole seconds");
        let state = engine.table(ClusterIndex(0)).rows()[0].state.as_str();
        if now == until {
            break;
        }
        seen.push((now.whole_s(), state));
    }
    // A pass takes half a second, the launch one and a half, the clean-up a second.
    assert_eq!(seen, [(0, "toLaunch"), (1, "Launching"), (11, "Terminated")]);
}

#[test]
fn a_job_that_starts_after_its_lease_does_nothing() {
    let mut engine = engine(Dialect::Oar3);
    let submit = |engine: &mut Engine, lease_s: i64| {
        let command = format!("[ $(date +%s) -lt {lease_s} ] || exit 68; /bin/sleep 50");
        let body = serde_json::json!({ "command": command }).to_string();
        let request = alice(engine, Method::Post, "/jobs", &body);
        assert_eq!(ask(engine, &request).status, 200);
    };
    submit(&mut engine, 1_000_000_001);
    submit(&mut engine, 1_000_000_100);
    engine.advance(SimTime::from_s(200));
    let rows = engine.table(ClusterIndex(0)).rows();
    let run_s = |at: usize| (rows[at].stop.unwrap() - rows[at].start.unwrap()).ms() / 1000;
    assert_eq!((rows[0].status, run_s(0)), (Some(68 << 8), 1), "only launched");
    assert_eq!((rows[1].status, run_s(1)), (Some(0), 51), "ran");
}
