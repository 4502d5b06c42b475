//! The brain's reactions in a simulated grid: what a silent server, the operator and users lead to.

use std::sync::Arc;

use gleaner_core::backend::{CycleBuffers, Stop, cycle};
use gleaner_core::config::{ClusterSpec, CoreUnits, SchedulerConfig};
use gleaner_core::fact::Fact;
use gleaner_core::ids::{CampaignId, ClusterId, EventId, TaskId};
use gleaner_core::jdl::{self, JdlContext};
use gleaner_core::ledger::campaign::CampaignState;
use gleaner_core::ledger::task_state::TaskState;
use gleaner_core::policy::injection;
use gleaner_core::scheduler::Scheduler;
use gleaner_sim::api_faults::{Outage, OutageKind};
use gleaner_sim::backend::request::LANGUAGE;
use gleaner_sim::backend::{
    Behaviour, GridEnd, GridSetup, Network, NetworkSettings, SimBackend, TaskBehaviour, TaskWork,
};
use gleaner_sim::time::{SimSpan, SimTime};
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

use crate::grid::Witness;
use crate::instance::{Instance, Kind};

/// Tasks of a minute; those named fail at their first attempt.
struct Minutes {
    failing: &'static [u32],
}

impl TaskBehaviour for Minutes {
    fn attempt(&self, _campaign: CampaignId, work: TaskWork, attempt: u32) -> Behaviour {
        let fails = attempt == 1 && work.task().is_some_and(|task| self.failing.contains(&task));
        Behaviour { run: SimSpan::from_s(60), exit_code: if fails { 3 } else { 0 } }
    }
}

/// Runs 40 tasks on one idle cluster, and returns the scheduler, the notices of all cycles, each with
/// its time, and when the last cycle was.
fn run(
    failing: &'static [u32],
    outages: Vec<Outage>,
    orders: Vec<(i64, Fact)>,
) -> (Scheduler, Vec<String>, Option<GridEnd>) {
    let mut instance = Instance::random(1);
    instance.besteffort.clear();
    instance.owners.clear();
    (instance.faults, instance.nodes, instance.cores_per_node) = (None, 4, 2);
    let cluster = ClusterSpec::new(
        "c0",
        CoreUnits::flat(instance.cores_per_node),
        "greedy:reserve=0,max=8".parse().unwrap(),
    );
    let config = SchedulerConfig::new(vec![cluster]);
    let text = r#"{"name": "n", "exec_file": "run", "nb_jobs": 40, "max_jobs": 8,
        "clusters": {"c0": {}}}"#;
    let spec = jdl::parse(text.as_bytes(), &JdlContext::new(&config.clusters, &LANGUAGE)).unwrap();
    let spec = Arc::new(spec.into_spec().unwrap());
    let user = Arc::from("alice");
    let first = Fact::CampaignSubmitted { campaign: CampaignId(1), user, spec };
    let mut all = vec![(SimTime::ZERO, first)];
    all.extend(orders.into_iter().map(|(at, fact)| (SimTime::from_s(at), fact)));
    let settings = NetworkSettings { outages, ..NetworkSettings::default() };
    let network = Network::new(settings, Pcg64Mcg::seed_from_u64(1));
    let grid = GridSetup {
        orders: all.into(),
        networks: vec![network],
        tasks: Arc::new(Minutes { failing }),
        until: SimTime::from_s(100_000),
    };
    let mut scheduler = Scheduler::new(config, &injection::standard()).unwrap();
    let setups = vec![instance.setup(Kind::named("easy"))];
    let mut backend = SimBackend::new(setups, grid, Witness::new(1));
    let mut buffers = CycleBuffers::default();
    let mut notices = Vec::new();
    loop {
        match cycle(&mut scheduler, &mut backend, &mut buffers) {
            Ok(()) => {}
            Err(Stop::Finished) => break,
            Err(Stop::Failed(error)) => panic!("{error}"),
        }
        scheduler.check_invariants_fully().unwrap();
        let now = buffers.observation.now;
        let told = buffers.decision.report.notices.iter();
        notices.extend(told.map(|notice| format!("[{now}] {notice}")));
    }
    let end = backend.end();
    (scheduler, notices, end)
}

fn done(scheduler: &Scheduler) -> u32 {
    scheduler.campaign(CampaignId(1)).unwrap().tasks.of(TaskState::Done)
}

#[test]
fn a_silent_server_s_jobs_go_on_and_new_ones_wait_until_it_has_answered_for_a_while() {
    let outage = Outage {
        kind: OutageKind::Unavailable,
        from: SimTime::from_s(100),
        to: SimTime::from_s(400),
    };
    let (scheduler, notices, end) = run(&[], vec![outage], Vec::new());
    assert_eq!(end, Some(GridEnd::Finished));
    assert_eq!(done(&scheduler), 40);
    let text = notices.join("\n");
    assert!(text.contains("event 1 blocks cluster 0: out of order"), "{text}");
    assert!(text.contains("[400] event 1 is closed: it has passed"), "{text}");
    assert_eq!(scheduler.open_events().count(), 0);
}

#[test]
fn a_disabled_cluster_gets_nothing_until_its_event_is_fixed() {
    let cluster = ClusterId(0);
    let fixed = Fact::EventFixed { event: EventId(1), retry: false };
    let orders = vec![(50, Fact::ClusterDisabled { cluster }), (5_000, fixed)];
    let (scheduler, notices, end) = run(&[], Vec::new(), orders);
    assert_eq!(end, Some(GridEnd::Finished));
    assert_eq!(done(&scheduler), 40);
    let finished = notices.last().unwrap();
    assert!(finished.ends_with("campaign 1 is finished"), "{notices:?}");
    assert!(notices.iter().any(|text| text.contains("[5000] event 1 is closed: fixed")));
}

#[test]
fn a_failed_task_blocks_its_campaign_until_a_person_has_it_tried_again() {
    let fixed = Fact::EventFixed { event: EventId(1), retry: true };
    let (scheduler, notices, end) = run(&[3], Vec::new(), vec![(9_000, fixed)]);
    assert_eq!(end, Some(GridEnd::Finished), "{notices:?}");
    assert_eq!(done(&scheduler), 40);
    assert!(notices.iter().any(|text| text.ends_with("task 1.3: exit code 3")), "{notices:?}");
}

#[test]
fn a_task_given_up_is_killed_and_not_done_again() {
    let drop = |index| Fact::TaskCancelled { task: TaskId { campaign: CampaignId(1), index } };
    // The first runs, the last was never tried.
    let orders = vec![(30, drop(0)), (30, drop(39))];
    let (scheduler, notices, end) = run(&[], Vec::new(), orders);
    assert_eq!(end, Some(GridEnd::Finished), "{notices:?}");
    let campaign = scheduler.campaign(CampaignId(1)).unwrap();
    assert_eq!(campaign.state, CampaignState::Terminated);
    assert_eq!(
        (campaign.tasks.of(TaskState::Done), campaign.tasks.of(TaskState::Cancelled)),
        (38, 2)
    );
}

#[test]
fn a_cancelled_campaign_s_jobs_are_killed() {
    let campaign = CampaignId(1);
    let orders = vec![(30, Fact::CampaignCancelled { campaign })];
    let (scheduler, notices, end) = run(&[], Vec::new(), orders);
    assert_eq!(end, Some(GridEnd::Finished), "{notices:?}");
    assert_eq!(done(&scheduler), 0);
    assert_eq!(scheduler.live_jobs(), 0);
}
