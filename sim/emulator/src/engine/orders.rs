//! What clients order about jobs that are there: delete, hold, resume, signal, checkpoint, submit
//! again; and what administrators order. Must not know how a dialect answers.

use std::sync::Arc;

use gleaner_oar::states::{JobState, ResourceState};
use gleaner_sim::job::{ClusterIndex, JobSlot, JobState as WorldState};
use gleaner_sim::job_request::LocalId;
use gleaner_sim::manager::Order;
use gleaner_sim::node::NodeState;
use gleaner_sim::oar::server::nodes::node_state;
use gleaner_sim::time::SimSpan;

use crate::engine::cluster::Execute;
use crate::engine::output::Output;
use crate::engine::{Engine, Plan};
use crate::table::row::JobNumber;
use crate::table::row::Row;
use crate::table::watcher::JobRef;

/// Why an order about a job is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderRefusal {
    /// There is no such job.
    Unknown,
    /// It belongs to somebody else.
    NotYours,
    /// Its deletion was asked for before.
    AlreadyKilled,
    /// It is in no state for that.
    WrongState,
    /// Only administrators may.
    NotAllowed,
}

/// The login that may order anything.
const OAR: &str = "oar";

impl Engine {
    pub(super) fn owned(&self, job: JobRef, user: &str) -> Result<&Row, OrderRefusal> {
        let row = self.table(job.cluster).row(job.number).ok_or(OrderRefusal::Unknown)?;
        if *row.description.user != *user && user != OAR {
            return Err(OrderRefusal::NotYours);
        }
        Ok(row)
    }

    /// Deletes a job.
    ///
    /// # Errors
    /// It is unknown, another's, or was deleted or killed before.
    pub fn delete(&mut self, job: JobRef, user: &str) -> Result<(), OrderRefusal> {
        let row = self.owned(job, user)?;
        if row.fragged {
            return Err(OrderRefusal::AlreadyKilled);
        }
        let (slot, state) = (row.slot, row.state);
        let now = self.now();
        self.keep_foreseen(job);
        let watcher = self.world.observer_mut();
        let table = watcher.table_mut(job.cluster);
        table.row_mut(job.number).fragged = true;
        let text = format!("User {user} requested to frag the job {}", job.number.0);
        table.log(job.number, "FRAG_JOB_REQUEST", now, text);
        match slot {
            Some(slot) => {
                self.world.advance(now);
                self.kill(job, slot);
            }
            None if !state.is_final() && state != JobState::Finishing => {
                watcher.close_soon(now, job);
            }
            None => {}
        }
        self.settle();
        Ok(())
    }

    /// A job dies as soon as its cluster can kill it.
    fn kill(&mut self, job: JobRef, slot: JobSlot) {
        if self.obeyed(job, slot, Order::Delete).is_some() {
            return;
        }
        let kill = self.cluster(job.cluster).kill;
        match self.world.jobs().job(slot).state {
            WorldState::Running if kill > SimSpan::ZERO => {
                self.plans.push(self.now() + kill, 3, Plan::Kill(job));
            }
            _ => self.world.cancel(slot),
        }
    }

    /// Cancels a job in the World, if it is still there.
    pub(super) fn cancel(&mut self, job: JobRef) {
        let row = self.table(job.cluster).row(job.number);
        if let Some(slot) = row.and_then(|row| row.slot) {
            self.world.cancel(slot);
        }
    }

    /// Gives an order to the resource manager of the job's cluster. Returns whether it was carried out;
    /// `None` if there is no such manager.
    fn obeyed(
        &mut self,
        job: JobRef,
        slot: JobSlot,
        order: impl FnOnce(LocalId) -> Order,
    ) -> Option<bool> {
        let id = self.world.manager(job.cluster)?.local_id(slot)?;
        self.world.order(job.cluster, order(id)).map(|done| done.is_ok())
    }

