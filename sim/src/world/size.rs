//! Nodes that come to a cluster of the World and leave it, at declared times or by order. Must not
//! know why.

use std::collections::{BTreeMap, BTreeSet};

use crate::cores::Intervals;
use crate::job::{ClusterIndex, JobSlot};
use crate::node::{NodeState, nodes_of};
use crate::observer::Observer;
use crate::sizes::{Leave, SizeChange, SizeError};
use crate::time::SimTime;
use crate::world::cluster::Cluster;
use crate::world::{Event, World};

impl<O: Observer> World<O> {
    /// How many nodes a cluster has now, those that are about to leave left out.
    pub fn size(&self, cluster: ClusterIndex) -> u32 {
        self.members(cluster).count() as u32
    }

    /// How a node of a cluster, counted from 0, is now; `None` if it was never declared.
    pub fn node_state(&self, cluster: ClusterIndex, node: u32) -> Option<NodeState> {
        let states = &self.clusters[cluster.index()].node_states;
        states.get(node as usize).map(|condition| condition.state())
    }

    /// Gives a cluster its `nodes` first nodes, now: the lowest ones that are missing come, those
    /// above leave. One that was about to leave stays.
    ///
    /// # Errors
    /// More nodes than were declared.
    pub fn resize(
        &mut self,
        cluster: ClusterIndex,
        nodes: u32,
        leave: Leave,
    ) -> Result<(), SizeError> {
        let most = self.clusters[cluster.index()].nodes;
        if nodes > most {
            return Err(SizeError::TooMany { nodes, most });
        }
        self.apply_size(cluster, nodes, leave);
        self.settle(cluster);
        Ok(())
    }

    /// Lets nodes join a cluster, now.
    ///
    /// # Errors
    /// A node that was not declared, or that is there; then nothing is changed.
    pub fn add_nodes(&mut self, cluster: ClusterIndex, nodes: &[u32]) -> Result<(), SizeError> {
        let nodes = self.distinct(cluster, nodes, false)?;
        self.join(cluster, &nodes);
        self.settle(cluster);
        Ok(())
    }

    /// Lets nodes leave a cluster, now or with the last of their jobs.
    ///
    /// # Errors
    /// A node that is not there, or is about to leave; then nothing is changed.
    pub fn remove_nodes(
        &mut self,
        cluster: ClusterIndex,
        nodes: &[u32],
        leave: Leave,
    ) -> Result<(), SizeError> {
        let nodes = self.distinct(cluster, nodes, true)?;
        self.part(cluster, &nodes, leave);
        self.settle(cluster);
        Ok(())
    }

