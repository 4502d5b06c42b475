//! Commands under way to the clusters, and answers under way back. Must not know what commands are
//! for.

use std::collections::BTreeMap;
use std::sync::Arc;

use gleaner_core::decision::{Action, Command, Submission, Work};
use gleaner_core::fact::{Fact, Refusal};
use gleaner_core::ids::{CampaignId, ClusterId, CommandId, RemoteJobId};
use gleaner_core::jdl::spec::JobKind as Treatment;

use crate::backend::grid_observer::GridObserver;
use crate::backend::network::{Delivery, Network, NetworkSettings};
use crate::backend::request::whole_request;
use crate::backend::tasks::{Behaviour, TaskBehaviour, TaskWork};
use crate::job::{ClusterIndex, JobKind, JobSpec, Origin};
use crate::observer::Observer;
use crate::queue::EventQueue;
use crate::time::{SimSpan, SimTime};
use crate::world::World;

/// What is under way between the grid and its clusters.
pub(crate) struct Outbox {
    effects: EventQueue<Effect>,
    answers: EventQueue<Fact>,
    /// Commands without a final answer, by cluster.
    in_flight: BTreeMap<ClusterId, u32>,
    /// Failed attempts so far, by task; those behind the last one that has any are left out.
    failed: BTreeMap<CampaignId, Vec<u32>>,
}

/// A command that will reach its cluster.
struct Effect {
    command: Command,
    /// When its answer is known.
    answered: SimTime,
}

