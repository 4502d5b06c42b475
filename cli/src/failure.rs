//! How a command fails: an exit code, and a message with its place and a hint. Must not print.

use std::error::Error;
use std::ops::Range;
use std::path::Path;

use gleaner_reports::error::ReportError;
#[cfg(feature = "daemon")]
use gleaner_runtime::config_file::error::ConfigError;
use gleaner_scenarios::error::ScenarioError;
use gleaner_settings::location::Source;
use gleaner_traces::error::TraceError;
use miette::{LabeledSpan, MietteDiagnostic, NamedSource, Report};

use crate::shown::shown;

/// Something went wrong that the user did not cause by the input.
pub(crate) const FAILED: u8 = 1;
/// The command line or an input file is wrong.
pub(crate) const BAD_INPUT: u8 = 2;
/// Something asked for is not there, or an assertion does not hold.
pub(crate) const NOT_MET: u8 = 3;
/// The command would harm something and was not carried out.
pub(crate) const REFUSED: u8 = 4;

/// A server could not be reached.
#[cfg(feature = "daemon")]
pub(crate) const AWAY: u8 = 5;

/// A failed command.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    report: Report,
}

impl Failure {
    /// A message, and what to do about it.
    pub(crate) fn new(code: u8, message: impl Into<String>, hint: Option<String>) -> Failure {
        Failure { code, report: Report::new(diagnostic(message.into(), hint)) }
    }

    /// An error of a library with its sources, and what to do about it.
    pub(crate) fn caused(code: u8, error: &dyn Error, hint: Option<String>) -> Failure {
        let (message, other_hint) = chain(error);
        Failure::new(code, message, hint.or(other_hint))
    }

    /// A file that could not be read or written.
    pub(crate) fn file(doing: &str, path: &Path, error: &std::io::Error) -> Failure {
        Failure::new(FAILED, format!("cannot {doing} `{}`: {error}", path.display()), None)
    }

    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        self.code
    }

    /// The picture of the error for people.
    pub(crate) fn report(&self) -> &Report {
        &self.report
    }
}

/// Messages quote names and texts from files: what a terminal would obey is shown by its number.
fn diagnostic(message: String, hint: Option<String>) -> MietteDiagnostic {
    let diagnostic = MietteDiagnostic::new(shown(&message));
    match hint {
        Some(hint) => diagnostic.with_help(shown(&hint)),
        None => diagnostic,
    }
}

/// The error and its sources in one line, and the first hint that one of their texts brings: a hint
/// comes last, whatever the sources have to say.
fn chain(error: &dyn Error) -> (String, Option<String>) {
    let (mut text, mut hint) = parted(&error.to_string());
    let mut source = error.source();
    while let Some(cause) = source {
        let (cause_text, other_hint) = parted(&cause.to_string());
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        hint = hint.or(other_hint);
        source = cause.source();
    }
    (text, hint)
}

/// A text and the hint that follows it, as libraries write both.
fn parted(text: &str) -> (String, Option<String>) {
    match text.split_once("\n  hint: ") {
        Some((text, hint)) => (text.to_owned(), Some(hint.to_owned())),
        None => (text.to_owned(), None),
    }
}

impl From<ScenarioError> for Failure {
    fn from(error: ScenarioError) -> Failure {
        Failure { code: BAD_INPUT, report: pictured(&error, error.hint(), error.excerpt()) }
    }
}

#[cfg(feature = "daemon")]
impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Failure {
        Failure { code: BAD_INPUT, report: pictured(&error, error.hint(), error.excerpt()) }
    }
}

/// An error with the lines of the file that it is about, and the part of it that is meant.
fn pictured(
    error: &dyn Error,
    hint: Option<String>,
    excerpt: Option<(&Source, Range<usize>)>,
) -> Report {
    let (message, other_hint) = chain(error);
    let message = diagnostic(message, hint.or(other_hint));
    match excerpt {
        Some((Source { path, text }, span)) => {
            let (text, span) = shown_source(text, span);
            let label = LabeledSpan::new_with_span(None, span);
            let named = NamedSource::new(shown(path), text);
            Report::new(message.with_label(label)).with_source_code(named)
        }
        None => Report::new(message),
    }
}

/// The text of a file as it may be shown, and where in it the part is that is meant.
fn shown_source(text: &str, span: Range<usize>) -> (String, Range<usize>) {
    let part = |range: Range<usize>| text.get(range).unwrap_or_default().replace("\r\n", "\n");
    let before = shown(&part(0..span.start)).into_owned();
    let meant = shown(&part(span.clone())).into_owned();
    let behind = shown(&part(span.end..text.len())).into_owned();
    let span = before.len()..before.len() + meant.len();
    (before + &meant + &behind, span)
}

impl From<TraceError> for Failure {
    fn from(error: TraceError) -> Failure {
        Failure::caused(BAD_INPUT, &error, error.hint().map(str::to_owned))
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Failure {
        Failure::caused(FAILED, &error, error.hint().map(str::to_owned))
    }
}
