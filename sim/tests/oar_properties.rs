//! The pass against a plain one, and what must hold of every plan, on random servers with all
//! features.

#[path = "reference/instance.rs"]
mod instance;
#[path = "reference/pass.rs"]
mod plain;
#[path = "reference/quotas.rs"]
mod quotas;
#[path = "reference/request.rs"]
mod request;
#[path = "reference/slots.rs"]
mod slots;

use gleaner_oar::states::{JobState, ReservationState, ResourceState};
use gleaner_sim::oar::model::config::{Config, JobPriority, OarCompat, Predictions};
use gleaner_sim::oar::model::ids::{Date, JobId, ResourceId};
use gleaner_sim::oar::model::job::{Booking, Job};
use gleaner_sim::oar::model::resource::Resource;
use gleaner_sim::oar::model::state::{Consumption, Queue, State};
use gleaner_sim::oar::pass::load::{Load, Mix};
use gleaner_sim::oar::pass::outcome::PassOutcome;
use gleaner_sim::oar::pass::pass;
use instance::{Instance, NOW, instance};
use plain::{Plan, Row};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn predictions(state: &State) -> BTreeMap<u64, Row> {
    let row = |p: gleaner_sim::oar::model::gantt::Prediction| {
        let ids = p.resources.iter().map(|id| id.0).collect();
        (p.job.0, (p.start.0, p.alternative, ids))
    };
    state.gantt().predictions().into_iter().map(row).collect()
}

fn plan_of(state: &State, outcome: &PassOutcome) -> Plan {
    let numbers = |ids: &[JobId]| ids.iter().map(|id| id.0).collect::<Vec<_>>();
    Plan {
        predictions: predictions(state),
        launched: numbers(&outcome.launched),
        victims: numbers(&outcome.victims).into_iter().collect(),
        accepted: numbers(&outcome.accepted),
        refused: numbers(&outcome.refused).into_iter().collect(),
    }
}

/// Karma order, computed plainly.
fn order(state: &State, config: &Config, queues: &[usize], ids: Vec<JobId>) -> Vec<JobId> {
    let JobPriority::Fairshare(settings) = &config.job_priority else {
        return ids;
    };
    // All accounting rows of the instances are recent and of the queue `default`.
    let counts = queues.iter().any(|&q| &*state.queues()[q].name == "default");
    let rows = [("u0", 500.0), ("u1", 200.0), ("u2", 500.0)];
    let used = |user: &str| {
        let row = rows.iter().find(|(name, _)| counts && *name == user);
        row.map_or(0.0, |(_, used)| used / 1200.0)
    };
    let karma = |id: JobId| {
        let job = state.job(id).expect("listed");
        let project = if counts && &*job.project == "default" { 1.0 } else { 0.0 };
        settings.coef_project * (project - 0.0)
            + settings.coef_user * (used(&job.user) - 0.0)
            + settings.coef_user_ask * (used(&job.user) - 0.0)
    };
    assert!(Consumption::Used != Consumption::Asked);
    let mut ids = ids;
    ids.sort_by(|a, b| karma(*a).total_cmp(&karma(*b)));
    ids
}

fn check_against_plain(instance: &Instance) -> Result<(), TestCaseError> {
    let config = instance.config();
    let mut state = instance.state();
    let want = plain::plan(&state, NOW, &config, |queues, ids| order(&state, &config, queues, ids));
    let outcome = pass(&mut state, Date(NOW), &config);
    prop_assert_eq!(plan_of(&state, &outcome), want);
    Ok(())
}

/// Runs a second with and without the kept plan, and compares.
fn check_step(state: &mut State, now: i64, config: &Config) -> Result<PassOutcome, TestCaseError> {
    let mut fresh = state.clone();
    fresh.forget_plan();
    let whole = pass(&mut fresh, Date(now), config);
    let outcome = pass(state, Date(now), config);
    prop_assert_eq!(plan_of(state, &outcome), plan_of(&fresh, &whole));
    prop_assert_eq!(outcome.exit_code, whole.exit_code);
    prop_assert_eq!(state.take_events(), fresh.take_events());
    Ok(outcome)
}

