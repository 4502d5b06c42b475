//! What reading a trace dropped, in words. Computes nothing itself.

use gleaner_traces::workload::Dropped;

use crate::output;

/// What reading dropped or skipped, in words; empty if nothing.
pub(crate) fn dropped_words(dropped: &Dropped) -> String {
    let reasons = [
        (dropped.submit, "submitted before the start"),
        (dropped.runtime, "without run time"),
        (dropped.processors, "without processors"),
        (dropped.too_large, "larger than the machine"),
        (dropped.requested_time, "without requested time"),
        (dropped.parts, "parts of jobs beside their summary"),
        (dropped.parts_joined, "parts of jobs added to the first"),
        (dropped.bad_rows, "unreadable"),
    ];
    let reasons: Vec<String> = reasons
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, reason)| format!("{count} {reason}"))
        .collect();
    format!("{} of {} rows dropped ({})", dropped.total(), dropped.rows, reasons.join(", "))
}

/// Says what reading a trace dropped, and made of rows and header; `name` goes before it.
pub(crate) fn tell_reading(name: &str, dropped: &Dropped) {
    if dropped.total() > 0 {
        output::note(format!("note: {name}{}", dropped_words(dropped)));
    }
    if dropped.without_summary > 0 {
        output::note(format!(
            "note: {name}{} jobs have no summary but only parts (status 2 to 4): each is one job, \
             submitted as its first part, that runs for as long as all of them",
            dropped.without_summary
        ));
    }
    if dropped.parts_kept > 0 {
        output::note(format!(
            "note: {name}{} rows of status 2 to 4 are parts of jobs and are jobs of their own here, \
             as the reading rules `none` want it; `archive` takes the summaries alone",
            dropped.parts_kept
        ));
    }
    if dropped.unlimited > 0 {
        output::note(format!(
            "note: {name}{} jobs ask for more than 68 years: taken as asking for 2147483647 seconds",
            dropped.unlimited
        ));
    }
    for note in &dropped.header_notes {
        output::note(format!("note: {name}{note}"));
    }
    for example in &dropped.bad_examples {
        output::note(format!("note: {name}skipped {example}"));
    }
}
