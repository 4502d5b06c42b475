//! Every quirk of OAR 3 that is reproduced (`Real`) and repaired (`Intended`), each in a case in
//! which the two differ.

use gleaner_oar::states::{JobState, ReservationState, ResourceState};
use gleaner_oar::value::Value;
use gleaner_sim::oar::model::config::quotas::{Limit, QuotaSettings, Rule};
use gleaner_sim::oar::model::config::{Config, OarCompat};
use gleaner_sim::oar::model::ids::{Date, JobId, ResourceId};
use gleaner_sim::oar::model::job::{Booking, Job};
use gleaner_sim::oar::model::resource::Resource;
use gleaner_sim::oar::model::state::{Queue, State};
use gleaner_sim::oar::pass::outcome::PassOutcome;
use gleaner_sim::oar::pass::pass;

/// Tuesday 2023-11-14 22:13:20 UTC; dates below are seconds from here.
const NOW: i64 = 1_700_000_000;

struct Server {
    state: State,
    config: Config,
}

impl Server {
    /// Nodes of two cores each.
    fn new(
        compat: OarCompat,
        nodes: u32,
        tune: impl FnOnce(&mut Config, &mut Vec<Resource>),
    ) -> Self {
        let mut resources: Vec<Resource> = (1..=2 * nodes)
            .map(|id| {
                let node = id.div_ceil(2);
                Resource::new(ResourceId(id), format!("node{node}"))
                    .with("core", Value::Int(id.into()))
                    .with("fast", Value::Int(i64::from(node == 1)))
            })
            .collect();
        let labels = ["resource_id", "network_address", "core"].map(str::to_owned);
        let mut config = Config { compat, hierarchy_labels: labels.into(), ..Config::default() };
        tune(&mut config, &mut resources);
        let state = State::new(resources.into(), Queue::packaged(), &config).expect("valid");
        Self { state, config }
    }

    fn plain(compat: OarCompat, nodes: u32) -> Self {
        Self::new(compat, nodes, |_, _| {})
    }

    fn submit(&mut self, job: Job) -> JobId {
        let id = job.id;
        self.state.submit(job, &self.config).expect("valid");
        id
    }

    /// A job that asks for cores.
    fn wants(&self, cores: u32, walltime_s: i64) -> Job {
        Job::new(self.state.next_job_id(), Date(NOW)).asking(&[("core", cores)], walltime_s)
    }

    fn runs(&self, start: i64, resources: &[u32], walltime_s: i64) -> Job {
        let mut job = self.wants(1, walltime_s);
        job.state = JobState::Running;
        job.start = Date(NOW + start);
        job.assigned = resources.iter().map(|id| ResourceId(*id)).collect();
        job
    }

    fn pass(&mut self, at: i64) -> PassOutcome {
        pass(&mut self.state, Date(NOW + at), &self.config)
    }

    /// Predicted start (from `NOW` on) and resources.
    fn place(&self, job: JobId) -> Option<(i64, Vec<u32>)> {
        let prediction = self.state.gantt().prediction(job)?;
        let ids = prediction.resources.iter().map(|id| id.0).collect();
        Some((prediction.start.0 - NOW, ids))
    }

    fn start(&self, job: JobId) -> Option<i64> {
        self.place(job).map(|(start, _)| start)
    }
}

/// What happens really, and what is intended.
fn both<T>(case: impl Fn(OarCompat) -> T) -> (T, T) {
    (case(OarCompat::Real), case(OarCompat::Intended))
}

#[test]
fn a_slot_that_ends_one_second_later_is_taken_whole() {
    let starts = both(|compat| {
        let mut server = Server::plain(compat, 1);
        server.submit(server.runs(0, &[1], 541));
        server.submit(server.wants(1, 540));
        let follower = server.submit(server.wants(2, 600));
        let next = server.submit(server.wants(1, 100));
        server.pass(0);
        (server.start(follower), server.start(next))
    });
    assert_eq!(starts.0, (Some(601), Some(1261)));
    assert_eq!(starts.1, (Some(601), Some(1261)));
    // The second job's own place is free again at 600, seen by a job that fits before 601.
    let free = both(|compat| {
        let mut server = Server::plain(compat, 1);
        server.submit(server.runs(0, &[1], 541));
        server.submit(server.wants(1, 540));
        let follower = server.submit(server.wants(1, 600));
        server.pass(0);
        server.place(follower)
    });
    assert_eq!(free, (Some((601, vec![1])), Some((600, vec![2]))));
}

