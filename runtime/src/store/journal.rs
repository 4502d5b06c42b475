//! The journal: facts once and in order, what each cycle saw and wanted, and now and then the core's
//! whole memory. Knows no row that people read.

use gleaner_core::checkpoint::Checkpoint;
use gleaner_core::config::SchedulerConfig;
use gleaner_core::fact::Fact;
use gleaner_core::ids::CommandId;
use gleaner_core::observation::ClusterSnapshot;
use gleaner_core::record::RecordedCommand;
use gleaner_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::de::DeserializeOwned;

use crate::clock::Mark;
use crate::store::error::StoreError;
use crate::store::parameters;

/// A fact's place in the journal, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FactSeq(pub u64);

/// A cycle's number, from 1; 0 is before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CycleId(pub u64);

/// What a cycle saw and wanted.
#[derive(Clone, Debug)]
pub struct Cycle {
    /// Its number.
    pub id: CycleId,
    /// When it ran.
    pub now: Timestamp,
    /// The last fact that it was told.
    pub last_fact: FactSeq,
    /// The snapshots that were new.
    pub snapshots: Vec<ClusterSnapshot>,
    /// What it decided.
    pub commands: Vec<RecordedCommand>,
}

/// The core's memory after a cycle.
#[derive(Clone, Debug)]
pub struct Saved {
    /// After which cycle.
    pub cycle: CycleId,
    /// The last fact that it knows.
    pub last_fact: FactSeq,
    /// The memory.
    pub checkpoint: Checkpoint,
}

/// When and how a command is to be carried out, kept until it has its final answer.
#[derive(Clone, Debug)]
pub struct Intent {
    /// The command.
    pub command: RecordedCommand,
    /// When it was decided.
    pub intent_at: Timestamp,
    /// See [`crate::order::Order::send_before`].
    pub send_before: Timestamp,
    /// See [`crate::order::Batch::lease_until`].
    pub lease_until: Timestamp,
    /// See [`crate::order::Batch::lease_there`].
    pub lease_there: Option<Timestamp>,
    /// The name of the submission; empty for a cancel.
    pub name: String,
    /// The row of its first job; the others follow.
    pub first_job: Option<u64>,
}

/// Writes facts behind those that are there; answers the number of the last.
pub(crate) fn put_facts(
    connection: &Connection,
    last: FactSeq,
    facts: &[Fact],
) -> Result<FactSeq, StoreError> {
    if facts.is_empty() {
        return Ok(last);
    }
    let seq = last.0 + 1;
    let value = |source| StoreError::Value { what: "the facts", of: seq, source };
    let mut data = String::from("[");
    for (index, fact) in facts.iter().enumerate() {
        if index > 0 {
            data.push(',');
        }
        let kept = parameters::without(fact);
        data.push_str(&serde_json::to_string(kept.as_ref().unwrap_or(fact)).map_err(value)?);
    }
    data.push(']');
    let sql = "INSERT INTO facts (seq, count, data) VALUES (?1, ?2, ?3)";
    let mut statement = connection.prepare_cached(sql).map_err(StoreError::doing("keep facts"))?;
    let row = params![seq, facts.len() as u64, data];
    statement.execute(row).map_err(StoreError::doing("keep facts"))?;
    Ok(FactSeq(last.0 + facts.len() as u64))
}

/// Reads the facts from after `after` up to `upto`, both by number.
///
/// # Errors
/// [`StoreError::Gap`] when one is missing.
pub fn facts(
    connection: &Connection,
    after: FactSeq,
    upto: FactSeq,
) -> Result<Vec<Fact>, StoreError> {
    let failed = StoreError::doing("read facts");
    let sql = "SELECT seq, count, data FROM facts WHERE seq > ?1 AND seq <= ?2 ORDER BY seq";
    let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
    let mut rows = statement.query(params![after.0, upto.0]).map_err(&failed)?;
    let mut facts: Vec<Fact> = Vec::new();
    while let Some(row) = rows.next().map_err(&failed)? {
        let seq: u64 = row.get(0).map_err(&failed)?;
        let count: u64 = row.get(1).map_err(&failed)?;
        let data = row.get_ref(2).map_err(&failed)?.as_str().unwrap_or_default();
        let expected = after.0 + facts.len() as u64 + 1;
        let value = |source| StoreError::Value { what: "the facts", of: seq, source };
        let mut part: Vec<Fact> = serde_json::from_str(data).map_err(value)?;
        if seq != expected || part.len() as u64 != count {
            return Err(gap(expected));
        }
        for fact in &mut part {
            parameters::with(connection, fact)?;
        }
        facts.append(&mut part);
    }
    let last = after.0 + facts.len() as u64;
    if last < upto.0 {
        return Err(gap(last + 1));
    }
    Ok(facts)
}