impl Outbox {
    pub(crate) fn new() -> Outbox {
        Outbox {
            effects: EventQueue::new(),
            answers: EventQueue::new(),
            in_flight: BTreeMap::new(),
            failed: BTreeMap::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.effects.is_empty() && self.answers.is_empty()
    }

    pub(crate) fn next_effect(&self) -> Option<SimTime> {
        self.effects.peek().map(|(time, _)| time)
    }

    pub(crate) fn next_answer(&self) -> Option<SimTime> {
        self.answers.peek().map(|(time, _)| time)
    }

    pub(crate) fn in_flight(&self, cluster: usize) -> u32 {
        self.in_flight.get(&ClusterId(cluster as u16)).copied().unwrap_or(0)
    }

    /// Sends a command on its way.
    pub(crate) fn send(&mut self, now: SimTime, command: Command, network: &mut Network) {
        let is_submission = matches!(command.action, Action::Submit(_));
        let NetworkSettings { latency, answer_limit, lookup, .. } = network.settings;
        let id = command.id;
        *self.in_flight.entry(command.cluster).or_default() += 1;
        let given_up = now + answer_limit;
        if network.is_down(now) {
            let refused = Fact::refused(id, Refusal::Unreachable);
            return self.answer(now + latency + latency, command.cluster, refused);
        }
        match network.draw_delivery(is_submission) {
            Delivery::Arrives => {
                let answered = now + latency + latency;
                self.effects.push(now + latency, 0, Effect { command, answered });
            }
            Delivery::Refused => {
                let refused = Fact::refused(id, Refusal::Busy);
                self.answer(now + latency + latency, command.cluster, refused);
            }
            Delivery::AnswerLost => {
                self.answers.push(given_up, 0, Fact::CommandUnknown { command: id });
                let answered = given_up + lookup;
                self.effects.push(now + latency, 0, Effect { command, answered });
            }
            Delivery::Lost => {
                self.answers.push(given_up, 0, Fact::CommandUnknown { command: id });
                let refused = Fact::refused(id, Refusal::Unreachable);
                self.answer(given_up + lookup, command.cluster, refused);
            }
        }
    }

    /// A final answer is on its way.
    fn answer(&mut self, known: SimTime, cluster: ClusterId, fact: Fact) {
        self.answers.push(known, 0, fact);
        if let Some(count) = self.in_flight.get_mut(&cluster) {
            *count -= 1;
        }
    }

    /// Lets commands take effect that arrive up to `now`.
    pub(crate) fn carry_out<O: Observer>(
        &mut self,
        now: SimTime,
        world: &mut World<GridObserver<O>>,
        tasks: &dyn TaskBehaviour,
    ) {
        while self.effects.peek().is_some_and(|(time, _)| time <= now) {
            let (_, Effect { command, answered }) = self.effects.pop().expect("an effect was seen");
            let Command { id, cluster, action } = command;
            let fact = match &action {
                Action::Submit(submission) => self.submit(id, cluster, submission, world, tasks),
                Action::Cancel { jobs } => {
                    for unwanted in jobs {
                        if let Some(slot) = world.observer().slot(cluster, unwanted.job) {
                            world.cancel(slot);
                        }
                    }
                    Fact::CommandAccepted { command: id, jobs: Vec::new() }
                }
            };
            self.answer(answered, cluster, fact);
        }
    }

    fn submit<O: Observer>(
        &mut self,
        command: CommandId,
        cluster: ClusterId,
        submission: &Submission,
        world: &mut World<GridObserver<O>>,
        tasks: &dyn TaskBehaviour,
    ) -> Fact {
        let index = ClusterIndex(cluster.0);
        if submission.cores > world.cores(index) {
            return Fact::refused(command, Refusal::BadRequest);
        }
        self.count_failures(world);
        let works: Vec<TaskWork> = match &submission.work {
            Work::Tasks(tasks) => tasks.iter().map(|task| TaskWork::Task(task.index)).collect(),
            Work::Prologue => vec![TaskWork::Prologue],
            Work::Epilogue => vec![TaskWork::Epilogue],
        };
        let kind = match submission.kind {
            Treatment::BestEffort => JobKind::BestEffort,
            Treatment::Normal => JobKind::Grid,
        };
        let whole = |world: &World<GridObserver<O>>, run| {
            // Only a whole resource manager knows more than cores.
            world.manager(index)?;
            whole_request(&submission.settings, submission.kind, run)
        };
        let campaign = submission.campaign;
        let failed = self.failed.get(&campaign).map_or(&[][..], Vec::as_slice);
        let mut jobs = Vec::with_capacity(works.len());
        for work in works {
            let task = work.task();
            let failures = task.and_then(|task| failed.get(task as usize));
            let attempt = failures.map_or(1, |failures| failures + 1);
            let Behaviour { run, exit_code } = tasks.attempt(campaign, work, attempt);
            let walltime_s = submission.walltime.seconds();
            let request = task.and_then(|_| whole(world, run)).map(Arc::new);
            let mut spec = JobSpec {
                number: 0,
                submit: world.now(),
                cores: submission.cores,
                run,
                walltime: Some(SimSpan::from_s(walltime_s)),
                user: -1,
                queue: -1,
                kind,
                exit_code: i32::from(exit_code),
                origin: Some(Origin { campaign, task, attempt }),
                request,
            };
            // The jobs of a submission ask for the same: one look is enough.
            if spec.request.is_some() && jobs.is_empty() {
                let manager = world.manager(index).expect("a whole request is for a manager");
                if manager.admit(world.now(), &spec).is_err() {
                    return Fact::refused(command, Refusal::BadRequest);
                }
            }
            let number = world.observer_mut().next_number(cluster);
            spec.number = number;
            world.submit(index, spec);
            jobs.push(RemoteJobId(number));
        }
        Fact::CommandAccepted { command, jobs }
    }

    /// Takes note of the attempts that failed since the last submission.
    fn count_failures<O: Observer>(&mut self, world: &mut World<GridObserver<O>>) {
        for (campaign, task) in world.observer_mut().drain_failures() {
            let failed = self.failed.entry(campaign).or_default();
            let task = task as usize;
            if failed.len() <= task {
                failed.resize(task + 1, 0);
            }
            failed[task] += 1;
        }
    }

    /// Appends the answers known up to `now`, in order.
    pub(crate) fn answers(&mut self, now: SimTime, facts: &mut Vec<Fact>) {
        while self.answers.peek().is_some_and(|(time, _)| time <= now) {
            facts.extend(self.answers.pop().map(|(_, fact)| fact));
        }
    }
}
