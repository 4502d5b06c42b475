//! Passes that predict only what is needed, many of which are decided from what is free now, against
//! whole passes, over random lives of small clusters whose holes are filled with best-effort jobs.

use gleaner_oar::order::ResourceOrder;
use gleaner_oar::states::{JobState, ResourceState};
use gleaner_oar::value::Value;
use gleaner_sim::oar::life::lifecycle::{ENDED, KILLED};
use gleaner_sim::oar::model::config::{Config, OarCompat, Predictions};
use gleaner_sim::oar::model::ids::{Date, JobId, ResourceId};
use gleaner_sim::oar::model::job::Job;
use gleaner_sim::oar::model::resource::Resource;
use gleaner_sim::oar::model::state::{Queue, State};
use gleaner_sim::oar::pass::outcome::PassOutcome;
use gleaner_sim::oar::pass::pass;
use proptest::prelude::*;

const NOW: i64 = 1_700_000_000;

/// A cluster in the middle of its life.
struct Life {
    state: State,
    config: Config,
    now: i64,
    cores: u32,
    /// Passes that left no prediction though jobs were under way: decided on the fast path.
    fast_passes: usize,
}

impl Life {
    fn new(cores: u32, compat: OarCompat, packaged: bool, limit: usize) -> Self {
        let order = if packaged { Config::PACKAGED_ORDER } else { "resource_id DESC" };
        let config = Config {
            compat,
            predictions: Predictions::Needed,
            resource_order: ResourceOrder::parse(order).expect("valid"),
            priority_hierarchy_order: vec!["resource_id".to_owned()],
            jobs_per_round_max: Some(limit),
            ..Config::default()
        };
        let resource = |id: u32| {
            Resource::new(ResourceId(id), format!("n{}", id / 3))
                .with("core", Value::Int(i64::from(id)))
        };
        let resources = (1..=cores).map(resource).collect();
        // Beside the packaged ones, a second owners' queue of equal priority and one of a higher.
        let mut queues = Queue::packaged();
        let queue = |name: &str, priority| Queue { name: name.into(), priority, active: true };
        queues.extend([queue("twin", 2), queue("urgent", 5)]);
        let state = State::new(resources, queues, &config).expect("valid");
        Self { state, config, now: NOW, cores, fast_passes: 0 }
    }

    fn submit(&mut self, cores: u32, walltime_s: i64, kind: &str) {
        let id = self.state.next_job_id();
        let job = Job::new(id, Date(self.now));
        let job = match kind {
            "whole nodes" => job.asking(&[("network_address", 1)], walltime_s),
            _ => job.asking(&[("resource_id", cores.min(self.cores))], walltime_s),
        };
        let job = match kind {
            "besteffort" => job.besteffort(),
            "sharing" => job.besteffort().of_type("timesharing=*,*"),
            "twin" | "urgent" => Job { queue: kind.into(), ..job },
            "moldable" => job.asking(&[("resource_id", 1)], walltime_s / 2 + 1).besteffort(),
            _ => job,
        };
        self.state.submit(job, &self.config).expect("valid");
    }

    fn current(&self, state: JobState) -> Vec<JobId> {
        self.state.current_jobs().filter(|job| job.state == state).map(|job| job.id).collect()
    }

    fn end(&mut self, id: JobId, code: i32) {
        let exit_code = (code == ENDED).then_some(0);
        self.state.job_end(id, code, exit_code, Date(self.now), &self.config).expect("known");
        if self.now % 2 == 0 {
            // Otherwise it stays Finishing for a while.
            self.state.check_node_states(Date(self.now), &self.config);
        }
    }