#[test]
fn an_unusable_resource_stands_for_the_first() {
    let suspected = |_: &mut Config, resources: &mut Vec<Resource>| {
        resources[2].state = ResourceState::Suspected;
    };
    let running = both(|compat| {
        let mut server = Server::new(compat, 2, suspected);
        server.submit(server.runs(-10, &[3], 600));
        let job = server.submit(server.wants(1, 60));
        server.pass(0);
        server.place(job)
    });
    assert_eq!(running, (Some((0, vec![2])), Some((0, vec![1]))));
    let filtered = both(|compat| {
        let mut server = Server::new(compat, 2, suspected);
        let mut job = server.wants(1, 60);
        job.properties = "core = 3".into();
        let job = server.submit(job);
        server.pass(0);
        server.place(job)
    });
    assert_eq!(filtered, (Some((0, vec![1])), None));
}

#[test]
fn a_job_over_its_time_loses_its_resources() {
    let starts = both(|compat| {
        let mut server = Server::plain(compat, 1);
        server.submit(server.runs(-661, &[1, 2], 600));
        let job = server.submit(server.wants(1, 60));
        server.pass(0);
        server.start(job)
    });
    assert_eq!(starts, (Some(0), Some(1)));
}

#[test]
fn a_dependency_that_cannot_be_placed_vanishes() {
    let starts = both(|compat| {
        let mut server = Server::plain(compat, 1);
        let required = server.submit(server.wants(9, 60));
        let mut job = server.wants(1, 60);
        job.depends_on = vec![required];
        let job = server.submit(job);
        server.pass(0);
        server.start(job)
    });
    assert_eq!(starts, (Some(0), None));
}

#[test]
fn a_dependency_that_comes_later_in_the_order_vanishes() {
    let starts = both(|compat| {
        let mut server = Server::plain(compat, 1);
        let mut job = server.wants(1, 60);
        job.depends_on = vec![JobId(2)];
        let job = server.submit(job);
        server.submit(server.wants(1, 60));
        server.pass(0);
        server.start(job)
    });
    assert_eq!(starts, (Some(0), None));
}

#[test]
fn a_dependent_job_starts_with_the_slot_that_holds_the_end() {
    let starts = both(|compat| {
        let mut server = Server::plain(compat, 1);
        server.submit(server.runs(0, &[2], 41));
        // Ends at 100; the slot ends at 101, so its last second is within the slot from 0 on.
        let required = server.submit(server.wants(1, 40));
        let mut job = server.wants(1, 40);
        job.depends_on = vec![required];
        let job = server.submit(job);
        server.pass(0);
        server.start(job)
    });
    assert_eq!(starts, (Some(101), Some(100)));
}

#[test]
fn a_container_that_has_run_lasts_its_whole_walltime_again() {
    let starts = both(|compat| {
        let mut server = Server::plain(compat, 1);
        let container = server.submit(server.runs(-500, &[1, 2], 600).of_type("container"));
        let inner = server.wants(1, 400).of_type(&format!("inner={container}"));
        let inner = server.submit(inner);
        server.pass(0);
        server.start(inner)
    });
    assert_eq!(starts, (Some(0), None));
}

#[test]
fn a_new_container_lasts_one_second_longer() {
    let starts = both(|compat| {
        let mut server = Server::plain(compat, 1);
        let container = server.submit(server.wants(1, 600).of_type("container"));
        let inner = server.wants(1, 541).of_type(&format!("inner={container}"));
        let inner = server.submit(inner);
        server.pass(0);
        server.start(inner)
    });
    assert_eq!(starts, (Some(0), None));
}

#[test]
fn sharing_with_ones_own_jobs_never_matches() {
    let starts = both(|compat| {
        let mut server = Server::plain(compat, 1);
        for _ in 0..2 {
            server.submit(server.wants(2, 600).of_type("timesharing=user,*"));
        }
        server.pass(0);
        server.start(JobId(2))
    });
    assert_eq!(starts, (Some(660), Some(0)));
}

#[test]
fn only_the_first_job_that_shares_is_remembered() {
    let starts = both(|compat| {
        let mut server = Server::plain(compat, 1);
        server.submit(server.wants(1, 600).of_type("timesharing=*,*"));
        server.submit(server.wants(2, 600).of_type("timesharing=*,*"));
        server.submit(server.wants(2, 600).of_type("timesharing=*,*"));
        server.pass(0);
        server.start(JobId(3))
    });
    assert_eq!(starts, (Some(660), Some(0)));
}

