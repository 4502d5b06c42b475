//! `gleaner simulate`: builds the World of a scenario, lets it run under the eyes of a recorder, and
//! says where the results are. Decides nothing about scheduling.

mod folder;
mod manifest;
mod progress;
mod summary;
mod watch;

use gleaner_reports::assertion::Assertion;
use gleaner_reports::record::{ClusterInfo, RunEnd, RunInfo};
use gleaner_reports::recorder::{Outcome, Recorder, RecorderOptions};
use gleaner_scenarios::build::{BuiltCluster, WorkloadFacts, build};
use gleaner_scenarios::names::scheduler_word;
use gleaner_scenarios::scenario::{ClusterPlan, Scenario};
use gleaner_sim::time::SimTime;
use gleaner_sim::world::{ClusterSetup, RunEnd as WorldEnd, World};

use crate::args::simulate::SimulateArgs;
use crate::failure::{BAD_INPUT, FAILED, Failure, NOT_MET};
use crate::simulate::progress::Progress;
use crate::simulate::watch::Watch;
use crate::{input, output};

/// Runs the command.
pub(crate) fn run(options: &SimulateArgs) -> Result<(), Failure> {
    let assertions = options
        .assertions
        .iter()
        .map(|text| text.parse().map_err(|error| bad_assertion(&error)))
        .collect::<Result<Vec<Assertion>, Failure>>()?;
    let scenario = input::scenario(options)?;
    let built = build(&scenario)?;
    tell_about_traces(&scenario, &built);
    if options.check {
        return summary::checked(&scenario, &built, options.output);
    }
    let interrupted = progress::catch_interrupt();
    let manifest = manifest::of(options, &scenario, &built)?;
    let info = run_info(&scenario, &built);
    let folder = folder::prepare(options.out.as_deref(), &scenario.name)?;
    output::line(folder.display());
    let recorder_options = RecorderOptions {
        plots: !options.no_plots,
        until_ms: scenario.until.map(SimTime::ms),
        ..RecorderOptions::default()
    };
    let cores = info.clusters.iter().map(|cluster| cluster.cores).collect();
    let recorder = Recorder::create(&folder, info, recorder_options)?;
    let (setups, facts): (Vec<ClusterSetup>, Vec<WorkloadFacts>) =
        built.into_iter().map(|cluster| (cluster.setup, cluster.workload)).unzip();
    let progress = Progress::new(&setups, &facts, interrupted);
    let world = World::new(setups, Watch::new(recorder, cores, facts, progress));
    let (outcome, end) = finish(world, scenario.until, manifest)?;
    summary::figures(&outcome.metrics, options.output);
    check_assertions(&assertions, &outcome)?;
    end
}

/// Lets the World run to its end or limit and closes the report; also after an interrupt, whose
/// failure is handed back beside it.
fn finish(
    mut world: World<Watch>,
    until: Option<SimTime>,
    manifest: serde_json::Value,
) -> Result<(Outcome, Result<(), Failure>), Failure> {
    let end = world.run(until.unwrap_or(SimTime::NEVER));
    let stopped_at = match end {
        WorldEnd::Finished => None,
        WorldEnd::Limit => until,
        WorldEnd::Stopped | WorldEnd::Stuck => Some(world.now()),
    };
    let unfinished: Vec<_> = world.jobs().iter().map(|(_, job)| job.clone()).collect();
    let mut watch = world.into_observer();
    for job in &unfinished {
        watch.unfinished(job);
    }
    let recorder = watch.finish()?;
    let outcome = recorder.finish(RunEnd {
        until_ms: stopped_at.map(SimTime::ms),
        manifest,
        ..RunEnd::default()
    })?;
    let failure = match end {
        WorldEnd::Finished | WorldEnd::Limit => Ok(()),
        WorldEnd::Stopped => Err(Failure::new(
            FAILED,
            "interrupted: the files are complete up to the moment of the interrupt",
            Some("run the same command again for the whole".to_owned()),
        )),
        WorldEnd::Stuck => Err(Failure::new(
            FAILED,
            format!("{} jobs wait for cores that never come back", unfinished.len()),
            Some("give the outage of their nodes an `up` time".to_owned()),
        )),
    };
    Ok((outcome, failure))
}

fn run_info(scenario: &Scenario, built: &[BuiltCluster]) -> RunInfo {
    let cluster = |(plan, built): (&ClusterPlan, &BuiltCluster)| ClusterInfo {
        name: plan.name.clone(),
        cores: built.size.cores(),
        nodes: built.size.nodes,
        cores_per_node: built.size.cores_per_node,
        scheduler: scheduler_word(plan.scheduler).to_owned(),
    };
    RunInfo {
        title: scenario.title.clone(),
        clusters: scenario.clusters.iter().zip(built).map(cluster).collect(),
        // One calendar for all: that of the first trace which has one.
        unix_start_s: built.iter().find_map(|built| built.workload.unix_start_s),
        ..RunInfo::default()
    }
}

/// Says what reading a trace dropped or skipped: silence would be a repair.
fn tell_about_traces(scenario: &Scenario, built: &[BuiltCluster]) {
    for (plan, built) in scenario.clusters.iter().zip(built) {
        let dropped = &built.workload.dropped;
        if dropped.total() > 0 {
            let what = crate::trace::dropped_words(dropped);
            output::note(format!("note: {}: {what}", plan.name));
        }
        for example in &dropped.bad_examples {
            output::note(format!("note: skipped {example}"));
        }
    }
}

fn check_assertions(assertions: &[Assertion], outcome: &Outcome) -> Result<(), Failure> {
    let metrics = serde_json::to_value(&outcome.metrics).map_err(|error| {
        Failure::new(FAILED, format!("cannot read the figures back: {error}"), None)
    })?;
    for assertion in assertions {
        let verdict = assertion.evaluate(&metrics).map_err(|error| bad_assertion(&error))?;
        if !verdict.holds {
            let message = format!("assertion `{assertion}` does not hold: {verdict}");
            return Err(Failure::new(NOT_MET, message, None));
        }
    }
    Ok(())
}

fn bad_assertion(error: &gleaner_reports::assertion::AssertionError) -> Failure {
    Failure::caused(BAD_INPUT, error, error.hint())
}
