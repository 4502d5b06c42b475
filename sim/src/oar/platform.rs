//! The resources as a pass sees them: ranked, filtered by state, cut into blocks. Built from the
//! rows when they change; knows no jobs.

use crate::oar::bits::{self, Bits};
use crate::oar::config::Config;
use crate::oar::ids::ResourceId;
use crate::oar::resource::Resource;
use gleaner_oar::value::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// No block: the resource is not usable.
const NO_BLOCK: u32 = u32::MAX;

/// One level of the hierarchy: blocks of resources that share a value, in order of first rank.
#[derive(Debug)]
pub struct Level {
    /// Where each block's masks begin; one more entry than blocks.
    starts: Vec<u32>,
    /// Word index and bits, block after block.
    masks: Vec<(u32, u64)>,
    /// Block of each rank.
    block_of: Vec<u32>,
    /// Whether every block is a single resource, so that blocks need not be looked at.
    unit: bool,
}

impl Level {
    fn new(ranks: usize, blocks: &[Vec<usize>]) -> Self {
        let mut level = Self {
            starts: vec![0],
            masks: Vec::new(),
            block_of: vec![NO_BLOCK; ranks],
            unit: blocks.iter().all(|block| block.len() == 1),
        };
        for (number, block) in blocks.iter().enumerate() {
            for &rank in block {
                level.block_of[rank] = u32::try_from(number).expect("ranks fit 32 bits");
            }
            level.masks.extend(masks_of(block));
            level.starts.push(u32::try_from(level.masks.len()).expect("ranks fit 32 bits"));
        }
        level
    }

    /// Number of blocks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there is no block.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether every block is one resource.
    #[must_use]
    pub fn is_unit(&self) -> bool {
        self.unit
    }

    /// Masks of a block.
    #[must_use]
    pub fn block(&self, number: usize) -> &[(u32, u64)] {
        &self.masks[self.starts[number] as usize..self.starts[number + 1] as usize]
    }

    /// Block of a usable rank.
    #[must_use]
    pub fn block_of(&self, rank: usize) -> Option<usize> {
        let block = self.block_of[rank];
        (block != NO_BLOCK).then_some(block as usize)
    }

    /// The blocks of which no resource is missing in `free`, as a set of block numbers.
    pub fn whole_blocks(&self, free: &[u64], whole: &mut [u64]) {
        whole.fill(0);
        for number in 0..self.len() {
            if is_whole(self.block(number), free) {
                bits::insert(whole, number);
            }
        }
    }

    /// The blocks that share a resource with `set`, as a set of block numbers.
    pub fn touched_blocks(&self, set: &[u64], touched: &mut [u64]) {
        touched.fill(0);
        for rank in bits::numbers(set) {
            if let Some(number) = self.block_of(rank) {
                bits::insert(touched, number);
            }
        }
    }
}

/// Ranks (ascending) as masks of words.
pub(super) fn masks_of(ranks: &[usize]) -> Vec<(u32, u64)> {
    let mut masks: Vec<(u32, u64)> = Vec::new();
    for &rank in ranks {
        let word = u32::try_from(rank / bits::WORD).expect("ranks fit 32 bits");
        let bit = 1 << (rank % bits::WORD);
        match masks.last_mut() {
            Some((last, mask)) if *last == word => *mask |= bit,
            _ => masks.push((word, bit)),
        }
    }
    masks
}

/// Whether all resources of a block are in `free`.
#[must_use]
pub fn is_whole(block: &[(u32, u64)], free: &[u64]) -> bool {
    block.iter().all(|&(word, mask)| free[word as usize] & mask == mask)
}

/// Whether some resource of a block is in `free`.
#[must_use]
pub fn is_touched(block: &[(u32, u64)], free: &[u64]) -> bool {
    block.iter().any(|&(word, mask)| free[word as usize] & mask != 0)
}

/// Ranked resources. A rank is the place in the resource order over all rows, usable or not.
#[derive(Debug)]
pub struct Platform {
    /// Counts rebuilds; equal numbers mean equal platforms.
    pub revision: u64,
    /// Words of a set of ranks.
    pub words: usize,
    /// Ids by rank.
    pub ids: Vec<ResourceId>,
    /// Alive and absent resources.
    pub usable: Bits,
    /// Absent resources.
    pub absent: Bits,
    /// Usable resources of type `default`.
    pub default_kind: Bits,
    /// Usable resources that are free while their job is suspended.
    pub suspendable: Bits,
    /// One level per hierarchy label.
    pub levels: Vec<Level>,
    /// Resources by the date from which they are gone, ascending.
    pub available_upto: Vec<(i64, Bits)>,
    /// Resources of type `default` that are not dead (`ALL` of the quotas).
    pub default_not_dead: i64,
    /// Rank and row of each id, by id.
    ranks: Vec<(ResourceId, u32)>,
    /// Row of each rank.
    rows: Vec<u32>,
}