    /// Puts a waiting job on hold.
    ///
    /// # Errors
    /// It is unknown, another's, or does not wait.
    pub fn hold(&mut self, job: JobRef, user: &str) -> Result<(), OrderRefusal> {
        let row = self.owned(job, user)?;
        if row.state != JobState::Waiting || row.fragged {
            return Err(OrderRefusal::WrongState);
        }
        let slot = row.slot;
        let now = self.now();
        self.keep_foreseen(job);
        if let Some(slot) = slot {
            self.world.advance(now);
            match self.obeyed(job, slot, Order::Hold) {
                Some(true) => {}
                Some(false) => return Err(OrderRefusal::WrongState),
                // Others are not held, but leave the queue for a while.
                None => self.world.cancel(slot),
            }
        }
        let table = self.world.observer_mut().table_mut(job.cluster);
        table.move_to(job.number, JobState::Hold);
        let text = format!("User {user} launched oarhold on the job {}", job.number.0);
        table.log(job.number, "HOLD_WAITING_JOB", now, text);
        self.settle();
        Ok(())
    }

    /// Lets a job on hold wait again.
    ///
    /// # Errors
    /// It is unknown, another's, or not on hold.
    pub fn resume(&mut self, job: JobRef, user: &str) -> Result<(), OrderRefusal> {
        let row = self.owned(job, user)?;
        let (state, slot) = (row.state, row.slot);
        if !matches!(state, JobState::Hold | JobState::Suspended) || row.fragged {
            return Err(OrderRefusal::WrongState);
        }
        let now = self.now();
        self.world.advance(now);
        let obeyed = slot.and_then(|slot| self.obeyed(job, slot, Order::Resume));
        if obeyed == Some(false) {
            return Err(OrderRefusal::WrongState);
        }
        let table = self.world.observer_mut().table_mut(job.cluster);
        let text = format!("User {user} launched oarresume on the job {}", job.number.0);
        table.log(job.number, "RESUME_JOB", now, text);
        // A suspended job runs again when the scheduler lets it.
        if table.row_mut(job.number).state == state {
            let next = if state == JobState::Hold { JobState::Waiting } else { JobState::Resuming };
            table.move_to(job.number, next);
        }
        self.enter(job);
        self.settle();
        Ok(())
    }

    /// Suspends a running job, or holds a waiting one. OAR lets administrators do that alone.
    ///
    /// # Errors
    /// The user is no administrator, the job is unknown or in another state, or its cluster cannot suspend.
    pub fn suspend(&mut self, job: JobRef, user: &str) -> Result<(), OrderRefusal> {
        let row = self.owned(job, user)?;
        if user != OAR {
            return Err(OrderRefusal::NotAllowed);
        }
        if row.state != JobState::Running {
            return self.hold(job, user);
        }
        let (slot, fragged, now) = (row.slot, row.fragged, self.now());
        let slot = slot.filter(|_| !fragged).ok_or(OrderRefusal::WrongState)?;
        self.world.advance(now);
        if self.obeyed(job, slot, Order::Hold) != Some(true) {
            return Err(OrderRefusal::WrongState);
        }
        let table = self.world.observer_mut().table_mut(job.cluster);
        let text = format!("User {user} launched oarhold on the job {}", job.number.0);
        table.log(job.number, "HOLD_RUNNING_JOB", now, text);
        self.settle();
        Ok(())
    }

    /// Sends a signal to a running job.
    ///
    /// # Errors
    /// It is unknown, another's, or does not run.
    fn signal(&mut self, job: JobRef, user: &str, signal: i32) -> Result<(), OrderRefusal> {
        let row = self.owned(job, user)?;
        if row.state != JobState::Running {
            return Err(OrderRefusal::WrongState);
        }
        if self.cluster(job.cluster).execute == Execute::Local {
            self.outputs.push(Output::Signal { job, signal });
        }
        Ok(())
    }

    /// Sends a signal of somebody's choice to a running job, and writes down that it was sent.
    ///
    /// # Errors
    /// It is unknown, another's, or does not run.
    pub fn send_signal(
        &mut self,
        job: JobRef,
        user: &str,
        signal: i32,
    ) -> Result<(), OrderRefusal> {
        self.signal(job, user, signal)?;
        let (now, number) = (self.now(), job.number.0);
        let table = self.world.observer_mut().table_mut(job.cluster);
        let asked = format!("User {user} requested the signal {signal} on the job {number}");
        table.log(job.number, format!("SIGNAL_{signal}"), now, asked);
        let told = format!("The job {number} was notified to signal itself with {signal}.");
        table.log(job.number, "SIG_SUCCESS", now, told);
        Ok(())
    }

