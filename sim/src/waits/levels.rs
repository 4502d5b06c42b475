//! For how long how many cores were free, and from it for how long too few were, in a time that grows with
//! the logarithm of the cores. Must not know jobs.

use crate::time::{SimSpan, SimTime};

/// Sums over the first items of a list, and changes of items, each in logarithmic time (Fenwick's tree).
#[derive(Clone, Debug)]
pub(super) struct Sums {
    tree: Vec<i64>,
}

impl Sums {
    /// `length` items of 0.
    pub(super) fn new(length: usize) -> Sums {
        Sums { tree: vec![0; length + 1] }
    }

    /// How many items there are.
    pub(super) fn len(&self) -> usize {
        self.tree.len() - 1
    }

    /// Adds to the item at `index`.
    pub(super) fn add(&mut self, index: usize, value: i64) {
        let mut at = index + 1;
        while at < self.tree.len() {
            self.tree[at] += value;
            at += at & at.wrapping_neg();
        }
    }

    /// The sum of the first `count` items, or of all if there are fewer.
    pub(super) fn first(&self, count: usize) -> i64 {
        let mut at = count.min(self.len());
        let mut sum = 0;
        while at > 0 {
            sum += self.tree[at];
            at &= at - 1;
        }
        sum
    }
}

/// Free cores, and cores that cannot be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Level {
    pub(super) free: u32,
    pub(super) away: u32,
}

/// What has been counted up to an instant for jobs of one width. Only differences mean anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    time: SimTime,
    /// For how long fewer cores than that were free.
    few_ms: i64,
    /// For how long that would not have been so with the cores that could not be used.
    away_ms: i64,
}

/// Time between two marks, split by how many cores were free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Split {
    /// Too few.
    pub(super) cores: SimSpan,
    /// Too few but for those that could not be used.
    pub(super) nodes: SimSpan,
    /// Enough.
    pub(super) enough: SimSpan,
}

/// The time spent at each level.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    level: Level,
    since: SimTime,
    /// Milliseconds by free cores.
    free: Sums,
    /// Of these, the ones in which some cores could not be used; and the same by free cores and those.
    with_away: Option<(Sums, Sums)>,
}

impl Levels {
    /// Of a cluster of so many cores.
    pub(super) fn new(cores: u32, level: Level) -> Levels {
        let free = Sums::new(cores as usize + 1);
        Levels { level, since: SimTime::ZERO, free, with_away: None }
    }

    /// From now on so many are free.
    pub(super) fn change(&mut self, now: SimTime, level: Level) {
        if self.level != level {
            self.count(now);
            self.level = level;
        }
    }

    /// The time up to now counts for nobody.
    pub(super) fn skip(&mut self, now: SimTime) {
        self.since = now;
    }

    /// What has been counted up to now, for jobs of that width.
    pub(super) fn mark(&mut self, now: SimTime, cores: u32) -> Mark {
        self.count(now);
        let width = cores as usize;
        let away_ms =
            self.with_away.as_ref().map_or(0, |(free, all)| free.first(width) - all.first(width));
        Mark { time: now, few_ms: self.free.first(width), away_ms }
    }

    /// Counts the time up to now.
    fn count(&mut self, now: SimTime) {
        let span_ms = (now - self.since).ms();
        self.since = now;
        if span_ms == 0 {
            return;
        }
        let Level { free, away } = self.level;
        self.free.add(free as usize, span_ms);
        if away > 0 {
            let length = self.free.len();
            let (by_free, by_all) =
                self.with_away.get_or_insert_with(|| (Sums::new(length), Sums::new(length)));
            by_free.add(free as usize, span_ms);
            by_all.add((free + away) as usize, span_ms);
        }
    }
}

impl Mark {
    /// What lies between a mark and a later one of the same width.
    pub(super) fn until(self, later: Mark) -> Split {
        let few_ms = later.few_ms - self.few_ms;
        let away_ms = later.away_ms - self.away_ms;
        Split {
            cores: SimSpan::from_ms(few_ms - away_ms),
            nodes: SimSpan::from_ms(away_ms),
            enough: SimSpan::from_ms((later.time - self.time).ms() - few_ms),
        }
    }
}
