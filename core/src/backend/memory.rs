//! What a journal needs of the core's memory beside a decision: read only, between two cycles. Nothing in
//! it is needed to send a command.

use std::sync::Arc;

use crate::checkpoint::Checkpoint;
use crate::config::ClusterSpec;
use crate::ids::{CampaignId, ClusterId, RemoteJobId};
use crate::jdl::params::tasks::TaskParameters;
use crate::scheduler::Scheduler;
use crate::scheduler::progress::PairProgress;
use crate::scheduler::tracking::{ClusterHealth, OpenSubmission};

/// A view on what the core remembers after a cycle.
#[derive(Clone, Copy, Debug)]
pub struct Memory<'a>(&'a Scheduler);

impl<'a> Memory<'a> {
    /// Looks at what a scheduler remembers.
    pub fn of(scheduler: &'a Scheduler) -> Memory<'a> {
        Memory(scheduler)
    }

    /// Returns all that it remembers, as a value to be kept.
    pub fn checkpoint(self) -> Checkpoint {
        self.0.checkpoint()
    }

    /// Returns the clusters of its settings, by their ids.
    pub fn clusters(self) -> &'a [ClusterSpec] {
        &self.0.config().clusters
    }

    /// Returns how far the campaigns of a cluster are there, in the order in which they are served.
    pub fn pairs(self, cluster: ClusterId) -> impl Iterator<Item = PairProgress> {
        self.0.pairs(cluster)
    }

    /// Returns whether a cluster can be talked to, and whether new work may go there; none for no
    /// cluster.
    pub fn cluster_health(self, cluster: ClusterId) -> Option<ClusterHealth> {
        self.0.cluster_health(cluster)
    }

    /// Returns the submissions without their final answer, in the order of their commands.
    pub fn open_submissions(self) -> impl Iterator<Item = OpenSubmission> {
        self.0.open_submissions()
    }

    /// Returns whether a scheduler that takes a checkpoint up would ask for a campaign's
    /// parameters.
    pub fn is_open(self, campaign: CampaignId) -> bool {
        self.0.is_open(campaign)
    }

    /// Returns the user who owns a campaign; none when it is unknown.
    pub fn user(self, campaign: CampaignId) -> Option<&'a Arc<str>> {
        self.0.user(campaign)
    }

    /// Returns the parameters of a campaign's tasks; none when it is unknown.
    pub fn parameters(self, campaign: CampaignId) -> Option<&'a TaskParameters> {
        self.0.parameters(campaign)
    }

    /// Returns who owns a job on a cluster; none when it is over, or not known to be ours.
    pub fn owner(self, cluster: ClusterId, job: RemoteJobId) -> Option<&'a Arc<str>> {
        self.0.campaign_of(cluster, job).and_then(|campaign| self.user(campaign))
    }
}
