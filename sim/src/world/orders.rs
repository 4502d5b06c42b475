//! Orders from outside to the OAR server of a cluster, as an emulator gives them. Each takes effect
//! now, or is refused with the server's own reason.

use std::any::Any;

use gleaner_oar::states::ResourceState;

use crate::job::{ClusterIndex, JobSpec, JobTable};
use crate::oar::model::error::OarError;
use crate::oar::model::ids::JobId;
use crate::oar::model::job::WalltimeChange;
use crate::oar::server::OarServer;
use crate::oar::server::admission::Refusal;
use crate::oar::server::records::Recorded;
use crate::observer::Observer;
use crate::scheduler::Actions;
use crate::time::{SimSpan, SimTime};
use crate::world::World;

/// An order to a running OAR server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OarOrder {
    /// Hold a waiting job back, or suspend a running one.
    Hold(JobId),
    /// Let a held or suspended job go on.
    Resume(JobId),
    /// Kill a job, or take it out of the queue.
    Delete(JobId),
    /// Send a running job the signal to save its state.
    Checkpoint(JobId),
    /// Send a running job a signal; simulated commands ignore it.
    Signal(JobId, i32),
    /// Change the walltime of a running job.
    Walltime {
        /// The job.
        job: JobId,
        /// How much longer, or shorter.
        change: SimSpan,
        /// How much it may disturb others.
        options: WalltimeChange,
    },
    /// Put a node, counted from 0, into a state.
    Node(u32, ResourceState),
}

impl<O: Observer> World<O> {
    /// The OAR server of a cluster, if one decides there.
    pub fn oar(&self, cluster: ClusterIndex) -> Option<&OarServer> {
        let scheduler: &dyn Any = &*self.clusters[cluster.index()].scheduler;
        scheduler.downcast_ref()
    }

    /// Submits jobs from outside, now, if the admission takes all of them. Answers their ids.
    ///
    /// # Errors
    /// The reason why the first of them is refused.
    ///
    /// # Panics
    /// If no OAR server decides on the cluster.
    pub fn submit_oar(
        &mut self,
        cluster: ClusterIndex,
        specs: Vec<JobSpec>,
    ) -> Result<Vec<JobId>, Refusal> {
        let server = self.oar(cluster).expect("an OAR server decides on the cluster");
        let mut checked: Option<&JobSpec> = None;
        for spec in &specs {
            // The jobs of an array ask for the same: one look is enough.
            let alike =
                checked.is_some_and(|other| other.cores == spec.cores && is_alike(other, spec));
            if !alike {
                server.admit(self.now, spec)?;
                checked = Some(spec);
            }
        }
        let mut ids = Vec::with_capacity(specs.len());
        for spec in specs {
            let slot = self.accept(cluster, spec);
            ids.extend(self.oar(cluster).and_then(|server| server.job_id(slot)));
        }
        self.settle(cluster);
        Ok(ids)
    }

    /// Gives an order to the OAR server of a cluster.
    ///
    /// # Errors
    /// A job or node that does not exist, or is not in a state for it.
    ///
    /// # Panics
    /// If no OAR server decides on the cluster.
    pub fn order_oar(&mut self, cluster: ClusterIndex, order: OarOrder) -> Result<(), OarError> {
        if matches!(order, OarOrder::Node(..)) {
            // Jobs may go on, or die slowly, on nodes that are not available any more.
            self.count_core_by_core(cluster);
        }
        let now = self.now;
        let scheduler: &mut dyn Any = &mut *self.clusters[cluster.index()].scheduler;
        let server: &mut OarServer =
            scheduler.downcast_mut().expect("an OAR server decides on the cluster");
        let obeyed = obey(server, now, order, &self.jobs, &mut self.actions);
        self.carry_out(cluster);
        self.settle(cluster);
        obeyed
    }

    /// Takes the events that the OAR server of a cluster has recorded since the last call.
    pub fn take_oar_events(&mut self, cluster: ClusterIndex) -> Vec<Recorded> {
        let scheduler: &mut dyn Any = &mut *self.clusters[cluster.index()].scheduler;
        scheduler.downcast_mut().map(OarServer::take_events).unwrap_or_default()
    }

    /// Tells the observer of jobs that left the OAR server of a cluster.
    pub(super) fn report_ended(&mut self, cluster: ClusterIndex) {
        let scheduler: &mut dyn Any = &mut *self.clusters[cluster.index()].scheduler;
        let ended = scheduler.downcast_mut().map(OarServer::take_ended).unwrap_or_default();
        for job in ended {
            self.observer.oar_job_ended(self.now, cluster, &job);
        }
    }
}

fn is_alike(one: &JobSpec, other: &JobSpec) -> bool {
    match (&one.ask, &other.ask) {
        (Some(one), Some(other)) => {
            // Reservations are counted, so each of them is looked at.
            one.reservation.is_none()
                && (&one.alternatives, &one.types, &one.properties, &one.queue, &one.after)
                    == (
                        &other.alternatives,
                        &other.types,
                        &other.properties,
                        &other.queue,
                        &other.after,
                    )
                && other.reservation.is_none()
        }
        (None, None) => one.walltime == other.walltime && one.kind == other.kind,
        _ => false,
    }
}

fn obey(
    server: &mut OarServer,
    now: SimTime,
    order: OarOrder,
    jobs: &JobTable,
    actions: &mut Actions,
) -> Result<(), OarError> {
    match order {
        OarOrder::Hold(job) => server.order_hold(now, job, jobs, actions),
        OarOrder::Resume(job) => server.order_resume(now, job, jobs, actions),
        OarOrder::Delete(job) => server.order_delete(now, job, jobs, actions),
        OarOrder::Checkpoint(job) => server.order_checkpoint(now, job, jobs),
        OarOrder::Signal(job, _) => server.expect_running(job, jobs),
        OarOrder::Walltime { job, change, options } => {
            server.order_walltime(now, job, change, options, jobs, actions)
        }
        OarOrder::Node(node, state) => server.order_node_state(now, node, state, jobs, actions),
    }
}
