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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Request = (u32, (u32, u32), i64, u32);

    fn form((family, (outer, inner), ..): Request) -> Form {
        // All resources are family 0, of which those of family 1 are a part, but not those of family 2.
        Form {
            family,
            wider: (family == 1).then_some(0),
            counts: [outer, inner].into_iter().collect(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_floor_is_the_last_of_all_that_were_raised_for_less(
            raised in prop::collection::vec(
                ((0..3u32, (0..4u32, 0..4u32), 0..4i64, 0..4u32), prop::option::of(0..2usize), 0..9i64), 0..30),
            asked in (0..3u32, (0..4u32, 0..4u32), 0..4i64, 0..4u32),
            counter in prop::option::of(0..2usize),
        ) {
            let mut floors = Floors::default();
            for (request, counter, begin) in &raised {
                let (_, _, width_s, least) = *request;
                floors.raise(Asked { form: &form(*request), width_s, least }, *counter, *begin);
            }
            let (family, (outer, inner), width_s, least) = asked;
            let bounds = |((its_family, its_counts, its_width_s, its_least), its_counter, _): &&(Request, _, _)| {
                (*its_family == family || (family == 1 && *its_family == 0))
                    && its_counts.0 <= outer
                    && its_counts.1 <= inner
                    && *its_width_s <= width_s
                    && *its_counter == counter
                    && (counter.is_none() || *its_least <= least)
            };
            let want = raised.iter().filter(bounds).map(|(_, _, begin)| *begin).max();
            let form = form(asked);
            let asked = Asked { form: &form, width_s, least };
            let floor = match counter {
                Some(counter) => floors.limited_floor(asked, counter),
                None => floors.floor(asked),
            };
            prop_assert_eq!(floor, want.unwrap_or(i64::MIN));
            // What says no more than others is not kept.
            for facts in floors.0.values() {
                for (index, fact) in facts.iter().enumerate() {
                    let says_more = |other: &Fact| {
                        other.begin >= fact.begin
                            && other.asks_no_more(&fact.counts, fact.width_s, fact.least)
                    };
                    let others = facts.iter().enumerate().filter(|(other, _)| *other != index);
                    prop_assert!(!others.map(|(_, other)| other).any(says_more));
                }
            }
        }
    }
}
