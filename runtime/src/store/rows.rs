//! The rows that people read, kept in step with what the core is told and says. No decision reads
//! them. Knows no journal.

use std::collections::BTreeMap;

use gleaner_core::backend::memory::Memory;
use gleaner_core::config::ClusterSpec;
use gleaner_core::decision::{Action, Command, Work};
use gleaner_core::fact::{Fact, Outcome, RecoveredWork};
use gleaner_core::ids::{CampaignId, ClusterId, CommandId, RemoteJobId, TaskId};
use gleaner_core::jdl::spec::{CampaignSpec, JobKind};
use gleaner_core::observation::ClusterSnapshot;
use gleaner_core::report::{CycleReport, Notice};
use gleaner_core::time::Timestamp;
use gleaner_core::words::Words;
use rusqlite::{Connection, params};

use crate::clock::Moment;
use crate::order::JobNote;
use crate::store::error::StoreError;
use crate::store::told::{Line, Shown};
use crate::store::{events, jobs};

/// A living job: its row, whose it is, and what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Living {
    pub(crate) row: u64,
    pub(crate) campaign: CampaignId,
    pub(crate) task: Option<u32>,
}

/// The jobs of a submission that have no name yet.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) cluster: ClusterId,
    /// The row of the first job; the others follow in the order of their tasks, named or not.
    pub(crate) first: u64,
    pub(crate) nameless: Vec<Living>,
}

/// What has to be known to keep the rows: found again in them at start.
#[derive(Debug, Default)]
pub struct Rows {
    pub(crate) next_job: u64,
    /// The submissions without a final answer.
    pub(crate) asked: BTreeMap<CommandId, Asked>,
    /// Rows of the living jobs that have a name.
    pub(crate) living: BTreeMap<(ClusterId, RemoteJobId), Living>,
    /// The row of the job that ended last, of each task that ended in this cycle.
    pub(crate) ended: BTreeMap<(TaskId, ClusterId), u64>,
    /// The row of the prologue or epilogue that ended in this cycle, of each campaign on a cluster.
    pub(crate) scripts: BTreeMap<(CampaignId, ClusterId), u64>,
    /// What a cluster said when it refused a submission in this cycle, of each campaign there.
    pub(crate) words: BTreeMap<(CampaignId, ClusterId), Words>,
    /// Rows of the jobs that ended in this cycle, by name.
    gone: BTreeMap<(ClusterId, RemoteJobId), u64>,
    /// What was last written of each campaign on each cluster.
    couples: BTreeMap<(CampaignId, ClusterId), (u32, u32)>,
}

impl Rows {
    /// Finds the rows of living jobs again.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be read.
    pub(crate) fn load(connection: &Connection) -> Result<Rows, StoreError> {
        let mut rows = Rows::default();
        jobs::load(connection, &mut rows)?;
        rows.load_couples(connection)?;
        Ok(rows)
    }

    /// Those that were busy when last written.
    fn load_couples(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let failed = StoreError::doing("read campaigns' standing");
        let sql = "SELECT campaign, cluster, active, queued FROM couples \
                   WHERE active <> 0 OR queued <> 0";
        let mut statement = connection.prepare(sql).map_err(&failed)?;
        let mut found = statement.query([]).map_err(&failed)?;
        while let Some(row) = found.next().map_err(&failed)? {
            let key =
                (CampaignId(row.get(0).map_err(&failed)?), ClusterId(row.get(1).map_err(&failed)?));
            let value = (row.get(2).map_err(&failed)?, row.get(3).map_err(&failed)?);
            self.couples.insert(key, value);
        }
        Ok(())
    }

    /// Writes a campaign that was taken.
    pub(crate) fn campaign(
        &mut self,
        connection: &Connection,
        id: CampaignId,
        user: &str,
        spec: &CampaignSpec,
        jdl: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let failed = StoreError::doing("keep a campaign");
        let sql = "INSERT INTO campaigns (id, user, name, state, submitted_at, total, jdl) \
                   VALUES (?1, ?2, ?3, 'in_treatment', ?4, ?5, ?6)";
        let total = spec.parameters.len();
        let row = params![id.0, user, &*spec.name, now.seconds(), total, jdl];
        connection.execute(sql, row).map_err(&failed)?;
        let sql = "INSERT INTO couples (campaign, cluster, prologue, epilogue) \
                   VALUES (?1, ?2, ?3, ?4)";
        for settings in &spec.clusters {
            let scripts = (settings.prologue.is_some(), settings.epilogue.is_some());
            let row = params![id.0, settings.cluster.0, scripts.0, scripts.1];
            connection.execute(sql, row).map_err(&failed)?;
        }
        Ok(())
    }

