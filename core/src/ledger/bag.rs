//! The bag of tasks of one campaign: where every task is, and which a cluster should get next. Tasks
//! never tried cost nothing; the others a few bytes. Knows no cluster but by its position in the campaign.

mod penalties;
pub(crate) mod saved;

pub(crate) use penalties::ClusterPosition;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use crate::ledger::bag::penalties::{Penalties, Place};
use crate::ledger::task_state::{TaskCounts, TaskState};

/// Rank of a pending task: first those to do again, then the normal ones, then those that asked to
/// come last. CiGri's bag priorities 20, 10 and 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Class {
    /// To be done again, at the front.
    Front = 0,
    /// Never tried, or returned without a try.
    Normal = 1,
    /// To be done again, after everything else.
    End = 2,
}

impl Class {
    /// All classes, the first to be served first.
    pub const ALL: [Class; 3] = [Class::Front, Class::Normal, Class::End];
}

/// Old entries that a cluster's order may always hold.
const TIDY_FROM: usize = 1024;

/// What is remembered of a task that has left the implicit rest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TaskCell {
    pub(crate) state: TaskState,
    pub(crate) class: Class,
    /// Times it was killed at its walltime.
    pub(crate) walltime_kills: u8,
    /// Jobs it has had.
    pub(crate) attempts: u16,
    /// Failures after which it was tried again.
    pub(crate) retries: u16,
    /// Times it was resubmitted after a job that did not count as failed.
    pub(crate) resubmits: u16,
    /// Times it was returned to the bag, modulo [`VERSIONS`].
    version: u16,
    /// The slot of its attempt when live, the position of its cluster when queued.
    pub(crate) link: u32,
    penalties: Place,
}

impl TaskCell {
    /// A task that has just left the implicit rest.
    const NEW: TaskCell = TaskCell {
        state: TaskState::Pending,
        class: Class::Normal,
        walltime_kills: 0,
        attempts: 0,
        retries: 0,
        resubmits: 0,
        version: 0,
        link: 0,
        penalties: None,
    };
}

/// The bag of one campaign.
#[derive(Debug)]
pub(crate) struct Bag {
    /// Tasks below this index are settled and forgotten, but for those in `failed_below`.
    base: u32,
    failed_below: Vec<u32>,
    /// Tasks never tried that were cancelled one by one; they are passed over when their turn comes.
    skipped: BTreeSet<u32>,
    /// Tasks from `base` on that were taken out at least once.
    cells: Vec<TaskCell>,
    total: u32,
    counts: TaskCounts,
    /// For each cluster of the campaign, the returned tasks in the order it should get them. Entries
    /// of tasks that have left the bag meanwhile stay until they come up, or are too many.
    returned: Vec<BinaryHeap<Reverse<u64>>>,
    penalties: Penalties,
}

/// Returns an entry of a cluster's order, which sorts by class, then penalty, then index. The version,
/// which tells old entries of a task from its last, does not sort two tasks.
fn key(class: Class, penalty: u16, index: u32, version: u16) -> u64 {
    (class as u64) << 62 | u64::from(penalty) << 46 | u64::from(index) << 14 | u64::from(version)
}

/// Versions use the lowest bits of an entry. After so many returns of a task they begin anew.
const VERSIONS: u16 = 1 << 14;

fn index_of(entry: u64) -> u32 {
    // The index stands above the version, below the penalty.
    (entry >> 14) as u32
}

fn version_of(entry: u64) -> u16 {
    (entry % u64::from(VERSIONS)) as u16
}

impl Bag {
    pub(crate) fn new(total: u32, clusters: usize) -> Bag {
        let mut counts = TaskCounts::default();
        counts.add(TaskState::Pending, total);
        Bag {
            base: 0,
            failed_below: Vec::new(),
            skipped: BTreeSet::new(),
            cells: Vec::new(),
            total,
            counts,
            returned: vec![BinaryHeap::new(); clusters],
            penalties: Penalties::default(),
        }
    }

    pub(crate) fn total(&self) -> u32 {
        self.total
    }

    pub(crate) fn counts(&self) -> TaskCounts {
        self.counts
    }

    pub(crate) fn pending(&self) -> u32 {
        self.counts.of(TaskState::Pending)
    }

    /// Returns how many tasks are neither done, failed nor cancelled.
    pub(crate) fn unsettled(&self) -> u32 {
        [TaskState::Pending, TaskState::Queued, TaskState::Live, TaskState::Blocked]
            .map(|state| self.counts.of(state))
            .iter()
            .sum()
    }

