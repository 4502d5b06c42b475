//! The tap's arithmetic: tables of `tests/data/tap`, and the paper's makespans.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the failure")]

mod expect;
#[allow(dead_code, reason = "each test crate uses a part of the world")]
mod world;

use std::collections::BTreeMap;
use std::fmt::Write;

use gleaner_core::backend::{Backend, CycleBuffers, Stop, cycle};
use gleaner_core::config::SchedulerConfig;
use gleaner_core::decision::{Action, Decision, Wake};
use gleaner_core::fact::{Fact, Outcome};
use gleaner_core::ids::PairIndex;
use gleaner_core::ids::{CampaignId, ClusterId, RemoteJobId};
use gleaner_core::job::{JobState, StateCounts};
use gleaner_core::observation::Observation;
use gleaner_core::policy::injection;
use gleaner_core::policy::spec::PolicySpec;
use gleaner_core::policy::{ClusterView, Offer, PairView};
use gleaner_core::scheduler::Scheduler;
use gleaner_core::time::{Duration, Timestamp};

/// Plays a table: the policy, then a line a cycle with its time, what was accepted since the last,
/// and the jobs seen (`accepted=3 waiting=1 running=2 unseen=0 unclear=0 lost`).
fn play(table: &str) -> String {
    let mut lines = table.lines();
    let spec: PolicySpec = lines.next().unwrap().parse().unwrap();
    let mut policy = injection::standard().build(&spec).unwrap();
    let pair_index = PairIndex(0);
    policy.add_pair(pair_index);
    let mut text = String::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let now = Timestamp::from_seconds(words.next().unwrap().parse().unwrap());
        let given: BTreeMap<&str, u32> = words
            .map(|word| word.split_once('=').unwrap_or((word, "1")))
            .map(|(key, value)| (key, value.parse().unwrap()))
            .collect();
        let of = |key| given.get(key).copied().unwrap_or(0);
        if of("accepted") > 0 {
            policy.accepted(pair_index, of("accepted"), now);
        }
        let jobs = jobs(&[
            (JobState::Accepted, of("unseen")),
            (JobState::Waiting, of("waiting")),
            (JobState::Running, of("running")),
            (JobState::Unclear, of("unclear")),
            (JobState::Unknown, of("unknown")),
        ]);
        let campaign = CampaignId(1);
        let pair = PairView { pair_index, campaign, jobs, queued: 9, has_work: true, cores: 1 };
        let usable = of("lost") == 0;
        policy.begin(&ClusterView { now, snapshot: None, usable, pairs: &[pair] });
        let offer = match policy.offer(&pair) {
            Offer::Take(jobs, _) => format!("take {jobs}"),
            Offer::Skip(reason) => format!("skip: {reason}"),
            Offer::Stop(reason) => format!("stop: {reason}"),
        };
        let rate = policy.rate(pair_index);
        writeln!(text, "{:>5}  rate {rate:>6.2}  {offer}", now.seconds()).unwrap();
    }
    text
}

fn jobs(counts: &[(JobState, u32)]) -> StateCounts {
    counts.iter().copied().collect()
}

#[test]
fn tables_lead_to_the_expected_rates() {
    expect::check_folder("tap", play);
}

#[test]
fn production_rates_grow_as_cigri_s_do() {
    let mut policy = injection::standard().build(&PolicySpec::named("tap")).unwrap();
    let pair_index = PairIndex(0);
    policy.add_pair(pair_index);
    let mut rates = Vec::new();
    for cycle in 0..12 {
        let rate = policy.depth(pair_index) / 10;
        rates.push(rate);
        policy.accepted(pair_index, rate, Timestamp::from_seconds(15 * cycle));
    }
    assert_eq!(rates, [3, 4, 6, 9, 13, 19, 28, 42, 63, 94, 100, 100]);
}

/// A cluster of idle cores on which every job takes one time, without any latency.
struct Idle {
    free: usize,
    job_time: Duration,
    waiting: Vec<RemoteJobId>,
    ends: BTreeMap<(Timestamp, RemoteJobId), ()>,
    facts: Vec<Fact>,
    next_job: u64,
    now: Timestamp,
}

