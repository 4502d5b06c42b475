//! From the clusters and campaigns of a scenario to what the emulator is made of. Decides nothing.

use std::sync::Arc;

use gleaner_core::fact::Fact;
use gleaner_emulator::behaviour::{Behaviours, UsualRuntime};
use gleaner_emulator::engine::cluster::{Cluster, Dialect, Execute};
use gleaner_emulator::error::EmulatorError;
use gleaner_emulator::faults::FaultInjector;
use gleaner_emulator::identity::{TOKEN_LIFE_S, TokenKey};
use gleaner_emulator::platform::Platform;
use gleaner_emulator::serve::tokens;
use gleaner_scenarios::api::{ApiDialect, Execute as ExecutePlan};
use gleaner_scenarios::build::BuiltCluster;
use gleaner_scenarios::build::grid::BuiltGrid;
use gleaner_scenarios::scenario::{ClusterPlan, Scenario};
use gleaner_scenarios::streams::Seed;
use gleaner_sim::world::ClusterSetup;

/// The emulated clusters, and the secret of each.
pub(super) type EmulatedClusters = (Vec<(Cluster, ClusterSetup)>, Vec<String>);

/// The clusters of a scenario, ready to be emulated.
pub(super) fn clusters(
    scenario: &Scenario,
    built: Vec<BuiltCluster>,
) -> Result<EmulatedClusters, EmulatorError> {
    let mut clusters = Vec::with_capacity(built.len());
    let mut secrets = Vec::with_capacity(built.len());
    for (plan, built) in scenario.clusters.iter().zip(built) {
        let secret = tokens::secret()?;
        let cluster = cluster(plan, &built, &secret, scenario.seed);
        clusters.push((cluster, built.setup));
        secrets.push(secret);
    }
    Ok((clusters, secrets))
}

fn cluster(plan: &ClusterPlan, built: &BuiltCluster, secret: &str, seed: Seed) -> Cluster {
    let api = &plan.api;
    let life_s = api.faults.token_life.map_or(TOKEN_LIFE_S, |life| life.ms() / 1000);
    let law = api.task_runtime.clone();
    let mut rng = seed.stream("task runtime", &plan.name);
    let usual: UsualRuntime = Box::new(move |number| {
        // Listed run times come round again; drawn ones do not look at the number.
        let position = u32::try_from(number % (1 << 31)).unwrap_or_default();
        law.draw(position, &mut rng)
    });
    Cluster {
        name: plan.name.clone(),
        dialect: match api.dialect {
            ApiDialect::Oar3 => Dialect::Oar3,
            ApiDialect::Oar2 => Dialect::Oar2,
        },
        platform: Platform::new(built.size.nodes, built.size.cores_per_node),
        execute: match api.execute {
            ExecutePlan::Simulated => Execute::Simulated,
            ExecutePlan::Local => Execute::Local,
        },
        usual,
        tokens: TokenKey::new(secret.as_bytes(), life_s),
        kill: plan.besteffort.latencies.kill,
        injector: FaultInjector::new(api.faults.clone(), seed.stream("api door", &plan.name)),
        rng: seed.stream("api answers", &plan.name),
        files: Default::default(),
        emptied: Default::default(),
        stress: 0.0,
        wedged: None,
    }
}

/// How the tasks of the scenario's campaigns behave.
pub(super) fn behaviours(grid: BuiltGrid) -> Behaviours {
    let campaigns = grid.setup.orders.iter().filter_map(|(_, fact)| match fact {
        Fact::CampaignSubmitted { campaign, spec, .. } => Some((*campaign, Arc::clone(spec))),
        _ => None,
    });
    Behaviours::new(campaigns, grid.setup.tasks)
}
