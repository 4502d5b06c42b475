//! A million tasks fit into 64 MB, from the first to the last. One test, so that the process is its own.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the failure")]

#[allow(dead_code, reason = "each test crate uses a part of the world")]
mod world;

use gleaner_core::config::SchedulerConfig;
use gleaner_core::decision::{Action, Decision};
use gleaner_core::fact::{Fact, Outcome};
use gleaner_core::ids::{ClusterId, RemoteJobId};
use gleaner_core::observation::Observation;
use gleaner_core::policy::injection;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::snapshot::ClusterSnapshot;
use gleaner_core::time::Duration;

const MAX_MB: f64 = 64.0;

/// Resident memory of this process, in MB (Linux only).
fn resident_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

#[test]
fn a_million_tasks_fit_into_64_mb() {
    let Some(before) = resident_mb() else {
        eprintln!("SKIPPED: this system does not tell the memory of a process");
        return;
    };
    let mut config = SchedulerConfig::new(world::clusters(2, "greedy:max=10000"));
    config.placed_max = 10_000;
    let mut scheduler = Scheduler::new(config, &injection::standard()).unwrap();
    let mut observation = Observation::new();
    let mut decision = Decision::new();
    let jdl = world::jdl(1_000_000, "c1,c2", "");
    observation.facts.push(world::submitted(&scheduler, 1, "alice", &jdl));
    let (mut next_job, mut cycles, mut most) = (1_u64, 0_u32, 0.0_f64);
    let mut running: Vec<(ClusterId, RemoteJobId)> = Vec::new();
    while observation.facts.iter().len() > 0 || !scheduler.is_idle() {
        for cluster in [ClusterId(0), ClusterId(1)] {
            let snapshot = ClusterSnapshot::empty(cluster, observation.now, 5_000);
            observation.clusters.push(snapshot);
        }
        scheduler.step(&observation, &mut decision);
        scheduler.check_invariants().unwrap();
        observation.facts.clear();
        observation.clusters.clear();
        observation.now = observation.now + Duration::from_seconds(30);
        let at = observation.now;
        for (cluster, job) in running.drain(..) {
            let killed = job.0 % 10 == 0;
            let outcome = if killed { Outcome::KilledBestEffort } else { Outcome::Exited(0) };
            observation.facts.push(Fact::JobEnded { cluster, job, at, outcome });
        }
        for command in &decision.commands {
            let Action::Submit(submission) = &command.action else { panic!("nothing to delete") };
            let jobs: Vec<_> = (next_job..).take(submission.len()).map(RemoteJobId).collect();
            next_job += jobs.len() as u64;
            running.extend(jobs.iter().map(|&job| (command.cluster, job)));
            observation.facts.push(Fact::CommandAccepted { command: command.id, jobs });
        }
        cycles += 1;
        assert!(cycles < 2_000, "no end");
        most = most.max(resident_mb().unwrap_or(0.0) - before);
    }
    scheduler.check_invariants_fully().unwrap();
    let campaign = scheduler.campaigns().next().unwrap();
    assert_eq!(campaign.attempts, next_job - 1);
    assert!(campaign.killed > 100_000);
    eprintln!("at most {most:.1} MB more in {cycles} cycles with {next_job} jobs");
    assert!(most < MAX_MB, "{most:.1} MB");
}
