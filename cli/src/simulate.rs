//! `gleaner simulate`: builds the world of a scenario, lets it run under the eyes of a recorder, and
//! says where the results are. Decides nothing about scheduling.

mod assertions;
mod baseline;
mod decisions;
pub(crate) mod folder;
mod manifest;
mod notes;
mod progress;
mod records;
mod run;
mod stuck;
mod summary;
mod watch;

use gleaner_core::policy::catalogue::Catalogue;
use gleaner_reports::metrics::Metrics;
use gleaner_reports::record::{CampaignInfo, ClusterInfo, RunInfo};
use gleaner_reports::recorder::{Recorder, RecorderOptions};
use gleaner_scenarios::build::grid::{BuiltCampaign, BuiltGrid, build_grid};
use gleaner_scenarios::build::{BuiltCluster, build};
use gleaner_scenarios::names::scheduler_word;
use gleaner_scenarios::scenario::{ClusterPlan, Scenario};
use gleaner_sim::time::SimTime;

use crate::args::OutputForm;
use crate::args::simulate::SimulateArgs;
use crate::failure::Failure;
use crate::simulate::assertions::Assertions;
use crate::simulate::progress::Progress;
use crate::simulate::records::Names;
use crate::simulate::watch::Watch;
use crate::{input, output};

/// Runs the command.
pub(crate) fn run(options: &SimulateArgs, catalogue: &Catalogue) -> Result<(), Failure> {
    let assertions = Assertions::parse(&options.assertions)?;
    let scenario = input::scenario(options, catalogue)?;
    let built = build(&scenario)?;
    notes::about_traces(&scenario, &built);
    let grid = match scenario.grid.campaigns.is_empty() {
        true => None,
        false => Some(build_grid(&scenario, &built)?),
    };
    notes::about_campaigns(grid.as_ref());
    run::refuse_unknown_tasks(&options.explain, grid.as_ref())?;
    let info = run_info(&scenario, &built, grid.as_ref());
    assertions.check_names(&Metrics::without_figures(&info, options.baseline))?;
    if options.check {
        summary::checked(&scenario, &built, grid.as_ref(), options.output);
        return Ok(());
    }
    let interrupted = progress::catch_interrupt();
    let manifest = manifest::of(options, &scenario, &built)?;
    let out = options.out.as_deref();
    let folder = folder::prepare(out, &scenario.name, &manifest, options.force)?;
    match options.output {
        OutputForm::Table | OutputForm::Quiet => output::line(folder.display()),
        OutputForm::Json | OutputForm::Csv => output::note(folder.display()),
    }
    let baseline = match options.baseline {
        true => Some(baseline::run(&scenario, &interrupted)?),
        false => None,
    };
    let names = Names::of(&info, &built);
    let recorder_options = RecorderOptions {
        plots: !options.no_plots,
        until_ms: scenario.until.map(SimTime::ms),
        baseline,
    };
    let recorder = Recorder::create(&folder, info, recorder_options)?;
    let progress = Progress::new(&built, grid.as_ref(), interrupted);
    let watch = Watch::new(recorder, names, progress);
    let setups = built.into_iter().map(|cluster| cluster.setup).collect();
    let done = match grid {
        None => run::owners_alone(setups, scenario.until, watch, manifest)?,
        Some(grid) => run::with_grid(setups, grid, catalogue, options, watch, manifest)?,
    };
    summary::figures(&done.outcome.metrics, options.output);
    notes::about_ends(&done.outcome.metrics);
    assertions.check(&done.outcome)?;
    done.end
}

fn run_info(scenario: &Scenario, built: &[BuiltCluster], grid: Option<&BuiltGrid>) -> RunInfo {
    let cluster = |(plan, built): (&ClusterPlan, &BuiltCluster)| ClusterInfo {
        name: plan.name.clone(),
        cores: built.size.cores(),
        nodes: built.size.nodes,
        cores_per_node: built.size.cores_per_node,
        scheduler: scheduler_word(plan.scheduler).to_owned(),
    };
    let campaign = |campaign: &BuiltCampaign| CampaignInfo {
        name: campaign.name.clone(),
        user: campaign.user.clone(),
        tasks: u64::from(campaign.tasks),
        submit_ms: campaign.submit.ms(),
    };
    RunInfo {
        title: scenario.title.clone(),
        clusters: scenario.clusters.iter().zip(built).map(cluster).collect(),
        campaigns: grid.iter().flat_map(|grid| &grid.campaigns).map(campaign).collect(),
        // One calendar for all: that of the first trace which has one.
        unix_start_s: built.iter().find_map(|built| built.workload.unix_start_s),
        ..RunInfo::default()
    }
}
