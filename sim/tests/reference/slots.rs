//! Slots of the plain pass: a list of seconds with sets, cut as OAR cuts them. Both ends belong to
//! a slot.

use crate::quotas::Counters;
use gleaner_sim::oar::model::slots::shared::Joins;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) type Set = BTreeSet<usize>;

#[derive(Clone, Default)]
pub(crate) struct Slot {
    pub(crate) id: usize,
    pub(crate) b: i64,
    pub(crate) e: i64,
    pub(crate) free: Set,
    pub(crate) times: BTreeMap<(String, String), Set>,
    pub(crate) holders: BTreeMap<String, Set>,
    pub(crate) counters: Counters,
}

/// Someone who takes, or gives, a set over a time.
pub(crate) struct Taker<'a> {
    pub(crate) start: i64,
    pub(crate) width: i64,
    pub(crate) set: &'a Set,
    pub(crate) joins: &'a Joins,
    /// Counters to raise, and by how much.
    pub(crate) counted: Option<(&'a [crate::quotas::Key], [i64; 3])>,
}

pub(crate) struct Slots {
    pub(crate) list: Vec<Slot>,
    pub(crate) real: bool,
    last_id: usize,
    /// In which slot a request was last found, by its text.
    pub(crate) cache: BTreeMap<String, usize>,
}

impl Slots {
    pub(crate) fn new(b: i64, e: i64, free: Set, real: bool) -> Self {
        Self {
            list: vec![Slot { b, e, free, ..Slot::default() }],
            real,
            last_id: 0,
            cache: BTreeMap::new(),
        }
    }

    /// Cuts so that a slot begins at `at`.
    pub(crate) fn cut(&mut self, index: usize, at: i64) {
        let slot = &mut self.list[index];
        assert!(slot.b < at && at <= slot.e);
        let mut second = slot.clone();
        self.last_id += 1;
        second.id = self.last_id;
        slot.e = at - 1;
        second.b = at;
        self.list.insert(index + 1, second);
    }

    fn encompassing(&self, start: i64, end: i64) -> (usize, usize) {
        let left = self.list.iter().position(|slot| slot.e >= start).expect("slots cover all time");
        let right = (left..self.list.len()).find(|&i| self.list[i].e >= end);
        (left, right.unwrap_or(self.list.len() - 1))
    }

    fn split(
        &mut self,
        mut left: usize,
        mut right: usize,
        start: i64,
        width: i64,
    ) -> (usize, usize) {
        if self.list[left].b < start {
            self.cut(left, start);
            // The part from the start on stays the same slot.
            let (first, second) = (self.list[left].id, self.list[left + 1].id);
            (self.list[left].id, self.list[left + 1].id) = (second, first);
            left += 1;
            right += 1;
        }
        let (b, e) = (self.list[right].b, self.list[right].e);
        if self.real {
            if e > start + width {
                self.cut(right, (start + width).max(b + 1));
            }
        } else if e >= start + width {
            self.cut(right, start + width);
        }
        (left, right)
    }

    /// Where a span lies, cut; nowhere if it is over or beyond.
    fn place(&mut self, start: i64, width: i64) -> Option<(usize, usize)> {
        let (begin, end) = (self.list[0].b, self.list.last().expect("slots cover all time").e);
        let over = if self.real { start + width < begin } else { start + width <= begin };
        if over || start > end {
            return None;
        }
        let (left, right) = self.encompassing(start, start + width - 1);
        Some(self.split(left, right, start, width))
    }

    pub(crate) fn take(&mut self, taker: &Taker<'_>) {
        if let Some((left, right)) = self.place(taker.start, taker.width) {
            self.subtract(left, right, taker);
        }
    }

    /// A reservation also touches the slot of the second after its end.
    pub(crate) fn take_reservation(&mut self, taker: &Taker<'_>) {
        let end = taker.start + taker.width - i64::from(!self.real);
        let (left, right) = self.encompassing(taker.start, end);
        let (left, right) = self.split(left, right, taker.start, taker.width);
        self.subtract(left, right, taker);
    }

    fn subtract(&mut self, left: usize, right: usize, taker: &Taker<'_>) {
        for slot in &mut self.list[left..=right] {
            slot.free = &slot.free - taker.set;
            if let Some(key) = &taker.joins.shares {
                let key = (key.user.clone(), key.name.clone());
                match slot.times.get_mut(&key) {
                    None => {
                        slot.times.insert(key, taker.set.clone());
                    }
                    Some(held) if !self.real => held.extend(taker.set),
                    Some(_) => {}
                }
            }
            if let Some(name) = &taker.joins.enters
                && let Some(held) = slot.holders.get_mut(name)
            {
                *held = &*held - taker.set;
            }
            if let Some(name) = &taker.joins.reserves {
                let held = slot.holders.entry(name.clone()).or_default();
                if self.real {
                    held.clone_from(taker.set);
                } else {
                    held.extend(taker.set);
                }
            }
            if let Some((keys, amounts)) = taker.counted {
                slot.counters.add(keys, amounts);
            }
        }
    }

    pub(crate) fn give(&mut self, start: i64, width: i64, set: &Set) {
        if let Some((left, right)) = self.place(start, width) {
            for slot in &mut self.list[left..=right] {
                slot.free.extend(set);
            }
        }
    }

    /// What a job may use in all slots of a window.
    pub(crate) fn available(
        &self,
        first: usize,
        last: usize,
        joins: &Joins,
        user: &str,
        name: &str,
    ) -> Set {
        let mut all: Option<Set> = None;
        for slot in &self.list[first..=last] {
            let mut here = slot.free.clone();
            if joins.shares.is_some() {
                let get = |u: &str, n: &str| slot.times.get(&(u.to_owned(), n.to_owned()));
                let star = slot.times.keys().any(|(user, _)| user == "*");
                let user = if star { "*" } else { user };
                if let Some(more) = get(user, "*").or_else(|| get(user, name)) {
                    here.extend(more);
                }
            }
            if let Some(more) = joins.enters.as_ref().and_then(|name| slot.holders.get(name)) {
                here.extend(more);
            }
            let restart = |set: &Set| joins.may_join() && self.real && set.is_empty();
            all = Some(match all {
                Some(set) if !restart(&set) => &set & &here,
                _ => here,
            });
        }
        all.expect("slots cover all time")
    }
}
