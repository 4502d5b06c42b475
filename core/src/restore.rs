//! What taking up a checkpoint needs from outside, and what can be wrong with one. Knows neither the
//! ledger nor where checkpoints are kept.

use std::error::Error;
use std::sync::Arc;

use crate::ids::CampaignId;
use crate::jdl::params::Parameters;
use crate::policy::error::{PolicyError, PolicyStateError};

/// Where the parameters of campaigns come from, which no checkpoint holds.
pub trait ParameterSource {
    /// Returns the parameters that came with a submission (`first` is 0), or with the addition whose
    /// first task has the index `first`. Asked once for each part of each campaign that is not over.
    ///
    /// # Errors
    /// Whatever keeps them from being read; restoring ends with it.
    fn parameters(
        &mut self,
        campaign: CampaignId,
        first: u32,
    ) -> Result<Arc<Parameters>, Box<dyn Error + Send + Sync>>;
}

/// Why a scheduler cannot be made from a checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The checkpoint has a format that this release does not read.
    #[error("the checkpoint has format {found}, and this release reads format {expected}")]
    Format {
        /// The checkpoint's.
        found: u32,
        /// Ours.
        expected: u32,
    },
    /// Another number of clusters.
    #[error("the checkpoint has {recorded} clusters, and the settings have {given}")]
    ClusterCount {
        /// In the checkpoint.
        recorded: usize,
        /// In the settings.
        given: usize,
    },
    /// A cluster has another name, or was retired.
    #[error("cluster {position} is `{recorded}` in the checkpoint, and `{given}` in the settings")]
    Cluster {
        /// Position in both lists, from 0.
        position: usize,
        /// In the checkpoint.
        recorded: Box<str>,
        /// In the settings.
        given: Box<str>,
    },
    /// A cluster has another policy, whose memory the checkpoint does not hold.
    #[error(
        "cluster `{cluster}` has policy `{recorded}` in the checkpoint, and `{given}` in the settings"
    )]
    Policy {
        /// The cluster.
        cluster: Box<str>,
        /// In the checkpoint.
        recorded: Box<str>,
        /// In the settings.
        given: Box<str>,
    },
    /// A policy cannot be made.
    #[error("cannot make the policy of cluster `{cluster}`")]
    NoPolicy {
        /// The cluster.
        cluster: Box<str>,
        /// Why.
        #[source]
        source: PolicyError,
    },
    /// A policy does not understand its own memory.
    #[error("cannot restore the policy of cluster `{cluster}`")]
    PolicyState {
        /// The cluster.
        cluster: Box<str>,
        /// Why.
        #[source]
        source: PolicyStateError,
    },
    /// The parameters of a campaign cannot be had.
    #[error("no parameters for campaign {campaign} from task {first} on")]
    Parameters {
        /// The campaign.
        campaign: CampaignId,
        /// Index of the first task concerned.
        first: u32,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The parameters of a campaign are not as many as it has tasks.
    #[error(
        "campaign {campaign} has {expected} tasks from {first} on, and {found} parameters for them"
    )]
    ParameterCount {
        /// The campaign.
        campaign: CampaignId,
        /// Index of the first task concerned.
        first: u32,
        /// Tasks.
        expected: u32,
        /// Parameters.
        found: u32,
    },
    /// The checkpoint contradicts itself.
    #[error("the checkpoint is damaged: {what}")]
    Damaged {
        /// What does not fit.
        what: &'static str,
    },
}

impl RestoreError {
    /// Returns a hint: what to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            RestoreError::Format { .. } => {
                "use the release that wrote it, or replay the journal from its beginning"
            }
            RestoreError::ClusterCount { .. }
            | RestoreError::Cluster { .. }
            | RestoreError::Policy { .. } => {
                "restore with the settings in the checkpoint, then change them: clusters are added \
                 and retired by name, and a new policy starts afresh"
            }
            RestoreError::NoPolicy { .. } => {
                "use the program that recorded it, or register the policy in the catalogue of this one"
            }
            RestoreError::PolicyState { .. } | RestoreError::Damaged { .. } => {
                "take an older checkpoint, or replay the journal from its beginning"
            }
            RestoreError::Parameters { .. } | RestoreError::ParameterCount { .. } => {
                "checkpoint and parameters must come from one and the same store"
            }
        }
    }
}
