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

use std::sync::Arc;

use gleaner_core::policy::catalogue::Catalogue;
use gleaner_experiments::baseline::baseline;
use gleaner_experiments::built::Built;
use gleaner_experiments::error::RunError;
use gleaner_experiments::manifest::manifest;
use gleaner_experiments::run::record;
use gleaner_reports::metrics::Metrics;
use gleaner_reports::recorder::Recorder;
use gleaner_scenarios::traces::Traces;
use gleaner_sim::time::SimTime;

use crate::args::form::OutputForm;
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
    assertions.check_names(&Metrics::without_figures(built.info(), options.baseline))?;
    if options.check {
        summary::checked(&built, options.output);
        return Ok(());
    }
    let cancel = progress::catch_interrupt();
    let manifest = manifest(&built, &manifest::command(options));
    let out = options.out.as_deref();
    let folder = folder::prepare(out, &built.scenario().name, &manifest, options.force)?;
    match options.output {
        OutputForm::Table | OutputForm::Quiet => output::line(folder.display()),
        OutputForm::Json | OutputForm::Csv => output::note(folder.display()),
    }
    if let Some(at) = options.snapshot_at {
        snapshots::write(&built, SimTime::from_ms(at.ms()), &folder, &cancel)?;
    }
    if options.baseline {
        let quiet = baseline(&built, &cancel)?.ok_or_else(|| {
            Failure::new(FAILED, "interrupted during the run without campaigns", None)
        })?;
        built = built.against(quiet);
    }
    let plots = !options.no_plots;
    let recorder = Recorder::create(&folder, built.info().clone(), built.recorder_options(plots))?;
    let mut progress = Progress::new(&built, cancel);
    let result = record(&built, recorder, manifest, &mut progress);
    progress.close();
    let result = result?;
    let explained = end::explain_tasks(&result, &options.explain, options.output);
    notes::about_open_events(&result);
    summary::figures(&result.metrics, options.output);
    notes::about_ends(&result.metrics);
    assertions.check(&result.metrics)?;
    explained.and_then(|()| end::judge(&result.ending))
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
