//! Which jobs of a table a list is about, by the smallest index that fits. Must not know how
//! filters are written.

use std::collections::BTreeSet;

use gleaner_oar::states::JobState;
use gleaner_sim::time::SimTime;

use crate::table::row::JobNumber;
use crate::table::row::Row;
use crate::table::{Table, state_index};

/// What a list is asked for. Everything given must hold; without any of ids, array, states and
/// span it is about current jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// These jobs.
    pub ids: Option<Vec<JobNumber>>,
    /// Jobs of this array.
    pub array: Option<JobNumber>,
    /// Jobs in one of these states.
    pub states: Option<Vec<JobState>>,
    /// Jobs of this user.
    pub user: Option<String>,
    /// Jobs that were not over before this instant.
    pub from: Option<SimTime>,
    /// Jobs that were there by this instant.
    pub to: Option<SimTime>,
    /// The list shows this instant of the past.
    pub as_of: Option<SimTime>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its jobs, by number.
    pub numbers: Vec<JobNumber>,
    /// How many jobs the whole list has.
    pub total: usize,
}

impl Table {
    /// The jobs `offset..offset + limit` of a list.
    pub fn page(&self, selection: &Selection, offset: usize, limit: usize) -> Page {
        let plain = selection.user.is_none() && selection.as_of.is_none();
        let by_index = selection.ids.is_none() && selection.array.is_none();
        let spans = selection.from.is_some() || selection.to.is_some();
        match &selection.states {
            None if plain && by_index && !spans => cut(&self.current, offset, limit),
            Some(states) if plain && by_index && !spans && states.len() == 1 => {
                cut(&self.by_state[state_index(states[0])], offset, limit)
            }
            Some(_) | None => {
                let all = self.matching(selection);
                let numbers = all.iter().skip(offset).take(limit).copied().collect();
                Page { numbers, total: all.len() }
            }
        }
    }

    fn matching(&self, selection: &Selection) -> Vec<JobNumber> {
        let Selection { ids, array, states, user, from, to, as_of } = selection;
        let mut numbers: Vec<JobNumber> = match (ids, array, states, from.or(*to), as_of) {
            (Some(ids), ..) => ids.clone(),
            (None, Some(array), ..) => self.array(*array),
            (None, None, Some(states), _, None) => states
                .iter()
                .flat_map(|state| &self.by_state[state_index(*state)])
                .copied()
                .collect(),
            (None, None, None, None, None) => self.current.iter().copied().collect(),
            (None, None, ..) => (1..=self.rows.len() as u64).map(JobNumber).collect(),
        };
        numbers.sort_unstable();
        numbers.dedup();
        let current_only =
            ids.is_none() && array.is_none() && states.is_none() && from.or(*to).is_none();
        numbers.retain(|number| {
            let Some(row) = self.row(*number) else { return false };
            let state = match as_of {
                None => Some(row.state),
                Some(time) => row.state_at(*time),
            };
            let Some(state) = state else { return false };
            states.as_ref().is_none_or(|states| states.contains(&state))
                && user.as_ref().is_none_or(|user| **user == *row.description.user)
                && overlaps(row, *from, *to)
                && !(current_only && state.is_final())
        });
        numbers
    }
}

/// Whether a job was there at some time of a span.
fn overlaps(row: &Row, from: Option<SimTime>, to: Option<SimTime>) -> bool {
    let began = row.start.unwrap_or(row.submitted);
    to.is_none_or(|to| began <= to) && from.is_none_or(|from| row.stop.is_none_or(|s| s >= from))
}

fn cut(numbers: &BTreeSet<JobNumber>, offset: usize, limit: usize) -> Page {
    let page = numbers.iter().skip(offset).take(limit).copied().collect();
    Page { numbers: page, total: numbers.len() }
}