    /// Appends tasks never tried.
    pub(crate) fn grow(&mut self, tasks: u32) {
        self.total += tasks;
        self.counts.add(TaskState::Pending, tasks);
    }

    /// Returns the index of the first task never tried.
    fn cursor(&self) -> u32 {
        // Cells are only made for tasks below `total`, which is a `u32`.
        self.base + self.cells.len() as u32
    }

    /// Returns how many tasks were never tried and still can be.
    fn fresh(&self) -> u32 {
        // No more are skipped than there are.
        self.total - self.cursor() - self.skipped.len() as u32
    }

    /// Takes note of skipped tasks whose turn has come.
    fn pass_skipped(&mut self) {
        while self.skipped.first() == Some(&self.cursor()) {
            self.skipped.pop_first();
            self.cells.push(TaskCell { state: TaskState::Cancelled, ..TaskCell::NEW });
        }
    }

    /// Returned tasks that are in the bag.
    fn returned_pending(&self) -> u32 {
        self.pending().saturating_sub(self.fresh())
    }

    /// Returns the pending task that a cluster should get next.
    pub(crate) fn first(&mut self, cluster_position: ClusterPosition) -> Option<u32> {
        if self.pending() == 0 {
            return None;
        }
        self.pass_skipped();
        let fresh = (self.cursor() < self.total).then(|| key(Class::Normal, 0, self.cursor(), 0));
        let returned = self.first_returned(cluster_position);
        [returned, fresh].into_iter().flatten().min().map(index_of)
    }

    fn first_returned(&mut self, cluster_position: ClusterPosition) -> Option<u64> {
        if self.returned_pending() == 0 {
            self.returned[usize::from(cluster_position)].clear();
            return None;
        }
        while let Some(&Reverse(entry)) = self.returned[usize::from(cluster_position)].peek() {
            if self.is_current(entry) {
                return Some(entry);
            }
            self.returned[usize::from(cluster_position)].pop();
        }
        None
    }

    /// Returns whether an entry of a cluster's order speaks of a task as it now is.
    fn is_current(&self, entry: u64) -> bool {
        self.remembered(index_of(entry)).is_some_and(|cell| {
            cell.state == TaskState::Pending && cell.version == version_of(entry)
        })
    }

    /// Moves a pending task into the queue of a cluster.
    pub(crate) fn queue(&mut self, index: u32, cluster_position: ClusterPosition) -> Class {
        if index == self.cursor() {
            self.cells.push(TaskCell::NEW);
        }
        let cell = self.shift(index, TaskState::Pending, TaskState::Queued);
        cell.link = u32::from(cluster_position);
        cell.class
    }

    /// Moves one pending task into the queue of a cluster, wherever it stands in the bag. Tasks before it that
    /// were never tried stay where they are.
    pub(crate) fn take(&mut self, index: u32, cluster_position: ClusterPosition) -> Class {
        loop {
            self.pass_skipped();
            let before = self.cursor();
            if before >= index {
                return self.queue(index, cluster_position);
            }
            self.cells.push(TaskCell::NEW);
            for order in &mut self.returned {
                order.push(Reverse(key(Class::Normal, 0, before, 0)));
            }
        }
    }

    /// Puts a task back into the bag.
    pub(crate) fn put_back(&mut self, index: u32, from: TaskState, class: Class) {
        let cell = self.shift(index, from, TaskState::Pending);
        cell.class = class;
        cell.version = (cell.version + 1) % VERSIONS;
        let (version, place) = (cell.version, cell.penalties);
        if version == 0 {
            // No entry of the versions before may pass for one to come.
            (0..self.returned.len()).for_each(|cluster_position| self.drop_old(cluster_position));
        }
        for (order, cluster_position) in self.returned.iter_mut().zip(0..) {
            let penalty = self.penalties.on(place, cluster_position);
            order.push(Reverse(key(class, penalty, index, version)));
        }
        for cluster_position in 0..self.returned.len() {
            self.tidy(cluster_position);
        }
    }

    /// Drops old entries of a cluster's order when they are more than the others.
    fn tidy(&mut self, position: usize) {
        if self.returned[position].len() <= 2 * self.returned_pending() as usize + TIDY_FROM {
            return;
        }
        self.drop_old(position);
    }

    fn drop_old(&mut self, position: usize) {
        let mut entries = std::mem::take(&mut self.returned[position]).into_vec();
        entries.retain(|&Reverse(entry)| self.is_current(entry));
        entries.sort_unstable();
        entries.dedup();
        self.returned[position] = entries.into();
    }

