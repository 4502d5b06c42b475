//! Commands as somebody sends them who has nothing but a decision, held against what the scheduler says.

use std::borrow::Cow;

use gleaner_core::backend::memory::Memory;
use gleaner_core::decision::{Action, Command, JobToDelete, Work};
use gleaner_core::ids::{ClusterId, RemoteJobId, TaskId};
use gleaner_core::jdl::spec::{ClusterSettings, Script};
use gleaner_core::record::RecordedCommand;
use gleaner_core::scheduler::Scheduler;

/// What reaches a cluster of one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// Somebody's job, with the line that it runs.
    Job(ClusterId, String, String),
    /// Somebody deletes a job.
    Deletion(ClusterId, String, RemoteJobId),
}

/// The lines that jobs run, by settings and parameters of whoever is asked.
fn lines<'a>(
    work: &Work,
    settings: &ClusterSettings,
    parameter: impl Fn(TaskId) -> Option<Cow<'a, str>>,
) -> Vec<String> {
    let script = |script: &Option<Script>| script.iter().map(|it| it.text.to_string()).collect();
    match work {
        Work::Tasks(tasks) => {
            let text = |task| parameter(task).expect("a text");
            let line = |task| format!("{} {}", settings.exec_file, text(task));
            tasks.iter().copied().map(line).collect()
        }
        Work::Prologue => script(&settings.prologue),
        Work::Epilogue => script(&settings.epilogue),
    }
}

/// Sends a command by what is in it.
pub(crate) fn sent(command: &Command) -> Vec<Sent> {
    let cluster = command.cluster;
    match &command.action {
        Action::Submit(submission) => {
            let settings = &submission.settings;
            let lines = lines(&submission.work, settings, |task| submission.parameter(task));
            let job = |line| Sent::Job(cluster, submission.user.to_string(), line);
            lines.into_iter().map(job).collect()
        }
        Action::Cancel { jobs } => {
            let deletion = |JobToDelete { job, user }: &JobToDelete| {
                user.as_ref().map(|user| Sent::Deletion(cluster, user.to_string(), *job))
            };
            jobs.iter().filter_map(deletion).collect()
        }
    }
}

/// The same, asked of the scheduler that has just decided.
pub(crate) fn said(scheduler: &Scheduler, command: &Command) -> Vec<Sent> {
    let cluster = command.cluster;
    let user = |campaign| scheduler.user(campaign).map(ToString::to_string);
    match &command.action {
        Action::Submit(submission) => {
            let campaign = submission.campaign;
            let spec = scheduler.spec(campaign).expect("a campaign that is served");
            let mut settings = spec.clusters.iter();
            let settings = settings.find(|it| it.cluster == cluster).expect("one that it uses");
            let lines = lines(&submission.work, settings, |task| scheduler.parameter(task));
            let user = user(campaign).expect("whoever is served is known");
            lines.into_iter().map(|line| Sent::Job(cluster, user.clone(), line)).collect()
        }
        Action::Cancel { jobs } => {
            let deletion = |unwanted: &JobToDelete| {
                let campaign = scheduler.campaign_of(cluster, unwanted.job)?;
                Some(Sent::Deletion(cluster, user(campaign)?, unwanted.job))
            };
            jobs.iter().filter_map(deletion).collect()
        }
    }
}

/// Holds the commands of a cycle against the scheduler that has just decided them, and against what comes
/// back of them out of a journal.
pub(crate) fn check(scheduler: &Scheduler, commands: &[Command]) {
    for command in commands {
        assert_eq!(sent(command), said(scheduler, command), "{command:?}");
        let kept = serde_json::to_vec(&RecordedCommand::from(command)).expect("it can be written");
        let kept: RecordedCommand = serde_json::from_slice(&kept).expect("it can be read");
        assert_eq!(
            kept,
            RecordedCommand::from(command),
            "what is written down is what was decided"
        );
        assert_eq!(kept.completed(Memory::of(scheduler)), *command);
    }
}
