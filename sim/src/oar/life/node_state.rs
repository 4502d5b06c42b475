//! The check of node states (`NodeChangeState`): looks at new events, ends jobs, suspects nodes,
//! copies jobs that failed to launch, holds and resumes, and applies asked resource states.

use crate::oar::model::config::Config;
use crate::oar::model::error::OarError;
use crate::oar::model::event::EventKind;
use crate::oar::model::ids::{Date, JobId, ResourceId};
use crate::oar::model::state::State;
use gleaner_oar::states::{JobState, ReservationState, ResourceState};

/// Exit code of a command that asks to be run again.
const RUN_AGAIN: i32 = 99;
/// Shortest run after which that is granted, in seconds.
const RUN_AGAIN_AFTER_S: i64 = 60;

impl State {
    /// Looks at what happened since the last check. Exit code 1 if nodes changed state, 2 if jobs
    /// must be killed for it, else 0.
    pub fn check_node_states(&mut self, now: Date, config: &Config) -> i32 {
        let mut exit_code = 0;
        let mut unchecked = std::mem::take(&mut self.unchecked);
        for event in unchecked.drain(..) {
            if event.kind.is_record() || self.job(event.job).is_none() {
                continue;
            }
            self.run_again(event.kind, event.job);
            self.end_after(event.kind, event.job, now, config);
            if self.suspect_after(event.kind, event.job, now) {
                exit_code = 1;
            }
            self.copy_after(event.kind, event.job, now);
            self.hold_or_resume(event.kind, event.job, now, config);
        }
        if self.unchecked.is_empty() {
            // The memory is used again.
            self.unchecked = unchecked;
        }
        exit_code.max(self.apply_asked_states(now))
    }

    /// A command of an idempotent job that exits with 99 wants to be run again.
    fn run_again(&mut self, kind: EventKind, id: JobId) {
        let ended =
            matches!(kind, EventKind::SwitchIntoTerminateState | EventKind::SwitchIntoErrorState);
        let Some(job) = self.job(id).filter(|_| ended) else {
            return;
        };
        let asks = job.exit_code.is_some_and(|code| code >> 8 == RUN_AGAIN);
        let ran_s = job.stop.0 - job.start.0;
        if asks && job.is_idempotent() && !job.past.kill_sent && ran_s > RUN_AGAIN_AFTER_S {
            self.resubmit_once(id);
        }
    }

    fn end_after(&mut self, kind: EventKind, id: JobId, now: Date, config: &Config) {
        use EventKind::{
            BadHashtableDump, CannotCreateTmpDirectory, CannotWriteNodeFile, CannotWritePidFile,
            EpilogueError, ExitValueOarexec, ExterminateJob, LaunchingOarexecTimeout,
            PrologueError, SshTransferTimeout, SwitchIntoErrorState, SwitchIntoTerminateState,
            UserShell,
        };
        let state = match kind {
            SwitchIntoTerminateState | EpilogueError => JobState::Terminated,
            SwitchIntoErrorState
            | PrologueError
            | CannotWriteNodeFile
            | CannotWritePidFile
            | UserShell
            | ExterminateJob
            | CannotCreateTmpDirectory
            | LaunchingOarexecTimeout
            | BadHashtableDump
            | SshTransferTimeout
            | ExitValueOarexec => JobState::Error,
            _ => return,
        };
        self.set_state(id, state, now, config);
    }

    /// Suspects the job's nodes, or only its first, depending on the event.
    fn suspect_after(&mut self, kind: EventKind, id: JobId, now: Date) -> bool {
        use EventKind::{
            BadHashtableDump, CannotCreateTmpDirectory, CannotWriteNodeFile, CannotWritePidFile,
            EpilogueError, ExitValueOarexec, ExterminateJob, LaunchingOarexecTimeout,
            PrologueError, SshTransferTimeout, UserShell,
        };
        let all = match kind {
            ExterminateJob | PrologueError | EpilogueError => true,
            CannotWriteNodeFile
            | CannotWritePidFile
            | UserShell
            | CannotCreateTmpDirectory
            | SshTransferTimeout
            | BadHashtableDump
            | LaunchingOarexecTimeout
            | ExitValueOarexec => false,
            _ => return false,
        };
        let mut nodes: Vec<std::sync::Arc<str>> = Vec::new();
        let assigned = self.job(id).map(|job| job.assigned.to_vec()).unwrap_or_default();
        for resource in assigned.iter().filter_map(|id| self.resource(*id)) {
            let node = &resource.network_address;
            if !node.is_empty() && !nodes.contains(node) && (all || nodes.is_empty()) {
                nodes.push(std::sync::Arc::clone(node));
            }
        }
        self.log(EventKind::LogSuspected, JobId(0), now);
        for node in &nodes {
            self.set_node_state(node, ResourceState::Suspected);
        }
        !nodes.is_empty()
    }

