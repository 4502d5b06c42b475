//! A bag in a checkpoint: tasks alike are written as one run, so that what is settled costs little.
//! The orders of the clusters are not written: they follow from the tasks in the bag.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use serde::{Deserialize, Serialize};

use crate::jdl::params::TASKS_MAX;
use crate::ledger::bag::penalties::ClusterPosition;
use crate::ledger::bag::penalties::Penalties;
use crate::ledger::bag::{Bag, Class, TaskCell, VERSIONS, key};
use crate::ledger::task_state::{TaskCounts, TaskState};

/// A bag, as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedBag {
    base: u32,
    total: u32,
    counts: [u32; 7],
    failed_below: Vec<u32>,
    skipped: BTreeSet<u32>,
    /// So many tasks that are alike.
    runs: Vec<(u32, Alike)>,
    penalties: Vec<(u32, Vec<(ClusterPosition, u16)>)>,
}

/// State, class, kills at the walltime, attempts, retries, resubmissions, version.
type Alike = (u8, u8, u8, u16, u16, u16, u16);

/// Returns what has to be remembered of a task; of a settled one, only what people may ask for.
fn alike(cell: &TaskCell) -> Alike {
    // The link follows from the queues and the attempts; penalties are written apart.
    let TaskCell {
        state,
        class,
        walltime_kills,
        attempts,
        retries,
        resubmits,
        version,
        link: _,
        penalties: _,
    } = *cell;
    match state {
        TaskState::Pending | TaskState::Queued | TaskState::Live | TaskState::Blocked => {
            (state as u8, class as u8, walltime_kills, attempts, retries, resubmits, version)
        }
        TaskState::Done | TaskState::Failed | TaskState::Cancelled => {
            (state as u8, Class::Normal as u8, 0, attempts, 0, 0, 0)
        }
    }
}

fn cell(alike: Alike) -> Option<TaskCell> {
    let (state, class, walltime_kills, attempts, retries, resubmits, version) = alike;
    Some(TaskCell {
        state: *TaskState::ALL.get(usize::from(state))?,
        class: *Class::ALL.get(usize::from(class))?,
        walltime_kills,
        attempts,
        retries,
        resubmits,
        version: Some(version).filter(|&version| version < VERSIONS)?,
        link: 0,
        penalties: None,
    })
}

impl Bag {
    pub(crate) fn save(&self) -> SavedBag {
        let Bag { base, failed_below, skipped, cells, total, counts, returned: _, penalties } =
            self;
        let mut runs: Vec<(u32, Alike)> = Vec::new();
        for next in cells.iter().map(alike) {
            match runs.last_mut() {
                Some((count, last)) if *last == next => *count += 1,
                _ => runs.push((1, next)),
            }
        }
        let of_cells = (*base..).zip(cells).filter(|(_, cell)| cell.penalties.is_some());
        let penalties =
            of_cells.map(|(index, cell)| (index, penalties.of(cell.penalties).to_vec()));
        SavedBag {
            base: *base,
            total: *total,
            counts: counts.0,
            failed_below: failed_below.clone(),
            skipped: skipped.clone(),
            runs,
            penalties: penalties.collect(),
        }
    }

    /// Takes up a saved bag, for so many clusters; none when it contradicts itself. Where its queued
    /// and live tasks are is told later, by [`Bag::link`].
    pub(crate) fn load(saved: SavedBag, clusters: usize) -> Option<Bag> {
        let SavedBag { base, total, counts, failed_below, skipped, runs, penalties } = saved;
        let tried: u64 = runs.iter().map(|(count, _)| u64::from(*count)).sum();
        if total > TASKS_MAX || u64::from(base) + tried > u64::from(total) {
            return None;
        }
        let mut cells = Vec::with_capacity(tried as usize);
        for (count, alike) in runs {
            let cell = cell(alike)?;
            cells.extend(std::iter::repeat_n(cell, count as usize));
        }
        let mut known = Penalties::default();
        for (index, of) in penalties {
            let cell = cells.get_mut(index.checked_sub(base)? as usize)?;
            *known.of_mut(&mut cell.penalties) = of.into();
        }
        let mut bag = Bag {
            base,
            failed_below,
            skipped,
            cells,
            total,
            counts: TaskCounts(counts),
            returned: vec![BinaryHeap::new(); clusters],
            penalties: known,
        };
        let ahead = |index: &u32| (bag.cursor()..bag.total).contains(index);
        if !bag.skipped.iter().all(ahead) {
            return None;
        }
        if bag.counts_of_cells() != Some(bag.counts) {
            return None;
        }
        bag.order_anew();
        Some(bag)
    }

    /// Notes where a queued or live task is; returns none when it is in another state.
    pub(crate) fn link(&mut self, index: u32, state: TaskState, link: u32) -> Option<()> {
        let cell = self.cells.get_mut(index.checked_sub(self.base)? as usize)?;
        (cell.state == state).then(|| cell.link = link)
    }

    /// Counts the tasks by state, without looking at each of those never tried or long settled.
    fn counts_of_cells(&self) -> Option<TaskCounts> {
        let mut counts = TaskCounts::default();
        let failed = u32::try_from(self.failed_below.len()).ok()?;
        let ascending = self.failed_below.is_sorted_by(|a, b| a < b);
        let below = self.failed_below.last().is_none_or(|&last| last < self.base);
        if !ascending || !below {
            return None;
        }
        counts.add(TaskState::Failed, failed);
        counts.add(TaskState::Done, self.base - failed);
        for cell in &self.cells {
            counts.add(cell.state, 1);
        }
        let rest = self.fresh();
        counts.add(TaskState::Cancelled, self.total - self.cursor() - rest);
        let left_undone = self.counts.of(TaskState::Pending) == 0;
        counts.add(if left_undone { TaskState::Cancelled } else { TaskState::Pending }, rest);
        Some(counts)
    }

    /// Makes the orders of the clusters from the tasks in the bag.
    fn order_anew(&mut self) {
        let pending = (self.base..).zip(&self.cells);
        let pending = pending.filter(|(_, cell)| cell.state == TaskState::Pending);
        let mut orders = vec![Vec::new(); self.returned.len()];
        for (index, cell) in pending {
            for (order, cluster_position) in orders.iter_mut().zip(0..) {
                let penalty = self.penalty(index, cluster_position);
                order.push(Reverse(key(cell.class, penalty, index, cell.version)));
            }
        }
        self.returned = orders.into_iter().map(BinaryHeap::from).collect();
    }
}
