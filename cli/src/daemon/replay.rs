//! `gleaner replay`: are the daemon's decisions made again from its journal? Changes nothing.

use std::path::Path;

use gleaner_core::decision::Work;
use gleaner_core::policy::catalogue::Catalogue;
use gleaner_core::policy::spec::PolicySpec;
use gleaner_core::record::{RecordedAction, RecordedCommand};
use gleaner_runtime::replay::{Difference, ReplayError, Replayed, replay};
use gleaner_runtime::store::error::StoreError;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use crate::args::daemon::journal::{ReplayArgs, ReplayForm};
use crate::failure::{BAD_INPUT, FAILED, Failure, NOT_MET};
use crate::output;

/// Prints what was found; fails where anything is different.
pub(crate) fn run(options: &ReplayArgs, catalogue: &Catalogue) -> Result<(), Failure> {
    let policy = options.policy.as_deref().map(|text| policy(text, catalogue)).transpose()?;
    let bar = bar();
    let replayed = replay(&options.store, catalogue, policy.as_ref(), &mut |at, of| {
        bar.set_length(of);
        bar.set_position(at);
    });
    bar.finish_and_clear();
    let replayed = replayed.map_err(|error| unusable(&options.store, &error))?;
    if options.output == ReplayForm::Json {
        output::json(&as_json(&replayed));
    }
    match &replayed {
        Replayed::Same { cycles, commands } => {
            if options.output == ReplayForm::Text {
                output::line(format!(
                    "{cycles} cycles, {commands} commands: every decision was made again"
                ));
            }
            Ok(())
        }
        Replayed::Differs(difference) => {
            let hint = match policy {
                Some(_) => "that is what the policy asked for would have changed first",
                None => "another release has recorded it, or the store was changed by hand",
            };
            Err(Failure::new(NOT_MET, describe(difference), Some(hint.to_owned())))
        }
        Replayed::Missing { what } => {
            let message = format!("the journal has a hole: {what}");
            let hint = "restore the last backup, and keep this file".to_owned();
            Err(Failure::new(NOT_MET, message, Some(hint)))
        }
    }
}

/// A policy as it is written on the command line, with its parameters as the policy takes them.
fn policy(text: &str, catalogue: &Catalogue) -> Result<PolicySpec, Failure> {
    catalogue.check(text).map_err(|error| Failure::caused(BAD_INPUT, &error, Some(error.hint())))
}

fn unusable(store: &Path, error: &ReplayError) -> Failure {
    match error {
        ReplayError::Empty => {
            let hint = "name the store of a daemon that has run".to_owned();
            let message = format!("there is no journal in `{}`", store.display());
            Failure::new(NOT_MET, message, Some(hint))
        }
        // What the file is says all; that a journal cannot be read from it goes without saying.
        ReplayError::Store(cause) => {
            let hint = Some(cause.hint().to_owned());
            match not_a_store(cause) {
                Some(code) => Failure::caused(code, cause, hint),
                None => Failure::caused(FAILED, error, hint),
            }
        }
        ReplayError::Restore(cause) => {
            Failure::caused(FAILED, error, Some(cause.hint().to_owned()))
        }
        ReplayError::Policy(cause) => Failure::caused(BAD_INPUT, error, Some(cause.hint())),
    }
}

/// The exit code where a file is not what was to be named.
pub(crate) fn not_a_store(error: &StoreError) -> Option<u8> {
    match error {
        StoreError::Missing { .. } => Some(NOT_MET),
        StoreError::Folder { .. }
        | StoreError::Special { .. }
        | StoreError::NoDatabase { .. }
        | StoreError::Foreign { .. } => Some(BAD_INPUT),
        _ => None,
    }
}

fn bar() -> ProgressBar {
    let target = match output::can_draw() {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    };
    let style = ProgressStyle::with_template(
        "{wide_bar} {human_pos}/{human_len} cycles, {per_sec}, {eta} left",
    );
    let bar = ProgressBar::with_draw_target(None, target);
    bar.set_style(style.expect("the template is well-formed"));
    bar
}

fn describe(difference: &Difference) -> String {
    let Difference { cycle, now, recorded, decided } = difference;
    let named = |command: &Option<RecordedCommand>| match command {
        Some(command) => described(command),
        None => "nothing more".to_owned(),
    };
    let seconds = now.seconds();
    let at = jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| format!("{seconds} s"), |time| time.to_string());
    format!(
        "cycle {cycle} at {at} comes out differently: recorded is {}; decided now is {}",
        named(recorded),
        named(decided)
    )
}

fn described(command: &RecordedCommand) -> String {
    let RecordedCommand { id, cluster, action } = command;
    match action {
        RecordedAction::Submit(submission) => {
            let campaign = submission.campaign;
            let what = match &submission.work {
                Work::Tasks(tasks) => {
                    let first = tasks.first().map_or(0, |task| task.index);
                    format!("{} tasks from task {first} on", tasks.len())
                }
                Work::Prologue => "the prologue".to_owned(),
                Work::Epilogue => "the epilogue".to_owned(),
            };
            format!("command {id}, to submit {what} of campaign {campaign} to cluster {cluster}")
        }
        RecordedAction::Cancel { jobs } => {
            format!("command {id}, to delete {} jobs on cluster {cluster}", jobs.len())
        }
    }
}

fn as_json(replayed: &Replayed) -> Value {
    match replayed {
        Replayed::Same { cycles, commands } => {
            json!({ "result": "same", "cycles": cycles, "commands": commands })
        }
        Replayed::Differs(difference) => json!({
            "result": "differs",
            "cycle": difference.cycle,
            "now": difference.now.seconds(),
            "recorded": difference.recorded,
            "decided": difference.decided,
        }),
        Replayed::Missing { what } => json!({ "result": "missing", "what": what }),
    }
}
