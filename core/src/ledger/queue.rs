//! The tasks of one campaign that wait for their turn on one cluster.

use std::collections::{BTreeSet, VecDeque};

use crate::ledger::bag::Class;
use crate::time::Timestamp;

/// A queue with three classes; within each, first in, first out.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    rows: [VecDeque<(u32, Timestamp)>; 3],
}

impl Queue {
    pub(crate) fn push(&mut self, class: Class, index: u32, now: Timestamp) {
        self.rows[class as usize].push_back((index, now));
    }

    pub(crate) fn pop(&mut self, class: Class) -> Option<u32> {
        self.rows[class as usize].pop_front().map(|(index, _)| index)
    }

    /// Takes out tasks up to a class, the first class first: so many at most.
    pub(crate) fn take(&mut self, last: Class, most: u32) -> Vec<u32> {
        let mut taken = Vec::new();
        for class in Class::ALL.into_iter().filter(|class| *class <= last) {
            while taken.len() < most as usize
                && let Some(index) = self.pop(class)
            {
                taken.push(index);
            }
        }
        taken
    }

    /// Takes out a task that was queued before `limit`, if there is one.
    pub(crate) fn pop_older(&mut self, limit: Timestamp) -> Option<(Class, u32)> {
        for class in Class::ALL {
            let rows = &mut self.rows[class as usize];
            if rows.front().is_some_and(|&(_, since)| since < limit) {
                return rows.pop_front().map(|(index, _)| (class, index));
            }
        }
        None
    }

    /// Takes out a task; returns whether it was there.
    pub(crate) fn remove(&mut self, index: u32) -> bool {
        for row in &mut self.rows {
            if let Some(position) = row.iter().position(|&(queued, _)| queued == index) {
                row.remove(position);
                return true;
            }
        }
        false
    }

    /// Takes out those of these tasks that are there.
    pub(crate) fn remove_all(&mut self, gone: &BTreeSet<u32>) {
        for row in &mut self.rows {
            row.retain(|(index, _)| !gone.contains(index));
        }
    }

    /// Returns the tasks with their classes, the first of each class in front.
    pub(crate) fn iter_by_class(&self) -> impl Iterator<Item = (Class, u32)> {
        let rows = Class::ALL.into_iter().zip(&self.rows);
        rows.flat_map(|(class, row)| row.iter().map(move |&(index, _)| (class, index)))
    }

    /// Returns when the task that is queued longest came.
    pub(crate) fn oldest(&self) -> Option<Timestamp> {
        self.rows.iter().filter_map(VecDeque::front).map(|&(_, since)| since).min()
    }

    /// Returns how many there are of each class.
    pub(crate) fn counts(&self) -> [u32; 3] {
        // Never more than the tasks of a campaign, counted in `u32`.
        self.rows.each_ref().map(|row| row.len() as u32)
    }

    pub(crate) fn len(&self) -> u32 {
        // Never more than the tasks of a campaign, counted in `u32`.
        self.rows.iter().map(VecDeque::len).sum::<usize>() as u32
    }

    /// Returns the rows, the first of each in front, to be saved.
    pub(crate) fn rows(&self) -> [Vec<(u32, Timestamp)>; 3] {
        let Queue { rows } = self;
        rows.each_ref().map(|row| row.iter().copied().collect())
    }

    /// Takes up saved rows.
    pub(crate) fn from_rows(rows: [Vec<(u32, Timestamp)>; 3]) -> Queue {
        Queue { rows: rows.map(VecDeque::from) }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        self.rows.iter().flatten().map(|&(index, _)| index)
    }
}