    /// Makes a cluster less likely to get a task again. Not while the task is in the bag.
    pub(crate) fn penalise(&mut self, index: u32, cluster_position: ClusterPosition, by: u16) {
        assert!(self.cell(index).state != TaskState::Pending, "task {index} is in the bag");
        let cell = &mut self.cells[(index - self.base) as usize];
        let penalties = self.penalties.of_mut(&mut cell.penalties);
        match penalties.iter_mut().find(|(at, _)| *at == cluster_position) {
            Some((_, penalty)) => *penalty = penalty.saturating_add(by),
            None => penalties.push((cluster_position, by)),
        }
    }

    pub(crate) fn penalty(&self, index: u32, cluster_position: ClusterPosition) -> u16 {
        let place = self.remembered(index).and_then(|cell| cell.penalties);
        self.penalties.on(place, cluster_position)
    }

    fn forget_penalties(&mut self, index: u32) {
        let cell = &mut self.cells[(index - self.base) as usize];
        self.penalties.clear(&mut cell.penalties);
    }

    /// Gives a queued task to an attempt.
    pub(crate) fn launch(&mut self, index: u32, attempt: u32) {
        let cell = self.shift(index, TaskState::Queued, TaskState::Live);
        cell.attempts = cell.attempts.saturating_add(1);
        cell.link = attempt;
    }

    /// Moves a task that was live or blocked to another state; not back into the bag.
    pub(crate) fn settle(&mut self, index: u32, from: TaskState, to: TaskState) {
        assert!(
            to != TaskState::Pending && to != TaskState::Queued,
            "task {index} is not settled by that"
        );
        self.shift(index, from, to);
        if to != TaskState::Blocked {
            self.forget_penalties(index);
        }
    }

    /// Leaves one task undone that is in the bag.
    pub(crate) fn cancel_pending(&mut self, index: u32) {
        if index < self.cursor() {
            self.shift(index, TaskState::Pending, TaskState::Cancelled);
            self.forget_penalties(index);
        } else {
            assert!(index < self.total, "there is no task {index}");
            if self.skipped.insert(index) {
                self.counts.shift(TaskState::Pending, TaskState::Cancelled, 1);
            }
        }
    }

    /// Leaves undone whatever is in the bag, in a queue or blocked.
    pub(crate) fn cancel(&mut self) {
        for cell in &mut self.cells {
            if matches!(cell.state, TaskState::Pending | TaskState::Queued | TaskState::Blocked) {
                self.counts.shift(cell.state, TaskState::Cancelled, 1);
                cell.state = TaskState::Cancelled;
            }
            cell.penalties = None;
        }
        let fresh = self.fresh();
        self.counts.shift(TaskState::Pending, TaskState::Cancelled, fresh);
        for returned in &mut self.returned {
            returned.clear();
        }
        self.penalties = Penalties::default();
    }

    /// Forgets the details of tasks that are all done or failed.
    pub(crate) fn compact(&mut self) {
        assert!(self.unsettled() == 0, "{} tasks are not settled", self.unsettled());
        if self.counts.of(TaskState::Cancelled) > 0 {
            return;
        }
        for (index, cell) in (self.base..).zip(&self.cells) {
            if cell.state == TaskState::Failed {
                self.failed_below.push(index);
            }
        }
        self.base = self.total;
        self.cells = Vec::new();
        self.penalties = Penalties::default();
    }

    /// Returns the state of a task; none beyond the last.
    pub(crate) fn state(&self, index: u32) -> Option<TaskState> {
        if index >= self.total {
            None
        } else if index < self.base {
            let failed = self.failed_below.binary_search(&index).is_ok();
            Some(if failed { TaskState::Failed } else { TaskState::Done })
        } else if index < self.cursor() {
            Some(self.cell(index).state)
        } else if self.counts.of(TaskState::Pending) > 0 && !self.skipped.contains(&index) {
            Some(TaskState::Pending)
        } else {
            Some(TaskState::Cancelled)
        }
    }

    /// Returns what is remembered of a task; none for one never tried, or long settled.
    pub(crate) fn remembered(&self, index: u32) -> Option<&TaskCell> {
        self.cells.get(index.checked_sub(self.base)? as usize)
    }

    pub(crate) fn cell(&self, index: u32) -> &TaskCell {
        &self.cells[(index - self.base) as usize]
    }

