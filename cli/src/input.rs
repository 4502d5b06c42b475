//! What is to be simulated, from the command line: a scenario file, or one made in memory around a
//! trace. Both run the same World. Decides nothing beyond that.

use std::path::Path;

use gleaner_core::policy::catalogue::Catalogue;
use gleaner_scenarios::api::ApiPlan;
use gleaner_scenarios::error::Problem;
use gleaner_scenarios::grid::runtime::RuntimeLaw;
use gleaner_scenarios::grid::{CampaignPlan, GridPlan, ScriptBehaviour};
use gleaner_scenarios::oar::OarPlan;
use gleaner_scenarios::read::campaigns::{parse_policy, read_jdl};
use gleaner_scenarios::read::{DEFAULT_SEED, read_scenario};
use gleaner_scenarios::scenario::{
    CORES_MAX, ClusterPlan, ClusterSize, FaultPlan, Owners, Scenario, SchedulerKind, TraceSource,
};
use gleaner_scenarios::streams::Seed;
use gleaner_settings::location::Location;
use gleaner_sim::backend::NetworkSettings;
use gleaner_sim::sizes::Sizes;
use gleaner_sim::textbook::Rhythm;
use gleaner_sim::textbook::harvest::HarvestConfig;
use gleaner_sim::time::{SimSpan, SimTime};
use gleaner_sim::world::Estimates;
use gleaner_traces::samples;
use gleaner_traces::workload::{Clean, ROWS_MAX};

use crate::args::simulate::SimulateArgs;
use crate::failure::{BAD_INPUT, Failure};

/// The scenario that the options name, with what they override.
pub(crate) fn scenario(options: &SimulateArgs, catalogue: &Catalogue) -> Result<Scenario, Failure> {
    let mut scenario = match (&options.scenario, &options.trace) {
        (Some(path), _) => read_scenario(path, options.seed.map(Seed), catalogue)?,
        (None, Some(trace)) => around_trace(trace, size(options)?),
        (None, None) => {
            return Err(Failure::new(
                BAD_INPUT,
                "nothing to simulate",
                Some("name a scenario, or a trace with --trace".to_owned()),
            ));
        }
    };
    if let Some(seed) = options.seed {
        scenario.seed = Seed(seed);
    }
    if let Some(until) = options.until {
        scenario.until = Some(SimTime::from_ms(until.ms()));
    }
    for cluster in &mut scenario.clusters {
        let plan = &mut *cluster;
        plan.scheduler = options.scheduler.unwrap_or(plan.scheduler);
        plan.rhythm = options.events.unwrap_or(plan.rhythm);
        plan.estimates = options.estimates.unwrap_or(plan.estimates);
        if let Owners::Trace(source) = &mut plan.owners {
            source.clean = options.clean.unwrap_or(source.clean);
            source.lenient |= options.lenient;
            source.rows_max = options.max_rows.unwrap_or(source.rows_max);
        }
    }
    if let Some(policy) = &options.policy {
        let policy = parse_policy(policy, catalogue);
        let policy = policy.map_err(|problem| bad_option("--policy", &problem))?;
        scenario.grid.policy = policy;
        scenario.clusters.iter_mut().for_each(|cluster| cluster.policy = None);
    }
    if let Some(jdl) = &options.campaign {
        scenario.grid.campaigns.push(campaign(jdl, &options.task_runtime)?);
    }
    Ok(scenario)
}

/// The campaign of `--campaign`, submitted with the owners' first job.
fn campaign(jdl: &Path, runtime: &str) -> Result<CampaignPlan, Failure> {
    let jdl = read_jdl(jdl).map_err(|problem| bad_option("--campaign", &problem))?;
    let runtime = RuntimeLaw::parse(runtime, Path::new(""))
        .map_err(|error| Failure::caused(BAD_INPUT, &error, Some(error.hint().to_owned())))?;
    Ok(CampaignPlan {
        user: "user".to_owned(),
        at: SimSpan::ZERO,
        jdl,
        runtime,
        failures: None,
        prologue: ScriptBehaviour::default(),
        epilogue: ScriptBehaviour::default(),
        location: Location::default(),
    })
}

fn bad_option(option: &str, problem: &Problem) -> Failure {
    Failure::new(BAD_INPUT, format!("{option}: {problem}"), problem.hint())
}

/// The cluster's size as given by the options, if it is.
fn size(options: &SimulateArgs) -> Result<Option<ClusterSize>, Failure> {
    let (nodes, cores_per_node) = match (options.processors, options.nodes, options.cores_per_node)
    {
        (Some(processors), _, _) => (processors, 1),
        (None, Some(nodes), Some(cores)) => (nodes, cores),
        (None, _, _) => return Ok(None),
    };
    match ClusterSize::new(nodes, cores_per_node) {
        Some(size) => Ok(Some(size)),
        None => Err(Failure::new(
            BAD_INPUT,
            format!(
                "a cluster of {nodes} nodes with {cores_per_node} cores each cannot be simulated"
            ),
            Some(format!("give at least one core, at most {CORES_MAX} in all")),
        )),
    }
}

/// A scenario of one cluster whose owners' jobs are those of `trace`.
fn around_trace(trace: &Path, size: Option<ClusterSize>) -> Scenario {
    let file = samples::file_name(trace);
    let cluster = ClusterPlan {
        name: short_name(&file),
        size,
        scheduler: SchedulerKind::Oar,
        rhythm: Rhythm::default(),
        oar: OarPlan::default(),
        estimates: Estimates::default(),
        owners: Owners::Trace(TraceSource {
            path: trace.to_owned(),
            clean: Clean::default(),
            lenient: false,
            rows_max: ROWS_MAX,
            location: Location::default(),
        }),
        jobs: Vec::new(),
        failures: None,
        faults: FaultPlan::Never,
        sizes: Sizes::default(),
        snapshot: None,
        besteffort: HarvestConfig::default(),
        network: NetworkSettings::default(),
        policy: None,
        api: ApiPlan::default(),
        location: Location::default(),
    };
    Scenario {
        file: None,
        name: cluster.name.clone(),
        title: file,
        seed: DEFAULT_SEED,
        until: None,
        clusters: vec![cluster],
        grid: GridPlan::default(),
    }
}

/// The first word of a log's file name, in lower case: `KTH-SP2-1996-2.swf.gz` is `kth`.
fn short_name(file: &str) -> String {
    let word: String = file.chars().take_while(char::is_ascii_alphanumeric).collect();
    if word.starts_with(|c: char| c.is_ascii_alphabetic()) {
        word.to_ascii_lowercase()
    } else {
        "cluster".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_names_its_cluster() {
        for (file, name) in [
            ("KTH-SP2-1996-2.1-cln.swf.gz", "kth"),
            ("quickstart.swf", "quickstart"),
            ("2010.swf", "cluster"),
            ("-", "cluster"),
        ] {
            assert_eq!(short_name(file), name);
        }
    }
}
