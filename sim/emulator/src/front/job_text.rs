//! Texts about a job that are the same in both dialects. Must not know JSON.

use gleaner_oar::states::JobState;

use crate::table::row::{JobDescription, Row};

/// A walltime as OAR's messages write it: `0:5:0`.
pub fn walltime(seconds: i64) -> String {
    format!("{}:{}:{}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// What stands in `message` before a job was looked at by the scheduler: what it asks for.
pub fn asked(description: &JobDescription) -> String {
    let mut text = format!(
        "R={},W={},J={}",
        description.cores,
        walltime(description.walltime_s),
        kind(description)
    );
    if let Some(name) = &description.name {
        text.push_str(&format!(",N={name}"));
    }
    if &*description.project != "default" {
        text.push_str(&format!(",P={}", description.project));
    }
    if !description.types.is_empty() {
        let types: Vec<&str> = description.types.iter().map(|kind| &**kind).collect();
        text.push_str(&format!(",T={}", types.join("|")));
    }
    text
}

/// `B` for a job that runs by itself, `R` for a reservation.
fn kind(description: &JobDescription) -> char {
    if description.reservation.is_some() { 'R' } else { 'B' }
}

/// The message of a job that was killed before it started.
pub const KILLED_WAITING: &str = "Job killed by Leon directly";

/// Whether the scheduler has looked at a job yet.
pub fn was_looked_at(row: &Row) -> bool {
    !matches!(row.state, JobState::Waiting | JobState::Hold)
}

/// Whether somebody should look at an event.
pub fn to_check(kind: &str) -> &'static str {
    if kind == "SCHEDULER_PRIORITY_UPDATED_STOP" { "YES" } else { "NO" }
}
