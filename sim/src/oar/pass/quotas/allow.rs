//! Whether a job may run beside what a window's slots count, and from which slot on it may. Knows nothing
//! of resources but their number.

use super::{Bound, Consumer, Quotas};
use crate::oar::model::slots::SlotSet;
use crate::oar::model::slots::counts::{Amounts, Counter, RulesId, Steps};
use std::ops::Range;

impl Quotas {
    /// Whether a job that uses `amounts` for a time from the first of these slots on may run.
    #[must_use]
    pub fn allow(
        &self,
        slots: &mut SlotSet,
        window: Range<usize>,
        who: Consumer,
        amounts: Amounts,
        width_s: i64,
    ) -> bool {
        if self.calendar.is_none() {
            return self.allow_under(slots, window, who, (amounts, width_s), self.default);
        }
        let mut seen: Vec<RulesId> = Vec::new();
        for index in window.clone() {
            let rules = slots.rules(index);
            if !seen.contains(&rules) {
                seen.push(rules);
            }
        }
        seen.iter()
            .all(|&rules| self.allow_under(slots, window.clone(), who, (amounts, width_s), rules))
    }

    fn allow_under(
        &self,
        slots: &mut SlotSet,
        window: Range<usize>,
        who: Consumer,
        (amounts, width_s): (Amounts, i64),
        rules: RulesId,
    ) -> bool {
        let Some(bound) = self.bound(who, rules) else { return true };
        let mut used: Amounts = [0; 3];
        let window_end = slots.begin(window.start).saturating_add(width_s);
        self.update(slots, bound);
        let steps = slots.counter(bound.counter);
        let mut step = steps.at(slots.begin(window.start));
        for index in window {
            step = steps.at_or_after(step, slots.begin(index));
            if slots.rules(index) == rules {
                let here = steps.used(step);
                let seconds = slots.end(index).min(window_end) - slots.begin(index);
                let surface = self.surface(here, seconds);
                let sum = used[2].saturating_add(surface);
                used = [used[0].max(here[0]), used[1].max(here[1]), sum];
            }
        }
        bound.fits(used, amounts)
    }

    /// The first slot from `from` on in which a window may begin, for a job that uses no less than
    /// `least`; `None` if there is none, or the window reaches beyond the slots. There is no calendar.
    #[must_use]
    pub fn first_allowed(
        &self,
        slots: &mut SlotSet,
        from: usize,
        who: Consumer,
        least: Amounts,
        width_s: i64,
    ) -> Option<usize> {
        let Some(bound) = self.bound(who, self.default) else { return Some(from) };
        self.update(slots, bound);
        let (slots, steps) = (&*slots, slots.counter(bound.counter));
        let end = slots.end(slots.len() - 1);
        let mut surfaces = Surfaces::new(from);
        let mut first = from;
        // Steps of the window before this one are known not to be full.
        let mut unseen = 0;
        while first < slots.len() {
            let begin = slots.begin(first);
            let needed = begin + width_s;
            if needed > end {
                return None;
            }
            unseen = unseen.max(steps.at(begin));
            let mut full = false;
            while !full && unseen < steps.len() && steps.begin(unseen) < needed {
                let [resources, jobs, _] = steps.used(unseen);
                full = !(bound.fits_in(0, resources, least[0]) && bound.fits_in(1, jobs, least[1]));
                unseen += 1;
            }
            if full {
                let next = (unseen < steps.len()).then(|| steps.begin(unseen))?;
                first = slots.index_from(next)?;
            } else if bound.limits[2] < 0
                || bound.fits_in(2, surfaces.of(self, slots, steps, first, needed), least[2])
            {
                return Some(first);
            } else {
                first += 1;
            }
        }
        None
    }

    /// The counter that limits a consumer, if what it refuses it refuses for good, as long as nobody is
    /// taken off it: not so if surface is limited as it is meant, since a window that begins later in the same
    /// slot may use less. There is no calendar.
    #[must_use]
    pub fn refuses_for_good(&self, who: Consumer) -> Option<Counter> {
        let bound = self.bound(who, self.default)?;
        (self.real || bound.limits[2] < 0).then_some(bound.counter)
    }

    fn bound(&self, who: Consumer, rules: RulesId) -> Option<Bound> {
        let bounds = &self.classes[who.class].bounds;
        *bounds.get(rules).unwrap_or(&bounds[self.default])
    }

    fn update(&self, slots: &mut SlotSet, bound: Bound) {
        let feeds = |class: usize| self.classes[class].counters.contains(&bound.counter);
        slots.update_counter(bound.counter, feeds);
    }

    /// What so many seconds of a slot add to the surface of a window.
    fn surface(&self, here: Amounts, seconds: i64) -> i64 {
        match self.real {
            true => here[2],
            false => here[0].saturating_mul(seconds),
        }
    }
}

impl Bound {
    /// Whether so much can be used beside what is used.
    fn fits(&self, used: Amounts, amounts: Amounts) -> bool {
        (0..3).all(|i| self.fits_in(i, used[i], amounts[i]))
    }

    fn fits_in(&self, what: usize, used: i64, amount: i64) -> bool {
        let limit = self.limits[what];
        limit < 0 || used.saturating_add(amount) <= limit
    }
}

/// Surfaces of windows, one behind the other: each is the last one, without the slots before it and with
/// those behind.
struct Surfaces {
    /// First slot of the window.
    first: usize,
    /// The slot in which the window ends; those before it are summed up.
    last: usize,
    sum: i128,
    /// Steps in which both begin.
    steps: [usize; 2],
}

impl Surfaces {
    fn new(first: usize) -> Self {
        Self { first, last: first, sum: 0, steps: [0; 2] }
    }

    /// The surface of the window that begins with a slot and lasts at least until `needed`.
    fn of(
        &mut self,
        quotas: &Quotas,
        slots: &SlotSet,
        steps: &Steps,
        first: usize,
        needed: i64,
    ) -> i64 {
        let here = |step: &mut usize, index: usize, until: i64| {
            let begin = slots.begin(index);
            *step = steps.at_or_after(*step, begin);
            i128::from(quotas.surface(steps.used(*step), until.min(slots.end(index)) - begin))
        };
        if first >= self.last {
            (self.first, self.last, self.sum) = (first, first, 0);
        }
        for index in self.first..first {
            self.sum -= here(&mut self.steps[0], index, i64::MAX);
        }
        self.first = first;
        while slots.end(self.last) < needed {
            self.sum += here(&mut self.steps[1], self.last, i64::MAX);
            self.last += 1;
        }
        let all = self.sum + here(&mut self.steps[1], self.last, needed);
        i64::try_from(all).unwrap_or(i64::MAX)
    }
}
