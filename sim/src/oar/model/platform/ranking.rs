//! The resource order in numbers, so that rows whose `scheduler_priority` alone changed can move
//! without reading any property again. Knows the rows' order only, neither states nor jobs.

use crate::oar::model::config::Config;
use crate::oar::model::ids::ResourceId;
use crate::oar::model::properties::Cell;
use crate::oar::model::resources::Resources;
use gleaner_oar::order::OrderKey;
use gleaner_oar::value::Value;
use std::cmp::Ordering;

/// The column that passes themselves change.
pub(in crate::oar) const PRIORITY: &str = "scheduler_priority";

/// By what rows sort: columns before the priority, the priority, columns behind it, the id.
type RowKey = (u32, i64, u32, ResourceId);

/// Each row's number by the columns before the priority and by those behind it.
#[derive(Debug)]
pub(super) struct Ranking {
    before: Vec<u32>,
    behind: Vec<u32>,
    /// Whether higher priority numbers come first, if the order looks at them.
    descending: Option<bool>,
}

impl Ranking {
    /// Reads the columns of the order.
    pub(super) fn new(resources: &Resources, config: &Config) -> Self {
        let keys = config.resource_order.keys();
        let at = keys.iter().position(|key| key.property == PRIORITY);
        let (before, behind) = keys.split_at(at.unwrap_or(keys.len()));
        // A second mention decides nothing.
        let behind: Vec<&OrderKey> = behind.iter().filter(|k| k.property != PRIORITY).collect();
        Self {
            before: numbered(resources, &before.iter().collect::<Vec<_>>()),
            behind: numbered(resources, &behind),
            descending: at.map(|at| keys[at].descending),
        }
    }

    fn key(&self, row: u32, resources: &Resources) -> RowKey {
        let resource = &resources[row as usize];
        let priority = match self.descending {
            None => 0,
            Some(false) => resource.scheduler_priority,
            Some(true) => !resource.scheduler_priority,
        };
        (self.before[row as usize], priority, self.behind[row as usize], resource.id)
    }

    /// The first `wanted` of some rows, in order.
    pub(super) fn first_in_order(
        &self,
        wanted: usize,
        rows: impl Iterator<Item = usize>,
        resources: &Resources,
    ) -> Vec<usize> {
        let number = |row| u32::try_from(row).expect("rows fit 32 bits");
        let mut keyed: Vec<(RowKey, usize)> =
            rows.map(|row| (self.key(number(row), resources), row)).collect();
        if wanted < keyed.len() {
            keyed.select_nth_unstable(wanted);
            keyed.truncate(wanted);
        }
        keyed.sort_unstable();
        keyed.into_iter().map(|(_, row)| row).collect()
    }

    /// All rows in order.
    pub(super) fn rows(&self, resources: &Resources) -> Vec<u32> {
        let count = u32::try_from(resources.len()).expect("rows fit 32 bits");
        let mut rows: Vec<u32> = (0..count).collect();
        rows.sort_unstable_by_key(|&row| self.key(row, resources));
        rows
    }

    /// The order after the priority of some rows changed.
    pub(super) fn moved(&self, rows: &[u32], changed: &[u32], resources: &Resources) -> Vec<u32> {
        let mut moves = vec![false; rows.len()];
        for &row in changed {
            moves[row as usize] = true;
        }
        let staying: Vec<u32> = rows.iter().copied().filter(|row| !moves[*row as usize]).collect();
        let mut moving: Vec<(RowKey, u32)> = (0..rows.len())
            .filter(|row| moves[*row])
            .map(|row| {
                let row = u32::try_from(row).expect("rows fit 32 bits");
                (self.key(row, resources), row)
            })
            .collect();
        moving.sort_unstable();
        let mut merged = Vec::with_capacity(rows.len());
        let mut from = 0;
        for (key, row) in moving {
            let to = from + staying[from..].partition_point(|&row| self.key(row, resources) < key);
            merged.extend_from_slice(&staying[from..to]);
            merged.push(row);
            from = to;
        }
        merged.extend_from_slice(&staying[from..]);
        merged
    }
}

/// Each row's number in the order of some columns; equal rows have equal numbers.
fn numbered(resources: &Resources, keys: &[&OrderKey]) -> Vec<u32> {
    let columns = keys.iter().map(|key| (key.descending, column(resources, &key.property)));
    let columns: Vec<(bool, Vec<u32>)> = columns.collect();
    numbers_by(resources.len(), |a, b| {
        let orders = columns.iter().map(|(descending, column)| {
            let order = column[a].cmp(&column[b]);
            if *descending { order.reverse() } else { order }
        });
        orders.fold(Ordering::Equal, Ordering::then)
    })
}

/// Each row's number by the value of a label, in order of first sight; NULL is a value.
pub(super) fn numbered_label(resources: &Resources, label: &str) -> Vec<u32> {
    let mut numbers = column(resources, label);
    let mut first_seen = vec![u32::MAX; resources.len()];
    let mut next = 0;
    for number in &mut numbers {
        let seen = &mut first_seen[*number as usize];
        if *seen == u32::MAX {
            *seen = next;
            next += 1;
        }
        *number = *seen;
    }
    numbers
}

/// Each row's number by the value of a column, ascending; equal values have equal numbers.
fn column(resources: &Resources, name: &str) -> Vec<u32> {
    let cells = || resources.iter().map(|r| r.cell(name).unwrap_or(Cell::Other(Value::Null)));
    ascending(cells()).unwrap_or_else(|| {
        let cells: Vec<Cell<'_>> = cells().collect();
        numbers_by(cells.len(), |a, b| cells[a].sort_order(&cells[b]))
    })
}

/// The numbers of cells that come in order. Most columns do: a cluster's nodes are numbered as they are
/// listed, and many columns hold one value.
fn ascending<'a>(cells: impl Iterator<Item = Cell<'a>>) -> Option<Vec<u32>> {
    let mut last: Option<Cell<'a>> = None;
    let mut number = 0;
    let numbers = cells.map(|cell| {
        let order = last.as_ref().map_or(Ordering::Equal, |last| last.sort_order(&cell));
        number += u32::from(order.is_lt());
        last = Some(cell);
        order.is_le().then_some(number)
    });
    numbers.collect()
}

/// Each number below `count` by its place in an order; equal ones have equal places.
fn numbers_by(count: usize, compare: impl Fn(usize, usize) -> Ordering) -> Vec<u32> {
    let mut rows: Vec<u32> = (0..u32::try_from(count).expect("rows fit 32 bits")).collect();
    let order = |a: &u32, b: &u32| compare(*a as usize, *b as usize);
    if !rows.is_sorted_by(|a, b| order(a, b).is_le()) {
        rows.sort_unstable_by(order);
    }
    let mut numbers = vec![0; count];
    for two in rows.windows(2) {
        let next = u32::from(order(&two[0], &two[1]).is_ne());
        numbers[two[1] as usize] = numbers[two[0] as usize] + next;
    }
    numbers
}
