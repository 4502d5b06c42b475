//! `gleaner import-cigri`: what of a CiGri 3 comes over, as a table, a part of a configuration, or into the store.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;

use gleaner_core::policy::catalogue::Catalogue;
use gleaner_runtime::clock::Clock;
use gleaner_runtime::config_file::read::read_config;
use gleaner_runtime::import::apply::{ApplyError, Plan, apply, plan};
use gleaner_runtime::import::cigri::{self, Cigri};
use gleaner_runtime::import::dump::DumpError;
use gleaner_runtime::import::snippet::snippet;
use gleaner_runtime::store::error::StoreError;

use crate::args::daemon::import::ImportCigriArgs;
use crate::failure::{BAD_INPUT, FAILED, Failure, NOT_MET, REFUSED};
use crate::output::{self, Rows};

/// Prints the table; writes what was asked for.
pub(crate) fn run(options: &ImportCigriArgs, catalogue: &Catalogue) -> Result<(), Failure> {
    let cigri = cigri::read(&options.dump).map_err(|error| unreadable(&error))?;
    if let Some(file) = &options.clusters {
        return write_clusters(&cigri, file);
    }
    let Some(file) = &options.config else {
        // The command line asks for one of both.
        return Ok(());
    };
    let config = read_config(file, &|name| std::env::var(name).ok(), catalogue)?;
    let plan = plan(&cigri, &config, options.with_failed);
    output::rows(options.output, &table(&plan));
    output::note(format!("{} campaigns are over, and stay behind", cigri.over));
    if !options.apply {
        output::note("nothing was changed: --apply takes over what is marked `yes`");
        return Ok(());
    }
    let taken = apply(plan, &config, catalogue, Arc::new(Clock::machine()));
    for (theirs, ours) in taken.map_err(|error| failed(&error))? {
        output::note(format!("campaign {theirs} of CiGri is campaign {ours} now"));
    }
    output::note(format!("next: gleaner serve --config {}", file.display()));
    Ok(())
}

fn write_clusters(cigri: &Cigri, file: &Path) -> Result<(), Failure> {
    let text = snippet(cigri);
    if file == Path::new("-") {
        output::raw(text.as_bytes());
        return Ok(());
    }
    let opened = OpenOptions::new().write(true).create_new(true).open(file);
    let mut opened = opened.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            let message = format!("`{}` is there already", file.display());
            Failure::new(REFUSED, message, Some("give another name".to_owned()))
        }
        _ => Failure::file("write", file, &error),
    })?;
    let written = opened.write_all(text.as_bytes());
    written.map_err(|error| Failure::file("write", file, &error))?;
    output::line(file.display());
    Ok(())
}

fn table(plan: &Plan) -> Rows {
    let row = |line: &gleaner_runtime::import::apply::Imported| {
        let taken = if line.taken { "yes" } else { "no" };
        vec![
            Some(line.kind.into()),
            Some(line.name.as_str().into()),
            Some(taken.into()),
            Some(line.note.as_str().into()),
        ]
    };
    Rows {
        columns: vec!["kind", "name", "comes_over", "note"],
        rows: plan.lines.iter().map(row).collect(),
    }
}

fn unreadable(error: &DumpError) -> Failure {
    let code = match error {
        DumpError::Read { source, .. } if source.kind() == ErrorKind::NotFound => NOT_MET,
        DumpError::Read { .. } | DumpError::Line { .. } => BAD_INPUT,
    };
    Failure::caused(code, error, Some(error.hint().to_owned()))
}

fn failed(error: &ApplyError) -> Failure {
    let code = match error {
        ApplyError::Used { .. } | ApplyError::Store(StoreError::Locked { .. }) => REFUSED,
        ApplyError::Store(_) | ApplyError::Begin(_) | ApplyError::Refused { .. } => FAILED,
    };
    Failure::caused(code, error, Some(error.hint()))
}
