//! `scheduler_priority` of resources: raised while best-effort jobs use them, so that an order
//! which begins with it leads other jobs elsewhere.

use crate::oar::model::config::Config;
use crate::oar::model::event::EventKind;
use crate::oar::model::ids::{Date, JobId};
use crate::oar::model::platform::ranking::PRIORITY;
use crate::oar::model::state::State;
use gleaner_oar::job_type::JobType;
use gleaner_oar::value::Value;

/// Whether a job begins or ends to use its resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::oar) enum Use {
    Begins,
    Ends,
}

impl State {
    /// Raises or lowers the priority numbers of what shares a value with the job's resources: by 20
    /// times the place of the label, by 2 times if the job shares its resources.
    pub(in crate::oar) fn update_priority(
        &mut self,
        id: JobId,
        how: Use,
        now: Date,
        config: &Config,
    ) {
        let Some(job) = self.job(id) else { return };
        let shares = job.types.iter().any(|kind| matches!(kind, JobType::Timesharing(..)));
        let due = (how == Use::Begins) != job.past.priority_raised;
        let concerned = job.is_besteffort() || shares;
        if config.priority_hierarchy_order.is_empty() || !concerned || !due {
            return;
        }
        if job.assigned.is_empty() {
            return;
        }
        let coefficient = if job.is_besteffort() && !shares { 10 } else { 1 };
        let assigned = std::sync::Arc::clone(&job.assigned);
        for (index, label) in (1..).zip(&config.priority_hierarchy_order) {
            let step = 2 * index * coefficient;
            let step = if how == Use::Begins { step } else { -step };
            let sharing: Vec<_> = if label == "resource_id" {
                assigned.to_vec()
            } else {
                let values: Vec<Value> = assigned
                    .iter()
                    .filter_map(|id| self.resource(*id))
                    .map(|resource| resource.value(label).unwrap_or(Value::Null))
                    .collect();
                let same = |r: &&crate::oar::model::resource::Resource| {
                    values.contains(&r.value(label).unwrap_or(Value::Null))
                };
                self.resources().iter().filter(same).map(|r| r.id).collect()
            };
            self.change_column(&sharing, PRIORITY, config, |resource| {
                resource.scheduler_priority += step;
            });
        }
        let kind = match how {
            Use::Begins => EventKind::SchedulerPriorityUpdatedStart,
            Use::Ends => EventKind::SchedulerPriorityUpdatedStop,
        };
        self.log(kind, id, now);
    }
}