impl Platform {
    /// Ranks and cuts the rows.
    #[must_use]
    pub fn build(resources: &[Resource], config: &Config, revision: u64) -> Self {
        let rows = ranked_rows(resources, config);
        let words = bits::words_for(rows.len());
        let select = |wanted: &dyn Fn(&Resource) -> bool| {
            let mut set = bits::empty(words);
            for (rank, &row) in rows.iter().enumerate() {
                if wanted(&resources[row as usize]) {
                    bits::insert(&mut set, rank);
                }
            }
            set
        };
        let usable = select(&|r| r.state.is_usable());
        let suspendable =
            select(&|r| r.state.is_usable() && config.available_suspended_types.contains(&r.kind));
        let mut upto: BTreeMap<i64, Bits> = BTreeMap::new();
        for rank in bits::numbers(&usable) {
            let date = resources[rows[rank] as usize].available_upto;
            bits::insert(upto.entry(date).or_insert_with(|| bits::empty(words)), rank);
        }
        let label = |label: &String| cut(resources, &rows, &usable, label);
        let as_rank = |rank: usize| u32::try_from(rank).expect("ranks fit 32 bits");
        let mut ranks: Vec<_> = rows
            .iter()
            .enumerate()
            .map(|(rank, &row)| (resources[row as usize].id, as_rank(rank)))
            .collect();
        ranks.sort_unstable();
        let not_dead = resources.iter().filter(|r| r.kind == "default" && r.state.number() != 4);
        Self {
            revision,
            words,
            ids: rows.iter().map(|&row| resources[row as usize].id).collect(),
            absent: select(&|r| r.state.is_usable() && r.state.number() == 2),
            default_kind: select(&|r| r.state.is_usable() && r.kind == "default"),
            suspendable,
            levels: config.hierarchy_labels.iter().map(label).collect(),
            available_upto: upto.into_iter().collect(),
            default_not_dead: i64::try_from(not_dead.count()).expect("rows fit 63 bits"),
            usable,
            ranks,
            rows,
        }
    }

    /// Rank of a resource, whether usable or not.
    #[must_use]
    pub fn rank(&self, id: ResourceId) -> Option<usize> {
        let at = self.ranks.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(self.ranks[at].1 as usize)
    }

    /// Row of a rank.
    #[must_use]
    pub fn row(&self, rank: usize) -> usize {
        self.rows[rank] as usize
    }

    /// Ranks of resources a job holds. OAR's table from id to rank holds 0 for what is not usable:
    /// with `alias`, such a resource stands for rank 0, without it is left out.
    #[must_use]
    pub fn ranks_of(&self, ids: &[ResourceId], alias: bool) -> Bits {
        let mut set = bits::empty(self.words);
        for id in ids {
            match self.rank(*id).filter(|rank| bits::contains(&self.usable, *rank)) {
                Some(rank) => bits::insert(&mut set, rank),
                None if alias && self.words > 0 => bits::insert(&mut set, 0),
                None => {}
            }
        }
        set
    }

    /// Id that OAR writes for a rank it got from its table: 0 if the rank is not usable.
    #[must_use]
    pub fn written_id(&self, rank: usize) -> ResourceId {
        if bits::contains(&self.usable, rank) { self.ids[rank] } else { ResourceId(0) }
    }

    /// Ids of a set of usable ranks, ascending by id.
    #[must_use]
    pub fn ids_of(&self, set: &[u64]) -> Vec<ResourceId> {
        let mut ids: Vec<_> = bits::numbers(set).map(|rank| self.written_id(rank)).collect();
        ids.sort_unstable();
        ids
    }
}

/// Rows in the resource order; equal rows by id.
fn ranked_rows(resources: &[Resource], config: &Config) -> Vec<u32> {
    let keys = config.resource_order.keys();
    let columns: Vec<Vec<Value>> = keys
        .iter()
        .map(|key| {
            resources.iter().map(|r| r.value(&key.property).unwrap_or(Value::Null)).collect()
        })
        .collect();
    let count = u32::try_from(resources.len()).expect("rows fit 32 bits");
    let mut rows: Vec<u32> = (0..count).collect();
    rows.sort_by(|&a, &b| {
        let (a, b) = (a as usize, b as usize);
        for (key, column) in keys.iter().zip(&columns) {
            let order = column[a].sort_order(&column[b]);
            let order = if key.descending { order.reverse() } else { order };
            if order.is_ne() {
                return order;
            }
        }
        resources[a].id.cmp(&resources[b].id)
    });
    rows
}

/// Cuts the usable ranks into blocks of equal values; NULL is a value.
fn cut(resources: &[Resource], rows: &[u32], usable: &[u64], label: &str) -> Level {
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    let mut known: BTreeMap<Sorted, usize> = BTreeMap::new();
    for rank in bits::numbers(usable) {
        let value = resources[rows[rank] as usize].value(label).unwrap_or(Value::Null);
        let number = *known.entry(Sorted(value)).or_insert_with(|| {
            blocks.push(Vec::new());
            blocks.len() - 1
        });
        blocks[number].push(rank);
    }
    Level::new(rows.len(), &blocks)
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
