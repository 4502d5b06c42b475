//! The Gantt chart that answers: what a page needs to know of every job, small enough to lie in it. Must
//! not know how it is drawn; that is the scripts' part, in `templates/gantt-*.js`.
//!
//! Jobs become rows of numbers as they come. Of very many, the largest are kept, and the killed. At the
//! end the rows become columns, which deflate well, and their Base64 lies in the page.

mod columns;
mod kept;
mod numbers;
#[cfg(test)]
mod tests;
mod words;

use serde_json::json;

use crate::error::ReportError;
use crate::plots::axis::TimeAxis;
use crate::plots::live::columns::{columns, deflated};
use crate::plots::live::kept::{Limits, Weightiest};
use crate::plots::live::numbers::{fold, put};
use crate::plots::live::words::{Users, Words};
use crate::plots::nodes::NodeSpan;
use crate::record::{FinalState, JobRecord, KillCause, Kind, NodeState, RunInfo};

/// Jobs in the page at most. A hundred thousand make 2 MB and are drawn in 0.3 s.
const JOBS: Limits = Limits { rows: 120_000, bytes: 4_500_000 };
/// Of these, killed ones at most.
const KILLED: Limits = Limits { rows: 60_000, bytes: 2_250_000 };
/// Stretches of time of nodes that are not up, at most.
const SPANS: Limits = Limits { rows: 20_000, bytes: 1_000_000 };
/// Characters of a job's name at most.
const NAME_MAX: usize = 60;

/// How it looks.
const STYLE: &str = include_str!("../../templates/gantt.css");
/// What makes it answer, in the order of use.
const SCRIPTS: [&str; 6] = [
    include_str!("../../templates/gantt-data.js"),
    include_str!("../../templates/gantt-paint.js"),
    include_str!("../../templates/gantt-words.js"),
    include_str!("../../templates/gantt-view.js"),
    include_str!("../../templates/gantt-choice.js"),
    include_str!("../../templates/gantt-input.js"),
];

/// What each row of a job begins with, in order; the bytes of its name and its cores follow.
const JOB: [&str; 14] = [
    "start", "id", "cluster", "wait", "run", "walltime", "user", "queue", "campaign", "task",
    "why", "overtook", "kind", "name",
];
/// What a row of a node says.
const NODE: [&str; 6] = ["from", "cluster", "state", "length", "first", "count"];

/// What the living chart needs to remember of a run.
pub struct Live {
    clusters: usize,
    killed: Weightiest,
    others: Weightiest,
    spans: Weightiest,
    users: Users,
    queues: Words,
    causes: Words,
}

impl Live {
    /// An empty chart for the first `clusters` clusters of a run.
    #[must_use]
    pub fn new(clusters: usize) -> Self {
        Self {
            clusters,
            killed: Weightiest::new(KILLED),
            others: Weightiest::new(JOBS),
            spans: Weightiest::new(SPANS),
            users: Users::default(),
            queues: Words::default(),
            causes: Words::default(),
        }
    }

    /// Takes a job that has started.
    pub fn job(&mut self, job: &JobRecord<'_>) {
        let (Some(start_ms), true) = (job.start_ms, usize::from(job.cluster) < self.clusters)
        else {
            return;
        };
        if job.allocated.is_empty() {
            return;
        }
        // One that still runs has no end yet; there are not more of them than cores.
        let run_ms = job.end_ms.map(|end_ms| (end_ms - start_ms) as u64);
        let weight =
            run_ms.map_or(u64::MAX, |run_ms| run_ms.saturating_mul(u64::from(job.cores())));
        let killed = job.state == FinalState::CompletedKilled;
        let pool = if killed { &mut self.killed } else { &mut self.others };
        if !pool.takes(weight) {
            return;
        }
        let name = job.job_name.map_or("", |name| cut(name, NAME_MAX));
        let values: [u64; JOB.len()] = [
            fold(start_ms),
            job.job_id,
            u64::from(job.cluster),
            (start_ms - job.submit_ms) as u64,
            run_ms.unwrap_or(0),
            job.requested_time_ms.map_or(0, |time_ms| time_ms.max(0) as u64 + 1),
            self.users.number(job.user),
            self.queues.number(job.queue),
            job.campaign.map_or(0, |campaign| u64::from(campaign) + 1),
            job.task.map_or(0, |task| task.saturating_add(1)),
            self.causes.number(job.wait_cause),
            u64::from(job.overtook),
            kind(job),
            name.len() as u64,
        ];
        pool.push(weight, |out| {
            values.into_iter().for_each(|value| put(out, value));
            out.extend_from_slice(name.as_bytes());
            put(out, job.allocated.len() as u64);
            let mut end = 0;
            for &(first, last) in job.allocated {
                put(out, u64::from(first.saturating_sub(end)));
                put(out, u64::from(last.saturating_sub(first)));
                end = last.saturating_add(1);
            }
        });
    }

