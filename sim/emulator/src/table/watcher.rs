//! Watches the World and keeps the tables of its clusters: states, times, events. Must not know
//! dialects, nor what was submitted why.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::Arc;

use gleaner_oar::states::JobState;
use gleaner_sim::job::{ClusterIndex, EndReason, Job, JobSlot};
use gleaner_sim::node::NodeState;
use gleaner_sim::observer::Observer;
use gleaner_sim::time::{SimSpan, SimTime};

use crate::table::Table;
use crate::table::row::{JobDescription, JobNumber};

/// From a request to delete a job that does not run until OAR has seen to it.
const LEON: SimSpan = SimSpan::from_ms(700);

/// A job of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobRef {
    /// The cluster.
    pub cluster: ClusterIndex,
    /// The job.
    pub number: JobNumber,
}

/// A change of a job that came through the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobChange {
    /// It took its cores; its command starts at this instant.
    Started(JobRef, SimTime),
    /// Its command is over.
    Ended(JobRef, EndReason),
    /// It has reached its final state.
    Closed(JobRef),
}

/// The new state of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeStateChange {
    pub(crate) cluster: ClusterIndex,
    pub(crate) node: u32,
    pub(crate) state: NodeState,
}

/// A change of state that comes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Run,
    Close,
}

/// The tables of all clusters.
#[derive(Debug, Default)]
pub struct Watcher {
    tables: Vec<Table>,
    /// The job in each slot of the World.
    slots: Vec<Option<JobRef>>,
    /// Jobs for whose end others wait.
    awaited: BTreeSet<JobRef>,
    /// The job that is being submitted through the API.
    pub(crate) incoming: Option<JobRef>,
    steps: BinaryHeap<Reverse<(SimTime, u64, JobRef, Step)>>,
    pushed: u64,
    job_changes: Vec<JobChange>,
    node_changes: Vec<NodeStateChange>,
    /// A poller would see a job of the API in another state than before.
    pub(crate) changed: bool,
}

impl Watcher {
    /// Creates a watcher of that many clusters.
    pub(crate) fn new(clusters: usize) -> Watcher {
        let tables = (0..clusters).map(|_| Table::new()).collect();
        Watcher { tables, ..Watcher::default() }
    }

    /// The jobs of a cluster.
    pub fn table(&self, cluster: ClusterIndex) -> &Table {
        &self.tables[cluster.index()]
    }

    pub(crate) fn table_mut(&mut self, cluster: ClusterIndex) -> &mut Table {
        &mut self.tables[cluster.index()]
    }

    /// When the next change of state comes by itself.
    pub(crate) fn next_step(&self) -> Option<SimTime> {
        self.steps.peek().map(|Reverse((time, ..))| *time)
    }

    /// Lets the next such change happen.
    pub(crate) fn step(&mut self) {
        let Some(Reverse((time, _, job, step))) = self.steps.pop() else { return };
        let table = &mut self.tables[job.cluster.index()];
        match step {
            Step::Run if table.row_mut(job.number).state == JobState::Launching => {
                table.move_to(job.number, JobState::Running);
            }
            Step::Run => {}
            Step::Close => self.close(time, job),
        }
    }

    /// Takes what has happened to jobs since the last call.
    pub(crate) fn take_job_changes(&mut self) -> Vec<JobChange> {
        std::mem::take(&mut self.job_changes)
    }

    /// Takes what has happened to nodes since the last call.
    pub(crate) fn take_node_changes(&mut self) -> Vec<NodeStateChange> {
        std::mem::take(&mut self.node_changes)
    }

    /// Has the end of a job reported, whoever's it is.
    pub(crate) fn await_end(&mut self, job: JobRef) {
        self.awaited.insert(job);
    }

    /// A job that does not run is on its way to its final state: OAR looks after such jobs when it
    /// comes to it.
    pub(crate) fn close_soon(&mut self, now: SimTime, job: JobRef) {
        self.later(now + LEON, job, Step::Close);
    }

    fn later(&mut self, time: SimTime, job: JobRef, step: Step) {
        self.pushed += 1;
        self.steps.push(Reverse((time, self.pushed, job, step)));
    }

    fn job(&self, slot: JobSlot) -> JobRef {
        let job = self.slots.get(slot.index()).copied().flatten();
        job.expect("a job of the World has its row")
    }

    fn is_from_api(&self, job: JobRef) -> bool {
        let row = self.tables[job.cluster.index()].row(job.number);
        row.is_some_and(|row| row.description.from_api)
    }

    /// A job reaches the final state that its events tell.
    pub(crate) fn close(&mut self, now: SimTime, job: JobRef) {
        let from_api = self.is_from_api(job);
        let table = &mut self.tables[job.cluster.index()];
        let row = table.row_mut(job.number);
        row.closed = Some(now);
        row.slot = None;
        let state = match row.status {
            Some(_) => JobState::Terminated,
            None => JobState::Error,
        };
        let besteffort = row.description.is_besteffort() && row.start.is_some();
        if besteffort {
            let text = priority_text(job.number);
            table.log(job.number, "SCHEDULER_PRIORITY_UPDATED_STOP", now, text);
        }
        table.move_to(job.number, state);
        self.changed |= from_api;
        if self.awaited.remove(&job) || from_api {
            self.job_changes.push(JobChange::Closed(job));
        }
    }

