//! The recorded cycles, given to a scheduler again one after the other. Judges nothing.

use gleaner_core::decision::Decision;
use gleaner_core::observation::Observation;
use gleaner_core::record::RecordedCommand;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::time::Timestamp;
use rusqlite::Connection;

use crate::store::error::StoreError;
use crate::store::journal::{self, Cycle, CycleId, FactSeq};

/// Runs the cycles of a journal again, one after the other.
pub struct Replayer<'a> {
    connection: &'a Connection,
    /// The last cycle that the scheduler was given.
    pub cycle: CycleId,
    /// The last fact that the scheduler was given.
    pub last_fact: FactSeq,
    /// Cycles run again.
    pub replayed: u64,
    observation: Observation,
    decision: Decision,
}

/// A cycle that was run again.
pub struct ReplayedCycle {
    /// As it was recorded.
    pub cycle: Cycle,
    /// What was decided now, as it would be recorded.
    pub decided: Vec<RecordedCommand>,
}

/// The first cycle that decided otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Its number.
    pub cycle: u64,
    /// When it ran.
    pub now: Timestamp,
    /// The first command that was recorded and is not decided now, if any.
    pub recorded: Option<RecordedCommand>,
    /// The first command that is decided now in its place, if any.
    pub decided: Option<RecordedCommand>,
}

impl<'a> Replayer<'a> {
    /// Starts with the cycles after `cycle`, which knew the facts up to `last_fact`.
    pub fn from(connection: &'a Connection, cycle: CycleId, last_fact: FactSeq) -> Replayer<'a> {
        let (observation, decision) = (Observation::new(), Decision::new());
        Replayer { connection, cycle, last_fact, replayed: 0, observation, decision }
    }

    /// Gives the scheduler the next cycle; returns none when there is no further.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read, or a fact of it is missing.
    pub fn replay_next(
        &mut self,
        scheduler: &mut Scheduler,
    ) -> Result<Option<ReplayedCycle>, StoreError> {
        let Some(cycle) = journal::next_cycle(self.connection, self.cycle)? else {
            return Ok(None);
        };
        let Observation { now, facts, clusters } = &mut self.observation;
        *now = cycle.now;
        *facts = journal::facts(self.connection, self.last_fact, cycle.last_fact)?;
        clusters.clear();
        clusters.extend_from_slice(&cycle.snapshots);
        scheduler.step(&self.observation, &mut self.decision);
        self.cycle = cycle.id;
        self.last_fact = cycle.last_fact;
        self.replayed += 1;
        let decided = self.decision.commands.iter().map(RecordedCommand::from).collect();
        Ok(Some(ReplayedCycle { cycle, decided }))
    }
}

impl ReplayedCycle {
    /// Returns whether it came out as recorded.
    pub fn same(&self) -> bool {
        self.cycle.commands == self.decided
    }

    /// Returns the first difference.
    pub fn difference(&self) -> Difference {
        let (recorded, decided) = (&self.cycle.commands, &self.decided);
        let same = recorded.iter().zip(decided).take_while(|(a, b)| a == b).count();
        Difference {
            cycle: self.cycle.id.0,
            now: self.cycle.now,
            recorded: recorded.get(same).cloned(),
            decided: decided.get(same).cloned(),
        }
    }
}
