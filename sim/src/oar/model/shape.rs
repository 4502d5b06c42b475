//! What a request asks for, independent of its walltime: compiled against a platform, then solved
//! on a free set. Knows no time and no jobs. The rules are those of OAR 3's hierarchy search.

use crate::oar::model::bits::{self, Bits};
use crate::oar::model::platform::{Level, Platform, is_touched, is_whole, masks_of};
use gleaner_oar::request::Amount;
use smallvec::SmallVec;

/// A shape, interned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShapeId(pub u32);

/// A group as asked: selected ranks and levels by their number in the hierarchy.
#[derive(Debug, Clone)]
pub struct GroupRequest {
    /// Ranks its filter selects, all usable ones if none.
    pub selected: Bits,
    /// Levels from the outermost to the innermost.
    pub levels: Vec<(usize, Amount)>,
}

/// A compiled shape.
#[derive(Debug)]
pub struct Shape {
    groups: Vec<Group>,
    /// How its windows are searched.
    pub search: Search,
    /// Whether a smaller free set that still holds the chosen resources gives the same choice.
    /// Not so for half of the best.
    pub stable: bool,
    /// Fewest resources of type `default` that it can choose.
    pub least_default: u32,
    /// What it asks for, in numbers, if it is one group of counted levels.
    pub form: Option<Form>,
}

/// A request in numbers: within a family, whoever asks for less finds a place wherever another does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Number of its filter and levels.
    pub family: u32,
    /// The family of the same levels without filter, if its resources are among those.
    pub wider: Option<u32>,
    /// Counts from the outermost level to the innermost.
    pub counts: SmallVec<[u32; 3]>,
}

/// A necessary condition on every slot of a window, cheap to test.
#[derive(Debug)]
pub enum Search {
    /// Impossible on this platform.
    Never,
    /// At least this many free resources within the selection; the shape decides.
    Resources {
        /// How many.
        count: u32,
        /// Among which, if not all.
        selected: Option<Bits>,
    },
    /// Exactly: this many free resources within the selection are enough.
    Count {
        /// How many.
        count: u32,
        /// Among which, if not all.
        selected: Option<Bits>,
    },
    /// Exactly: this many wholly free blocks within the selection are enough.
    Blocks {
        /// Level by its number in the hierarchy.
        level: usize,
        /// How many.
        count: u32,
        /// Block numbers that lie wholly in the selection, if not all.
        selected: Option<Bits>,
    },
}

#[derive(Debug)]
struct Group {
    selected: Option<Bits>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Never,
    /// Any so many resources.
    Units(u32),
    /// So many whole blocks of a level.
    Blocks(usize, u32),
    /// A special amount of a level.
    Special(usize, Amount),
    /// Levels within levels.
    Nested(Nest),
}

/// Blocks of a level to choose from, and what is chosen within each.
#[derive(Debug)]
struct Nest {
    level: usize,
    /// Numbers of the blocks, all of the level if `None`.
    tops: Option<Vec<usize>>,
    count: u32,
    below: Below,
}

/// What is chosen within a block.
#[derive(Debug)]
enum Below {
    /// This many of its resources, lowest rank first.
    Units(u32),
    /// This many sub-blocks, wholly free; the sub-blocks of each top.
    Blocks(u32, Vec<Vec<Masks>>),
    /// Another level to choose in, for each top.
    Nested(Vec<Nest>),
}

/// Words and bits of a block.
type Masks = Vec<(u32, u64)>;

impl Shape {
    /// Compiles requests for a platform.
    #[must_use]
    pub fn compile(platform: &Platform, requests: &[GroupRequest]) -> Self {
        let groups: Vec<Group> =
            requests.iter().map(|request| compile_group(platform, request)).collect();
        let half = |group: &Group| matches!(group.kind, Kind::Special(_, Amount::HalfBest));
        let stable = !groups.iter().any(half);
        let of_default = |(group, request): (&Group, &GroupRequest)| {
            let all = bits::is_subset(&request.selected, &platform.default_kind);
            if all { group.kind.least(platform) } else { 0 }
        };
        let least_default = groups.iter().zip(requests).map(of_default).max().unwrap_or(0);
        Self { search: search_of(platform, &groups), groups, stable, least_default, form: None }
    }

    /// Whether it asks for nothing but numbers of any resources.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        let bare = |group: &Group| group.selected.is_none() && matches!(group.kind, Kind::Units(_));
        self.groups.iter().all(bare)
    }

    /// Chooses resources from `free` into `chosen` (cleared first); whether all groups found some.
    /// Groups are solved independently and united, so two may choose the same resources.
    pub fn solve(
        &self,
        platform: &Platform,
        free: &[u64],
        chosen: &mut [u64],
        scratch: &mut [u64],
    ) -> bool {
        chosen.fill(0);
        self.groups.iter().all(|group| {
            if let Some(selected) = &group.selected {
                scratch.copy_from_slice(free);
                bits::keep(scratch, selected);
                group.kind.solve(platform, scratch, chosen)
            } else {
                group.kind.solve(platform, free, chosen)
            }
        })
    }
}