    /// Takes in the facts of a cycle.
    pub(crate) fn facts(
        &mut self,
        connection: &Connection,
        facts: &[Fact],
        at: Moment,
    ) -> Result<(), StoreError> {
        self.ended.clear();
        self.scripts.clear();
        self.gone.clear();
        self.words.clear();
        for fact in facts {
            self.fact(connection, fact, at)?;
        }
        Ok(())
    }

    fn fact(
        &mut self,
        connection: &Connection,
        fact: &Fact,
        cycle: Moment,
    ) -> Result<(), StoreError> {
        match fact {
            Fact::CommandAccepted { command, jobs } => self.named(connection, *command, jobs),
            Fact::DeletionRefused { cluster, jobs, words, .. } => {
                for known in jobs.iter().filter_map(|job| self.living.get(&(*cluster, *job))) {
                    if !words.is_empty() {
                        self.words.insert((known.campaign, *cluster), words.clone());
                    }
                }
                Ok(())
            }
            Fact::CommandRefused { command, words, .. } => {
                let Some(asked) = self.asked.remove(command) else { return Ok(()) };
                if let Some(job) = asked.nameless.first().filter(|_| !words.is_empty()) {
                    self.words.insert((job.campaign, asked.cluster), words.clone());
                }
                asked.nameless.iter().try_for_each(|job| jobs::never_was(connection, job.row))
            }
            Fact::CommandExpired { command } => {
                let Some(asked) = self.asked.remove(command) else { return Ok(()) };
                asked.nameless.iter().try_for_each(|job| jobs::never_was(connection, job.row))
            }
            Fact::JobLeftOut { command, place } => self.left_out(connection, *command, *place),
            Fact::JobWaiting { cluster, job } => match self.living.get(&(*cluster, *job)) {
                Some(known) => jobs::waits(connection, known.row),
                None => Ok(()),
            },
            Fact::JobStarted { cluster, job, at } => match self.living.get(&(*cluster, *job)) {
                Some(known) => jobs::started(connection, known.row, cycle.date_of(*at)),
                None => Ok(()),
            },
            Fact::JobEnded { cluster, job, at, outcome } => {
                match self.living.remove(&(*cluster, *job)) {
                    Some(known) => {
                        self.gone.insert((*cluster, *job), known.row);
                        self.job_ended(connection, *cluster, known, *at, *outcome)
                    }
                    None => Ok(()),
                }
            }
            Fact::JobReplaced { cluster, job, copy } => {
                let Some(known) = self.living.remove(&(*cluster, *job)) else { return Ok(()) };
                self.living.insert((*cluster, *copy), known);
                jobs::name(connection, known.row, *copy)
            }
            Fact::JobRecovered { cluster, job, campaign, work, submitted_at } => {
                let (task, tag) = match work {
                    RecoveredWork::Task(index) => (Some(*index), None),
                    RecoveredWork::Prologue => (None, Some("prologue")),
                    RecoveredWork::Epilogue => (None, Some("epilogue")),
                };
                let known = Living { row: self.next_job, campaign: *campaign, task };
                self.next_job += 1;
                self.living.insert((*cluster, *job), known);
                jobs::ask(connection, &known, tag, *cluster, task.is_some(), *submitted_at)?;
                jobs::name(connection, known.row, *job)
            }
            Fact::CampaignSubmitted { .. }
            | Fact::CampaignHeld { .. }
            | Fact::CampaignResumed { .. }
            | Fact::CampaignCancelled { .. }
            | Fact::TaskCancelled { .. }
            | Fact::JobsAdded { .. }
            | Fact::CommandUnknown { .. }
            | Fact::JobUnclear { .. }
            | Fact::JobFound { .. }
            | Fact::ClusterLost { .. }
            | Fact::ClusterBack { .. }
            | Fact::ClusterDisabled { .. }
            | Fact::ClusterStressed { .. }
            | Fact::ClusterRelaxed { .. }
            | Fact::UserPriority { .. }
            | Fact::EventFixed { .. } => Ok(()),
        }
    }

