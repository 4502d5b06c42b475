//! What a pass has found out about when requests can start at the earliest. Free sets only shrink while a pass
//! places jobs and counters only grow, so what could not start before a second never can in the same pass,
//! nor can whoever asks for no less. Knows requests only as forms, and quotas as numbers.

use crate::oar::model::shape::Form;
use crate::oar::model::slots::counts::Counter;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// What somebody asked for, and the second before which it cannot start.
#[derive(Debug)]
struct Fact {
    counts: SmallVec<[u32; 3]>,
    width_s: i64,
    /// What it would use of its counter, at least.
    least: u32,
    begin: i64,
}

impl Fact {
    /// Whether it asks for no more than another in every respect.
    fn asks_no_more(&self, counts: &[u32], width_s: i64, least: u32) -> bool {
        self.width_s <= width_s
            && self.least <= least
            && self.counts.iter().zip(counts).all(|(mine, others)| mine <= others)
    }
}

/// Earliest starts by form, and by the counter that refused it, if one did.
#[derive(Debug, Default)]
pub(super) struct Floors(BTreeMap<(u32, Option<Counter>), Vec<Fact>>);

/// A request for so long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) form: &'a Form,
    pub(super) width_s: i64,
    /// Fewest resources that it would count.
    pub(super) least: u32,
}

impl Floors {
    /// The second before which a request cannot start, whoever asks; `i64::MAX` if it never can.
    pub(super) fn floor(&self, asked: Asked<'_>) -> i64 {
        self.known(asked, None)
    }

    /// The second before which a request of somebody cannot start whom a counter limits.
    pub(super) fn limited_floor(&self, asked: Asked<'_>, counter: Counter) -> i64 {
        self.known(asked, Some(counter))
    }

    fn known(&self, asked: Asked<'_>, counter: Option<Counter>) -> i64 {
        let Asked { form, width_s, least } = asked;
        let of = |family: u32| {
            let facts = self.0.get(&(family, counter)).map_or(&[][..], Vec::as_slice);
            let known = facts.iter().filter(|fact| fact.asks_no_more(&form.counts, width_s, least));
            known.map(|fact| fact.begin).max().unwrap_or(i64::MIN)
        };
        of(form.family).max(form.wider.map_or(i64::MIN, of))
    }

    /// A request cannot start before a second; `counter` is the one that has a part in it.
    pub(super) fn raise(&mut self, asked: Asked<'_>, counter: Option<Counter>, begin: i64) {
        let Asked { form, width_s, least } = asked;
        // Without a counter, what it would use of one does not matter.
        let least = counter.map_or(0, |_| least);
        let facts = self.0.entry((form.family, counter)).or_default();
        let counts = &form.counts;
        if facts.iter().any(|fact| fact.begin >= begin && fact.asks_no_more(counts, width_s, least))
        {
            return;
        }
        let new = Fact { counts: counts.clone(), width_s, least, begin };
        facts.retain(|fact| {
            fact.begin > begin || !new.asks_no_more(&fact.counts, fact.width_s, fact.least)
        });
        facts.push(new);
    }
}
