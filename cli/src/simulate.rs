//! `gleaner simulate`: a run of the library with a face: options, a folder for the results, a progress bar,
//! a summary, and an exit code. Decides nothing about scheduling.

mod assertions;
mod end;
pub(crate) mod folder;
mod manifest;
mod notes;
mod progress;
mod snapshots;
mod summary;
mod why;

use std::sync::Arc;

use gleaner_core::policy::catalogue::Catalogue;
use gleaner_experiments::baseline::baseline;
use gleaner_experiments::built::Built;
use gleaner_experiments::error::RunError;
use gleaner_experiments::manifest::manifest;
use gleaner_experiments::run::record;
use gleaner_experiments::stories::Stories;
use gleaner_reports::metrics::Metrics;
use gleaner_reports::recorder::{Recorder, RecorderOptions};
use gleaner_scenarios::traces::Traces;

use crate::args::simulate::SimulateArgs;
use crate::failure::{BAD_INPUT, FAILED, Failure};
use crate::simulate::assertions::Assertions;
use crate::simulate::progress::Progress;
use crate::{input, output};

/// Runs the command.
pub(crate) fn run(options: &SimulateArgs, catalogue: Catalogue) -> Result<(), Failure> {
    let assertions = Assertions::parse(&options.assertions)?;
    let scenario = input::scenario(options, &catalogue)?;
    let mut built = Built::new(scenario, &Traces::default(), Arc::new(catalogue))?;
    notes::about_traces(&built);
    notes::about_campaigns(&built);
    notes::about_snapshots(&built);
    end::refuse_unknown_tasks(&options.explain, built.campaigns())?;
    let asked = why::asked(&options.why, &built)?;
    assertions.check_names(&Metrics::without_figures(built.info(), options.baseline))?;
    if options.check {
        summary::checked(&built, options.output);
        return Ok(());
    }
    let cancel = progress::catch_interrupt();
    let manifest = manifest(&built, &manifest::command(options));
    let out = options.out.as_deref();
    let folder = folder::prepare(out, &built.scenario().name, &manifest, options.force)?;
    output::beside(options.output, folder.display());
    let taken = options.snapshot_at.map(|at| snapshots::take(&built, at, &cancel)).transpose()?;
    if options.baseline {
        let quiet = baseline(&built, &cancel)?.ok_or_else(|| {
            Failure::new(FAILED, "interrupted during the run without campaigns", None)
        })?;
        built = built.against(quiet);
    }
    let wanted = RecorderOptions {
        without_jobs: options.no_jobs,
        ..built.recorder_options(!options.no_plots)
    };
    let recorder = Recorder::create(&folder, built.info().clone(), wanted)?;
    if let Some(snapshot) = &taken {
        snapshots::write(snapshot, &built, &folder)?;
    }
    let progress = Progress::new(&built, cancel);
    let mut watch = Stories::new(progress, built.clusters().len(), asked.clone());
    let result = record(&built, recorder, manifest, &mut watch);
    watch.inner().close();
    let result = result?;
    let explained = end::explain_tasks(&result, &options.explain, options.output);
    let told = why::tell(&watch.told(result.end), &options.why, &asked, &built, options.output);
    notes::about_open_events(&result);
    summary::figures(&result.metrics, options.output);
    notes::about_ends(&result.metrics);
    assertions.check(&result.metrics)?;
    explained.and(told).and_then(|()| end::judge(&result.ending))
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Failure {
        let code = match &error {
            RunError::Policy(_) => BAD_INPUT,
            _ => FAILED,
        };
        Failure::caused(code, &error, error.hint())
    }
}
