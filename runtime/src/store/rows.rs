//! The rows that people read, kept in step with what the core is told and says. No decision reads
//! them. Knows no journal.

mod activity;
pub(crate) mod campaigns;
pub(crate) mod clusters;
mod event_log;
pub(crate) mod events;
mod job_row;
mod jobs;
mod known_jobs;
mod shown_names;

use gleaner_core::backend::memory::Memory;
use gleaner_core::config::ClusterSpec;
use gleaner_core::decision::Command;
use gleaner_core::fact::Fact;
use gleaner_core::ids::{ClusterId, RemoteJobId};
use gleaner_core::report::{CycleReport, Notice};
use gleaner_core::time::Timestamp;
use rusqlite::Connection;

use crate::clock::Moment;
use crate::order::JobNote;
use crate::store::error::StoreError;
use crate::store::rows::activity::Activity;
pub(crate) use crate::store::rows::event_log::Line;
use crate::store::rows::known_jobs::{CycleJobs, KnownJobs, LivingJob};
use crate::store::rows::shown_names::ShownNames;

/// What has to be known to keep the rows: found again in them at start.
#[derive(Debug)]
pub(crate) struct Rows {
    jobs: KnownJobs,
    activity: Activity,
}

impl Rows {
    /// Finds the rows of living jobs again.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be read.
    pub(crate) fn load(connection: &Connection) -> Result<Rows, StoreError> {
        let jobs = KnownJobs::load(connection)?;
        Ok(Rows { jobs, activity: Activity::load(connection)? })
    }

    /// Returns a living job, by its id on its cluster.
    pub(crate) fn living(&self, cluster: ClusterId, job: RemoteJobId) -> Option<LivingJob> {
        self.jobs.living.get(&(cluster, job)).copied()
    }

    /// Takes in the facts of a cycle.
    pub(crate) fn facts(
        &mut self,
        connection: &Connection,
        facts: &[Fact],
        at: Moment,
    ) -> Result<(), StoreError> {
        self.jobs.cycle = CycleJobs::default();
        facts.iter().try_for_each(|fact| self.jobs.fact(connection, fact, at))
    }

    /// Writes what workers noted about jobs, after the facts of the cycle.
    pub(crate) fn notes(
        &mut self,
        connection: &Connection,
        notes: &[(ClusterId, JobNote)],
    ) -> Result<(), StoreError> {
        self.jobs.notes(connection, notes)
    }

    /// Writes the jobs that a command asks for; returns the row of the first.
    pub(crate) fn command(
        &mut self,
        connection: &Connection,
        command: &Command,
        now: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        self.jobs.command(connection, command, now)
    }

    /// Writes what a cycle told: events, and how far campaigns are. Returns what the log is to say of it, once it
    /// is durable.
    pub(crate) fn report(
        &self,
        connection: &Connection,
        report: &CycleReport,
        clusters: &[ClusterSpec],
        at: Moment,
    ) -> Result<Vec<Line>, StoreError> {
        let names = ShownNames { clusters, jobs: &self.jobs };
        let mut lines = Vec::new();
        for notice in &report.notices {
            events::notice(connection, &names, notice, at.date)?;
            if let Notice::EventOpened { event, .. } | Notice::EventClosed { event, .. } = notice {
                lines.extend(Line::of(connection, clusters, *event)?);
            }
            campaigns::notice(connection, notice, at)?;
        }
        Ok(lines)
    }

    /// Writes how busy campaigns are on their clusters, where that has changed.
    pub(crate) fn activity(
        &mut self,
        connection: &Connection,
        memory: Memory<'_>,
    ) -> Result<(), StoreError> {
        self.activity.write(connection, memory)
    }
}