fn gap(seq: u64) -> StoreError {
    StoreError::Gap { what: format!("fact {seq} is missing") }
}

/// The number of the last fact that is left; 0 where all are forgotten.
pub(crate) fn last_fact(connection: &Connection) -> Result<FactSeq, StoreError> {
    let sql = "SELECT seq + count - 1 FROM facts ORDER BY seq DESC LIMIT 1";
    let last = connection.query_row(sql, [], |row| row.get(0)).optional();
    Ok(FactSeq(last.map_err(StoreError::doing("read facts"))?.unwrap_or(0)))
}

/// Writes what a cycle saw and wanted.
pub(crate) fn put_cycle(
    connection: &Connection,
    id: CycleId,
    now: Timestamp,
    last_fact: FactSeq,
    snapshots: &[ClusterSnapshot],
    commands: &[RecordedCommand],
) -> Result<(), StoreError> {
    let value = |source| StoreError::Value { what: "the record", of: id.0, source };
    let snapshots = serde_json::to_string(snapshots).map_err(value)?;
    let commands = serde_json::to_string(commands).map_err(value)?;
    let sql = "INSERT INTO cycles (id, now, last_fact, snapshots, commands) \
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let failed = StoreError::doing("keep a cycle");
    let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
    let row = params![id.0, now.seconds(), last_fact.0, snapshots, commands];
    statement.execute(row).map_err(&failed)?;
    Ok(())
}

/// Reads the cycle after `after`; none when there is none.
///
/// # Errors
/// [`StoreError`] when it cannot be read or understood, or when one in between is missing.
pub fn next_cycle(connection: &Connection, after: CycleId) -> Result<Option<Cycle>, StoreError> {
    let failed = StoreError::doing("read a cycle");
    let sql = "SELECT id, now, last_fact, snapshots, commands FROM cycles WHERE id > ?1 \
               ORDER BY id LIMIT 1";
    let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
    let row = statement
        .query_row([after.0], |row| {
            let texts: (String, String) = (row.get(3)?, row.get(4)?);
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, texts))
        })
        .optional()
        .map_err(&failed)?;
    let Some((id, now, last_fact, (snapshots, commands))) = row else { return Ok(None) };
    let id: u64 = id;
    if id != after.0 + 1 {
        return Err(StoreError::Gap { what: format!("cycle {} is missing", after.0 + 1) });
    }
    Ok(Some(Cycle {
        id: CycleId(id),
        now: Timestamp::from_seconds(now),
        last_fact: FactSeq(last_fact),
        snapshots: read("the snapshots", id, &snapshots)?,
        commands: read("the commands", id, &commands)?,
    }))
}

/// Notes where the clocks stand; the newest note is all that is kept.
pub(crate) fn put_mark(connection: &Connection, mark: &Mark) -> Result<(), StoreError> {
    let value = |source| StoreError::Value { what: "the clocks", of: 0, source };
    let data = serde_json::to_string(mark).map_err(value)?;
    let sql = "INSERT INTO meta (key, value) VALUES ('clock', ?1) \
               ON CONFLICT (key) DO UPDATE SET value = ?1";
    let failed = StoreError::doing("note the clocks");
    connection.prepare_cached(sql).map_err(&failed)?.execute([data]).map_err(&failed)?;
    Ok(())
}

/// Where the clocks stood when the core was last told the time, `now`. A release that knew of one time only
/// noted no date: then it is that of the last cycle.
pub(crate) fn mark(connection: &Connection, now: Timestamp) -> Result<Mark, StoreError> {
    let failed = StoreError::doing("read the clocks");
    let sql = "SELECT value FROM meta WHERE key = 'clock'";
    let noted = connection.query_row(sql, [], |row| row.get(0)).optional().map_err(&failed)?;
    let noted: Option<String> = noted;
    if let Some(noted) = noted {
        let noted: Mark = read("the clocks", 0, &noted)?;
        return Ok(Mark { now: now.max(noted.now), ..noted });
    }
    let sql = "SELECT now FROM cycles ORDER BY id DESC LIMIT 1";
    let last = connection.query_row(sql, [], |row| row.get(0).map(Timestamp::from_seconds));
    let date = last.optional().map_err(&failed)?.unwrap_or(now);
    Ok(Mark { now, date, run: None })
}