    /// What is written when a command is over.
    fn log_end(&mut self, now: SimTime, job: JobRef, reason: EndReason) {
        let table = &mut self.tables[job.cluster.index()];
        let number = job.number;
        let fragged = table.row_mut(number).fragged;
        let mut log = |kind, text: String| table.log(number, kind, now, text);
        let frag = format!("User oar requested to frag the job {}", number.0);
        match reason {
            EndReason::Completed => {
                return log("SWITCH_INTO_TERMINATE_STATE", bipbip_text(number));
            }
            EndReason::Walltime => {
                log("FRAG_JOB_REQUEST", frag);
                log("WALLTIME", format!("[sarko] job {} is over its walltime", number.0));
            }
            EndReason::Preempted => {
                log("BESTEFFORT_KILL", format!("kill the best-effort job {}", number.0));
                log("FRAG_JOB_REQUEST", frag);
            }
            EndReason::Cancelled if !fragged => log("FRAG_JOB_REQUEST", frag),
            EndReason::Cancelled => {}
            EndReason::NodeFailure => {
                log("FRAG_JOB_REQUEST", frag);
                log("EXTERMINATE_JOB", format!("the nodes of job {} do not answer", number.0));
            }
        }
        log("SEND_KILL_JOB", format!("[Leon] send the kill signal to job {}", number.0));
        log("SWITCH_INTO_ERROR_STATE", bipbip_text(number));
    }
}

fn bipbip_text(number: JobNumber) -> String {
    format!("[bipbip {}] Ask to change the job state", number.0)
}

fn priority_text(number: JobNumber) -> String {
    format!("Scheduler priority for job {} updated (network_address/resource_id)", number.0)
}

/// An owner's job as somebody would have submitted it.
fn owners_description(job: &Job) -> JobDescription {
    let spec = &job.spec;
    let walltime_s = (job.estimate.ms() + 999) / 1000;
    let text = |text: &str| -> Arc<str> { text.into() };
    JobDescription {
        user: match spec.user {
            user @ 0.. => format!("user{user}").into(),
            _ => text("owner"),
        },
        name: None,
        project: text("default"),
        queue: text("default"),
        command: format!("job {} of the trace", spec.number).into(),
        types: Vec::new(),
        filter: text(""),
        properties: text("drain='NO'"),
        resources: vec![format!("/resource_id={}", spec.cores).into()],
        cores: spec.cores,
        walltime_s,
        directory: text("/"),
        checkpoint_s: 0,
        reservation: None,
        hold: false,
        after: Vec::new(),
        array: None,
        parameters: false,
        perl: false,
        from_api: false,
    }
}

impl Observer for Watcher {
    fn job_submitted(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        let table = &mut self.tables[job.cluster.index()];
        let known = self.incoming.take().unwrap_or_else(|| {
            let number = table.next_number();
            table.add(Arc::new(owners_description(job)), number, 1, now, JobState::Waiting);
            JobRef { cluster: job.cluster, number }
        });
        table.row_mut(known.number).slot = Some(slot);
        if self.slots.len() <= slot.index() {
            self.slots.resize(slot.index() + 1, None);
        }
        self.slots[slot.index()] = Some(known);
    }

    fn job_promised(&mut self, _now: SimTime, slot: JobSlot, job: &Job) {
        let known = self.job(slot);
        let table = &mut self.tables[known.cluster.index()];
        let row = table.row_mut(known.number);
        row.foreseen = Some(job.start);
        row.cores = job.cores.clone();
        table.move_to(known.number, JobState::ToLaunch);
    }

    fn job_suspended(&mut self, _now: SimTime, slot: JobSlot, _job: &Job) {
        let known = self.job(slot);
        self.tables[known.cluster.index()].move_to(known.number, JobState::Suspended);
    }

    fn job_resumed(&mut self, _now: SimTime, slot: JobSlot, _job: &Job) {
        let known = self.job(slot);
        self.tables[known.cluster.index()].move_to(known.number, JobState::Running);
    }

    fn job_started(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        let known = self.job(slot);
        let command = now + job.latency;
        let table = &mut self.tables[known.cluster.index()];
        let row = table.row_mut(known.number);
        row.start = Some(now);
        row.cores = job.cores.clone();
        if row.description.is_besteffort() {
            let text = priority_text(known.number);
            table.log(known.number, "SCHEDULER_PRIORITY_UPDATED_START", now, text);
        }
        if command > now {
            table.move_to(known.number, JobState::Launching);
            self.later(command, known, Step::Run);
        } else {
            table.move_to(known.number, JobState::Running);
        }
        if self.is_from_api(known) {
            self.changed = true;
            self.job_changes.push(JobChange::Started(known, command));
        }
    }

    fn job_ended(&mut self, slot: JobSlot, job: &Job) {
        let known = self.job(slot);
        let (end, clean) = (job.end, job.clean());
        let row = self.tables[known.cluster.index()].row_mut(known.number);
        row.stop = Some(end);
        row.walltime_s = job.spec.walltime.map(|walltime| walltime.ms() / 1000);
        if job.reason == EndReason::Completed {
            let told = row.effect.as_ref().map(|effect| effect.status);
            row.status = Some(told.unwrap_or(job.spec.exit_code << 8));
        }
        self.log_end(end, known, job.reason);
        if self.is_from_api(known) {
            self.job_changes.push(JobChange::Ended(known, job.reason));
        }
        if clean > end {
            self.tables[known.cluster.index()].move_to(known.number, JobState::Finishing);
            self.later(clean, known, Step::Close);
        } else {
            self.close(end, known);
        }
    }

    fn job_withdrawn(&mut self, now: SimTime, slot: JobSlot, _job: &Job) {
        let known = self.job(slot);
        let table = &mut self.tables[known.cluster.index()];
        let row = table.row_mut(known.number);
        row.slot = None;
        // A job that is put on hold leaves the World's queue, too.
        if row.fragged {
            self.close_soon(now, known);
        }
    }

    fn node_changed(&mut self, _now: SimTime, cluster: ClusterIndex, node: u32, state: NodeState) {
        self.node_changes.push(NodeStateChange { cluster, node, state });
    }
}
