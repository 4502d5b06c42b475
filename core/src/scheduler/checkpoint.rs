//! Saving a scheduler and taking it up again. What follows decides exactly as if nothing had happened
//! in between.

use crate::checkpoint::{Checkpoint, FORMAT};
use crate::config::{ClusterSpec, SchedulerConfig};
use crate::ids::CampaignId;
use crate::ledger::Ledger;
use crate::policy::catalogue::Catalogue;
use crate::restore::{ParameterSource, RestoreError};
use crate::scheduler::{Scheduler, Scratch};
use crate::sharing::steps::Steps;

impl Scheduler {
    /// Saves all that the scheduler remembers. To be called between two cycles.
    pub fn checkpoint(&self) -> Checkpoint {
        // The scratch memory is filled anew in each cycle; the steps follow from the settings.
        let Scheduler { config, steps: _, ledger, policies, now, scratch: _ } = self;
        Checkpoint {
            format: FORMAT,
            config: config.clone(),
            now: *now,
            ledger: ledger.save(),
            policies: policies.iter().map(|policy| policy.save()).collect(),
        }
    }

    /// Makes a scheduler that goes on where a checkpoint was taken. Campaigns that are over come
    /// back without their parameters.
    ///
    /// # Errors
    /// [`RestoreError`] when the settings have other clusters or policies than the checkpoint, when
    /// parameters are missing, or when the checkpoint is damaged.
    pub fn restore(
        config: SchedulerConfig,
        catalogue: &Catalogue,
        checkpoint: Checkpoint,
        source: &mut dyn ParameterSource,
    ) -> Result<Scheduler, RestoreError> {
        let Checkpoint { format, config: recorded, now, ledger, policies: states } = checkpoint;
        if format != FORMAT {
            return Err(RestoreError::Format { found: format, expected: FORMAT });
        }
        check_clusters(&recorded.clusters, &config.clusters)?;
        let mut ledger = Ledger::load(ledger, source)?;
        let count = config.clusters.len();
        if ledger.clusters.len() != count || states.len() != count {
            return Err(RestoreError::Damaged { what: "its parts have other clusters" });
        }
        let mut policies = Vec::with_capacity(count);
        for ((spec, state), cluster) in config.clusters.iter().zip(states).zip(&mut ledger.clusters)
        {
            let cluster_name = || spec.name.clone();
            let mut policy = catalogue
                .build(&spec.policy)
                .map_err(|source| RestoreError::NoPolicy { cluster: cluster_name(), source })?;
            policy
                .load(state, cluster.pair_index_bound())
                .map_err(|source| RestoreError::PolicyState { cluster: cluster_name(), source })?;
            cluster.say_reasons(policy.wordings());
            policies.push(policy);
        }
        let scratch = Scratch::new(count);
        let steps = Steps::of(config.rules);
        let mut scheduler = Scheduler { config, steps, ledger, policies, now, scratch };
        scheduler.put_in_order();
        let sound = scheduler.check_invariants().is_ok();
        sound.then_some(scheduler).ok_or(RestoreError::Damaged { what: "its counts differ" })
    }
}

impl Scheduler {
    /// Frees the memory of the parameters of a campaign that is over, as a restored scheduler has it;
    /// tells whether there was anything to free. No decision depends on it.
    pub fn forget_parameters(&mut self, campaign: CampaignId) -> bool {
        let over = |slot: &u32| !self.ledger.campaign(*slot).is_open();
        let Some(slot) = self.ledger.slot(campaign).filter(over) else {
            return false;
        };
        self.ledger.campaign_mut(slot).forget_parameters()
    }
}

fn check_clusters(recorded: &[ClusterSpec], given: &[ClusterSpec]) -> Result<(), RestoreError> {
    for (position, (recorded, given)) in recorded.iter().zip(given).enumerate() {
        if recorded.name != given.name || recorded.retired != given.retired {
            return Err(RestoreError::Cluster {
                position,
                recorded: describe(recorded),
                given: describe(given),
            });
        }
        if recorded.policy != given.policy {
            return Err(RestoreError::Policy {
                cluster: recorded.name.clone(),
                recorded: recorded.policy.to_string().into(),
                given: given.policy.to_string().into(),
            });
        }
    }
    if recorded.len() != given.len() {
        let (recorded, given) = (recorded.len(), given.len());
        return Err(RestoreError::ClusterCount { recorded, given });
    }
    Ok(())
}

fn describe(spec: &ClusterSpec) -> Box<str> {
    if spec.retired { format!("{}, retired", spec.name).into() } else { spec.name.clone() }
}
