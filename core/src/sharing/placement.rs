//! To which cluster's queue each task of a bag goes. What a queue may hold, and what there is, stands in a
//! table that no placement can exceed.

use std::fmt;

use crate::ids::{CampaignId, ClusterId, PairIndex};

/// Puts tasks of bags into the queues of clusters.
pub trait Placement: fmt::Debug + Send {
    /// Places the tasks that it wants to be queued, in the order in which they are to be: see [`Table::place`].
    fn place(&mut self, table: &mut Table);

    /// Returns whether what was placed may be done elsewhere: a cluster with free cores then takes what
    /// is queued for another, and jobs that wait inside a full one are recalled for it.
    fn moves(&self) -> bool;
}

/// A campaign on a cluster where its tasks may be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The campaign.
    pub campaign: CampaignId,
    /// How many tasks its queue there still takes in this cycle.
    pub room: u32,
    pub(crate) pair_index: PairIndex,
    bag: u32,
}

/// A cluster's queue that gets one task of a campaign. Which task does not matter here: each queue has its own
/// order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) cluster: ClusterId,
    pub(crate) pair_index: PairIndex,
}

/// Rooms in the queues of all clusters, and tasks in the bags of all campaigns.
#[derive(Debug, Default)]
pub struct Table {
    /// By cluster, in the order of its campaigns.
    rows: Vec<Vec<Row>>,
    /// Tasks left in each bag that a row draws from; what stands elsewhere means nothing.
    bags: Vec<u32>,
    placed: Vec<Placed>,
}

impl Table {
    /// Returns the clusters. One that gets nothing has no rows.
    pub fn clusters(&self) -> impl Iterator<Item = ClusterId> + use<> {
        // Cluster ids are positions, counted in `u16`.
        (0..self.rows.len() as u16).map(ClusterId)
    }

    /// Returns the campaigns whose tasks can be placed on a cluster, in order.
    pub fn rows(&self, cluster: ClusterId) -> &[Row] {
        &self.rows[cluster.index()]
    }

    /// Returns how many tasks are left in the bag of a row's campaign.
    pub fn left(&self, row: &Row) -> u32 {
        self.bags[row.bag as usize]
    }

    /// Places one task of a row's campaign on its cluster; returns false if there is no room, or no task.
    pub fn place(&mut self, cluster: ClusterId, row: usize) -> bool {
        let row = &mut self.rows[cluster.index()][row];
        let left = &mut self.bags[row.bag as usize];
        if row.room == 0 || *left == 0 {
            return false;
        }
        row.room -= 1;
        *left -= 1;
        self.placed.push(Placed { cluster, pair_index: row.pair_index });
        true
    }

    /// Begins anew, for so many clusters and at most so many bags.
    pub(crate) fn clear(&mut self, clusters: usize, bags: usize) {
        self.rows.resize_with(clusters, Vec::new);
        self.rows.iter_mut().for_each(Vec::clear);
        self.bags.resize(bags, 0);
        self.placed.clear();
    }

    /// Adds a row behind those of its cluster, with the bag it draws from and what is left there.
    pub(crate) fn add(
        &mut self,
        cluster: ClusterId,
        (campaign, pair_index): (CampaignId, PairIndex),
        room: u32,
        (bag, left): (u32, u32),
    ) {
        self.bags[bag as usize] = left;
        self.rows[cluster.index()].push(Row { campaign, room, pair_index, bag });
    }

    /// Returns what was placed, in order.
    pub(crate) fn placed(&self) -> &[Placed] {
        &self.placed
    }
}

/// One task a cluster and round, so that a campaign spreads over its clusters; the next campaign gets a
/// cluster when the one ahead has its fill.
#[derive(Clone, Debug)]
pub struct RoundRobin {
    moves: bool,
    /// The row of each cluster from which the search goes on.
    next_rows: Vec<usize>,
}

impl RoundRobin {
    /// Makes it; `moves` says whether what is placed may be done elsewhere: see [`Placement::moves`].
    pub fn new(moves: bool) -> RoundRobin {
        RoundRobin { moves, next_rows: Vec::new() }
    }
}

