//! The emulated grid as a plain state machine: the World, the tables of its jobs, and what clients
//! may order. Time comes in as an argument, everything to be done outside goes out as a value. Must
//! not know sockets, wall clocks, dialects or policies.

pub mod cluster;
mod dependencies;
pub mod files;
mod job_request;
pub mod orders;
pub mod output;
pub mod planned_starts;
pub mod submission;
pub mod submit;
pub mod walltime;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use gleaner_sim::job::{ClusterIndex, EndReason};
use gleaner_sim::oar::server::nodes::resource_state;
use gleaner_sim::queue::EventQueue;
use gleaner_sim::time::SimTime;
use gleaner_sim::world::{ClusterSetup, World};

use crate::behaviour::Behaviours;
use crate::calendar::whole_second;
use crate::command::{LEASE_OVER, without_lease};
use crate::engine::cluster::{Cluster, Execute};
use crate::engine::output::{CommandRun, Execution, Output};
use crate::engine::submission::Submission;
use crate::table::Table;
use crate::table::row::JobDescription;
use crate::table::watcher::{JobChange, JobRef, NodeStateChange, Watcher};

/// Something that is to happen by itself.
#[derive(Clone, Debug)]
enum Plan {
    /// A job joins its queue.
    Enter(JobRef),
    /// A submission that was under way arrives.
    Arrive(ClusterIndex, Box<Submission>),
    /// Somebody restarts the API of a cluster.
    Restart(ClusterIndex),
    /// A deletion reaches a running job.
    Kill(JobRef),
}

/// Emulated clusters.
pub struct Engine {
    world: World<Watcher>,
    clusters: Vec<Cluster>,
    behaviours: Behaviours,
    plans: EventQueue<Plan>,
    outputs: Vec<Output>,
    start: SimTime,
    /// The description that was looked at last, and whether its cluster understands all of it.
    looked_at_last: Option<(Arc<JobDescription>, bool)>,
    /// Jobs that wait outside of the World for the end of another: that one first.
    dependents: BTreeSet<(JobRef, JobRef)>,
}

impl Engine {
    /// Creates an emulation of the given clusters, at the whole second of the first owner's job, or at 0.
    pub fn new(clusters: Vec<(Cluster, ClusterSetup)>, behaviours: Behaviours) -> Engine {
        let (clusters, setups): (Vec<_>, Vec<ClusterSetup>) = clusters.into_iter().unzip();
        let first = setups.iter().filter_map(|setup| setup.arrivals.facts().first).min();
        let start = SimTime::from_s(first.unwrap_or(SimTime::ZERO).whole_s());
        let watcher = Watcher::new(clusters.len());
        let mut engine = Engine {
            world: World::new(setups, watcher),
            clusters,
            behaviours,
            plans: EventQueue::new(),
            outputs: Vec::new(),
            start,
            looked_at_last: None,
            dependents: BTreeSet::new(),
        };
        for at in 0..engine.clusters.len() {
            engine.learn_resources(ClusterIndex(at as u16));
        }
        engine.advance(start);
        // Nodes may not be there from the beginning.
        engine.settle();
        engine
    }

    /// When the emulation began.
    pub fn start(&self) -> SimTime {
        self.start
    }

    /// The present instant.
    pub fn now(&self) -> SimTime {
        self.world.now().max(self.start)
    }

    /// When the next thing happens by itself.
    pub fn next_event(&self) -> Option<SimTime> {
        let times = [
            self.world.next_event(),
            self.world.observer().next_step(),
            self.plans.peek().map(|(time, _)| time),
        ];
        times.into_iter().flatten().min()
    }

    /// Number of clusters.
    pub fn len(&self) -> usize {
        self.clusters.len()
    }

    /// Whether there is no cluster.
    pub fn is_empty(&self) -> bool {
        self.clusters.is_empty()
    }

    /// The clusters, in order.
    pub fn clusters(&self) -> impl Iterator<Item = &Cluster> {
        self.clusters.iter()
    }

    /// The cluster of that name.
    pub fn find(&self, name: &str) -> Option<ClusterIndex> {
        let at = self.clusters.iter().position(|cluster| cluster.name == name)?;
        u16::try_from(at).ok().map(ClusterIndex)
    }

    /// A cluster.
    pub fn cluster(&self, index: ClusterIndex) -> &Cluster {
        &self.clusters[index.index()]
    }

    /// A cluster, to be changed.
    pub fn cluster_mut(&mut self, index: ClusterIndex) -> &mut Cluster {
        &mut self.clusters[index.index()]
    }

    /// The jobs of a cluster.
    pub fn table(&self, index: ClusterIndex) -> &Table {
        self.world.observer().table(index)
    }

    /// Lets everything up to and including `to` happen, and makes it the present.
    pub fn advance(&mut self, to: SimTime) {
        while self.happen(to) {}
        self.world.advance(to.max(self.world.now()));
    }

    /// Advances to `until`, or to the first whole second at which a job that came through the API
    /// is in another state than a poller saw who looked after the last such call. Returns the new
    /// present. That is where a simulated grid would have its next cycle.
    pub fn advance_to_change(&mut self, until: SimTime) -> SimTime {
        while !self.world.observer().changed && self.happen(until) {}
        let to = match self.world.observer().changed {
            true => whole_second(self.now()).min(until.max(self.now())),
            false => until,
        };
        self.advance(to);
        self.world.observer_mut().changed = false;
        self.now()
    }