fn compile_group(platform: &Platform, request: &GroupRequest) -> Group {
    let selected = (request.selected != platform.usable).then(|| request.selected.clone());
    let kind = match request.levels[..] {
        [] => Kind::Never,
        [(_, Amount::Count(0))] => Kind::Never,
        [(level, Amount::Count(count))] if platform.is_unit(level) => Kind::Units(count),
        [(level, Amount::Count(count))] => Kind::Blocks(level, count),
        [(level, special)] => Kind::Special(level, special),
        _ => nested_counts(&request.levels)
            .map_or(Kind::Never, |levels| Kind::Nested(nest(platform, &levels, None))),
    };
    Group { selected, kind }
}

/// Levels with positive counts; special amounts have no meaning in a hierarchy.
fn nested_counts(levels: &[(usize, Amount)]) -> Option<Vec<(usize, u32)>> {
    let count = |&(level, amount): &(usize, Amount)| match amount {
        Amount::Count(count) if count > 0 => Some((level, count)),
        _ => None,
    };
    levels.iter().map(count).collect()
}

/// Resolves at least two levels, of which the first offers the given blocks.
fn nest(platform: &Platform, levels: &[(usize, u32)], tops: Option<Vec<usize>>) -> Nest {
    let (level, count) = levels[0];
    let (below_level, below_count) = levels[1];
    let (top, below) = (platform.level(level), platform.level(below_level));
    let numbers = || tops.clone().unwrap_or_else(|| (0..top.len()).collect()).into_iter();
    let below = if levels.len() > 2 {
        let within = |number| {
            let children = children(platform, top.block(number), below);
            nest(platform, &levels[1..], Some(children))
        };
        Below::Nested(numbers().map(within).collect())
    } else if platform.is_unit(below_level) {
        Below::Units(below_count)
    } else {
        Below::Blocks(below_count, numbers().map(|n| parts(top.block(n), below)).collect())
    };
    Nest { level, tops, count, below }
}

/// Blocks of a level that lie wholly in a set.
fn children(platform: &Platform, masks: &[(u32, u64)], level: &Level) -> Vec<usize> {
    let mut set = bits::empty(platform.words);
    for &(word, mask) in masks {
        set[word as usize] |= mask;
    }
    (0..level.len()).filter(|&number| is_whole(level.block(number), &set)).collect()
}

/// What a set shares with each block of a level, in the level's order.
fn parts(masks: &[(u32, u64)], level: &Level) -> Vec<Masks> {
    let mut by_block: std::collections::BTreeMap<usize, Vec<usize>> = Default::default();
    for &(word, mask) in masks {
        for bit in bits::numbers(&[mask]) {
            let rank = word as usize * bits::WORD + bit;
            if let Some(number) = level.block_of(rank) {
                by_block.entry(number).or_default().push(rank);
            }
        }
    }
    by_block.values().map(|ranks| masks_of(ranks)).collect()
}

impl Kind {
    fn solve(&self, platform: &Platform, free: &[u64], chosen: &mut [u64]) -> bool {
        match self {
            Self::Never => false,
            Self::Units(count) => bits::take_lowest(free, *count, chosen),
            Self::Blocks(level, count) => {
                let level = platform.level(*level);
                take_whole((0..level.len()).map(|n| level.block(n)), *count, free, chosen)
            }
            Self::Special(level, amount) => {
                let level = platform.level(*level);
                let whole = |n: &usize| is_whole(level.block(*n), free);
                let available = (0..level.len()).filter(whole).count();
                let wanted = match amount {
                    Amount::All if available == level.len() => available,
                    Amount::All => 0,
                    Amount::Best => available,
                    Amount::HalfBest => available / 2,
                    Amount::Count(count) => *count as usize,
                };
                for number in (0..level.len()).filter(whole).take(wanted) {
                    add(level.block(number), chosen);
                }
                wanted > 0
            }
            Self::Nested(nest) => nest.solve(platform, free, chosen),
        }
    }
}