impl Placement for RoundRobin {
    fn place(&mut self, table: &mut Table) {
        let next_rows = &mut self.next_rows;
        next_rows.clear();
        next_rows.resize(table.clusters().count(), 0);
        let mut placed = true;
        while placed {
            placed = false;
            for (cluster, row) in table.clusters().zip(&mut *next_rows) {
                placed |= place_one(table, cluster, row);
            }
        }
    }

    fn moves(&self) -> bool {
        self.moves
    }
}

/// Places one task on a cluster: of the first campaign that has both room there and a task.
fn place_one(table: &mut Table, cluster: ClusterId, row: &mut usize) -> bool {
    while *row < table.rows(cluster).len() {
        if table.place(cluster, *row) {
            return true;
        }
        *row += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Placed, Placement, RoundRobin, Table};
    use crate::ids::{CampaignId, ClusterId, PairIndex};

    /// Rooms by cluster, each with its bag; and tasks in the bags.
    type Rooms = (Vec<Vec<(usize, u32)>>, Vec<u32>);

    fn rooms() -> impl Strategy<Value = Rooms> {
        let bags = prop::collection::vec(0..6_u32, 1..5);
        bags.prop_flat_map(|bags| {
            let row = (0..bags.len(), 0..4_u32);
            let clusters = prop::collection::vec(prop::collection::vec(row, 0..4), 0..4);
            (clusters, Just(bags))
        })
    }

    fn table((clusters, bags): &Rooms) -> Table {
        let mut table = Table::default();
        table.clear(clusters.len(), bags.len());
        for (cluster, rows) in (0..).map(ClusterId).zip(clusters) {
            for (pair_index, &(bag, room)) in (0..).map(PairIndex).zip(rows) {
                let campaign = CampaignId(bag as u32);
                table.add(cluster, (campaign, pair_index), room, (bag as u32, bags[bag]));
            }
        }
        table
    }

    /// Round after round, each cluster takes a task of the first row that can give it one.
    fn plainly((clusters, bags): &Rooms) -> Vec<Placed> {
        let (mut clusters, mut bags, mut placed) = (clusters.clone(), bags.clone(), Vec::new());
        loop {
            let before = placed.len();
            for (cluster, rows) in (0..).map(ClusterId).zip(&mut clusters) {
                let can = |(bag, room): &(usize, u32)| *room > 0 && bags[*bag] > 0;
                if let Some(row) = rows.iter().position(can) {
                    rows[row].1 -= 1;
                    bags[rows[row].0] -= 1;
                    placed.push(Placed { cluster, pair_index: PairIndex(row as u32) });
                }
            }
            if placed.len() == before {
                return placed;
            }
        }
    }

    proptest! {
        #[test]
        fn round_robin_places_as_written_plainly(rooms in rooms()) {
            let mut table = table(&rooms);
            RoundRobin::new(true).place(&mut table);
            prop_assert_eq!(table.placed(), plainly(&rooms));
        }

        #[test]
        fn no_placement_exceeds_the_table(rooms in rooms(), wishes in prop::collection::vec((0..4_usize, 0..4_usize), 0..60)) {
            let mut table = table(&rooms);
            let mut placed = 0;
            for (cluster, row) in wishes {
                let there = rooms.0.get(cluster).is_some_and(|rows| row < rows.len());
                placed += usize::from(there && table.place(ClusterId(cluster as u16), row));
            }
            prop_assert_eq!(table.placed().len(), placed);
            let (clusters, bags) = &rooms;
            for (bag, tasks) in bags.iter().enumerate() {
                let of = |placed: &&Placed| {
                    clusters[placed.cluster.index()][placed.pair_index.index()].0 == bag
                };
                prop_assert!(table.placed().iter().filter(of).count() <= *tasks as usize);
            }
            for (cluster, rows) in (0..).map(ClusterId).zip(clusters) {
                for (pair_index, (_, room)) in (0..).map(PairIndex).zip(rows) {
                    let here = Placed { cluster, pair_index };
                    let placed = table.placed().iter().filter(|it| **it == here).count();
                    prop_assert!(placed <= *room as usize);
                }
            }
        }
    }
}