    /// Takes what is to be done outside.
    pub fn take_outputs(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.outputs)
    }

    /// Takes over the properties of a cluster's resources from the resource manager that decides there.
    fn learn_resources(&mut self, cluster: ClusterIndex) {
        let Some(manager) = self.world.manager(cluster) else { return };
        self.clusters[cluster.index()].platform.learn(manager.properties());
    }

    /// A node has failed or come back, or was switched.
    fn show_node(&mut self, NodeStateChange { cluster, node, state }: NodeStateChange) {
        let state = resource_state(state);
        let platform = &mut self.clusters[cluster.index()].platform;
        // Single cores of a node that an administrator has taken away are known here alone.
        if platform.node_state(node).is_some_and(|shown| shown != state) {
            platform.of_node(node).for_each(|id| platform.set_state(id, state));
        }
    }

    /// Lets the next thing happen if it comes no later than `limit`. Returns whether it did.
    fn happen(&mut self, limit: SimTime) -> bool {
        let Some(next) = self.next_event().filter(|next| *next <= limit) else { return false };
        if self.world.next_event() == Some(next) {
            self.world.advance_one(next);
        } else if self.world.observer().next_step() == Some(next) {
            self.world.advance(next);
            self.world.observer_mut().step();
        } else {
            self.world.advance(next);
            if let Some((_, plan)) = self.plans.pop() {
                self.carry_out(plan);
            }
        }
        self.settle();
        true
    }

    fn carry_out(&mut self, plan: Plan) {
        match plan {
            Plan::Enter(job) => self.enter(job),
            Plan::Arrive(cluster, submission) => {
                self.record(cluster, &submission, None);
            }
            Plan::Restart(cluster) => self.restart(cluster),
            Plan::Kill(job) => self.cancel(job),
        }
    }

    /// Looks after the nodes and jobs to which something has happened.
    fn settle(&mut self) {
        for change in self.world.observer_mut().take_node_changes() {
            self.show_node(change);
        }
        for change in self.world.observer_mut().take_job_changes() {
            match change {
                JobChange::Started(job, command) => self.started(job, command),
                JobChange::Ended(job, reason) => self.ended(job, reason),
                JobChange::Closed(job) => self.closed(job),
            }
        }
    }

    fn started(&mut self, job: JobRef, command: SimTime) {
        let now = self.world.now();
        let table = self.world.observer_mut().table_mut(job.cluster);
        let row = table.row_mut(job.number);
        let slot = row.slot;
        if row.lease.is_some_and(|lease| command >= lease) {
            row.effect = None;
            row.lease_over = true;
            if let Some(slot) = slot {
                self.world.command_ends(slot, command.max(now), i32::from(LEASE_OVER));
            }
            return;
        }
        if self.clusters[job.cluster.index()].execute == Execute::Local {
            let row = table.row_mut(job.number);
            // What cannot be launched fails at once.
            let command = row.for_shell().unwrap_or(Cow::Borrowed("exit 127"));
            self.outputs.push(Output::Run(CommandRun {
                job,
                command: without_lease(&command).to_owned(),
                user: row.description.user.to_string(),
                directory: row.description.directory.to_string(),
                stdout: row.stdout_file(),
                stderr: row.stderr_file(),
            }));
        }
    }

    fn ended(&mut self, job: JobRef, reason: EndReason) {
        let cluster = &self.clusters[job.cluster.index()];
        let table = self.world.observer_mut().table_mut(job.cluster);
        let row = table.row_mut(job.number);
        row.fragged |= reason != EndReason::Completed;
        let failed = reason != EndReason::Completed || row.status != Some(0);
        if let Some(task) = row.task.filter(|_| failed) {
            self.behaviours.failed(task);
        }
        if cluster.execute == Execute::Local {
            self.outputs.push(Output::Stop { job });
        }
        if reason == EndReason::Preempted {
            self.copy_of_victim(job);
        }
    }

    /// OAR submits a copy of a victim that may run again, or of any, if it is to misbehave.
    fn copy_of_victim(&mut self, job: JobRef) {
        let Some(row) = self.table(job.cluster).row(job.number) else { return };
        let idempotent = row.description.has_type("idempotent");
        let own_copy = self.clusters[job.cluster.index()].faults().own_copy;
        if idempotent || self.clusters[job.cluster.index()].happens(own_copy) {
            self.copy(job, "RESUBMIT_JOB_AUTOMATICALLY");
        }
    }

    fn closed(&mut self, job: JobRef) {
        self.release_dependents(job);
        let Some(row) = self.table(job.cluster).row(job.number) else { return };
        // A job that came too late has executed nothing of its command.
        if let Some(start) = row.start.filter(|_| row.description.from_api && !row.lease_over) {
            let cluster = self.clusters[job.cluster.index()].name.clone();
            let execution = Execution::of(row, start, self.now(), cluster);
            self.outputs.push(Output::Over(execution));
        }
    }

    /// The command of a job that really runs is over.
    pub fn command_over(&mut self, job: JobRef, status: i32) {
        let now = self.now();
        let row = self.world.observer_mut().table_mut(job.cluster).row_mut(job.number);
        let Some(slot) = row.slot else { return };
        row.effect = Some(Box::new(crate::command::script::Effect {
            run: gleaner_sim::time::SimSpan::ZERO,
            status,
            stdout: String::new(),
            stderr: String::new(),
        }));
        self.world.command_ends(slot, now, status >> 8);
    }

    /// The jobs that run now, as the log of executions would show them.
    pub fn running(&self) -> Vec<Execution> {
        let mut running = Vec::new();
        for (at, cluster) in self.clusters.iter().enumerate() {
            let rows = self.table(ClusterIndex(at as u16)).rows().iter();
            let alive = rows.filter(|row| row.description.from_api && !row.state.is_final());
            running.extend(alive.filter_map(|row| {
                Some(Execution::of(row, row.start?, self.now(), cluster.name.clone()))
            }));
        }
        running
    }
}
