//! Worlds that answer late, twice, or not at all: no task is lost, none is done twice, none has two
//! jobs at once, and counts add up after every cycle.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the failure")]

mod complete;
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod restore;
#[allow(dead_code, reason = "each test crate uses a part of the world")]
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gleaner_core::config::{OnFailure, SchedulerConfig};
use gleaner_core::decision::{Action, Decision, JobToDelete, Work};
use gleaner_core::fact::{ClusterFault, Fact, Outcome, Refusal};
use gleaner_core::ids::{CampaignId, ClusterId, CommandId, EventId, RemoteJobId, TaskId};
use gleaner_core::jdl::params::Parameters;
use gleaner_core::ledger::campaign::CampaignState;
use gleaner_core::ledger::task_state::TaskState;
use gleaner_core::observation::Observation;
use gleaner_core::policy::injection;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::server_message::ServerMessage;
use gleaner_core::snapshot::ClusterSnapshot;
use gleaner_core::time::{Duration, Timestamp};
use proptest::prelude::*;
use restore::Twin;

const CLUSTERS: u16 = 3;
const OUTCOMES: [Outcome; 12] = [
    Outcome::Exited(0),
    Outcome::Exited(0),
    Outcome::Exited(0),
    Outcome::Exited(66),
    Outcome::Exited(67),
    Outcome::Exited(3),
    Outcome::KilledBestEffort,
    Outcome::KilledBestEffort,
    Outcome::KilledWalltime,
    Outcome::Exterminated,
    Outcome::WorkingDirectory,
    Outcome::LeaseExpired,
];

/// A job as it really is, whatever the scheduler has been told.
#[derive(Clone, Debug)]
struct RealJob {
    cluster: ClusterId,
    task: Option<TaskId>,
    started: bool,
}

/// A submission that the scheduler has no final answer to.
#[derive(Clone, Debug)]
struct Pending {
    cluster: ClusterId,
    /// Its jobs by position; none where the cluster did not take them.
    jobs: Vec<Option<RemoteJobId>>,
    told_unknown: bool,
}

/// What really happens on the clusters.
struct Reality {
    scheduler: Scheduler,
    observation: Observation,
    decision: Decision,
    jobs: BTreeMap<RemoteJobId, RealJob>,
    pending: BTreeMap<CommandId, Pending>,
    next_job: u64,
    facts: Vec<Fact>,
    old_facts: Vec<Fact>,
    succeeded: BTreeMap<TaskId, u32>,
    added: u32,
    dropped: BTreeSet<TaskId>,
    twin: Twin,
}

/// One random step: what to do, with what.
type Step = (u8, u16, u8);