#[test]
fn only_the_last_job_that_reserves_is_remembered() {
    let starts = both(|compat| {
        let mut server = Server::plain(compat, 1);
        server.submit(server.wants(1, 600).of_type("placeholder=p"));
        server.submit(server.wants(1, 600).of_type("placeholder=p"));
        let job = server.submit(server.wants(2, 60).of_type("allow=p"));
        server.pass(0);
        server.start(job)
    });
    assert_eq!(starts, (Some(660), Some(0)));
}

#[test]
fn the_word_allowed_is_not_understood() {
    let starts = both(|compat| {
        let mut server = Server::plain(compat, 1);
        server.submit(server.wants(2, 600).of_type("placeholder=p"));
        let job = server.submit(server.wants(1, 60).of_type("allowed=p"));
        server.pass(0);
        server.start(job)
    });
    assert_eq!(starts, (Some(660), Some(0)));
}

#[test]
fn a_slot_without_resources_is_overlooked_by_jobs_that_share() {
    let starts = both(|compat| {
        let mut server = Server::plain(compat, 1);
        server.submit(server.runs(0, &[1, 2], 40));
        let job = server.submit(server.wants(2, 600).of_type("timesharing=*,*"));
        server.pass(0);
        server.start(job)
    });
    assert_eq!(starts, (Some(0), Some(100)));
}

#[test]
fn best_effort_jobs_that_share_are_killed_all_the_same() {
    let victims = both(|compat| {
        let mut server = Server::plain(compat, 1);
        let shares = server.runs(-10, &[1, 2], 600).of_type("timesharing=*,*").besteffort();
        server.submit(shares);
        server.submit(server.wants(1, 60).of_type("timesharing=*,*"));
        server.pass(0).victims.len()
    });
    assert_eq!(victims, (1, 0));
}

#[test]
fn filters_are_joined_without_parentheses() {
    let places = both(|compat| {
        let mut server = Server::plain(compat, 2);
        let mut job = server.wants(1, 60);
        job.properties = "core = 1 OR core = 4".into();
        let mut groups = job.alternatives[0].groups.to_vec();
        groups[0].filter = "fast = 0".into();
        job.alternatives[0].groups = groups.into();
        let job = server.submit(job);
        server.pass(0);
        server.place(job)
    });
    assert_eq!(places, (Some((0, vec![1])), Some((0, vec![4]))));
}

#[test]
fn a_suspended_jobs_time_is_compared_with_its_pause_alone() {
    let killed = both(|compat| {
        let mut server = Server::plain(compat, 1);
        let mut job = server.runs(-200, &[1], 600);
        job.suspended = true;
        job.suspended_periods.push((Date(NOW - 150), Some(Date(NOW - 100))));
        server.submit(job);
        server.state.sarko(Date(NOW), &server.config).exit_code
    });
    assert_eq!(killed, (1, 0));
}

fn quotas(rules: &[(&str, [f64; 3])]) -> QuotaSettings {
    let rule = |(fields, limits): &(&str, [f64; 3])| {
        Rule::parse(fields, limits.map(Limit::Fixed)).expect("valid")
    };
    QuotaSettings { rules: rules.iter().map(rule).collect(), ..QuotaSettings::default() }
}

#[test]
fn resource_hours_are_counted_once_per_slot() {
    let starts = both(|compat| {
        let tune = |config: &mut Config, _: &mut Vec<Resource>| {
            config.quotas = Some(quotas(&[("*,*,*,*", [-1.0, -1.0, 3.0])]));
        };
        let mut server = Server::new(compat, 2, tune);
        // Half an hour is cut into two slots by the second job, and so counted twice.
        server.submit(server.wants(1, 3540));
        server.submit(server.wants(1, 1740));
        let job = server.submit(server.wants(1, 3540));
        server.pass(0);
        server.start(job)
    });
    assert_eq!(starts, (Some(1800), Some(0)));
}

