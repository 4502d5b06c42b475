//! A backup is restored: jobs that were sent since are told as found again, and nothing is done twice.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the failure")]

#[allow(dead_code, reason = "each test crate uses a part of it")]
mod restore;
#[allow(dead_code, reason = "each test crate uses a part of the world")]
mod world;

use std::collections::{BTreeMap, BTreeSet};

use gleaner_core::checkpoint::Checkpoint;
use gleaner_core::config::{OnFailure, SchedulerConfig};
use gleaner_core::decision::{Action, Decision, Work};
use gleaner_core::fact::{Fact, Outcome, RecoveredWork};
use gleaner_core::ids::{CampaignId, ClusterId, CommandId, RemoteJobId, TaskId};
use gleaner_core::ledger::task_state::TaskState;
use gleaner_core::observation::Observation;
use gleaner_core::policy::injection;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::snapshot::ClusterSnapshot;
use gleaner_core::time::Timestamp;
use proptest::prelude::*;
use restore::Kept;

const TASKS: [u32; 2] = [30, 12];

/// A job as it really is.
#[derive(Clone, Debug)]
struct Job {
    command: CommandId,
    cluster: ClusterId,
    campaign: CampaignId,
    work: RecoveredWork,
    ended: Option<Outcome>,
}

/// A daemon and what really happens. Jobs outlive daemons.
struct Life {
    scheduler: Scheduler,
    now: i64,
    facts: Vec<Fact>,
    jobs: BTreeMap<RemoteJobId, Job>,
}

impl Life {
    /// One cycle, after each living job has ended, or not, as the next digits say.
    fn cycle(&mut self, chance: &mut impl Iterator<Item = u8>) {
        self.now += 60;
        let at = Timestamp::from_seconds(self.now);
        for (&job, real) in &mut self.jobs {
            if real.ended.is_some() {
                continue;
            }
            let outcome = match chance.next().unwrap_or(0) % 8 {
                0..=2 => Outcome::Exited(0),
                3 => Outcome::KilledBestEffort,
                4 => Outcome::Exited(3),
                _ => continue,
            };
            real.ended = Some(outcome);
            self.facts.push(Fact::JobEnded { cluster: real.cluster, job, at, outcome });
        }
        let clusters = [ClusterId(0), ClusterId(1)].map(|id| ClusterSnapshot::empty(id, at, 8));
        let observation = Observation {
            now: at,
            facts: std::mem::take(&mut self.facts),
            clusters: clusters.to_vec(),
        };
        let mut decision = Decision::new();
        self.scheduler.step(&observation, &mut decision);
        self.scheduler.check_invariants_fully().unwrap();
        for command in decision.commands {
            let Action::Submit(submission) = command.action else { continue };
            let works: Vec<RecoveredWork> = match &submission.work {
                Work::Tasks(tasks) => {
                    tasks.iter().map(|task| RecoveredWork::Task(task.index)).collect()
                }
                Work::Prologue => vec![RecoveredWork::Prologue],
                Work::Epilogue => vec![RecoveredWork::Epilogue],
            };
            let first = self.jobs.len() as u64 + 1;
            let names: Vec<RemoteJobId> = (first..).take(works.len()).map(RemoteJobId).collect();
            for (&name, work) in names.iter().zip(works) {
                let (cluster, campaign) = (command.cluster, submission.campaign);
                let job = Job { command: command.id, cluster, campaign, work, ended: None };
                self.jobs.insert(name, job);
            }
            self.facts.push(Fact::CommandAccepted { command: command.id, jobs: names });
        }
    }

    fn states(&self) -> Vec<(TaskId, Option<TaskState>)> {
        let tasks = (1..).zip(TASKS).flat_map(|(id, tasks)| {
            (0..tasks).map(move |index| TaskId { campaign: CampaignId(id), index })
        });
        // Where a task waits makes no difference.
        let waits = |state| if state == TaskState::Queued { TaskState::Pending } else { state };
        tasks.map(|task| (task, self.scheduler.task_state(task).map(waits))).collect()
    }
}

