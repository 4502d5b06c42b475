//! What a simulated OAR server keeps for those who ask later: events with descriptions, and jobs that
//! have ended. Off, it keeps nothing, and costs nothing.

use std::borrow::Cow;

use crate::oar::model::config::JobPriority;
use crate::oar::model::event::{Event, EventKind};
use crate::oar::model::ids::{Date, JobId};
use crate::oar::model::job::Job;
use crate::oar::server::OarServer;

/// An event with its description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// What kind.
    pub kind: EventKind,
    /// To which job; 0 if to none.
    pub job: JobId,
    /// When.
    pub date: Date,
    /// In words.
    pub description: Cow<'static, str>,
}

/// Events and ended jobs since they were last asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Records {
    pub(super) events: Vec<Recorded>,
    pub(super) ended: Vec<Job>,
}

impl OarServer {
    /// Takes the events recorded since the last call; none unless the site keeps records.
    pub fn take_events(&mut self) -> Vec<Recorded> {
        self.records.as_mut().map(|records| std::mem::take(&mut records.events)).unwrap_or_default()
    }

    /// Takes the jobs that ended since the last call; none unless the site keeps records.
    pub(crate) fn take_ended(&mut self) -> Vec<Job> {
        self.records.as_mut().map(|records| std::mem::take(&mut records.ended)).unwrap_or_default()
    }

    /// Records or drops what the state has logged.
    pub(super) fn note_events(&mut self) {
        match &mut self.records {
            Some(records) => {
                records.events.extend(self.state.take_events().into_iter().map(recorded));
            }
            None => self.state.drop_events(),
        }
    }

    /// Forgets a job that has ended, unless others may still ask how.
    pub(super) fn forget_ended(&mut self, id: JobId) {
        self.note_events();
        let job = self.state.job(id).expect("an ended job is known");
        if self.config.job_priority != JobPriority::Fifo {
            let job = job.clone();
            self.accounting.note(&mut self.state, &job, &self.config);
        }
        let job = self.state.job(id).expect("an ended job is known");
        // A job that depends on a failed one never starts; on an unknown one it would.
        let failed = job.exit_code.is_some_and(|code| code != 0);
        let kept = failed && self.asked.remove(&id);
        self.asked.remove(&id);
        if let Some(records) = &mut self.records {
            records.ended.push(job.clone());
        }
        if !kept {
            let forgotten = self.state.forget(id);
            assert!(forgotten.is_ok(), "an ended job can be forgotten");
        }
    }
}

fn recorded(event: Event) -> Recorded {
    let Event { kind, job, date } = event;
    Recorded { kind, job, date, description: describe(kind, job) }
}

/// What an event means, in one line.
fn describe(kind: EventKind, job: JobId) -> Cow<'static, str> {
    let text = match kind {
        EventKind::BesteffortKill => "must leave for another job",
        EventKind::FragJobRequest => "deletion requested",
        EventKind::SendKillJob => "kill signal sent",
        EventKind::Walltime => "walltime reached",
        EventKind::SwitchIntoTerminateState => "ended by itself",
        EventKind::SwitchIntoErrorState => "killed or failed",
        EventKind::ResubmitJobAutomatically => "submitted again by the server",
        EventKind::SchedulerPriorityUpdatedStart => "priority of its resources raised",
        EventKind::SchedulerPriorityUpdatedStop => "priority of its resources lowered",
        EventKind::ReduceReservationWalltime => "reservation started late, its walltime is shorter",
        EventKind::ReduceReservationResources => "reservation starts without missing resources",
        EventKind::Checkpoint => "asked to save its state",
        EventKind::CheckpointSuccessful => "checkpoint signal sent",
        EventKind::ExterminateJob => "given up, its nodes are suspected",
        EventKind::LogSuspected => return "nodes suspected".into(),
        EventKind::HoldWaitingJob => "hold requested",
        EventKind::HoldRunningJob => "suspension requested",
        EventKind::ResumeJob => "resumption requested",
        EventKind::WakeupNode => return "node woken".into(),
        EventKind::HaltNode => return "node halted".into(),
        EventKind::PrologueError
        | EventKind::EpilogueError
        | EventKind::CannotWriteNodeFile
        | EventKind::CannotWritePidFile
        | EventKind::UserShell
        | EventKind::CannotCreateTmpDirectory
        | EventKind::WorkingDirector
        | EventKind::WorkingDirectory
        | EventKind::OutputFiles
        | EventKind::SshTransferTimeout
        | EventKind::BadHashtableDump
        | EventKind::LaunchingOarexecTimeout
        | EventKind::ExitValueOarexec => "the node's daemon reported an error",
    };
    format!("job {job}: {text}").into()
}
