//! Passes on the plan that stands, against whole passes, over random lives of clusters whose users ask for
//! any so many cores: jobs come, end early or not at all in time, are taken back, and time goes on.

use gleaner_oar::states::JobState;
use gleaner_sim::oar::life::lifecycle::ENDED;
use gleaner_sim::oar::model::config::{Config, OarCompat, Predictions};
use gleaner_sim::oar::model::ids::{Date, JobId, ResourceId};
use gleaner_sim::oar::model::job::Job;
use gleaner_sim::oar::model::resource::Resource;
use gleaner_sim::oar::model::state::{Queue, State};
use gleaner_sim::oar::pass::pass;
use proptest::prelude::*;

const NOW: i64 = 1_700_000_000;

/// What happens between two passes: what, how many cores or which job, and how long.
type Event = (u8, u8, u8);

fn happen(state: &mut State, now: Date, config: &Config, cores: u32, (what, choice, time): Event) {
    let choose = |ids: Vec<JobId>| ids.get(usize::from(choice) % ids.len().max(1)).copied();
    match what {
        0..5 => {
            // Few widths, so that many are alike, and some that end one second apart.
            let seconds = [1, 59, 60, 61, 120, 600, 601, 1800][usize::from(time) % 8];
            let asked = u32::from(choice) % cores / [1, 4, 16][usize::from(time) % 3] + 1;
            let mut job = Job::new(state.next_job_id(), now);
            job.queue = if time < 240 { "default" } else { "admin" }.into();
            state.submit(job.asking(&[("resource_id", asked)], seconds), config).expect("valid");
        }
        5..8 => {
            let running = |job: &&Job| job.state == JobState::Running;
            let ids = state.current_jobs().filter(running).map(|job| job.id).collect();
            if let Some(id) = choose(ids) {
                state.job_end(id, ENDED, Some(0), now, config).expect("known");
                state.check_node_states(now, config);
            }
        }
        8 => {
            let waits = |job: &&Job| job.state == JobState::Waiting;
            if let Some(id) = choose(state.jobs().filter(waits).map(|job| job.id).collect()) {
                state.frag(id, now).expect("known");
                state.leon(now, config);
            }
        }
        _ => {
            let ids: Vec<JobId> = state
                .current_jobs()
                .filter(|job| job.state == JobState::ToLaunch)
                .map(|job| job.id)
                .collect();
            ids.into_iter().for_each(|id| state.launched(id, now, config).expect("launching"));
        }
    }
}

/// Who starts where.
fn starts(state: &State, launched: &[JobId]) -> Vec<(JobId, Vec<ResourceId>)> {
    let place = |id: &JobId| (*id, state.job(*id).expect("launched").assigned.to_vec());
    launched.iter().map(place).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn passes_on_the_standing_plan_start_what_whole_passes_start(
        cores in prop_oneof![1..20u32, 60..70u32, 200..300u32, 1000..1300u32],
        real in any::<bool>(),
        limit in prop_oneof![Just(5usize), Just(1000)],
        steps in prop::collection::vec(
            (prop::collection::vec((0..11u8, any::<u8>(), any::<u8>()), 0..6), 0..100i64), 1..80),
    ) {
        let config = Config {
            compat: if real { OarCompat::Real } else { OarCompat::Intended },
            predictions: Predictions::Needed,
            jobs_per_round_max: Some(limit),
            // Or else resources go away by then, and no plan stands.
            end_of_time: Date::FAR,
            ..Config::default()
        };
        let whole_config = Config { predictions: Predictions::All, ..config.clone() };
        let resource = |id| Resource::new(ResourceId(id), format!("n{}", id / 8));
        let resources = (1..=cores).map(resource).collect();
        let mut state = State::new(resources, Queue::packaged(), &config).expect("valid");
        let mut now = NOW;
        for (events, seconds) in steps {
            // Mostly some seconds, sometimes beyond walltimes.
            now += if seconds < 90 { seconds % 12 } else { 8 * seconds };
            for event in events {
                happen(&mut state, Date(now), &config, cores, event);
            }
            let mut whole = state.clone();
            whole.forget_plan();
            let want = pass(&mut whole, Date(now), &whole_config);
            let done = pass(&mut state, Date(now), &config);
            prop_assert_eq!(starts(&state, &done.launched), starts(&whole, &want.launched));
            prop_assert_eq!(done.exit_code, want.exit_code);
        }
    }
}

/// Where many wait and one at a time leaves early, part of the plan stands: the shortcut is taken.
#[test]
fn a_part_of_a_deep_plan_is_kept() {
    let predictions = Predictions::Needed;
    let config = Config { predictions, end_of_time: Date::FAR, ..Config::default() };
    let cores = 64;
    let resource = |id| Resource::new(ResourceId(id), format!("n{}", id / 8));
    let resources = (1..=cores).map(resource).collect();
    let mut state = State::new(resources, Queue::packaged(), &config).expect("valid");
    let mut now = NOW;
    // Nobody's walltime ends meanwhile, and no two ends are a second apart.
    let submit = |state: &mut State, now, number: u8| {
        let job = Job::new(state.next_job_id(), Date(now));
        let (asked, minutes) = (u32::from(number) * 37 % 24 + 1, i64::from(number) * 11 % 50);
        let job = job.asking(&[("resource_id", asked)], 3600 + 120 * minutes);
        state.submit(job, &config).expect("valid");
    };
    (0..200).for_each(|number| submit(&mut state, now, number));
    let (mut placed, mut of_all) = (0, 0);
    for number in 0..200 {
        now += 10;
        happen(&mut state, Date(now), &config, cores, (10, 0, 0));
        happen(&mut state, Date(now), &config, cores, (5, number, 0));
        submit(&mut state, now, number);
        let mut forgetful = state.clone();
        forgetful.forget_plan();
        let anew = pass(&mut forgetful, Date(now), &config);
        let kept = pass(&mut state, Date(now), &config);
        assert_eq!(starts(&state, &kept.launched), starts(&forgetful, &anew.launched));
        placed += kept.examined;
        of_all += anew.examined;
    }
    // One in ten, as the head of the queue waits for all that comes free.
    assert!(of_all > placed + 1000, "{placed} of {of_all} jobs were placed anew");
}
