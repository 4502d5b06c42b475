//! From the fields of a submission to the description of its jobs, alike in both dialects. Must not know how a dialect
//! writes its fields, nor what it refuses.

use std::sync::Arc;

use gleaner_sim::time::SimTime;

use crate::calendar;
use crate::platform::Resolved;
use crate::table::row::JobDescription;

/// The fields of a submission, as the dialect understands them. Empty texts are those of fields that
/// were left out.
pub(super) struct SubmissionFields<'a> {
    pub(super) user: &'a str,
    pub(super) queue: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) project: Option<&'a str>,
    pub(super) types: &'a [String],
    pub(super) resources: &'a [String],
    /// The filter as it was submitted.
    pub(super) filter: &'a str,
    /// The filter with what admission rules add.
    pub(super) properties: String,
    pub(super) command: String,
    pub(super) directory: String,
    pub(super) checkpoint_s: i64,
    pub(super) reservation: Option<&'a str>,
    pub(super) hold: bool,
    pub(super) after: Vec<u64>,
    /// Whether there is a parameter file.
    pub(super) parameters: bool,
    /// Whether Perl reads the command before the shell of a job does.
    pub(super) perl: bool,
}

/// The queue of a job: that of best-effort jobs is not chosen.
pub(super) fn queue<'a>(types: &[String], asked: Option<&'a str>) -> &'a str {
    match types.iter().any(|kind| kind == "besteffort") {
        true => "besteffort",
        false => asked.unwrap_or("default"),
    }
}

/// What a submission's filter, and the admission rule on best-effort jobs, put before the other
/// properties.
pub(super) fn own_properties(queue: &str, filter: &str) -> String {
    match (queue == "besteffort", filter.trim()) {
        (true, "") => "(besteffort = 'YES') AND ".to_owned(),
        (true, filter) => format!("(({filter}) AND besteffort = 'YES') AND "),
        (false, "") => String::new(),
        (false, filter) => format!("({filter}) AND "),
    }
}

/// Returns the description that the `jobs` jobs of a submission share.
pub(super) fn description(
    fields: SubmissionFields<'_>,
    resolved: Resolved,
    jobs: usize,
) -> JobDescription {
    let not_empty = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(Arc::from);
    let texts = |texts: &[String]| texts.iter().map(|text| text.as_str().into()).collect();
    JobDescription {
        user: fields.user.into(),
        name: not_empty(fields.name),
        project: not_empty(fields.project).unwrap_or_else(|| "default".into()),
        queue: fields.queue.into(),
        command: fields.command.into(),
        types: texts(fields.types),
        filter: fields.filter.trim().into(),
        properties: fields.properties.into(),
        resources: texts(fields.resources),
        cores: resolved.cores,
        walltime_s: resolved.walltime_s,
        directory: fields.directory.into(),
        checkpoint_s: fields.checkpoint_s,
        reservation: not_empty(fields.reservation),
        hold: fields.hold,
        after: fields.after,
        array: (jobs > 1).then(|| u32::try_from(jobs).unwrap_or(u32::MAX)),
        parameters: fields.parameters,
        perl: fields.perl,
        from_api: true,
    }
}

/// Returns the start of a reservation, if one is asked for.
///
/// # Errors
/// The date, if it does not exist.
pub(super) fn reserved(date: Option<&str>) -> Result<Option<SimTime>, &str> {
    match date.filter(|date| !date.trim().is_empty()) {
        None => Ok(None),
        Some(date) => calendar::parse(date).map(Some).ok_or(date),
    }
}