    /// A job that was never asked for: its row goes.
    fn left_out(
        &mut self,
        connection: &Connection,
        command: CommandId,
        place: u32,
    ) -> Result<(), StoreError> {
        let Some(asked) = self.asked.get_mut(&command) else { return Ok(()) };
        let row = asked.first + u64::from(place);
        let Some(at) = asked.nameless.iter().position(|job| job.row == row) else { return Ok(()) };
        asked.nameless.remove(at);
        jobs::never_was(connection, row)
    }

    fn named(
        &mut self,
        connection: &Connection,
        command: CommandId,
        names: &[RemoteJobId],
    ) -> Result<(), StoreError> {
        let Some(Asked { cluster, first, nameless }) = self.asked.remove(&command) else {
            return Ok(());
        };
        let mut left = Vec::new();
        for known in nameless {
            // Each answer names all jobs from the first on.
            match names.get((known.row - first) as usize) {
                Some(&name) if name != RemoteJobId::NONE => {
                    jobs::name(connection, known.row, name)?;
                    self.living.insert((cluster, name), known);
                }
                Some(_) | None => left.push(known),
            }
        }
        if !left.is_empty() {
            self.asked.insert(command, Asked { cluster, first, nameless: left });
        }
        Ok(())
    }

    fn job_ended(
        &mut self,
        connection: &Connection,
        cluster: ClusterId,
        known: Living,
        at: Timestamp,
        outcome: Outcome,
    ) -> Result<(), StoreError> {
        jobs::ended(connection, known.row, at, outcome)?;
        let Some(index) = known.task else {
            self.scripts.insert((known.campaign, cluster), known.row);
            return Ok(());
        };
        let task = TaskId { campaign: known.campaign, index };
        self.ended.insert((task, cluster), known.row);
        if outcome != Outcome::Exited(0) {
            return Ok(());
        }
        let sql = "UPDATE campaigns SET finished = finished + 1 WHERE id = ?1";
        run(connection, "count a task", sql, params![known.campaign.0])
    }

    /// Writes what workers noted about jobs, after the facts of the cycle.
    pub(crate) fn notes(
        &mut self,
        connection: &Connection,
        notes: &[(ClusterId, JobNote)],
    ) -> Result<(), StoreError> {
        notes.iter().try_for_each(|(cluster, note)| {
            let key = (*cluster, note.job);
            let living = self.living.get(&key).map(|known| known.row);
            match living.or_else(|| self.gone.get(&key).copied()) {
                Some(row) => jobs::note(connection, row, note),
                None => Ok(()),
            }
        })
    }

    /// Writes the jobs that a command asks for; answers the row of the first.
    pub(crate) fn command(
        &mut self,
        connection: &Connection,
        command: &Command,
        now: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let Action::Submit(submission) = &command.action else { return Ok(None) };
        let first = self.next_job;
        let besteffort = submission.kind == JobKind::BestEffort;
        let mut nameless = Vec::with_capacity(submission.len());
        let mut add = |task: Option<u32>, tag: Option<&str>| {
            let (row, campaign) = (self.next_job, submission.campaign);
            self.next_job += 1;
            let job = Living { row, campaign, task };
            nameless.push(job);
            jobs::ask(connection, &job, tag, command.cluster, besteffort, now)
        };
        match &submission.work {
            Work::Tasks(tasks) => tasks.iter().try_for_each(|task| add(Some(task.index), None))?,
            Work::Prologue => add(None, Some("prologue"))?,
            Work::Epilogue => add(None, Some("epilogue"))?,
        }
        self.asked.insert(command.id, Asked { cluster: command.cluster, first, nameless });
        Ok(Some(first))
    }

    /// Writes what a cycle told: events, and how far campaigns are. Answers what the log is to say of it, once it
    /// is durable.
    pub(crate) fn report(
        &mut self,
        connection: &Connection,
        report: &CycleReport,
        clusters: &[ClusterSpec],
        at: Moment,
    ) -> Result<Vec<Line>, StoreError> {
        let mut lines = Vec::new();
        for notice in &report.notices {
            events::notice(connection, &Shown { clusters, rows: self }, notice, at.date)?;
            if let Notice::EventOpened { event, .. } | Notice::EventClosed { event, .. } = notice {
                lines.extend(Line::of(connection, clusters, *event)?);
            }
            let (campaign, state) = match notice {
                Notice::CampaignFinished { campaign } => (campaign, "terminated"),
                Notice::CampaignPaused { campaign } => (campaign, "paused"),
                Notice::CampaignResumed { campaign } => (campaign, "in_treatment"),
                Notice::CampaignCancelled { campaign } => (campaign, "cancelled"),
                _ => continue,
            };
            state_of(connection, *campaign, state, at)?;
        }
        Ok(lines)
    }