    pub(crate) fn cell_mut(&mut self, index: u32) -> &mut TaskCell {
        &mut self.cells[(index - self.base) as usize]
    }

    fn shift(&mut self, index: u32, from: TaskState, to: TaskState) -> &mut TaskCell {
        let cell = &mut self.cells[(index - self.base) as usize];
        assert!(cell.state == from, "task {index} is {:?}, not {from:?}", cell.state);
        cell.state = to;
        self.counts.shift(from, to, 1);
        cell
    }

    /// Counts every task anew, for the invariants.
    pub(crate) fn recount(&self) -> TaskCounts {
        let mut counts = TaskCounts::default();
        for index in 0..self.total {
            if let Some(state) = self.state(index) {
                counts.add(state, 1);
            }
        }
        counts
    }

    /// Returns whether the bag's orders hold all returned tasks.
    pub(crate) fn orders_agree(&self) -> bool {
        let pending: Vec<u32> = (self.base..)
            .zip(&self.cells)
            .filter(|(_, cell)| cell.state == TaskState::Pending)
            .map(|(index, _)| index)
            .collect();
        self.returned.iter().zip(0..).all(|(order, cluster_position)| {
            let mut entries: Vec<u64> = order.iter().map(|&Reverse(entry)| entry).collect();
            entries.sort_unstable();
            pending.iter().all(|&index| {
                let cell = self.cell(index);
                let wanted =
                    key(cell.class, self.penalty(index, cluster_position), index, cell.version);
                entries.binary_search(&wanted).is_ok()
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Bag, Class};
    use crate::ledger::task_state::TaskState;

    fn drain(bag: &mut Bag, cluster_position: u16) -> String {
        let mut order = Vec::new();
        while let Some(index) = bag.first(cluster_position) {
            bag.queue(index, cluster_position);
            order.push(index.to_string());
        }
        order.join(" ")
    }

    fn fail(bag: &mut Bag, index: u32, cluster_position: u16, class: Class) {
        bag.launch(index, 0);
        bag.penalise(index, cluster_position, 1);
        bag.put_back(index, TaskState::Live, class);
    }

    #[test]
    fn order_is_class_then_affinity_then_index() {
        let mut bag = Bag::new(8, 2);
        for index in 0..6 {
            assert_eq!(bag.first(0), Some(index));
            bag.queue(index, 0);
        }
        fail(&mut bag, 0, 0, Class::End);
        fail(&mut bag, 1, 0, Class::Front);
        fail(&mut bag, 2, 1, Class::Front);
        bag.put_back(4, TaskState::Queued, Class::Normal);
        // On cluster 0, task 2 goes before 1, which failed there; on cluster 1, 1 before 2.
        assert_eq!(bag.first(0), Some(2));
        assert_eq!(bag.first(1), Some(1));
        assert!(bag.orders_agree());
        assert_eq!(drain(&mut bag, 0), "2 1 4 6 7 0");
        assert_eq!(bag.pending(), 0);
        assert_eq!(bag.counts(), bag.recount());
    }

    #[test]
    fn a_compacted_bag_still_knows_and_grows() {
        let mut bag = Bag::new(3, 1);
        for index in 0..3 {
            bag.queue(index, 0);
            bag.launch(index, 0);
            let end = if index == 1 { TaskState::Failed } else { TaskState::Done };
            bag.settle(index, TaskState::Live, end);
        }
        bag.compact();
        bag.grow(2);
        let states: Vec<_> = (0..6).map(|index| bag.state(index)).collect();
        let (done, failed, pending) = (TaskState::Done, TaskState::Failed, TaskState::Pending);
        let expected = [done, failed, done, pending, pending].map(Some);
        assert_eq!(states[..5], expected);
        assert_eq!(states[5], None);
        assert_eq!(drain(&mut bag, 0), "3 4");
        assert_eq!(bag.counts(), bag.recount());
    }

    #[test]
    fn cancelling_leaves_live_tasks_alone() {
        let mut bag = Bag::new(1_000_000, 1);
        for index in 0..4 {
            bag.queue(index, 0);
        }
        bag.launch(0, 0);
        fail(&mut bag, 1, 0, Class::Front);
        bag.cancel();
        assert_eq!(bag.counts().of(TaskState::Cancelled), 999_999);
        assert_eq!(bag.state(0), Some(TaskState::Live));
        assert_eq!(bag.first(0), None);
        assert_eq!(bag.counts(), bag.recount());
    }
}
