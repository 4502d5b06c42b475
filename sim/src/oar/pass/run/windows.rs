//! Searches windows for jobs with special needs: slot by slot, with sharing and a quota calendar, or by leaps
//! over what cannot be. Decides nothing about whom to place.

use super::occupy::{amounts, amounts_of};
use crate::oar::model::job::Job;
use crate::oar::model::platform::Platform;
use crate::oar::model::shape::Shape;
use crate::oar::model::slots::SlotSet;
use crate::oar::model::slots::counts::UNSLICED;
use crate::oar::model::slots::search::{Scratch, Wanted};
use crate::oar::model::slots::shared::Joins;
use crate::oar::pass::quotas::{Consumer, Quotas};

/// A job with special needs, in one alternative.
pub(super) struct Special<'a> {
    pub(super) shape: &'a Shape,
    pub(super) job: &'a Job,
    pub(super) joins: &'a Joins,
    /// Whom quotas check.
    pub(super) consumer: Option<Consumer>,
}

/// Searches window by window, with sharing and a quota calendar.
pub(super) fn walk(
    quotas: Option<&Quotas>,
    platform: &Platform,
    scratch: &mut Scratch,
    slots: &mut SlotSet,
    special: &Special<'_>,
    wanted: Wanted,
) -> Option<usize> {
    let Special { shape, job, joins, consumer } = *special;
    let mut first = wanted.from;
    while first < slots.len() && slots.begin(first) < wanted.before {
        let needed = slots.begin(first) + wanted.width_s;
        let mut last = (first..slots.len()).find(|&index| slots.end(index) >= needed)?;
        if let (Some(quotas), Some(_)) = (quotas, consumer)
            && let Some(calendar) = quotas.calendar()
        {
            let limit = slots.begin(first) + calendar.window_limit_s;
            let reached = if calendar.real { slots.end(last) - 1 } else { needed };
            if reached > limit {
                return None;
            }
            if slots.rules(last) == UNSLICED {
                quotas.slice(slots, last);
            }
            // OAR goes on with what is left of the cut slot; meant is the whole window.
            if !calendar.real {
                while slots.end(last) < needed {
                    last += 1;
                    if slots.rules(last) == UNSLICED {
                        quotas.slice(slots, last);
                    }
                }
            }
        }
        let window = first..last + 1;
        let found = scratch.solve(platform, shape, |free| {
            slots.joinable(window.clone(), joins, &job.user, &job.name, free);
        });
        if found && allowed_with(quotas, platform, scratch, slots, window, consumer, wanted.width_s)
        {
            return Some(first);
        }
        first += 1;
    }
    None
}

/// What a search found.
pub(super) struct Leap {
    /// First slot of the window.
    pub(super) found: Option<usize>,
    /// No window can begin before this second, whatever is chosen in it.
    pub(super) floor: i64,
    /// Whether quotas have a part in that.
    pub(super) limited: bool,
}

/// Searches with the counts, and beyond what quotas forbid. There is no calendar if quotas check.
pub(super) fn leap(
    quotas: Option<&Quotas>,
    platform: &Platform,
    scratch: &mut Scratch,
    slots: &mut SlotSet,
    special: &Special<'_>,
    wanted: Wanted,
) -> Leap {
    let (mut from, mut floor, mut limited) = (wanted.from, None, false);
    let found = loop {
        let allowed = special.next_allowed(quotas, slots, from, wanted.width_s);
        limited |= floor.is_none() && allowed != Some(from);
        let Some(first) = allowed else { break None };
        let wanted = Wanted { from: first, ..wanted };
        let Some(first) = slots.find(platform, special.shape, wanted, scratch) else { break None };
        if first > wanted.from
            && special.next_allowed(quotas, slots, first, wanted.width_s) != Some(first)
        {
            from = first;
            continue;
        }
        floor.get_or_insert(slots.begin(first));
        let window = first..slots.index_at(slots.begin(first) + wanted.width_s - 1) + 1;
        let consumer = special.consumer;
        if allowed_with(quotas, platform, scratch, slots, window, consumer, wanted.width_s) {
            break Some(first);
        }
        from = first + 1;
    };
    Leap { found, floor: floor.unwrap_or(wanted.before), limited }
}

impl Special<'_> {
    /// The first slot from one on in which quotas may allow a window.
    fn next_allowed(
        &self,
        quotas: Option<&Quotas>,
        slots: &mut SlotSet,
        from: usize,
        width_s: i64,
    ) -> Option<usize> {
        match (quotas, self.consumer) {
            (Some(quotas), Some(consumer)) if from < slots.len() => {
                let least = amounts(self.shape.least_default, width_s);
                quotas.first_allowed(slots, from, consumer, least, width_s)
            }
            _ => Some(from),
        }
    }
}

/// Whether quotas allow what was chosen in a window.
fn allowed_with(
    quotas: Option<&Quotas>,
    platform: &Platform,
    scratch: &Scratch,
    slots: &mut SlotSet,
    window: std::ops::Range<usize>,
    consumer: Option<Consumer>,
    width_s: i64,
) -> bool {
    let (Some(quotas), Some(consumer)) = (quotas, consumer) else {
        return true;
    };
    let amounts = amounts_of(platform, &scratch.chosen, width_s);
    quotas.allow(slots, window, consumer, amounts, width_s)
}
