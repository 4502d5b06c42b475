//! Energy saving: which nodes a pass wants halted, and which woken for predicted jobs. Knows no
//! boot times: a halted node is absent, and a woken one alive when its caller says so.

use crate::oar::model::config::EnergySaving;
use crate::oar::model::event::EventKind;
use crate::oar::model::gantt::EntryResources;
use crate::oar::model::ids::{Date, JobId, ResourceId};
use crate::oar::model::resource::{ALWAYS_AVAILABLE, Resource};
use crate::oar::model::state::State;
use gleaner_oar::states::{JobState, ResourceState};
use std::collections::{BTreeMap, BTreeSet};

/// Nodes by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NodePower {
    /// Idle, and for long enough.
    pub halt: Vec<String>,
    /// Sleeping, with a job predicted soon.
    pub wake: Vec<String>,
}

impl State {
    /// What the last pass's predictions ask of the nodes.
    pub(super) fn node_power(
        &self,
        energy: EnergySaving,
        end_of_time: Date,
        now: Date,
    ) -> NodePower {
        let first_start = self.first_starts();
        let mut last_job: BTreeMap<&str, i64> = BTreeMap::new();
        for resource in self.resources().iter().filter(|r| can_be_halted(r)) {
            let date = last_job.entry(&resource.network_address).or_insert(i64::MIN);
            *date = (*date).max(resource.last_job_date.0);
        }
        let idle_since = now.0 - energy.idle_s;
        let halt = last_job.into_iter().filter(|(node, last)| {
            let next = first_start.get(*node);
            let busy = next.is_some_and(|next| *next <= now.0 + energy.sleep_s);
            let woken = self.wake_dates.get(*node).is_some_and(|date| date.0 >= idle_since);
            *last < idle_since && !busy && !woken
        });
        NodePower {
            halt: halt.map(|(node, _)| node.to_owned()).collect(),
            wake: self.nodes_to_wake(energy, end_of_time, now),
        }
    }

    /// Earliest start predicted on each node, past ones included.
    fn first_starts(&self) -> BTreeMap<&str, i64> {
        let mut first: BTreeMap<&str, i64> = BTreeMap::new();
        for entry in &self.gantt.entries {
            for resource in self.resources_of(&entry.resources) {
                let start = first.entry(&resource.network_address).or_insert(i64::MAX);
                *start = (*start).min(entry.start.0);
            }
        }
        first
    }

    fn resources_of(&self, resources: &EntryResources) -> Vec<&Resource> {
        let ids: Vec<ResourceId> = match resources {
            EntryResources::Listed(ids) => ids.to_vec(),
            EntryResources::Planned(from) => {
                self.gantt.platform.as_ref().map_or(Vec::new(), |platform| {
                    platform.ids_of(self.gantt.planned(*from, platform))
                })
            }
        };
        ids.iter().filter_map(|id| self.resource(*id)).collect()
    }

    fn nodes_to_wake(&self, energy: EnergySaving, end_of_time: Date, now: Date) -> Vec<String> {
        let mut nodes = BTreeSet::new();
        for entry in self.gantt.entries.iter().filter(|e| e.start.0 <= now.0 + energy.wake_up_s) {
            let Some(job) = self.job(entry.job).filter(|job| job.state == JobState::Waiting) else {
                continue;
            };
            let walltime_s = job.alternatives[entry.alternative].walltime_s;
            for resource in self.resources_of(&entry.resources) {
                let asleep = resource.state == ResourceState::Absent
                    && &*resource.kind == "default"
                    && !resource.network_address.is_empty();
                let end = entry.start.0 + walltime_s;
                if asleep && resource.leaves(end_of_time).is_none_or(|leaves| end <= leaves) {
                    nodes.insert(resource.network_address.clone());
                }
            }
        }
        nodes.iter().map(|node| (**node).to_owned()).collect()
    }

    /// A node is being woken: it is left alone for the idle time.
    pub fn node_woken(&mut self, node: &str, now: Date) {
        self.wake_dates.insert(node.to_owned(), now);
        self.log(EventKind::WakeupNode, JobId(0), now);
    }

    /// A node is halted: its resources are absent from now on.
    pub fn node_halted(&mut self, node: &str, now: Date) {
        self.set_node_state(node, ResourceState::Absent);
        self.log(EventKind::HaltNode, JobId(0), now);
    }
}

/// Whether a resource is on a node that power management may touch.
fn can_be_halted(resource: &Resource) -> bool {
    resource.state == ResourceState::Alive
        && &*resource.kind == "default"
        && !resource.network_address.is_empty()
        && (1..ALWAYS_AVAILABLE).contains(&resource.available_upto)
}
