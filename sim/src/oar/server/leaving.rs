//! Nodes that leave a simulated OAR server's cluster: reservations that were accepted on them lose them.
//! Must not know why they leave.

use std::sync::Arc;

use gleaner_oar::states::JobState;

use crate::actions::Actions;
use crate::cores::Intervals;
use crate::job::{EndReason, JobTable};
use crate::oar::model::event::EventKind;
use crate::oar::model::ids::{JobId, ResourceId};
use crate::oar::model::job::{Booking, Job};
use crate::oar::server::{OarServer, date};
use crate::time::SimTime;

impl OarServer {
    /// Reservations that wait for their start go on with the nodes that stay, as OAR lets those go on
    /// that find nodes missing for too long. One that has none left is deleted.
    pub(super) fn shrink_reservations(
        &mut self,
        now: SimTime,
        cores: &Intervals,
        jobs: &JobTable,
        actions: &mut Actions,
    ) {
        let leaves = |resource: &ResourceId| {
            let core = resource.0 - 1;
            cores.meets(&Intervals::span(core, core))
        };
        let waits = |job: &&Job| matches!(job.state, JobState::Waiting | JobState::Hold);
        let booked = self.state.jobs().filter(waits).filter_map(|job| {
            let booking = job.booking.as_ref()?;
            booking.resources.iter().any(leaves).then(|| (job.id, booking.clone()))
        });
        for (id, booking) in booked.collect::<Vec<(JobId, Booking)>>() {
            let stay = booking.resources.iter().copied().filter(|resource| !leaves(resource));
            let resources: Arc<[ResourceId]> = stay.collect();
            if resources.is_empty() {
                let known = self.state.frag(id, date(now));
                assert!(known.is_ok(), "a listed job is known");
                continue;
            }
            self.state.log(EventKind::ReduceReservationResources, id, date(now));
            let rest = Booking { resources, ..booking };
            self.state.table.update(id, |job| job.booking = Some(rest));
        }
        self.kill(now, EndReason::Cancelled, jobs, actions);
        self.state.drop_events();
    }
}