#[test]
fn a_reservation_that_starts_on_missing_resources_ends_the_kept_plan() {
    let config = Config::default();
    let resource = |id: u32| {
        let mut resource = Resource::new(ResourceId(id), format!("n{id}"));
        resource.state = ResourceState::Suspected;
        resource
    };
    let resources = (1..=2).map(resource).collect();
    let mut state = State::new(resources, Queue::packaged(), &config).unwrap();
    let mut job = Job::new(JobId(1), Date(NOW - 5000)).asking(&[("resource_id", 1)], 600);
    let start = Date(NOW + 10);
    (job.start, job.reservation) = (start, ReservationState::Scheduled);
    job.booking = Some(Booking { start, alternative: 0, resources: [ResourceId(1)].into() });
    state.submit(job, &config).unwrap();
    check_step(&mut state, NOW, &config).unwrap();
    let outcome = check_step(&mut state, start.0, &config).unwrap();
    assert_eq!(outcome.launched, [JobId(1)]);
    state.launched(JobId(1), start, &config).unwrap();
    check_step(&mut state, start.0, &config).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// Larger than the servers below: many jobs of few users, so that quotas and filters leave holes.
    #[test]
    fn the_pass_on_mixed_loads_equals_the_plain_one(
        seed in any::<u64>(),
        quotas in any::<bool>(),
        real in any::<bool>(),
        (jobs, nodes, cores) in (1..70u32, 1..40u32, 1..5u32),
    ) {
        let load = Load { mix: Mix::Mixed { quotas }, jobs, nodes, cores, seed };
        let (mut state, mut config) = load.server(Date(NOW)).unwrap();
        config.compat = if real { OarCompat::Real } else { OarCompat::Intended };
        load.submit(&mut state, Date(NOW), &config).unwrap();
        let want = plain::plan(&state, NOW, &config, |_, ids| ids);
        let outcome = pass(&mut state, Date(NOW), &config);
        prop_assert_eq!(plan_of(&state, &outcome), want);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_pass_equals_the_plain_one(instance in instance(false)) {
        check_against_plain(&instance)?;
    }

    #[test]
    fn the_pass_equals_the_plain_one_without_special_wishes(instance in instance(true)) {
        check_against_plain(&instance)?;
    }

    #[test]
    fn needed_predictions_launch_the_same_jobs(instance in instance(false)) {
        let config = instance.config();
        let mut all = instance.state();
        let mut needed = all.clone();
        let whole = pass(&mut all, Date(NOW), &config);
        let config = Config { predictions: Predictions::Needed, ..config };
        let outcome = pass(&mut needed, Date(NOW), &config);
        prop_assert_eq!(&outcome.launched, &whole.launched);
        prop_assert_eq!(&outcome.victims, &whole.victims);
        prop_assert_eq!(outcome.exit_code, whole.exit_code);
        prop_assert!(outcome.examined <= whole.examined);
    }

    #[test]
    fn kept_plans_are_those_of_whole_passes(
        instance in instance(true),
        steps in proptest::collection::vec((0..5u8, any::<[u8; 12]>(), 0..400i64), 1..10),
    ) {
        let config = instance.config();
        let mut held_back = instance.clone();
        held_back.waiting.clear();
        held_back.held.truncate(3);
        let mut state = held_back.state();
        let mut now = NOW;
        let mut waiting = instance.waiting.iter().copied();
        for (what, choice, seconds) in steps {
            now += if seconds < 200 { seconds % 7 } else { seconds };
            match what {
                0 | 1 => {
                    for choice in waiting.by_ref().take(2).chain([choice]) {
                        let mut job = held_back.plain_job(state.next_job_id(), &choice);
                        job.submission = Date(now);
                        state.submit(job, &config).unwrap();
                    }
                }
                2 => {
                    let ready: Vec<JobId> = state.current_jobs()
                        .filter(|job| job.state == JobState::ToLaunch).map(|job| job.id).collect();
                    for id in ready {
                        state.launched(id, Date(now), &config).unwrap();
                    }
                }
                3 => {
                    let first = state.current_jobs()
                        .find(|job| job.state == JobState::Running).map(|job| job.id);
                    if let Some(id) = first {
                        state.job_done(id, 0, Date(now), &config).unwrap();
                        state.check_node_states(Date(now), &config);
                    }
                }
                _ => {}
            }
            check_step(&mut state, now, &config)?;
        }
    }
    #[test]
    fn no_job_is_delayed_by_a_later_one(instance in instance(true), share in 0..100usize) {
        let config = Config { jobs_per_round_max: None, ..instance.config() };
        let mut all = instance.state();
        let priority = |queue: &str| match queue {
            "admin" => 0,
            "besteffort" => 2,
            _ => 1,
        };
        let mut order: Vec<(i32, JobId)> = all
            .jobs()
            .filter(|job| job.state == JobState::Waiting)
            .map(|job| (priority(&job.queue), job.id))
            .collect();
        order.sort_unstable();
        order.truncate(order.len() * share / 100);
        let kept = |id: JobId| order.iter().any(|(_, kept)| *kept == id);
        let mut first = instance.state_of(|job| kept(job.id));
        pass(&mut all, Date(NOW), &config);
        pass(&mut first, Date(NOW), &config);
        let (all, first) = (predictions(&all), predictions(&first));
        for (_, id) in &order {
            prop_assert_eq!(all.get(&id.0), first.get(&id.0));
        }
    }

    #[test]
    fn quotas_are_never_exceeded(instance in instance(true)) {
        let instance = instance.with_user_quotas();
        let config = instance.config();
        let mut state = instance.state();
        pass(&mut state, Date(NOW), &config);
        let rows = predictions(&state);
        let span = |(id, (start, alternative, ids)): (&u64, &Row)| {
            let job = state.job(JobId(*id)).expect("predicted jobs exist");
            let end = start + job.alternatives[*alternative].walltime_s + 60;
            (job.user.to_string(), *start, end, ids.len())
        };
        let spans: Vec<_> = rows.iter().map(span).collect();
        for (user, at, ..) in &spans {
            let with = spans.iter().filter(|(u, b, e, _)| u == user && b <= at && at < e);
            let (jobs, resources) = with.fold((0, 0), |(n, r), (.., more)| (n + 1, r + more));
            prop_assert!(jobs <= 2 && resources <= 3, "{} has {} jobs, {}", user, jobs, resources);
        }
    }

    #[test]
    fn dependencies_are_respected(instance in instance(false)) {
        let config = Config { compat: OarCompat::Intended, ..instance.config() };
        let mut state = instance.state();
        let before = state.clone();
        pass(&mut state, Date(NOW), &config);
        let rows = predictions(&state);
        let waited = before.jobs().filter(|job| {
            job.state == JobState::Waiting && job.reservation == ReservationState::None
        });
        for job in waited {
            let Some((start, ..)) = rows.get(&job.id.0) else { continue };
            for required in job.depends_on.iter().filter_map(|id| before.job(*id)) {
                prop_assert_eq!(required.state, JobState::Waiting);
                let (begin, alternative, _) = &rows[&required.id.0];
                let end = begin + required.alternatives[*alternative].walltime_s + 60;
                prop_assert!(end <= *start);
            }
        }
    }
}