    /// Asks a running job to save its state, with the signal that OAR sends for that.
    ///
    /// # Errors
    /// It is unknown, another's, or does not run.
    pub fn checkpoint(&mut self, job: JobRef, user: &str) -> Result<(), OrderRefusal> {
        /// `SIGUSR2`, OAR's default.
        const CHECKPOINT_SIGNAL: i32 = 12;
        self.signal(job, user, CHECKPOINT_SIGNAL)?;
        let now = self.now();
        let table = self.world.observer_mut().table_mut(job.cluster);
        let number = job.number.0;
        let asked = format!("User {user} requested a checkpoint on the job {number}");
        table.log(job.number, "CHECKPOINT", now, asked);
        let told = format!("The job {number} was notified to checkpoint itself");
        table.log(job.number, "CHECKPOINT_SUCCESS", now, told);
        Ok(())
    }

    /// Submits an ended job again. Returns the new one.
    ///
    /// # Errors
    /// It is unknown, another's, or not over.
    pub fn resubmit(&mut self, job: JobRef, user: &str) -> Result<JobNumber, OrderRefusal> {
        let row = self.owned(job, user)?;
        if !row.state.is_final() {
            return Err(OrderRefusal::WrongState);
        }
        let number = self.copy(job, "RESUBMIT_JOB");
        self.settle();
        number.ok_or(OrderRefusal::Unknown)
    }

    /// Adds a copy of a job to its array.
    pub(super) fn copy(&mut self, job: JobRef, event: &'static str) -> Option<JobNumber> {
        let now = self.now();
        let table = self.world.observer_mut().table_mut(job.cluster);
        let row = table.row(job.number)?;
        let (description, array, index) = (Arc::clone(&row.description), row.array, row.index);
        let command = Arc::clone(&row.command);
        let copy = table.add(description, array, index, now, JobState::Waiting);
        copy.command = command;
        copy.copy_of = Some(job.number);
        let number = copy.number;
        table.log(
            job.number,
            event,
            now,
            format!("OAR resubmits the job {} as {}", job.number.0, number.0),
        );
        self.enter(JobRef { cluster: job.cluster, number });
        Some(number)
    }

    /// Sets the state of a resource.
    ///
    /// # Errors
    /// There is no such resource, or its node is not there or about to leave.
    pub fn set_resource(
        &mut self,
        cluster: ClusterIndex,
        resource: u32,
        state: ResourceState,
    ) -> Result<(), OrderRefusal> {
        let platform = &mut self.clusters[cluster.index()].platform;
        if !platform.has(resource) {
            return Err(OrderRefusal::Unknown);
        }
        let node = platform.node_of(resource);
        if !self.world.node_state(cluster, node).is_some_and(NodeState::is_member) {
            return Err(OrderRefusal::Unknown);
        }
        platform.set_state(resource, state);
        // The simulated manager knows nodes that are there or not; the last core decides.
        let whole = platform.node_state(node);
        if let (Some(state), Some(_)) = (whole, self.world.manager(cluster)) {
            self.world.advance(self.now());
            let done = self.world.order(cluster, Order::Node(node, node_state(state)));
            debug_assert!(done == Some(Ok(())), "a node of the platform is one of the manager's");
            self.settle();
        }
        Ok(())
    }

    /// A request has done what wedges a real API. Returns whether it does so here.
    pub fn wedge(&mut self, cluster: ClusterIndex) -> bool {
        let now = self.now();
        let emulated = &mut self.clusters[cluster.index()];
        if !emulated.faults().wedge {
            return false;
        }
        emulated.wedged = Some(now);
        if let Some(after) = emulated.faults().restart_after {
            self.plans.push(now + after, 2, Plan::Restart(cluster));
        }
        true
    }

    /// Restarts the API of a cluster.
    pub fn restart(&mut self, cluster: ClusterIndex) {
        self.clusters[cluster.index()].wedged = None;
    }
}