/// The last cycle that was recorded; zero before the first.
pub(super) fn last_cycle(connection: &Connection) -> Result<CycleId, StoreError> {
    let sql = "SELECT max(coalesce((SELECT max(id) FROM cycles), 0), \
               coalesce((SELECT cycle FROM checkpoints ORDER BY id DESC LIMIT 1), 0))";
    let last = connection.query_row(sql, [], |row| row.get(0));
    last.map(CycleId).map_err(StoreError::doing("read the last cycle"))
}

/// How many cycles are recorded after `after`.
///
/// # Errors
/// [`StoreError`] when they cannot be counted.
pub fn cycles_after(connection: &Connection, after: CycleId) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM cycles WHERE id > ?1";
    let count = connection.query_row(sql, [after.0], |row| row.get(0));
    count.map_err(StoreError::doing("count cycles"))
}

fn read<T: DeserializeOwned>(what: &'static str, of: u64, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::Value { what, of, source })
}

/// Writes the core's memory.
pub(crate) fn put_checkpoint(
    connection: &Connection,
    cycle: CycleId,
    last_fact: FactSeq,
    reconfigured: bool,
    checkpoint: &Checkpoint,
) -> Result<(), StoreError> {
    let value = |source| StoreError::Value { what: "the checkpoint", of: cycle.0, source };
    let data = serde_json::to_vec(checkpoint).map_err(value)?;
    let sql = "INSERT INTO checkpoints (cycle, last_fact, reconfigured, data) \
               VALUES (?1, ?2, ?3, ?4)";
    let row = params![cycle.0, last_fact.0, reconfigured, data];
    connection.execute(sql, row).map_err(StoreError::doing("keep a checkpoint"))?;
    Ok(())
}

/// Which checkpoint to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The first that is left.
    Oldest,
    /// The last.
    Newest,
}

/// Reads a checkpoint; none when there is no such.
///
/// # Errors
/// [`StoreError`] when it cannot be read or understood.
pub fn checkpoint(connection: &Connection, which: Which) -> Result<Option<Saved>, StoreError> {
    let sql = match which {
        Which::Oldest => "SELECT cycle, last_fact, data FROM checkpoints ORDER BY id LIMIT 1",
        Which::Newest => "SELECT cycle, last_fact, data FROM checkpoints ORDER BY id DESC LIMIT 1",
    };
    let row = connection
        .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()
        .map_err(StoreError::doing("read a checkpoint"))?;
    let Some((cycle, last_fact, data)) = row else { return Ok(None) };
    let data: Vec<u8> = data;
    let checkpoint = memory(cycle, &data)?;
    Ok(Some(Saved { cycle: CycleId(cycle), last_fact: FactSeq(last_fact), checkpoint }))
}

/// Reads the settings to which the core was brought right after a cycle, in the order in which that
/// was done: most often none.
///
/// # Errors
/// [`StoreError`] when they cannot be read or understood.
pub fn reconfigured(
    connection: &Connection,
    cycle: CycleId,
) -> Result<Vec<SchedulerConfig>, StoreError> {
    let failed = StoreError::doing("read a checkpoint");
    let sql = "SELECT data FROM checkpoints WHERE cycle = ?1 AND reconfigured ORDER BY id";
    let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
    let mut rows = statement.query([cycle.0]).map_err(&failed)?;
    let mut settings = Vec::new();
    while let Some(row) = rows.next().map_err(&failed)? {
        let data: Vec<u8> = row.get(0).map_err(&failed)?;
        settings.push(memory(cycle.0, &data)?.config().clone());
    }
    Ok(settings)
}

fn memory(cycle: u64, data: &[u8]) -> Result<Checkpoint, StoreError> {
    let value = |source| StoreError::Value { what: "the checkpoint", of: cycle, source };
    serde_json::from_slice(data).map_err(value)
}

