//! A simulated OAR server as a resource manager: the World's words in OAR's, and back. Decides nothing.

use std::collections::BTreeMap;

use gleaner_oar::states::JobState;
use gleaner_oar::value::Value;

use crate::actions::Actions;
use crate::job::{JobSlot, JobSpec, JobTable};
use crate::job_request::LocalId;
use crate::manager::{Manager, Order, Planned, Refused};
use crate::node::NodeState;
use crate::oar::model::error::OarError;
use crate::oar::model::gantt::Prediction;
use crate::oar::model::ids::JobId;
use crate::oar::server::admission::Refusal;
use crate::oar::server::{OarServer, intervals, sim_time};
use crate::time::SimTime;

/// So few jobs are looked up one by one.
const FEW: usize = 8;

impl Manager for OarServer {
    fn local_id(&self, slot: JobSlot) -> Option<LocalId> {
        self.job_id(slot).map(|id| LocalId(id.0))
    }

    fn admit(&self, now: SimTime, spec: &JobSpec) -> Result<(), Refused> {
        OarServer::admit(self, now, spec).map_err(Refused::from)
    }

    fn order(
        &mut self,
        now: SimTime,
        order: Order,
        jobs: &JobTable,
        actions: &mut Actions,
    ) -> Result<(), Refused> {
        let obeyed = match order {
            Order::Hold(LocalId(id)) => self.order_hold(now, JobId(id), jobs, actions),
            Order::Resume(LocalId(id)) => self.order_resume(now, JobId(id), jobs, actions),
            Order::Delete(LocalId(id)) => self.order_delete(now, JobId(id), jobs, actions),
            Order::Walltime { job: LocalId(id), change } => {
                self.order_walltime(now, JobId(id), change, jobs, actions)
            }
            Order::Node(_, NodeState::Booting) => {
                let reason = "nodes boot when they are woken, not by order".to_owned();
                return Err(Refused { reason, hint: Some("put the node up, or off") });
            }
            Order::Node(node, state) => self.order_node_state(now, node, state, jobs, actions),
        };
        obeyed.map_err(Refused::from)
    }

    fn planned(&self, slots: &[JobSlot]) -> Vec<Planned> {
        let id = |slot: &JobSlot| {
            let id = self.job_id(*slot)?;
            let waits = self.state.job(id)?.state == JobState::Waiting;
            waits.then_some((id, *slot))
        };
        let asked: BTreeMap<JobId, JobSlot> = slots.iter().filter_map(id).collect();
        let gantt = self.state.gantt();
        let predictions = match asked.len() {
            0 => Vec::new(),
            1..FEW => asked.keys().filter_map(|id| gantt.prediction(*id)).collect(),
            FEW.. => gantt.predictions(),
        };
        let planned = |Prediction { job, start, resources, .. }| {
            let (start, cores) = (sim_time(start), intervals(&resources));
            Some(Planned { job: *asked.get(&job)?, start, cores })
        };
        predictions.into_iter().filter_map(planned).collect()
    }

    fn changes_walltimes(&self) -> bool {
        self.config.walltime_changes.is_some()
    }

    fn walltime_is_pending(&self, slot: JobSlot) -> bool {
        let job = self.job_id(slot).and_then(|id| self.state.job(id));
        job.is_some_and(|job| job.walltime_change.pending_s != 0)
    }

    fn properties(&self) -> Vec<BTreeMap<String, Value>> {
        self.state.resources().iter().map(|resource| resource.site_values()).collect()
    }
}

impl From<OarError> for Refused {
    fn from(error: OarError) -> Refused {
        Refused { reason: error.to_string(), hint: error.hint() }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Refused {
        Refused { reason: refusal.to_string(), hint: refusal.hint() }
    }
}