impl Reality {
    fn new(policy: &str, on_failure: OnFailure) -> Reality {
        let mut config = SchedulerConfig::new(world::clusters(usize::from(CLUSTERS), policy));
        config.on_failure = on_failure;
        let scheduler = Scheduler::new(config, &injection::standard()).unwrap();
        let mut reality = Reality {
            scheduler,
            observation: Observation::new(),
            decision: Decision::new(),
            jobs: BTreeMap::new(),
            pending: BTreeMap::new(),
            next_job: 1,
            facts: Vec::new(),
            old_facts: Vec::new(),
            succeeded: BTreeMap::new(),
            added: 0,
            dropped: BTreeSet::new(),
            twin: Twin::default(),
        };
        reality.submit(1, 40, "c1,c2", "");
        reality.submit(2, 25, "c2,c3", r#""prologue": "p", "epilogue": "e","#);
        reality.submit(3, 6, "c1,c2,c3", r#""test_mode": true,"#);
        reality
    }

    fn submit(&mut self, id: u32, tasks: u32, clusters: &str, more: &str) {
        let jdl = world::jdl(tasks, clusters, more);
        let fact = world::submitted(&self.scheduler, id, "alice", &jdl);
        self.tell(fact);
    }

    fn now(&self) -> Timestamp {
        self.observation.now
    }

    fn tell(&mut self, fact: Fact) {
        self.twin.remember(&fact);
        if let Fact::TaskCancelled { task } = fact {
            self.dropped.insert(task);
        }
        self.old_facts.push(fact.clone());
        self.facts.push(fact);
    }

    fn step(&mut self, (what, which, how): Step) {
        match what % 18 {
            0..=3 => self.cycle(u64::from(how % 4) * 20 + 15),
            4 | 5 => self.answer(which, how),
            6 => self.wait(which),
            7 | 8 => self.start(which),
            9..=11 => self.end(which, OUTCOMES[usize::from(how) % OUTCOMES.len()]),
            12 => {
                // An old fact once more.
                if let Some(at) = usize::from(which).checked_rem(self.old_facts.len()) {
                    self.facts.push(self.old_facts[at].clone());
                }
            }
            13 => self.cluster_news(which, how),
            14 => self.campaign_news(which, how),
            15 => self.copy(which),
            16 => self.late_find(which, how),
            _ => self.cycle(1000),
        }
    }

    /// Answers some submission: fully, in part, not at all, or with a refusal.
    fn answer(&mut self, which: u16, how: u8) {
        let Some(at) = usize::from(which).checked_rem(self.pending.len()) else {
            return;
        };
        let (&command, pending) = self.pending.iter_mut().nth(at).unwrap();
        let taken: Vec<RemoteJobId> = pending.jobs.iter().copied().map_while(|job| job).collect();
        match how % 3 {
            0 if !pending.told_unknown => {
                pending.told_unknown = true;
                self.tell(Fact::CommandUnknown { command });
            }
            _ => {
                let complete = taken.len() == pending.jobs.len();
                if taken.is_empty() {
                    let fact = if how.is_multiple_of(2) {
                        Fact::CommandExpired { command }
                    } else {
                        Fact::refused(command, Refusal::Busy)
                    };
                    self.tell(fact);
                } else {
                    self.tell(Fact::CommandAccepted { command, jobs: taken });
                    if !complete {
                        let reasons = [
                            Refusal::Busy,
                            Refusal::Unreachable,
                            Refusal::TooLarge,
                            Refusal::NotNow,
                        ];
                        let reason = reasons[usize::from(how) % 4];
                        self.tell(Fact::refused(command, reason));
                    }
                }
                self.pending.remove(&command);
            }
        }
    }

    fn pick(&self, which: u16) -> Option<RemoteJobId> {
        let at = usize::from(which).checked_rem(self.jobs.len())?;
        self.jobs.keys().nth(at).copied()
    }

    fn wait(&mut self, which: u16) {
        let Some(job) = self.pick(which) else { return };
        let RealJob { cluster, started, .. } = self.jobs[&job];
        if !started {
            self.tell(Fact::JobWaiting { cluster, job });
        } else if which.is_multiple_of(3) {
            self.tell(Fact::JobUnclear { cluster, job });
        }
    }

    fn start(&mut self, which: u16) {
        let Some(job) = self.pick(which) else { return };
        let at = self.now();
        let real = self.jobs.get_mut(&job).unwrap();
        real.started = true;
        let cluster = real.cluster;
        self.tell(Fact::JobStarted { cluster, job, at });
    }

    fn end(&mut self, which: u16, outcome: Outcome) {
        let Some(job) = self.pick(which) else { return };
        let at = self.now();
        let RealJob { cluster, task, .. } = self.jobs.remove(&job).unwrap();
        if let (Some(task), Outcome::Exited(0)) = (task, outcome) {
            *self.succeeded.entry(task).or_insert(0) += 1;
        }
        self.tell(Fact::JobEnded { cluster, job, at, outcome });
    }

    /// The cluster puts a copy in the place of a job.
    fn copy(&mut self, which: u16) {
        let Some(job) = self.pick(which) else { return };
        let copy = RemoteJobId(self.next_job);
        self.next_job += 1;
        let real = self.jobs.remove(&job).unwrap();
        let cluster = real.cluster;
        // Of a job that the scheduler cannot know yet, the copy could not be told from a stranger.
        if self.scheduler.job(cluster, job).is_none() {
            self.jobs.insert(job, real);
            return;
        }
        self.jobs.insert(copy, RealJob { started: false, ..real });
        self.tell(Fact::JobReplaced { cluster, job, copy });
    }

    /// A job of a submission that was given up turns up, or what is deleted there is gone.
    fn late_find(&mut self, which: u16, how: u8) {
        let cluster = ClusterId(which % CLUSTERS);
        let orphan = self.scheduler.orphans_on(cluster).next();
        match orphan {
            Some((job, _)) if how.is_multiple_of(5) => {
                let jobs: Vec<RemoteJobId> =
                    self.scheduler.jobs_on(cluster).map(|(job, _)| job).collect();
                let jobs = [vec![job], jobs].concat();
                self.tell(Fact::DeletionRefused {
                    cluster,
                    jobs,
                    reason: Refusal::NotAllowed,
                    words: ServerMessage::default(),
                });
            }
            Some((job, _)) if how.is_multiple_of(2) => {
                let (at, outcome) = (self.now(), Outcome::LeaseExpired);
                self.tell(Fact::JobEnded { cluster, job, at, outcome });
            }
            _ => {
                let (job, campaign) = (RemoteJobId(self.next_job), CampaignId(1));
                self.next_job += 1;
                self.tell(Fact::JobFound { cluster, job, campaign });
            }
        }
    }

    fn cluster_news(&mut self, which: u16, how: u8) {
        let cluster = ClusterId(which % CLUSTERS);
        let fact = match how % 7 {
            6 if how > 200 => Fact::ClusterDisabled { cluster },
            0 => {
                let faults =
                    [ClusterFault::Timeout, ClusterFault::OutOfOrder, ClusterFault::BadAnswers];
                Fact::ClusterLost { cluster, fault: faults[usize::from(how / 6) % 3] }
            }
            1 | 2 => Fact::ClusterBack { cluster },
            3 => Fact::ClusterStressed { cluster },
            4 => Fact::ClusterRelaxed { cluster },
            _ => {
                let priority = i32::from(how) - 100;
                Fact::UserPriority { user: "alice".into(), cluster, priority }
            }
        };
        self.tell(fact);
        let snapshot = ClusterSnapshot::empty(cluster, self.now(), u32::from(how));
        self.observation.clusters.push(snapshot);
    }

    fn campaign_news(&mut self, which: u16, how: u8) {
        let campaign = CampaignId(u32::from(which % 3) + 1);
        let event = self.scheduler.open_events().next().map(|(event, _)| event);
        match how % 8 {
            0 => self.tell(Fact::CampaignHeld { campaign }),
            1 | 2 => self.tell(Fact::CampaignResumed { campaign }),
            3 if how > 240 => self.tell(Fact::CampaignCancelled { campaign }),
            5 | 6 => {
                let index = u32::from(which / 3) % 45;
                self.tell(Fact::TaskCancelled { task: TaskId { campaign, index } });
            }
            4 if self.added < 3 => {
                let first = self.scheduler.campaign(campaign).map_or(0, |found| found.total);
                let parameters = Arc::new(Parameters::count(4).unwrap());
                self.added += 1;
                self.tell(Fact::JobsAdded { campaign, first, parameters });
            }
            _ => {
                let event = event.unwrap_or(EventId(1));
                self.tell(Fact::EventFixed { event, retry: how.is_multiple_of(2) });
            }
        }
    }

    fn cycle(&mut self, seconds: u64) {
        self.observation.now = self.observation.now + Duration::from_seconds(seconds);
        self.observation.facts = std::mem::take(&mut self.facts);
        self.scheduler.step(&self.observation, &mut self.decision);
        self.twin.follow(&self.scheduler, &self.observation, &self.decision);
        self.observation.clusters.clear();
        self.scheduler.check_invariants_fully().unwrap();
        let commands = std::mem::take(&mut self.decision.commands);
        complete::check(&self.scheduler, &commands);
        for command in &commands {
            match &command.action {
                Action::Submit(submission) => {
                    self.take(command.id, command.cluster, &submission.work);
                }
                Action::Cancel { jobs } => self.delete(jobs),
            }
        }
        self.check_single_jobs();
    }

    /// A cluster takes all jobs of a submission, the first half of them, or none.
    fn take(&mut self, id: CommandId, cluster: ClusterId, work: &Work) {
        assert!(
            self.pending.values().all(|open| open.cluster != cluster || open.told_unknown),
            "a second submission without an answer"
        );
        let works: Vec<Option<TaskId>> = match work {
            Work::Tasks(tasks) => tasks.iter().copied().map(Some).collect(),
            Work::Prologue | Work::Epilogue => vec![None],
        };
        let taken = match id.0 % 5 {
            0 => 0,
            1 => works.len() / 2,
            _ => works.len(),
        };
        let mut jobs = Vec::new();
        for (position, task) in works.into_iter().enumerate() {
            let job = (position < taken).then(|| {
                let job = RemoteJobId(self.next_job);
                self.next_job += 1;
                self.jobs.insert(job, RealJob { cluster, task, started: false });
                job
            });
            jobs.push(job);
        }
        self.pending.insert(id, Pending { cluster, jobs, told_unknown: false });
    }

    /// Half of the deletions work at once; the others are asked for again.
    fn delete(&mut self, jobs: &[JobToDelete]) {
        let at = self.now();
        for job in jobs.iter().map(|unwanted| unwanted.job).filter(|job| job.0 % 2 == 0) {
            if let Some(RealJob { cluster, .. }) = self.jobs.remove(&job) {
                let outcome = Outcome::Deleted;
                self.tell(Fact::JobEnded { cluster, job, at, outcome });
            }
        }
    }

    fn check_single_jobs(&self) {
        let mut busy = BTreeSet::new();
        for task in self.jobs.values().filter_map(|job| job.task) {
            assert!(busy.insert(task), "task {task} has two jobs");
            assert!(!self.succeeded.contains_key(&task), "task {task} is done again");
        }
        for (task, times) in &self.succeeded {
            assert_eq!(*times, 1, "task {task} was done {times} times");
        }
    }

    /// Lets everything come to an end: all answers are given, all jobs succeed.
    fn settle(&mut self) {
        for cluster in (0..CLUSTERS).map(ClusterId) {
            self.tell(Fact::ClusterBack { cluster });
            self.tell(Fact::ClusterRelaxed { cluster });
        }
        for campaign in (1..=3).map(CampaignId) {
            self.tell(Fact::CampaignResumed { campaign });
        }
        for _ in 0..400 {
            let now = self.now();
            for cluster in (0..CLUSTERS).map(ClusterId) {
                self.observation.clusters.push(ClusterSnapshot::empty(cluster, now, 50));
            }
            let events: Vec<EventId> = self.scheduler.open_events().map(|(id, _)| id).collect();
            for event in events {
                self.tell(Fact::EventFixed { event, retry: true });
            }
            self.cycle(15);
            while !self.pending.is_empty() {
                self.answer(0, 1);
            }
            for cluster in (0..CLUSTERS).map(ClusterId) {
                let orphans: Vec<_> = self.scheduler.orphans_on(cluster).collect();
                for (job, _) in orphans {
                    let (at, outcome) = (self.now(), Outcome::Deleted);
                    self.tell(Fact::JobEnded { cluster, job, at, outcome });
                }
            }
            while !self.jobs.is_empty() {
                self.end(0, Outcome::Exited(0));
            }
            if self.facts.is_empty() && self.scheduler.is_idle() {
                return;
            }
        }
        let progress: Vec<_> = self.scheduler.campaigns().collect();
        panic!("the campaigns do not come to an end: {progress:#?}");
    }

    fn check_end(&self) {
        for campaign in self.scheduler.campaigns() {
            let done = self.succeeded.keys().filter(|task| task.campaign == campaign.campaign);
            let done = done.count() as u32;
            assert_eq!(campaign.tasks.of(TaskState::Done), done, "{campaign:?}");
            let settled = [TaskState::Done, TaskState::Failed, TaskState::Cancelled];
            let settled: u32 = settled.iter().map(|&state| campaign.tasks.of(state)).sum();
            assert_eq!(settled, campaign.total, "{campaign:?}");
            if campaign.state == CampaignState::Terminated {
                let dropped = |task: &&TaskId| task.campaign == campaign.campaign;
                let dropped = self.dropped.iter().filter(dropped).count() as u32;
                assert!(campaign.tasks.of(TaskState::Cancelled) <= dropped, "{campaign:?}");
            }
        }
        assert_eq!(self.scheduler.live_jobs(), 0);
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(any::<Step>(), 20..250)
}

fn settings() -> impl Strategy<Value = (String, OnFailure)> {
    // Every policy of the catalogue as it is, and some with settings of their own.
    let catalogue = injection::standard();
    let mut policies: Vec<String> = [
        "tap:mode=paper",
        "tap:init=1,grace=0",
        "min(tap:grace=20; greedy)",
        "max(greedy:reserve=0; min(tap:mode=paper; tap))",
    ]
    .map(str::to_owned)
    .into();
    let alone = catalogue.entries().iter().filter(|entry| !entry.combines);
    policies.extend(alone.map(|entry| entry.name.to_string()));
    (
        prop::sample::select(policies),
        prop::sample::select(vec![
            OnFailure::Block,
            OnFailure::Retry { max: 2 },
            OnFailure::Ignore,
        ]),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_task_is_lost_or_done_twice(steps in steps(), (policy, on_failure) in settings()) {
        let mut reality = Reality::new(&policy, on_failure);
        for step in steps {
            reality.step(step);
        }
        reality.settle();
        reality.check_end();
    }

    #[test]
    fn equal_observations_give_equal_decisions(steps in steps(), (policy, on_failure) in settings()) {
        let mut texts = Vec::new();
        for _ in 0..2 {
            let mut reality = Reality::new(&policy, on_failure);
            let mut text = String::new();
            for &step in &steps {
                reality.step(step);
                text.push_str(&format!("{:?}", reality.decision));
            }
            texts.push(text);
        }
        prop_assert_eq!(&texts[0], &texts[1]);
    }

    #[test]
    fn a_restored_scheduler_decides_alike(
        steps in steps(),
        (policy, on_failure) in settings(),
        restored_at in 0_u32..60,
    ) {
        let mut reality = Reality::new(&policy, on_failure);
        reality.twin.due(restored_at);
        for step in steps {
            reality.step(step);
        }
        reality.settle();
        reality.check_end();
    }
}