    /// What else happens between two passes.
    fn happen(&mut self, what: u8, choice: u8, walltime_s: i64) {
        let (now, config) = (Date(self.now), self.config.clone());
        match what {
            0..5 => self.submit(1, walltime_s, "besteffort"),
            5 => self.submit(u32::from(choice % 3) + 1, walltime_s, "besteffort"),
            6 | 7 => {
                let kind = ["owners", "owners", "twin", "urgent"][usize::from(choice / 64)];
                self.submit(u32::from(choice) % self.cores + 1, walltime_s, kind);
            }
            8 => self.submit(
                1,
                walltime_s,
                ["whole nodes", "sharing", "moldable"][usize::from(choice % 3)],
            ),
            9..12 => {
                for id in self.current(JobState::ToLaunch) {
                    self.state.launched(id, now, &config).expect("launching");
                }
            }
            12..16 => {
                let running = self.current(JobState::Running);
                if let Some(id) = running.get(usize::from(choice) % running.len().max(1)) {
                    self.end(*id, ENDED);
                }
            }
            16..18 => {
                for id in self.state.leon(now, &config).signalled {
                    self.end(id, KILLED);
                }
            }
            18 => {
                let id = ResourceId(u32::from(choice) % self.cores + 1);
                let state = if choice < 40 { ResourceState::Absent } else { ResourceState::Alive };
                self.state.change_resource(id, |resource| resource.state = state).expect("known");
            }
            _ => {
                self.state.check_node_states(now, &config);
            }
        }
    }

    /// A pass, and what a whole pass does at the same time.
    fn pass(&mut self) -> (Decision, Decision) {
        let now = Date(self.now);
        let mut whole = self.state.clone();
        whole.forget_plan();
        let config = Config { predictions: Predictions::All, ..self.config.clone() };
        let want = pass(&mut whole, now, &config);
        let busy = self.state.current_jobs().next().is_some();
        let done = pass(&mut self.state, now, &self.config);
        self.fast_passes += usize::from(busy && self.state.gantt().predictions().is_empty());
        (decision(&mut self.state, &done), decision(&mut whole, &want))
    }
}

type Decision = (Vec<(JobId, Vec<ResourceId>)>, Vec<JobId>, i32, String);

/// Who starts where, who must leave, and what is logged.
fn decision(state: &mut State, outcome: &PassOutcome) -> Decision {
    let place = |id: &JobId| (*id, state.job(*id).expect("launched").assigned.to_vec());
    let launched = outcome.launched.iter().map(place).collect();
    let events = format!("{:?}", state.take_events());
    (launched, outcome.victims.clone(), outcome.exit_code, events)
}

#[test]
fn a_full_cluster_and_a_hole_are_decided_on_the_fast_path() {
    let mut life = Life::new(4, OarCompat::Real, true, 1000);
    for _ in 0..6 {
        life.submit(1, 600, "besteffort");
    }
    let (done, want) = life.pass();
    assert_eq!(done, want);
    life.happen(9, 0, 0);
    life.now += 60;
    for _ in 0..2 {
        let (done, want) = life.pass();
        assert_eq!(done, want);
        life.happen(12, 0, 0);
        life.now += 2;
    }
    let (done, want) = life.pass();
    assert_eq!(done, want);
    assert_eq!(done.0.len(), 1, "the freed core is used again");
    assert_eq!(life.fast_passes, 3, "none of them needed slots");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fast_passes_start_what_whole_passes_start(
        cores in 1..9u32,
        real in any::<bool>(),
        packaged in any::<bool>(),
        limit in prop_oneof![Just(3usize), Just(1000)],
        odd in any::<bool>(),
        steps in prop::collection::vec(
            (prop::collection::vec((0..20u8, any::<u8>(), 0..4usize), 0..4), 0..200i64), 1..30),
    ) {
        let compat = if real { OarCompat::Real } else { OarCompat::Intended };
        let mut life = Life::new(cores, compat, packaged, limit);
        for (events, seconds) in steps {
            // Mostly some seconds, sometimes beyond walltimes.
            life.now += if seconds < 190 { seconds % 20 } else { 8 * seconds };
            for (what, choice, walltime) in events {
                if odd || !matches!(what, 8 | 18) {
                    life.happen(what, choice, [60, 240, 241, 1200][walltime]);
                }
            }
            let (done, want) = life.pass();
            prop_assert_eq!(done, want);
        }
    }
}