    /// Writes how campaigns and clusters stand, where that has changed.
    pub(crate) fn standing(
        &mut self,
        connection: &Connection,
        memory: Memory<'_>,
    ) -> Result<(), StoreError> {
        let sql =
            "UPDATE couples SET active = ?3, queued = ?4 WHERE campaign = ?1 AND cluster = ?2";
        let mut now = BTreeMap::new();
        for cluster in (0..memory.clusters().len() as u16).map(ClusterId) {
            for couple in memory.pairs(cluster) {
                now.insert((couple.campaign, cluster), (couple.jobs.total(), couple.queued));
            }
        }
        for (key @ (campaign, cluster), value) in &now {
            if self.couples.get(key) != Some(value) {
                let row = params![campaign.0, cluster.0, value.0, value.1];
                run(connection, "keep a campaign's standing", sql, row)?;
            }
        }
        for (campaign, cluster) in self.couples.keys().filter(|key| !now.contains_key(key)) {
            let row = params![campaign.0, cluster.0, 0, 0];
            run(connection, "keep a campaign's standing", sql, row)?;
        }
        self.couples = now;
        Ok(())
    }
}

/// Writes how a cluster was last seen, and whether it can be used.
pub(crate) fn cluster(
    connection: &Connection,
    memory: Memory<'_>,
    id: ClusterId,
    snapshot: Option<&ClusterSnapshot>,
    at: Moment,
) -> Result<(), StoreError> {
    let Some(health) = memory.cluster_health(id) else { return Ok(()) };
    let sql = "INSERT INTO clusters (id, blacklisted, under_stress, capacity_cores, used_cores, \
               our_cores, our_running, our_waiting) VALUES (?1, ?2, ?3, 0, 0, 0, 0, 0) \
               ON CONFLICT (id) DO UPDATE SET blacklisted = ?2, under_stress = ?3";
    run(connection, "keep a cluster", sql, params![id.0, !health.usable, health.stressed])?;
    match snapshot {
        Some(snapshot) => seen(connection, snapshot, at),
        None => Ok(()),
    }
}

/// Writes how a cluster was last seen, between two cycles.
pub(crate) fn seen(
    connection: &Connection,
    seen: &ClusterSnapshot,
    at: Moment,
) -> Result<(), StoreError> {
    let sql = "UPDATE clusters SET stress = ?2, observed_at = ?3, capacity_cores = ?4, \
               used_cores = ?5, our_cores = ?6, our_running = ?7, our_waiting = ?8 WHERE id = ?1";
    let row = params![
        seen.cluster.0,
        seen.stress,
        at.date_of(seen.observed_at).seconds(),
        seen.capacity_cores,
        seen.everybody.running_cores,
        seen.ours.running_cores,
        seen.ours.running,
        seen.ours.waiting
    ];
    run(connection, "keep a cluster", sql, row)
}

/// Writes that somebody set the clock, by so many seconds.
pub(crate) fn clock_step(
    connection: &Connection,
    step_s: i64,
    date: Timestamp,
) -> Result<(), StoreError> {
    events::clock_step(connection, step_s, date)
}

/// Changes a campaign's state for people.
pub(crate) fn state_of(
    connection: &Connection,
    campaign: CampaignId,
    state: &str,
    at: Moment,
) -> Result<(), StoreError> {
    let over = matches!(state, "terminated" | "cancelled");
    let (date, now) = (over.then_some(at.date.seconds()), over.then_some(at.now.seconds()));
    let sql = "UPDATE campaigns SET state = ?2, completed_at = ?3, over_at = ?4 WHERE id = ?1";
    run(connection, "keep a campaign's state", sql, params![campaign.0, state, date, now])
}

/// Runs one statement that is used again and again.
pub(crate) fn run(
    connection: &Connection,
    doing: &'static str,
    sql: &str,
    row: impl rusqlite::Params,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(StoreError::doing(doing))?;
    statement.execute(row).map_err(StoreError::doing(doing))?;
    Ok(())
}