impl Idle {
    fn new(free: usize, job_time: Duration) -> Idle {
        Idle {
            free,
            job_time,
            waiting: Vec::new(),
            ends: BTreeMap::new(),
            facts: Vec::new(),
            next_job: 1,
            now: Timestamp::ZERO,
        }
    }
}

impl Backend for Idle {
    fn observe(&mut self, wake: Wake, into: &mut Observation) -> Result<(), Stop> {
        // Facts are told at once when there are some, else the next end of a job, else the wish.
        let next_end = self.ends.keys().next().map_or(Timestamp::NEVER, |(end, _)| *end);
        let soonest = if self.facts.is_empty() { next_end.min(wake.latest) } else { wake.latest };
        self.now = soonest.max(wake.earliest);
        if self.now.is_never() {
            return Err(Stop::Finished);
        }
        into.now = self.now;
        into.facts.append(&mut self.facts);
        let cluster = ClusterId(0);
        while let Some((&(at, job), ())) = self.ends.first_key_value()
            && at <= self.now
        {
            self.ends.remove(&(at, job));
            self.free += 1;
            into.facts.push(Fact::JobEnded { cluster, job, at, outcome: Outcome::Exited(0) });
        }
        Ok(())
    }

    fn dispatch(&mut self, decision: &Decision) -> Result<(), Stop> {
        for command in &decision.commands {
            let Action::Submit(submission) = &command.action else { panic!("nothing to delete") };
            let jobs: Vec<_> = (self.next_job..).take(submission.len()).map(RemoteJobId).collect();
            self.next_job += jobs.len() as u64;
            self.waiting.extend(&jobs);
            self.facts.push(Fact::CommandAccepted { command: command.id, jobs });
        }
        let started = self.waiting.len().min(self.free);
        self.free -= started;
        let (cluster, at) = (ClusterId(0), self.now);
        for job in self.waiting.drain(..started) {
            self.ends.insert((at + self.job_time, job), ());
            self.facts.push(Fact::JobStarted { cluster, job, at });
        }
        let waiting = self.waiting.iter().map(|&job| Fact::JobWaiting { cluster, job });
        self.facts.extend(waiting);
        Ok(())
    }
}

/// The makespan of equal jobs on 100 idle cores, in job times.
fn makespan(policy: &str, jobs: u32) -> f64 {
    let job_time = Duration::from_seconds(300);
    let mut config = SchedulerConfig::new(world::clusters(1, policy));
    config.min_cycle = Duration::from_seconds(30);
    let mut scheduler = Scheduler::new(config, &injection::standard()).unwrap();
    let mut backend = Idle::new(100, job_time);
    let jdl = world::jdl(jobs, "c1", "");
    backend.facts.push(world::submitted(&scheduler, 1, "alice", &jdl));
    let mut buffers = CycleBuffers::default();
    while !(scheduler.campaigns().any(|campaign| campaign.total > 0) && scheduler.is_idle()) {
        cycle(&mut scheduler, &mut backend, &mut buffers).unwrap();
        scheduler.check_invariants().unwrap();
    }
    backend.now.seconds() as f64 / 300.0
}

#[test]
fn the_paper_s_loop_takes_the_paper_s_time() {
    // Guilloteau 2020, table 2.1; one job time more in each case when rates are truncated.
    let table = [
        (724, 14.0, 15.0),
        (2124, 28.0, 29.0),
        (6124, 68.0, 69.0),
        (12_824, 135.0, 136.0),
        (66_524, 672.0, 673.0),
    ];
    for (jobs, nearest, truncated) in table {
        assert_eq!(makespan("tap:mode=paper", jobs), nearest, "{jobs} jobs");
        let trunc = makespan("tap:mode=paper,rounding=trunc", jobs);
        assert_eq!(trunc, truncated, "{jobs} jobs, truncated");
    }
}

#[test]
fn production_s_tap_finishes_sooner_than_the_paper_s_loop() {
    // 724 jobs need 7.24 rounds of 100 cores: 8 job times at the least.
    let tap = makespan("tap", 724);
    assert!((8.0..14.0).contains(&tap), "{tap}");
}