impl Nest {
    /// Adds what it finds to `chosen`, which is only meaningful if it succeeds.
    fn solve(&self, platform: &Platform, free: &[u64], chosen: &mut [u64]) -> bool {
        let level = platform.level(self.level);
        let mut missing = self.count;
        let tops = self.tops.as_ref().map_or(level.len(), Vec::len);
        for top in 0..tops {
            if missing == 0 {
                break;
            }
            let masks = level.block(self.tops.as_ref().map_or(top, |tops| tops[top]));
            if !is_touched(masks, free) {
                continue;
            }
            let success = match &self.below {
                Below::Units(count) => take_units(masks, *count, free, chosen),
                Below::Blocks(count, parts) => {
                    let whole = parts[top].iter().filter(|part| is_whole(part, free));
                    let enough = whole.clone().count() >= *count as usize;
                    if enough {
                        whole.take(*count as usize).for_each(|part| add(part, chosen));
                    }
                    enough
                }
                Below::Nested(nests) => {
                    let mut found = bits::empty(chosen.len());
                    let success = nests[top].solve(platform, free, &mut found);
                    if success {
                        bits::unite(chosen, &found);
                    }
                    success
                }
            };
            missing -= u32::from(success);
        }
        missing == 0
    }
}

/// Adds the first `count` wholly free blocks; whether there were so many.
fn take_whole<'a>(
    blocks: impl Iterator<Item = &'a [(u32, u64)]>,
    count: u32,
    free: &[u64],
    chosen: &mut [u64],
) -> bool {
    let mut missing = count;
    for block in blocks {
        if missing == 0 {
            break;
        }
        if is_whole(block, free) {
            add(block, chosen);
            missing -= 1;
        }
    }
    missing == 0
}

/// Adds the first `count` free resources of a block, all or nothing.
fn take_units(masks: &[(u32, u64)], count: u32, free: &[u64], chosen: &mut [u64]) -> bool {
    let available: u32 =
        masks.iter().map(|&(word, mask)| (free[word as usize] & mask).count_ones()).sum();
    if available < count {
        return false;
    }
    let mut missing = count;
    for &(word, mask) in masks {
        let mut rest = free[word as usize] & mask;
        while rest != 0 && missing > 0 {
            chosen[word as usize] |= rest & rest.wrapping_neg();
            rest &= rest - 1;
            missing -= 1;
        }
    }
    true
}

fn add(block: &[(u32, u64)], chosen: &mut [u64]) {
    for &(word, mask) in block {
        chosen[word as usize] |= mask;
    }
}

fn search_of(platform: &Platform, groups: &[Group]) -> Search {
    if groups.is_empty() || groups.iter().any(|group| matches!(group.kind, Kind::Never)) {
        return Search::Never;
    }
    if let [Group { selected, kind }] = groups {
        match kind {
            Kind::Units(count) => {
                return Search::Count { count: *count, selected: selected.clone() };
            }
            Kind::Blocks(level, count) => {
                let blocks = selected.as_ref().map(|selected| {
                    let level = platform.level(*level);
                    let mut whole = bits::empty(bits::words_for(level.len()));
                    level.whole_blocks(selected, &mut whole);
                    whole
                });
                return Search::Blocks { level: *level, count: *count, selected: blocks };
            }
            Kind::Never | Kind::Special(..) | Kind::Nested(_) => {}
        }
    }
    let count = groups.iter().map(|group| group.kind.least(platform)).max().unwrap_or(1);
    let selected = match groups {
        [group] => group.selected.clone(),
        _ => None,
    };
    Search::Resources { count, selected }
}

impl Kind {
    /// Fewest resources that can satisfy it.
    fn least(&self, platform: &Platform) -> u32 {
        match self {
            Self::Never => 0,
            Self::Special(level, _) => smallest(blocks_of(platform.level(*level))),
            Self::Units(count) => *count,
            Self::Blocks(level, count) => {
                count.saturating_mul(smallest(blocks_of(platform.level(*level))))
            }
            Self::Nested(nest) => nest.least(),
        }
    }
}

impl Nest {
    /// Blocks of a level never overlap, so the counts multiply.
    fn least(&self) -> u32 {
        let below = match &self.below {
            Below::Units(count) => *count,
            Below::Blocks(count, parts) => {
                let parts = parts.iter().flatten().map(Vec::as_slice);
                count.saturating_mul(smallest(parts))
            }
            Below::Nested(nests) => nests.iter().map(Self::least).min().unwrap_or(1),
        };
        self.count.saturating_mul(below)
    }
}

fn blocks_of(level: &Level) -> impl Iterator<Item = &[(u32, u64)]> {
    (0..level.len()).map(|number| level.block(number))
}

/// Resources of the smallest block, at least one.
fn smallest<'a>(blocks: impl Iterator<Item = &'a [(u32, u64)]>) -> u32 {
    let size = |block: &[(u32, u64)]| block.iter().map(|(_, mask)| mask.count_ones()).sum();
    blocks.map(size).min().unwrap_or(1).max(1)
}
