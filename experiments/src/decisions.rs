//! What a cycle of the grid scheduler did, as a line of `decisions.jsonl`. Decides nothing.

use gleaner_core::config::ClusterSpec;
use gleaner_core::decision::{Action, Command, Decision, Work};
use gleaner_core::ids::{ClusterId, TaskId};
use gleaner_core::jdl::spec::JobKind;
use gleaner_core::report::PairReport;
use gleaner_core::report::text::Names;
use gleaner_reports::error::ReportError;
use gleaner_reports::record::DecisionRecord;
use gleaner_reports::recorder::Recorder;
use gleaner_sim::time::SimTime;
use serde::Serialize;

/// A command as it is written.
#[derive(Serialize)]
struct CommandLine<'a> {
    command: u64,
    cluster: &'a str,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<u32>,
    jobs: usize,
    /// Tasks as intervals of indices, `0-9 12`; jobs of the cluster for a cancel.
    #[serde(skip_serializing_if = "String::is_empty")]
    tasks: String,
}

/// A reason as it is written.
#[derive(Serialize)]
#[serde(untagged)]
enum ReasonLine<'a> {
    Pair {
        cluster: &'a str,
        campaign: u32,
        submitted: u32,
        queued: u32,
        active: u32,
        reason: String,
    },
    Notice {
        notice: String,
    },
}

/// Clusters by their names, and tasks as `--explain` takes them.
struct ByName<'a>(&'a [ClusterSpec]);

impl Names for ByName<'_> {
    fn cluster(&self, cluster: ClusterId) -> String {
        ["cluster `", &self.0[cluster.index()].name, "`"].concat()
    }

    /// As it is by default, without the machinery of formats: tasks are named hundreds of thousands of times.
    fn task(&self, task: TaskId, _cluster: Option<ClusterId>) -> String {
        let (mut campaign, mut index) = (itoa::Buffer::new(), itoa::Buffer::new());
        ["task ", campaign.format(task.campaign.0), ".", index.format(task.index)].concat()
    }
}

/// Records a cycle if it did something: sent a command, or took notice of something.
pub(crate) fn record(
    now: SimTime,
    decision: &Decision,
    clusters: &[ClusterSpec],
    recorder: &mut Recorder,
) -> Result<(), ReportError> {
    let quiet = decision.commands.is_empty() && decision.report.notices.is_empty();
    if quiet || !recorder.writes() {
        return Ok(());
    }
    let commands: Vec<CommandLine<'_>> =
        decision.commands.iter().map(|command| command_line(command, clusters)).collect();
    let pairs = decision.report.pairs.iter().map(|pair| {
        let PairReport { cluster, campaign, submitted, queued, active, reason } = pair;
        ReasonLine::Pair {
            cluster: &clusters[cluster.index()].name,
            campaign: campaign.0,
            submitted: *submitted,
            queued: *queued,
            active: *active,
            reason: reason.to_string(),
        }
    });
    let notices = decision.report.notices.iter();
    let notices =
        notices.map(|notice| ReasonLine::Notice { notice: notice.text(&ByName(clusters)) });
    let reasons: Vec<ReasonLine<'_>> = pairs.chain(notices).collect();
    let record = DecisionRecord { time_ms: now.ms(), commands: &commands, reasons: &reasons };
    recorder.decision(&record)
}

fn command_line<'a>(command: &Command, clusters: &'a [ClusterSpec]) -> CommandLine<'a> {
    let cluster = &clusters[command.cluster.index()].name;
    let (action, campaign, jobs, tasks) = match &command.action {
        Action::Submit(submission) => {
            let action = match (&submission.work, submission.kind) {
                (Work::Tasks(_), JobKind::BestEffort) => "submit best-effort",
                (Work::Tasks(_), JobKind::Normal) => "submit normal",
                (Work::Prologue, _) => "submit prologue",
                (Work::Epilogue, _) => "submit epilogue",
            };
            let tasks = match &submission.work {
                Work::Tasks(tasks) => {
                    intervals(tasks.iter().map(|task: &TaskId| u64::from(task.index)))
                }
                Work::Prologue | Work::Epilogue => String::new(),
            };
            (action, Some(submission.campaign.0), submission.len(), tasks)
        }
        Action::Cancel { jobs } => {
            ("cancel", None, jobs.len(), intervals(jobs.iter().map(|unwanted| unwanted.job.0)))
        }
    };
    CommandLine { command: command.id.0, cluster, action, campaign, jobs, tasks }
}

/// Returns the text of numbers in the order given, runs of consecutive ones joined: `3-7 1 9`.
fn intervals(numbers: impl Iterator<Item = u64>) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            Some(_) | None => runs.push((number, number)),
        }
    }
    let text = |(first, last): &(u64, u64)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    runs.iter().map(text).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use gleaner_core::ids::CampaignId;

    use super::*;

    #[test]
    fn tasks_are_named_as_everywhere() {
        struct Plain;
        impl Names for Plain {}
        for (campaign, index) in [(1, 0), (12, 345), (u32::MAX, u32::MAX)] {
            let task = TaskId { campaign: CampaignId(campaign), index };
            assert_eq!(ByName(&[]).task(task, None), Plain.task(task, None));
        }
    }

    #[test]
    fn consecutive_numbers_are_joined() {
        assert_eq!(intervals([3, 4, 5, 9, 1].into_iter()), "3-5 9 1");
        assert_eq!(intervals([].into_iter()), "");
    }
}