#[test]
fn resources_that_go_away_count_as_used() {
    let starts = both(|compat| {
        let tune = |config: &mut Config, resources: &mut Vec<Resource>| {
            config.quotas = Some(quotas(&[("*,*,*,*", [3.0, -1.0, -1.0])]));
            resources[2].available_upto = NOW + 100;
            resources[3].available_upto = NOW + 100;
        };
        let mut server = Server::new(compat, 2, tune);
        let job = server.submit(server.wants(2, 600));
        server.pass(0);
        server.start(job)
    });
    assert_eq!(starts, (None, Some(0)));
}

#[test]
fn reservations_free_of_quotas_are_checked() {
    let accepted = both(|compat| {
        let tune = |config: &mut Config, _: &mut Vec<Resource>| {
            config.quotas = Some(quotas(&[("*,*,*,*", [1.0, -1.0, -1.0])]));
        };
        let mut server = Server::new(compat, 1, tune);
        let mut job = server.wants(2, 600).of_type("no_quotas");
        job.reservation = ReservationState::ToSchedule;
        job.start = Date(NOW + 100);
        server.submit(job);
        server.pass(0).accepted.len()
    });
    assert_eq!(accepted, (0, 1));
}

#[test]
fn a_calendar_plans_no_further_than_its_period() {
    let starts = both(|compat| {
        let tune = |config: &mut Config, _: &mut Vec<Resource>| {
            let mut settings = quotas(&[]);
            settings.add_weekly("* * * *", "week").expect("valid");
            let rule = Rule::parse("*,*,*,*", [-1.0, -1.0, -1.0].map(Limit::Fixed));
            settings.rule_sets.insert("week".into(), vec![rule.expect("valid")]);
            config.quotas = Some(settings);
        };
        let mut server = Server::new(compat, 1, tune);
        server.submit(server.runs(0, &[1, 2], 25 * 86_400 - 60));
        let job = server.submit(server.wants(1, 600));
        server.pass(0);
        server.start(job)
    });
    assert_eq!(starts, (None, Some(25 * 86_400)));
}

#[test]
fn a_reservation_takes_a_second_more_where_a_slot_begins() {
    let starts = both(|compat| {
        let mut server = Server::plain(compat, 1);
        server.submit(server.runs(0, &[1], 640));
        let mut reserved = server.wants(1, 540);
        reserved.reservation = ReservationState::ToSchedule;
        reserved.start = Date(NOW + 100);
        server.submit(reserved);
        // Placed in the same pass, by the queue behind.
        let behind = server.submit(server.wants(2, 60).besteffort());
        server.pass(0);
        server.start(behind)
    });
    assert_eq!(starts, (Some(701), Some(700)));
}

#[test]
fn a_late_reservation_gains_the_security_time() {
    let walltimes = both(|compat| {
        let mut server = Server::plain(compat, 1);
        let mut job = server.wants(1, 600);
        job.reservation = ReservationState::Scheduled;
        job.start = Date(NOW - 10);
        let resources = [ResourceId(1)].into();
        job.booking = Some(Booking { start: job.start, alternative: 0, resources });
        let job = server.submit(job);
        server.pass(0);
        server.state.job(job).expect("submitted").assigned_walltime_s()
    });
    assert_eq!(walltimes, (650, 590));
}

#[test]
fn a_reservation_with_suspected_nodes_starts_at_once() {
    let launched = both(|compat| {
        let tune = |_: &mut Config, resources: &mut Vec<Resource>| {
            resources[3].state = ResourceState::Suspected;
        };
        let mut server = Server::new(compat, 2, tune);
        let mut job = server.wants(2, 600);
        job.reservation = ReservationState::Scheduled;
        job.start = Date(NOW - 10);
        let resources = [ResourceId(3), ResourceId(4)].into();
        job.booking = Some(Booking { start: job.start, alternative: 0, resources });
        let job = server.submit(job);
        let first = server.pass(0).launched.len();
        let later = server.pass(300).launched.len();
        let held = server.state.job(job).expect("submitted").assigned.len();
        (first, later, held)
    });
    assert_eq!(launched, ((1, 0, 2), (0, 1, 1)));
}

#[test]
fn a_waiting_jobs_start_is_its_prediction() {
    let starts = both(|compat| {
        let mut server = Server::plain(compat, 1);
        server.submit(server.wants(2, 600));
        let second = server.submit(server.wants(2, 600));
        let never = server.submit(server.wants(9, 600));
        server.pass(0);
        [second, never].map(|id| server.state.job(id).expect("submitted").start.0)
    });
    assert_eq!(starts, ([NOW + 660, -1], [0, 0]));
}