/// Notes a command before it is sent.
pub(crate) fn put_intent(connection: &Connection, intent: &Intent) -> Result<(), StoreError> {
    let Intent { command, intent_at, send_before, lease_until, lease_there, name, first_job } =
        intent;
    let value = |source| StoreError::Value { what: "the command", of: command.id.0, source };
    let data = serde_json::to_string(command).map_err(value)?;
    let sql = "INSERT INTO intents (command, cluster, intent_at, send_before, lease_until, name, \
               first_job, data, lease_there) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let failed = StoreError::doing("note a command");
    let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
    let times = [*intent_at, *send_before, *lease_until].map(Timestamp::seconds);
    let row = params![
        command.id.0,
        command.cluster.0,
        times[0],
        times[1],
        times[2],
        name,
        first_job,
        data,
        lease_there.map(Timestamp::seconds)
    ];
    statement.execute(row).map_err(&failed)?;
    Ok(())
}

/// Strikes out a command that has its final answer.
pub(crate) fn drop_intent(connection: &Connection, command: CommandId) -> Result<(), StoreError> {
    let failed = StoreError::doing("strike out a command");
    let sql = "DELETE FROM intents WHERE command = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
    statement.execute([command.0]).map_err(&failed)?;
    Ok(())
}

/// Reads the commands without a final answer, in the order in which they were decided.
pub(crate) fn intents(connection: &Connection) -> Result<Vec<Intent>, StoreError> {
    let failed = StoreError::doing("read commands");
    let sql = "SELECT intent_at, send_before, lease_until, name, first_job, data, command, \
               lease_there FROM intents ORDER BY command";
    let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
    let mut rows = statement.query([]).map_err(&failed)?;
    let mut intents = Vec::new();
    while let Some(row) = rows.next().map_err(&failed)? {
        let time = |column| row.get(column).map(Timestamp::from_seconds).map_err(&failed);
        let data: String = row.get(5).map_err(&failed)?;
        intents.push(Intent {
            intent_at: time(0)?,
            send_before: time(1)?,
            lease_until: time(2)?,
            lease_there: row
                .get::<_, Option<i64>>(7)
                .map_err(&failed)?
                .map(Timestamp::from_seconds),
            name: row.get(3).map_err(&failed)?,
            first_job: row.get(4).map_err(&failed)?,
            command: read("the command", row.get(6).map_err(&failed)?, &data)?,
        });
    }
    Ok(intents)
}

/// A part of the journal that may be forgotten: what follows can be replayed without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forgettable {
    /// When its first cycle ran.
    pub(crate) begins: Timestamp,
    /// The checkpoint that stays; those before it go.
    pub(crate) checkpoint: u64,
    /// The last cycle that goes.
    pub(crate) cycle: u64,
    /// The last fact that goes.
    pub(crate) fact: u64,
}

/// The journal up to the newest checkpoint whose cycle ran before `before`; none when nothing is so old.
pub(crate) fn forgettable(
    connection: &Connection,
    before: Timestamp,
) -> Result<Option<Forgettable>, StoreError> {
    // From the newest on, each with its cycle by number: no look at every cycle that is kept.
    let sql = "SELECT checkpoints.id, cycle, checkpoints.last_fact, \
               (SELECT now FROM cycles ORDER BY id LIMIT 1) FROM checkpoints \
               CROSS JOIN cycles ON cycles.id = cycle WHERE now < ?1 \
               ORDER BY checkpoints.id DESC LIMIT 1";
    let row = connection.query_row(sql, [before.seconds()], |row| {
        let begins = Timestamp::from_seconds(row.get(3)?);
        Ok(Forgettable { begins, checkpoint: row.get(0)?, cycle: row.get(1)?, fact: row.get(2)? })
    });
    row.optional().map_err(StoreError::doing("forget old cycles"))
}

/// Forgets it.
pub(crate) fn forget(connection: &Connection, old: &Forgettable) -> Result<(), StoreError> {
    let failed = StoreError::doing("forget old cycles");
    let delete = |sql, id: u64| connection.execute(sql, [id]).map_err(&failed);
    delete("DELETE FROM cycles WHERE id <= ?1", old.cycle)?;
    delete("DELETE FROM checkpoints WHERE id < ?1", old.checkpoint)?;
    delete("DELETE FROM facts WHERE seq + count - 1 <= ?1", old.fact)?;
    Ok(())
}
