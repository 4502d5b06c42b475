//! Nodes switched off and on, by energy saving or by an administrator. Must not know which jobs a
//! node is for.

use gleaner_oar::states::ResourceState;

use crate::actions::Actions;
use crate::job::{EndReason, JobTable};
use crate::node::NodeState;
use crate::oar::model::error::OarError;
use crate::oar::model::ids::ResourceId;
use crate::oar::pass::energy::NodePower;
use crate::oar::server::nodes::resource_state;
use crate::oar::server::{OarServer, date, sim_time};
use crate::time::{SimSpan, SimTime};

impl OarServer {
    /// Name of a node.
    pub(super) fn node_name(&self, node: u32) -> Option<&str> {
        let first = node.checked_mul(self.site.cores_per_node)? as usize;
        Some(&self.state.resources().get(first)?.network_address)
    }

    fn node_number(&self, name: &str) -> Option<u32> {
        let at = self.state.resources().iter().position(|r| &*r.network_address == name)?;
        Some(at as u32 / self.site.cores_per_node)
    }

    fn node_state(&self, node: u32) -> Option<ResourceState> {
        let first = node.checked_mul(self.site.cores_per_node)? as usize;
        Some(self.state.resources().get(first)?.state)
    }

    /// Switches nodes as a pass wants it.
    pub(super) fn switch_nodes(&mut self, now: SimTime, power: &NodePower, actions: &mut Actions) {
        for name in &power.wake {
            let Some(node) = self.node_number(name) else { continue };
            if self.boots.iter().any(|(_, booting)| *booting == node) {
                continue;
            }
            self.state.node_woken(name, date(now));
            self.boots.insert((now + self.site.power.boot, node));
            actions.switched.push((node, NodeState::Booting));
        }
        // Counting idle nodes takes longer than most passes.
        if power.halt.is_empty() {
            return;
        }
        let spared = self.site.power.keep_alive as usize;
        let idle = self.idle_nodes();
        let surplus = idle.saturating_sub(spared);
        for name in power.halt.iter().take(surplus) {
            let Some(node) = self.node_number(name) else { continue };
            self.state.node_halted(name, date(now));
            actions.switched.push((node, NodeState::Off));
        }
    }

    /// Alive nodes without a job.
    fn idle_nodes(&self) -> usize {
        let busy: std::collections::BTreeSet<u32> = self
            .state
            .current_jobs()
            .flat_map(|job| job.assigned.iter())
            .map(|id| (id.0 - 1) / self.site.cores_per_node)
            .collect();
        let nodes = self.state.resources().len() as u32 / self.site.cores_per_node;
        let idle = |node: &u32| {
            !busy.contains(node) && self.node_state(*node) == Some(ResourceState::Alive)
        };
        (0..nodes).filter(idle).count()
    }

    /// Nodes whose boot is over are alive.
    pub(super) fn finish_boots(&mut self, now: SimTime, actions: &mut Actions) {
        while let Some(&(time, node)) = self.boots.first() {
            if time > now {
                break;
            }
            self.boots.pop_first();
            let Some(name) = self.node_name(node).map(str::to_owned) else { continue };
            self.state.set_node_state(&name, ResourceState::Alive);
            actions.switched.push((node, NodeState::Up));
            self.ask_for_pass(now);
        }
    }

    /// When an idle node may be due to be halted, if energy saving is on and some node is alive.
    pub(super) fn next_halt(&self, now: SimTime) -> Option<SimTime> {
        let energy = self.config.energy_saving?;
        let alive = self.state.resources().iter().filter(|r| r.state == ResourceState::Alive);
        let today = date(now);
        let woken = |node: &str| self.state.wake_dates.get(node).map_or(0, |date| date.0);
        let due = alive
            .map(|resource| resource.last_job_date.0.max(woken(&resource.network_address)))
            .map(|since| since + energy.idle_s + 1)
            .filter(|due| *due > today.0);
        let next = due.min()?;
        Some(sim_time(crate::oar::model::ids::Date(next)).max(now + SimSpan::from_s(1)))
    }

    /// An administrator puts a node into a state. Jobs on a node that goes away are killed.
    ///
    /// # Errors
    /// No such node.
    pub(super) fn order_node_state(
        &mut self,
        now: SimTime,
        node: u32,
        state: NodeState,
        jobs: &JobTable,
        actions: &mut Actions,
    ) -> Result<(), OarError> {
        let first = node.saturating_mul(self.site.cores_per_node);
        for core in first..first.saturating_add(self.site.cores_per_node) {
            self.state.ask_resource_state(ResourceId(core + 1), resource_state(state))?;
        }
        self.boots.retain(|(_, booting)| *booting != node);
        self.state.check_node_states(date(now), &self.config);
        actions.switched.push((node, state));
        self.kill(now, EndReason::NodeFailure, jobs, actions);
        self.ask_for_pass(now);
        self.wake(now, actions);
        Ok(())
    }
}