    /// Puts all resources of a node into a state.
    pub fn set_node_state(&mut self, node: &str, state: ResourceState) {
        let on_node = |r: &&crate::oar::model::resource::Resource| &*r.network_address == node;
        let ids: Vec<ResourceId> = self.resources().iter().filter(on_node).map(|r| r.id).collect();
        for id in ids {
            let changed = self.change_resource(id, |resource| resource.state = state);
            assert!(changed.is_ok(), "listed resources exist");
        }
    }

    /// A job that failed to launch is submitted again.
    fn copy_after(&mut self, kind: EventKind, id: JobId, now: Date) {
        use EventKind::{
            CannotCreateTmpDirectory, CannotWriteNodeFile, CannotWritePidFile,
            LaunchingOarexecTimeout, PrologueError, UserShell,
        };
        let failed = matches!(
            kind,
            PrologueError
                | CannotWriteNodeFile
                | CannotWritePidFile
                | UserShell
                | CannotCreateTmpDirectory
                | LaunchingOarexecTimeout
        );
        let batch = self.job(id).is_some_and(|job| job.reservation == ReservationState::None);
        if failed && batch && self.resubmit_once(id).is_some() {
            self.log(EventKind::ResubmitJobAutomatically, id, now);
        }
    }

    fn hold_or_resume(&mut self, kind: EventKind, id: JobId, now: Date, config: &Config) {
        let Some(state) = self.job(id).map(|job| job.state) else {
            return;
        };
        match (kind, state) {
            (EventKind::HoldWaitingJob | EventKind::HoldRunningJob, JobState::Waiting) => {
                self.set_state(id, JobState::Hold, now, config);
            }
            (EventKind::HoldWaitingJob | EventKind::HoldRunningJob, JobState::Resuming) => {
                self.set_state(id, JobState::Suspended, now, config);
            }
            (EventKind::HoldRunningJob, JobState::Running) => self.suspend(id, now, config),
            (EventKind::ResumeJob, JobState::Suspended) => {
                self.set_state(id, JobState::Resuming, now, config);
            }
            (EventKind::ResumeJob, JobState::Hold) => {
                self.set_state(id, JobState::Waiting, now, config);
            }
            _ => {}
        }
    }

    /// Applies the states that resources were asked to take. Jobs on resources that go away are
    /// killed, except those that do not run there.
    fn apply_asked_states(&mut self, now: Date) -> i32 {
        let asked = self.asked_states();
        let mut exit_code = i32::from(!asked.is_empty());
        for (id, state) in asked {
            let changes = self.resource(id).is_some_and(|resource| resource.state != state);
            let changed = self.change_resource(id, |resource| {
                resource.state = state;
                resource.next_state = None;
            });
            assert!(changed.is_ok(), "listed resources exist");
            if !changes || !matches!(state, ResourceState::Dead | ResourceState::Absent) {
                continue;
            }
            for job in self.jobs_on(id) {
                let known = self.frag(job, now);
                assert!(known.is_ok(), "listed jobs are known");
                exit_code = 2;
            }
        }

        exit_code
    }

    /// Jobs that run on a resource, without those that leave it alone.
    fn jobs_on(&self, id: ResourceId) -> Vec<JobId> {
        use gleaner_oar::job_type::JobType::{Cosystem, Noop};
        self.current_jobs()
            .filter(|job| job.assigned.contains(&id))
            .filter(|job| !job.types.iter().any(|kind| matches!(kind, Cosystem | Noop)))
            .map(|job| job.id)
            .collect()
    }

    /// Asks a resource to take a state at the next check of node states.
    ///
    /// # Errors
    /// An unknown resource.
    pub fn ask_resource_state(
        &mut self,
        id: ResourceId,
        state: ResourceState,
    ) -> Result<(), OarError> {
        self.change_resource(id, |resource| resource.next_state = Some(state))
    }
}
