//! OAR's event log: what happened to which job when, in OAR's own words.

use crate::oar::model::ids::{Date, JobId};
use std::fmt;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)+) => {
        /// Kind of an event.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum EventKind { $($(#[$doc])* $variant,)+ }

        impl EventKind {
            /// OAR's spelling.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}

kinds! {
    /// A best-effort job must leave for another job.
    BesteffortKill = "BESTEFFORT_KILL",
    /// Somebody asked to kill the job.
    FragJobRequest = "FRAG_JOB_REQUEST",
    /// The kill signal was sent to the node.
    SendKillJob = "SEND_KILL_JOB",
    /// The walltime is over.
    Walltime = "WALLTIME",
    /// The job ended by itself.
    SwitchIntoTerminateState = "SWITCH_INTO_TERMINATE_STATE",
    /// The job was killed or failed.
    SwitchIntoErrorState = "SWITCH_INTO_ERROR_STATE",
    /// OAR submitted a copy.
    ResubmitJobAutomatically = "RESUBMIT_JOB_AUTOMATICALLY",
    /// Priority of the job's resources was raised.
    SchedulerPriorityUpdatedStart = "SCHEDULER_PRIORITY_UPDATED_START",
    /// Priority of the job's resources was lowered again.
    SchedulerPriorityUpdatedStop = "SCHEDULER_PRIORITY_UPDATED_STOP",
    /// A late reservation lost the time it came late.
    ReduceReservationWalltime = "REDUCE_RESERVATION_WALLTIME",
    /// A reservation starts without resources that are missing.
    ReduceReservationResources = "SCHEDULER_REDUCE_NB_RESSOURCES_FOR_RESERVATION",
    /// The job was asked to save its state.
    Checkpoint = "CHECKPOINT",
    /// The node took the checkpoint signal (OAR's spelling).
    CheckpointSuccessful = "CHECKPOINT_SUCCESSFULL",
    /// A job that could not be killed was given up.
    ExterminateJob = "EXTERMINATE_JOB",
    /// Nodes became suspected.
    LogSuspected = "LOG_SUSPECTED",
    /// The prologue failed on a node.
    PrologueError = "PROLOGUE_ERROR",
    /// The epilogue failed on a node.
    EpilogueError = "EPILOGUE_ERROR",
    /// The node could not write its node file.
    CannotWriteNodeFile = "CANNOT_WRITE_NODE_FILE",
    /// The node could not write its pid file.
    CannotWritePidFile = "CANNOT_WRITE_PID_FILE",
    /// The user has no shell on the node.
    UserShell = "USER_SHELL",
    /// The node could not make a temporary directory.
    CannotCreateTmpDirectory = "CANNOT_CREATE_TMP_DIRECTORY",
    /// The working directory is missing (OAR 3's spelling).
    WorkingDirector = "WORKING_DIRECTOR",
    /// The working directory is missing and the epilogue failed.
    WorkingDirectory = "WORKING_DIRECTORY",
    /// Output files could not be written.
    OutputFiles = "OUTPUT_FILES",
    /// The job's description did not reach the node in time.
    SshTransferTimeout = "SSH_TRANSFER_TIMEOUT",
    /// The job's description reached the node broken.
    BadHashtableDump = "BAD_HASHTABLE_DUMP",
    /// The node did not answer the launcher in time.
    LaunchingOarexecTimeout = "LAUNCHING_OAREXEC_TIMEOUT",
    /// The node's daemon ended with an unknown code.
    ExitValueOarexec = "EXIT_VALUE_OAREXEC",
    /// Somebody asked to hold a waiting job.
    HoldWaitingJob = "HOLD_WAITING_JOB",
    /// Somebody asked to suspend a running job.
    HoldRunningJob = "HOLD_RUNNING_JOB",
    /// Somebody asked to go on.
    ResumeJob = "RESUME_JOB",
    /// A sleeping node was woken.
    WakeupNode = "WAKEUP_NODE",
    /// An idle node was halted.
    HaltNode = "HALT_NODE",
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// To which job; 0 if to none.
    pub job: JobId,
    /// When.
    pub date: Date,
}

impl EventKind {
    /// Whether it only records what was done: nothing follows from it.
    #[must_use]
    pub fn is_record(self) -> bool {
        matches!(
            self,
            Self::BesteffortKill
                | Self::FragJobRequest
                | Self::SendKillJob
                | Self::Walltime
                | Self::ResubmitJobAutomatically
                | Self::SchedulerPriorityUpdatedStart
                | Self::SchedulerPriorityUpdatedStop
                | Self::ReduceReservationWalltime
                | Self::ReduceReservationResources
                | Self::Checkpoint
                | Self::CheckpointSuccessful
                | Self::LogSuspected
        )
    }
}