    /// Takes a stretch of time in which nodes of a cluster that is shown were not up.
    pub(crate) fn span(&mut self, span: &NodeSpan) {
        let length_ms = span.to_ms.saturating_sub(span.from_ms) as u64;
        let count = u64::from(span.last - span.first) + 1;
        let weight = length_ms.saturating_mul(count);
        if !self.spans.takes(weight) {
            return;
        }
        let values: [u64; NODE.len()] = [
            fold(span.from_ms),
            u64::from(span.cluster),
            state(span.state),
            length_ms,
            u64::from(span.first),
            count,
        ];
        self.spans.push(weight, |out| values.into_iter().for_each(|value| put(out, value)));
    }

    /// Returns what stands in a page below the drawing, and takes its place where scripts run.
    ///
    /// # Errors
    /// If what is known of the run cannot be written as JSON.
    pub fn html(
        self,
        info: &RunInfo,
        shown_ms: [i64; 2],
        pictures: &[(usize, [i64; 2])],
    ) -> Result<String, ReportError> {
        let data = self.data(info, shown_ms, pictures)?;
        let mut html = format!(
            "<style>\n{STYLE}</style>\n<script type=\"text/plain\" class=\"gantt-data\">{data}</script>\n<script>\n"
        );
        SCRIPTS.into_iter().for_each(|script| html += script);
        html += "</script>";
        Ok(html)
    }

    /// Returns the data of the chart from `from_ms` to `to_ms`, as the scripts read them. `pictures` tells
    /// which clusters have a picture of all jobs in the drawing, in their order, and from when to when it is.
    fn data(
        mut self,
        info: &RunInfo,
        [from_ms, to_ms]: [i64; 2],
        pictures: &[(usize, [i64; 2])],
    ) -> Result<String, ReportError> {
        self.killed.prune(KILLED);
        let held = self.killed.held();
        let rest = Limits { rows: JOBS.rows - held.rows, bytes: JOBS.bytes - held.bytes };
        self.others.prune(rest);
        self.spans.prune(SPANS);
        let jobs = columns(self.killed.rows().chain(self.others.rows()), JOB.len(), 2);
        let nodes = columns(self.spans.rows(), NODE.len(), 1);
        let clusters = info.clusters.iter().take(self.clusters);
        let clusters = clusters.map(|c| json!([c.name, c.cores, c.cores_per_node]));
        let causes = self.causes.all().iter().map(|word| {
            let meaning = info.wait_causes.iter().find(|(known, _)| known == word);
            json!([word, meaning.map_or("", |(_, meaning)| meaning)])
        });
        let axis = TimeAxis::new(info, from_ms, to_ms);
        let head = json!({
            "from": axis.from_ms,
            "to": axis.to_ms,
            "calendar": axis.calendar_ms,
            "clusters": clusters.collect::<Vec<_>>(),
            "pictures": pictures,
            "campaigns": info.campaign_keys(),
            "users": self.users.all(),
            "queues": self.queues.all(),
            "causes": causes.collect::<Vec<_>>(),
            "jobs": jobs.rows,
            "job": JOB,
            "nodes": nodes.rows,
            "node": NODE,
            "leftOut": self.others.left_out() + self.killed.left_out(),
            "leftOutKilled": self.killed.left_out(),
        });
        let head = serde_json::to_vec(&head)
            .map_err(|source| ReportError::Json { file: "report.html", source })?;
        Ok(deflated(&head, &[jobs, nodes]))
    }
}

/// Returns as much of the front of a text as has that many characters.
fn cut(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(at, _)| &text[..at])
}

/// Returns on whose behalf a job ran and how it ended, as one number: kind, state, cause of a kill and whether
/// it was a container, as digits of base 4, 8, 4 and 2 from the lowest.
fn kind(job: &JobRecord<'_>) -> u64 {
    let kind = match job.kind {
        Kind::Local => 0,
        Kind::BestEffort => 1,
        Kind::Grid => 2,
    };
    let state = match job.state {
        FinalState::Running | FinalState::Submitted => 0,
        FinalState::CompletedSuccessfully => 1,
        FinalState::CompletedFailed => 2,
        FinalState::CompletedWalltimeReached => 3,
        FinalState::CompletedKilled => 4,
        FinalState::Rejected => 5,
    };
    let cause = match job.cause {
        None => 0,
        Some(KillCause::Preempted) => 1,
        Some(KillCause::NodeLost) => 2,
        Some(KillCause::Deleted) => 3,
    };
    kind + 4 * (state + 8 * (cause + 4 * u64::from(job.container)))
}

fn state(state: NodeState) -> u64 {
    match state {
        NodeState::Up => 0,
        NodeState::Broken => 1,
        NodeState::Halted => 2,
        NodeState::Draining => 3,
        NodeState::Absent => 4,
    }
}
