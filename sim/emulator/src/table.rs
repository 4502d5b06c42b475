//! The table of all jobs a cluster has ever had, with the indices from which lists are served.
//! Holds and finds; what happens to jobs is told by the watcher beside. Must not know dialects.

pub mod row;
pub mod select;
pub mod watcher;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gleaner_oar::states::JobState;
use gleaner_sim::time::SimTime;

use crate::table::row::{JobDescription, JobNumber, Row, RowEvent};

/// All jobs of one cluster.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Row>,
    /// Jobs in each state, in the order of [`JobState::ALL`].
    by_state: Vec<BTreeSet<JobNumber>>,
    /// Jobs whose state is not final.
    current: BTreeSet<JobNumber>,
    /// Jobs of each array of more than one, and copies.
    arrays: BTreeMap<JobNumber, Vec<JobNumber>>,
    events: u64,
}

impl Table {
    /// A table without jobs.
    pub fn new() -> Table {
        Table { by_state: vec![BTreeSet::new(); JobState::ALL.len()], ..Table::default() }
    }

    /// The job of that number.
    pub fn row(&self, number: JobNumber) -> Option<&Row> {
        self.rows.get(usize::try_from(number.0.checked_sub(1)?).ok()?)
    }

    /// Number of jobs so far.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there has never been a job.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All jobs, by number.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The number that the next job will have.
    pub fn next_number(&self) -> JobNumber {
        JobNumber(self.rows.len() as u64 + 1)
    }

    /// Adds a job of an array (its own, if `array` is the next number).
    pub(crate) fn add(
        &mut self,
        description: Arc<JobDescription>,
        array: JobNumber,
        index: u32,
        now: SimTime,
        state: JobState,
    ) -> &mut Row {
        let number = self.next_number();
        if array != number {
            self.arrays.entry(array).or_insert_with(|| vec![array]).push(number);
        }
        self.by_state[state_index(state)].insert(number);
        self.current.insert(number);
        self.rows.push(Row::new(number, description, array, index, now, state));
        self.rows.last_mut().expect("a row was added")
    }

    pub(crate) fn row_mut(&mut self, number: JobNumber) -> &mut Row {
        let index = usize::try_from(number.0 - 1).expect("fewer than 2^64 jobs");
        &mut self.rows[index]
    }

    /// Moves a job to another state.
    pub(crate) fn move_to(&mut self, number: JobNumber, state: JobState) {
        let row = self.row_mut(number);
        let before = std::mem::replace(&mut row.state, state);
        self.by_state[state_index(before)].remove(&number);
        self.by_state[state_index(state)].insert(number);
        if state.is_final() {
            self.current.remove(&number);
        }
    }

    /// Writes an event of a job into its row.
    pub(crate) fn log(
        &mut self,
        number: JobNumber,
        kind: impl Into<Cow<'static, str>>,
        now: SimTime,
        description: String,
    ) {
        self.events += 1;
        let event = RowEvent {
            id: self.events,
            kind: kind.into(),
            date: now,
            description: description.into(),
        };
        self.row_mut(number).events.push(event);
    }

    /// The jobs of an array, the array of a single job included.
    pub fn array(&self, array: JobNumber) -> Vec<JobNumber> {
        match self.arrays.get(&array) {
            Some(numbers) => numbers.clone(),
            None => self
                .row(array)
                .filter(|row| row.array == array)
                .map(|r| r.number)
                .into_iter()
                .collect(),
        }
    }

    /// How many jobs are in a state.
    pub fn count(&self, state: JobState) -> usize {
        self.by_state[state_index(state)].len()
    }
}

/// Where a state stands in the index.
fn state_index(state: JobState) -> usize {
    JobState::ALL.iter().position(|other| *other == state).expect("every state is in the list")
}
