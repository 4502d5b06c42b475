//! What becomes of an understood submission in both dialects alike. Must not know how a dialect
//! writes its fields, nor what it refuses.

use std::sync::Arc;

use gleaner_sim::time::SimTime;

use crate::calendar;
use crate::platform::Resolved;
use crate::table::row::Order;

/// The fields of a submission, after the dialect has had its way with them. Empty texts are those of
/// fields that were left out.
pub(super) struct Wish<'a> {
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

/// What each of the `jobs` jobs of a submission is.
pub(super) fn order(wish: Wish<'_>, resolved: Resolved, jobs: usize) -> Order {
    let not_empty = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(Arc::from);
    let texts = |texts: &[String]| texts.iter().map(|text| text.as_str().into()).collect();
    Order {
        user: wish.user.into(),
        name: not_empty(wish.name),
        project: not_empty(wish.project).unwrap_or_else(|| "default".into()),
        queue: wish.queue.into(),
        command: wish.command.into(),
        types: texts(wish.types),
        filter: wish.filter.trim().into(),
        properties: wish.properties.into(),
        resources: texts(wish.resources),
        cores: resolved.cores,
        walltime_s: resolved.walltime_s,
        directory: wish.directory.into(),
        checkpoint_s: wish.checkpoint_s,
        reservation: not_empty(wish.reservation),
        hold: wish.hold,
        after: wish.after,
        array: (jobs > 1).then(|| u32::try_from(jobs).unwrap_or(u32::MAX)),
        parameters: wish.parameters,
        perl: wish.perl,
        from_api: true,
    }
}

/// The start of a reservation, if one is asked for; a date that does not exist is given back.
pub(super) fn reserved(date: Option<&str>) -> Result<Option<SimTime>, &str> {
    match date.filter(|date| !date.trim().is_empty()) {
        None => Ok(None),
        Some(date) => calendar::parse(date).map(Some).ok_or(date),
    }
}
