//! The resource order in numbers, so that rows whose `scheduler_priority` alone changed can move
//! without reading any property again. Knows the rows' order only, neither states nor jobs.

use crate::oar::model::config::Config;
use crate::oar::model::ids::ResourceId;
use crate::oar::model::resource::Resource;
use gleaner_oar::order::OrderKey;
use gleaner_oar::value::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;

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
    pub(super) fn new(resources: &[Resource], config: &Config) -> Self {
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

    fn key(&self, row: u32, resources: &[Resource]) -> RowKey {
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
        resources: &[Resource],
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
    pub(super) fn rows(&self, resources: &[Resource]) -> Vec<u32> {
        let count = u32::try_from(resources.len()).expect("rows fit 32 bits");
        let mut rows: Vec<u32> = (0..count).collect();
        rows.sort_unstable_by_key(|&row| self.key(row, resources));
        rows
    }

    /// The order after the priority of some rows changed.
    pub(super) fn moved(&self, rows: &[u32], changed: &[u32], resources: &[Resource]) -> Vec<u32> {
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
fn numbered(resources: &[Resource], keys: &[&OrderKey]) -> Vec<u32> {
    let value = |r: &Resource, key: &OrderKey| r.value(&key.property).unwrap_or(Value::Null);
    let column = |key: &&OrderKey| resources.iter().map(|r| value(r, key)).collect();
    let columns: Vec<Vec<Value>> = keys.iter().map(column).collect();
    let compare = |a: usize, b: usize| {
        let orders = keys.iter().zip(&columns).map(|(key, column)| {
            let order = column[a].sort_order(&column[b]);
            if key.descending { order.reverse() } else { order }
        });
        orders.fold(Ordering::Equal, Ordering::then)
    };
    let mut rows: Vec<usize> = (0..resources.len()).collect();
    rows.sort_unstable_by(|a, b| compare(*a, *b));
    let mut numbers = vec![0; rows.len()];
    for two in rows.windows(2) {
        numbers[two[1]] = numbers[two[0]] + u32::from(compare(two[0], two[1]).is_ne());
    }
    numbers
}

/// Each row's number by the value of a label, in order of first sight; NULL is a value.
pub(super) fn numbered_label(resources: &[Resource], label: &str) -> Vec<u32> {
    let mut known: BTreeMap<Sorted, u32> = BTreeMap::new();
    let number = |resource: &Resource| {
        let next = u32::try_from(known.len()).expect("rows fit 32 bits");
        *known.entry(Sorted(resource.value(label).unwrap_or(Value::Null))).or_insert(next)
    };
    resources.iter().map(number).collect()
}

/// A value that can be looked up.
struct Sorted(Value);

impl PartialEq for Sorted {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Sorted {}

impl PartialOrd for Sorted {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Sorted {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.sort_order(&other.0)
    }
}