    /// Nodes that a cluster has and keeps.
    fn members(&self, cluster: ClusterIndex) -> impl Iterator<Item = u32> + '_ {
        let states = (0..).zip(&self.clusters[cluster.index()].node_states);
        states.filter(|(_, condition)| condition.else_is.is_member()).map(|(node, _)| node)
    }

    /// The nodes in order, if each is declared, named once, and in the cluster or not as it should.
    fn distinct(
        &self,
        cluster: ClusterIndex,
        nodes: &[u32],
        members: bool,
    ) -> Result<Vec<u32>, SizeError> {
        let Cluster { nodes: most, node_states, .. } = &self.clusters[cluster.index()];
        let most = *most;
        let mut all = BTreeSet::new();
        for node in nodes.iter().copied() {
            let condition =
                node_states.get(node as usize).ok_or(SizeError::NoSuchNode { node, most })?;
            if condition.else_is.is_member() != members || !all.insert(node) {
                return Err(if members {
                    SizeError::NotThere(node)
                } else {
                    SizeError::There(node)
                });
            }
        }
        Ok(all.into_iter().collect())
    }

    /// Puts the declared sizes after `from` into the queue.
    pub(super) fn schedule_sizes(&mut self, index: ClusterIndex, from: SimTime) {
        for change in self.clusters[index.index()].sizes.changes.clone() {
            if change.time > from {
                let SizeChange { time, nodes, leave } = change;
                self.push(time, Event::Size { cluster: index, nodes, leave });
            }
        }
    }

    /// Nodes that are not there in the beginning are absent before anything else happens.
    pub(super) fn begin_size(&mut self, index: ClusterIndex) {
        let cluster = &self.clusters[index.index()];
        let first = cluster.sizes.at_start.unwrap_or(cluster.nodes);
        let absent: Vec<u32> = (first..cluster.nodes).collect();
        for node in &absent {
            self.switch_node(index, *node, NodeState::Absent);
        }
        self.tell_gone(index, &absent);
    }

    /// Nodes that a snapshot has about to leave wait for their jobs again, or leave.
    pub(super) fn resume_leaving(&mut self, index: ClusterIndex) {
        let states = (0..).zip(&self.clusters[index.index()].node_states);
        let leaving = states.filter(|(_, condition)| condition.else_is == NodeState::Draining);
        let leaving: Vec<u32> = leaving.map(|(node, _)| node).collect();
        if !leaving.is_empty() {
            let (_, empty) = self.mark_leaving(index, &leaving);
            self.tell_gone(index, &empty);
        }
    }

    /// A cluster is to have its `nodes` first nodes.
    pub(super) fn apply_size(&mut self, index: ClusterIndex, nodes: u32, leave: Leave) {
        let states = &self.clusters[index.index()].node_states;
        let is_member = |node: &u32| states[*node as usize].else_is.is_member();
        let missing: Vec<u32> = (0..nodes).filter(|node| !is_member(node)).collect();
        let above: Vec<u32> = (nodes..states.len() as u32).filter(is_member).collect();
        self.join(index, &missing);
        self.part(index, &above, leave);
    }

    /// Nodes, in order, join a cluster.
    fn join(&mut self, index: ClusterIndex, nodes: &[u32]) {
        let cluster = &mut self.clusters[index.index()];
        let is_whole = |node: &u32| !cluster.node_states[*node as usize].failed;
        let open = cluster.cores_of_nodes(nodes.iter().copied().filter(is_whole));
        for node in nodes {
            let cluster = &mut self.clusters[index.index()];
            cluster.draining.remove(node);
            cluster.guard.open(&cluster.node_cores(*node));
            self.switch_node(index, *node, NodeState::Up);
        }
        if !open.is_empty() {
            let holders = self.slots_on(index, &open);
            let World { clusters, jobs, actions, now, .. } = self;
            clusters[index.index()].scheduler.cores_up(*now, &open, &holders, jobs, actions);
            self.carry_out(index);
        }
    }

    /// Nodes, in order, are to leave a cluster.
    fn part(&mut self, index: ClusterIndex, nodes: &[u32], leave: Leave) {
        if nodes.is_empty() {
            return;
        }
        let (busy, empty) = self.mark_leaving(index, nodes);
        let cores = self.clusters[index.index()].cores_of_nodes(nodes.iter().copied());
        let holders = self.slots_on(index, &cores);
        let World { clusters, jobs, actions, now, .. } = self;
        let scheduler = &mut clusters[index.index()].scheduler;
        scheduler.cores_closed(*now, &cores, &holders, jobs, actions);
        self.carry_out(index);
        self.tell_gone(index, &empty);
        if leave == Leave::Kill && !busy.is_empty() {
            self.end_jobs_on(index, &cores);
        }
    }

    /// Nodes without jobs are absent from now on, the others drain: those with jobs, and those
    /// without.
    fn mark_leaving(&mut self, index: ClusterIndex, nodes: &[u32]) -> (Vec<u32>, Vec<u32>) {
        let holders = self.holders(index, nodes);
        let (busy, empty): (Vec<u32>, Vec<u32>) =
            nodes.iter().copied().partition(|node| holders.contains_key(node));
        if !busy.is_empty() {
            // Jobs hold cores that are not available any more.
            self.count_core_by_core(index);
        }
        let cluster = &mut self.clusters[index.index()];
        cluster.guard.close(&cluster.cores_of_nodes(nodes.iter().copied()));
        cluster.draining.extend(&holders);
        busy.iter().for_each(|node| self.switch_node(index, *node, NodeState::Draining));
        empty.iter().for_each(|node| self.switch_node(index, *node, NodeState::Absent));
        (busy, empty)
    }

    /// The jobs that hold, or were promised, some of the cores.
    fn slots_on(&self, index: ClusterIndex, cores: &Intervals) -> Vec<JobSlot> {
        self.jobs_on(index, cores).into_iter().map(|(_, slot)| slot).collect()
    }

    /// How many jobs hold, or were promised, cores of each of the nodes, which are in order; of none that has no job.
    fn holders(&self, index: ClusterIndex, nodes: &[u32]) -> BTreeMap<u32, u32> {
        let cores_per_node = self.clusters[index.index()].cores_per_node;
        let mut holders = BTreeMap::new();
        for (_, job) in self.jobs.iter().filter(|(_, job)| job.cluster == index) {
            for node in nodes_of(&job.cores, cores_per_node) {
                if nodes.binary_search(&node).is_ok() {
                    *holders.entry(node).or_insert(0) += 1;
                }
            }
        }
        holders
    }

    /// A job that held cores, or was promised some, leaves the World, and so do nodes that waited for it alone.
    pub(super) fn vacate(&mut self, slot: JobSlot) {
        let job = self.jobs.job(slot);
        let index = job.cluster;
        let cluster = &mut self.clusters[index.index()];
        if cluster.draining.is_empty() {
            return self.jobs.clear(slot);
        }
        let mut left = Vec::new();
        for node in nodes_of(&job.cores, cluster.cores_per_node) {
            if let Some(holders) = cluster.draining.get_mut(&node) {
                *holders -= 1;
                if *holders == 0 {
                    cluster.draining.remove(&node);
                    left.push(node);
                }
            }
        }
        self.jobs.clear(slot);
        left.iter().for_each(|node| self.switch_node(index, *node, NodeState::Absent));
        self.tell_gone(index, &left);
    }

    /// The scheduler hears that nodes, in order, are absent.
    fn tell_gone(&mut self, index: ClusterIndex, nodes: &[u32]) {
        if nodes.is_empty() {
            return;
        }
        let cluster = &mut self.clusters[index.index()];
        let cores = cluster.cores_of_nodes(nodes.iter().copied());
        cluster.guard.gone(&cores);
        cluster.scheduler.cores_gone(self.now, &cores);
    }
}
