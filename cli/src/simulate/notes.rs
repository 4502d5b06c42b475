//! What the user should know before a run, and after it: silence about dropped rows would be a repair,
//! and about failed jobs a lie.

use gleaner_experiments::built::Built;
use gleaner_experiments::result::RunResult;
use gleaner_reports::metrics::Metrics;

use crate::output;
use crate::trace::dropped::tell_reading;

/// Most warnings shown; the rest is counted.
const WARNINGS_MAX: usize = 10;

/// Says what reading the traces dropped or skipped.
pub(crate) fn about_traces(built: &Built) {
    for (plan, built) in built.scenario().clusters.iter().zip(built.clusters()) {
        tell_reading(&format!("{}: ", plan.name), &built.workload.dropped);
    }
}

/// Says of which jobs a snapshot does not tell how long they truly run.
pub(crate) fn about_snapshots(built: &Built) {
    for (plan, built) in built.scenario().clusters.iter().zip(built.clusters()) {
        let unknown = built.snapshot.as_ref().map_or(0, |begins| begins.read.unknown_runs);
        if unknown > 0 {
            output::note(format!(
                "note: {}: {unknown} jobs of the snapshot have no true run time: they run as long as \
                 they asked for",
                plan.name
            ));
        }
    }
}

/// Most campaigns whose tasks are listed one by one.
const CAMPAIGNS_MAX: usize = 5;

/// Says which jobs and tasks did not end well: no mean shows them.
pub(crate) fn about_ends(metrics: &Metrics) {
    for (name, cluster) in &metrics.clusters {
        let (bad, all) = (cluster.counts.others_in_words(), cluster.counts.submitted_jobs);
        if !bad.is_empty() {
            output::note(format!("note: {name}: of {all} owners' jobs {bad}"));
        }
    }
    let others: Vec<_> = metrics.campaigns.iter().filter(|(_, m)| m.done < m.tasks).collect();
    if others.len() > CAMPAIGNS_MAX {
        let g = &metrics.grid;
        let words = tasks_in_words([g.failed, g.cancelled, g.running, g.waiting]);
        let (all, campaigns) = (g.tasks, g.campaigns);
        return output::note(format!("note: of {all} tasks in {campaigns} campaigns {words}"));
    }
    for (name, m) in others {
        let words = tasks_in_words([m.failed, m.cancelled, m.running, m.waiting]);
        output::note(format!("note: campaign {name}: of {} tasks {words}", m.tasks));
    }
}

/// Counts of tasks that are not done, those that are not zero.
fn tasks_in_words(counts: [u64; 4]) -> String {
    let words = ["failed", "cancelled", "running", "waiting"];
    let some = counts.into_iter().zip(words).filter(|(count, _)| *count > 0);
    some.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

/// Events that nobody has fixed keep campaigns from going on.
pub(crate) fn about_open_events(result: &RunResult) {
    let open = result.open_events();
    if open > 0 {
        output::note(format!(
            "note: {open} events that nobody fixed blocked campaigns to the end (see \
             decisions.jsonl); `on_failure = \"ignore\"` in `[grid]` goes on without them"
        ));
    }
}

/// Says what the campaigns' job descriptions ask for in vain.
pub(crate) fn about_campaigns(built: &Built) {
    let warnings = built.campaigns().iter().flat_map(|campaign| {
        let warnings = campaign.warnings.iter().map(ToString::to_string);
        warnings.chain(campaign.notes.iter().cloned()).map(move |warning| (campaign, warning))
    });
    let mut count = 0;
    for (campaign, warning) in warnings {
        count += 1;
        if count <= WARNINGS_MAX {
            output::note(format!("note: campaign {}: {warning}", campaign.name));
        }
    }
    if count > WARNINGS_MAX {
        output::note(format!("note: and {} more warnings", count - WARNINGS_MAX));
    }
}
