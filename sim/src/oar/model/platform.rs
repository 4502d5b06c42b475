//! The resources as a pass sees them: ranked, filtered by state, cut into blocks. Built from the
//! rows when they change; knows no jobs.

pub mod ranking;

use crate::oar::model::bits::{self, Bits, SmallBits};
use crate::oar::model::config::Config;
use crate::oar::model::ids::ResourceId;
use crate::oar::model::resource::Resource;
use crate::oar::model::resources::Resources;
use crate::oar::model::rows::RowIndex;
use ranking::{Ranking, numbered_label};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

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
}

impl Level {
    fn new(ranks: usize, blocks: &[Vec<usize>]) -> Self {
        let mut level =
            Self { starts: vec![0], masks: Vec::new(), block_of: vec![NO_BLOCK; ranks] };
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
pub(in crate::oar) fn masks_of(ranks: &[usize]) -> Vec<(u32, u64)> {
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

/// A level that is cut when somebody asks for its blocks: of a cluster's hierarchy, most requests name one
/// label or none.
#[derive(Debug, Clone)]
struct LazyLevel {
    unit: bool,
    level: OnceLock<Arc<Level>>,
}

impl LazyLevel {
    fn new(numbers: &[u32], rows: &[u32], usable: &[u64]) -> Self {
        let mut seen = bits::empty(bits::words_for(rows.len()));
        let unit = bits::numbers(usable).all(|rank| {
            let number = numbers[rows[rank] as usize] as usize;
            let fresh = !bits::contains(&seen, number);
            bits::insert(&mut seen, number);
            fresh
        });
        Self { unit, level: OnceLock::new() }
    }
}

/// What depends on the rows, but not on their order by priority.
#[derive(Debug)]
struct Fixed {
    ranking: Ranking,
    /// Id of each row.
    ids: Vec<ResourceId>,
    rows: Arc<RowIndex>,
    /// Number of each row by value, per label.
    labels: Vec<Vec<u32>>,
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
    /// Whether there is no other.
    pub all_usable: bool,
    /// Absent resources.
    pub absent: Bits,
    /// Usable resources of type `default`.
    pub default_kind: Bits,
    /// Usable resources that are free while their job is suspended.
    pub suspendable: Bits,
    /// One level per hierarchy label.
    levels: Vec<LazyLevel>,
    /// Resources by the date from which they are gone, ascending.
    pub available_upto: Vec<(i64, Bits)>,
    /// Resources of type `default` that are not dead (`ALL` of the quotas).
    pub default_not_dead: i64,
    fixed: Arc<Fixed>,
    /// Rank of each row.
    ranks: Vec<u32>,
    /// Row of each rank.
    rows: Vec<u32>,
}

impl Platform {
    /// Ranks and cuts the rows.
    #[must_use]
    pub fn build(
        resources: &Resources,
        index: &Arc<RowIndex>,
        config: &Config,
        revision: u64,
    ) -> Self {
        let ranking = Ranking::new(resources, config);
        let rows = ranking.rows(resources);
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
        let types = &config.available_suspended_types;
        let frees = |kind: &str| types.iter().any(|known| known == kind);
        let suspendable = select(&|r| r.state.is_usable() && frees(&r.kind));
        let mut upto: BTreeMap<i64, Bits> = BTreeMap::new();
        for rank in bits::numbers(&usable) {
            let Some(date) = resources[rows[rank] as usize].leaves(config.end_of_time) else {
                continue;
            };
            bits::insert(upto.entry(date).or_insert_with(|| bits::empty(words)), rank);
        }
        let ids: Vec<ResourceId> = resources.iter().map(|resource| resource.id).collect();
        let label = |label: &String| numbered_label(resources, label);
        let labels: Vec<_> = config.hierarchy_labels.iter().map(label).collect();
        let not_dead = resources.iter().filter(|r| &*r.kind == "default" && r.state.number() != 4);
        Self {
            revision,
            words,
            all_usable: bits::count(&usable) as usize == rows.len(),
            ids: rows.iter().map(|&row| ids[row as usize]).collect(),
            absent: select(&|r| r.state.is_usable() && r.state.number() == 2),
            default_kind: select(&|r| r.state.is_usable() && &*r.kind == "default"),
            suspendable,
            levels: labels.iter().map(|numbers| LazyLevel::new(numbers, &rows, &usable)).collect(),
            available_upto: upto.into_iter().collect(),
            default_not_dead: i64::try_from(not_dead.count()).expect("rows fit 63 bits"),
            usable,
            ranks: inverse(&rows),
            rows,
            fixed: Arc::new(Fixed { ranking, ids, rows: Arc::clone(index), labels }),
        }
    }

    /// The platform after nothing but the `scheduler_priority` of some rows changed; `None` if
    /// that moves no row.
    #[must_use]
    pub fn reranked(&self, resources: &Resources, changed: &[u32], revision: u64) -> Option<Self> {
        let rows = self.fixed.ranking.moved(&self.rows, changed, resources);
        if rows == self.rows {
            return None;
        }
        let moved = |set: &Bits| self.moved(set, &rows);
        let usable = moved(&self.usable);
        // Single resources make the same blocks in any order.
        let keeps = |level: &LazyLevel| level.unit && usable == self.usable;
        let moved_level = |level: &LazyLevel| match keeps(level) {
            true => level.clone(),
            false => LazyLevel { unit: level.unit, level: OnceLock::new() },
        };
        let levels = self.levels.iter().map(moved_level).collect();
        let upto = self.available_upto.iter().map(|(date, set)| (*date, moved(set)));
        Some(Self {
            revision,
            words: self.words,
            all_usable: self.all_usable,
            ids: rows.iter().map(|&row| self.fixed.ids[row as usize]).collect(),
            absent: moved(&self.absent),
            default_kind: moved(&self.default_kind),
            suspendable: moved(&self.suspendable),
            levels,
            available_upto: upto.collect(),
            default_not_dead: self.default_not_dead,
            usable,
            ranks: inverse(&rows),
            rows,
            fixed: Arc::clone(&self.fixed),
        })
    }

    /// How many levels there are.
    #[must_use]
    pub fn level_count(&self) -> usize {
        self.levels.len()
    }

    /// Whether every block of a level is one resource.
    #[must_use]
    pub fn is_unit(&self, level: usize) -> bool {
        self.levels[level].unit
    }

    /// A level by its number in the hierarchy.
    #[must_use]
    pub fn level(&self, number: usize) -> &Level {
        let lazy = &self.levels[number];
        let numbers = &self.fixed.labels[number];
        lazy.level.get_or_init(|| Arc::new(cut(numbers, &self.rows, &self.usable)))
    }

    /// A set of ranks under another order of the rows.
    fn moved(&self, set: &Bits, rows: &[u32]) -> Bits {
        let count = bits::count(set) as usize;
        if count == 0 || count == rows.len() {
            return set.clone();
        }
        let mut moved = bits::empty(self.words);
        for (rank, &row) in rows.iter().enumerate() {
            if bits::contains(set, self.ranks[row as usize] as usize) {
                bits::insert(&mut moved, rank);
            }
        }
        moved
    }

    /// The first `wanted` of some rows, in the order in which ranks would put them now.
    #[must_use]
    pub fn first_in_order(
        &self,
        wanted: usize,
        rows: impl Iterator<Item = usize>,
        resources: &Resources,
    ) -> Vec<usize> {
        self.fixed.ranking.first_in_order(wanted, rows, resources)
    }

    /// Whether all rows can be used by anybody until `date`, none of them absent.
    #[must_use]
    pub fn is_whole_until(&self, date: i64) -> bool {
        let all = self.ids.len();
        let full = |set: &Bits| bits::count(set) as usize == all;
        let stays = self.available_upto.first().is_none_or(|(upto, _)| date <= *upto);
        full(&self.usable) && full(&self.default_kind) && bits::is_empty(&self.absent) && stays
    }

    /// Whether requests that name neither a filter nor a level mean the same on both.
    #[must_use]
    pub fn is_alike(&self, other: &Self) -> bool {
        self.usable == other.usable && self.default_kind == other.default_kind
    }

    /// Rank of a resource, whether usable or not.
    #[must_use]
    pub fn rank(&self, id: ResourceId) -> Option<usize> {
        let row = self.fixed.rows.get(id)?;
        Some(self.ranks[row as usize] as usize)
    }

    /// Row of a rank.
    #[must_use]
    pub fn row(&self, rank: usize) -> usize {
        self.rows[rank] as usize
    }

    /// Ranks of resources a job holds. OAR's table from id to rank holds 0 for what is not usable:
    /// with `alias`, such a resource stands for rank 0, without it is left out.
    #[must_use]
    pub fn ranks_of(&self, ids: &[ResourceId], alias: bool) -> SmallBits {
        let mut set = SmallBits::from_elem(0, self.words);
        for id in ids {
            let usable = |rank: &usize| self.all_usable || bits::contains(&self.usable, *rank);
            match self.rank(*id).filter(usable) {
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

/// Rank of each row.
fn inverse(rows: &[u32]) -> Vec<u32> {
    let mut ranks = vec![0; rows.len()];
    for (rank, &row) in (0..).zip(rows) {
        ranks[row as usize] = rank;
    }
    ranks
}

/// Cuts the usable ranks into blocks of equal numbers, in order of first rank.
fn cut(numbers: &[u32], rows: &[u32], usable: &[u64]) -> Level {
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    let mut known: Vec<Option<usize>> = vec![None; rows.len()];
    for rank in bits::numbers(usable) {
        let number = numbers[rows[rank] as usize] as usize;
        let block = *known[number].get_or_insert_with(|| {
            blocks.push(Vec::new());
            blocks.len() - 1
        });
        blocks[block].push(rank);
    }
    Level::new(rows.len(), &blocks)
}