/// What a daemon that is restored is told first, and what its workers tell after that.
fn since(last: CommandId, lost: &Life) -> (Vec<Fact>, Vec<Fact>) {
    let mut found: Vec<(&RemoteJobId, &Job)> =
        lost.jobs.iter().filter(|(_, job)| job.command > last).collect();
    let place = |work: RecoveredWork| match work {
        RecoveredWork::Prologue => 0,
        RecoveredWork::Task(index) => u64::from(index) + 1,
        RecoveredWork::Epilogue => u64::MAX,
    };
    found.sort_by_key(|(id, job)| (job.campaign, place(job.work), job.command, **id));
    let at = Timestamp::from_seconds(lost.now);
    let mut first = Vec::new();
    for (&job, real) in found {
        let Job { cluster, campaign, work, .. } = *real;
        first.push(Fact::JobRecovered { cluster, job, campaign, work, submitted_at: at });
        if let Some(outcome) = real.ended {
            first.push(Fact::JobEnded { cluster, job, at, outcome });
        }
    }
    // Submissions in doubt, and the ends of jobs that the backup holds for alive.
    let mut answers: BTreeMap<CommandId, Vec<RemoteJobId>> = BTreeMap::new();
    let mut ends = Vec::new();
    for (&job, real) in lost.jobs.iter().filter(|(_, job)| job.command <= last) {
        answers.entry(real.command).or_default().push(job);
        let cluster = real.cluster;
        ends.extend(real.ended.map(|outcome| Fact::JobEnded { cluster, job, at, outcome }));
    }
    let answers = answers.into_iter();
    let answers = answers.map(|(command, jobs)| Fact::CommandAccepted { command, jobs });
    (first, answers.chain(ends).collect())
}

fn begin() -> (Life, Kept) {
    let mut config = SchedulerConfig::new(world::clusters(2, "tap:init=4"));
    config.on_failure = OnFailure::Retry { max: 1000 };
    let scheduler = Scheduler::new(config, &injection::standard()).unwrap();
    let mut life = Life { scheduler, now: 0, facts: Vec::new(), jobs: BTreeMap::new() };
    let mut kept = Kept::default();
    for (id, (tasks, more)) in
        (1..).zip(TASKS.into_iter().zip(["", r#""prologue": "p", "epilogue": "e","#]))
    {
        let jdl = world::jdl(tasks, "c1,c2", more);
        let fact = world::submitted(&life.scheduler, id, "alice", &jdl);
        kept.keep(&fact);
        life.facts.push(fact);
    }
    (life, kept)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_sent_since_a_backup_is_counted_and_not_sent_again(
        before in 0_usize..8, after in 0_usize..8, chance in proptest::collection::vec(any::<u8>(), 2000)
    ) {
        let mut chance = chance.into_iter();
        let (mut lost, mut kept) = begin();
        for _ in 0..=before {
            lost.cycle(&mut chance);
        }
        let backup: Checkpoint = restore::through_text(&lost.scheduler.checkpoint());
        let last = lost.scheduler.last_command();
        for _ in 0..after {
            lost.cycle(&mut chance);
        }
        let config = backup.config().clone();
        let scheduler =
            Scheduler::restore(config, &injection::standard(), backup, &mut kept).unwrap();
        let (first, later) = since(last, &lost);
        let mut life = Life { scheduler, now: lost.now, facts: first, jobs: lost.jobs.clone() };
        let known: BTreeSet<RemoteJobId> = life.jobs.keys().copied().collect();
        // Its first cycle knows of what was sent since; what the workers tell comes after that.
        life.cycle(&mut std::iter::repeat(7));
        life.facts.splice(0..0, later);
        // The lost daemon, had it lived on, would know the same.
        lost.cycle(&mut std::iter::repeat(7));
        life.cycle(&mut std::iter::repeat(7));
        let done = |life: &Life| -> Vec<TaskId> {
            let states = life.states().into_iter();
            states.filter(|(_, state)| *state == Some(TaskState::Done)).map(|(task, _)| task).collect()
        };
        prop_assert_eq!(done(&life), done(&lost));
        // At most one job of a task lives.
        let mut working = BTreeSet::new();
        for (id, job) in life.jobs.iter().filter(|(_, job)| job.ended.is_none()) {
            let new = working.insert((job.campaign, format!("{:?}", job.work), {
                // A script is run once on each cluster.
                if matches!(job.work, RecoveredWork::Task(_)) { ClusterId(9) } else { job.cluster }
            }));
            prop_assert!(new, "{id} is a second one: {job:?}, known {}", known.contains(id));
        }
        for _ in 0..200 {
            life.cycle(&mut chance);
            if life.scheduler.is_idle() {
                break;
            }
        }
        prop_assert!(life.states().iter().all(|(_, state)| *state == Some(TaskState::Done)));
        let mut done = BTreeSet::new();
        for job in life.jobs.values().filter(|job| job.ended == Some(Outcome::Exited(0))) {
            if let RecoveredWork::Task(index) = job.work {
                prop_assert!(done.insert((job.campaign, index)), "{job:?} is done twice");
            }
        }
    }
}
