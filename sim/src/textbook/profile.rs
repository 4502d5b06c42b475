//! The cores that a plan leaves free, as a step function of time. Must not know jobs.

use crate::time::{SimSpan, SimTime};

/// Free cores over time: each step holds from its time until the next step, the last one for ever.
/// Negative where more was promised than there is (a node failed, a start was late).
///
/// Times and counts lie apart, so that the searches through counts, of which a deep queue needs
/// thousands an event, go by many at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    from: Vec<SimTime>,
    free: Vec<i32>,
}

impl Profile {
    /// `capacity` free cores, from `now` on and for ever.
    pub(crate) fn new(now: SimTime, capacity: u32) -> Profile {
        Profile { from: vec![now], free: vec![signed(capacity)] }
    }

    /// Forgets what was before `now`.
    pub(crate) fn forget_before(&mut self, now: SimTime) {
        let current = self.step_at(now);
        self.from.drain(..current);
        self.free.drain(..current);
        self.from[0] = self.from[0].max(now);
    }

    /// Books `cores` over `from..to`.
    pub(crate) fn book(&mut self, from: SimTime, to: SimTime, cores: u32) {
        self.change(from, to, -signed(cores), 0);
    }

    /// Gives `cores` back over `from..to`.
    pub(crate) fn give_back(&mut self, from: SimTime, to: SimTime, cores: u32) {
        self.change(from, to, signed(cores), 0);
    }

    /// A booking of `cores` for `span` moves from `start` forward to `hole`, which is not behind it, sought about
    /// step `near`; returns a step about its former end.
    pub(crate) fn shift(
        &mut self,
        start: SimTime,
        hole: SimTime,
        cores: u32,
        span: SimSpan,
        near: usize,
    ) -> usize {
        debug_assert!(hole <= start, "jobs move forward");
        // Where the places overlap nothing changes.
        let (cores, over) = (signed(cores), hole + span);
        let near = self.change(hole, start.min(over), -cores, near);
        self.change(start.max(over), start + span, cores, near)
    }

    /// Changes what is free over `from..to`, sought about step `near`; returns a step near `to`.
    fn change(&mut self, from: SimTime, to: SimTime, more: i32, near: usize) -> usize {
        if from >= to {
            return near;
        }
        let step = self.step_about(from, near);
        if self.move_border(step, from, to, more) {
            return step;
        }
        let first = self.split(from, step);
        let end = self.step_about(to, first);
        let end = self.split(to, end);
        for free in &mut self.free[first..end] {
            *free += more;
        }
        self.join(end);
        self.join(first);
        end
    }

    /// Changes a part of `step` so that it joins a neighbour, if that is so: their border moves.
    fn move_border(&mut self, step: usize, from: SimTime, to: SimTime, more: i32) -> bool {
        let (begin, end) = (self.from[step], self.end_of(step));
        let changed = self.free[step] + more;
        if begin < from && end == to && self.free.get(step + 1) == Some(&changed) {
            self.from[step + 1] = from;
            return true;
        }
        if begin == from && to < end && step > 0 && self.free[step - 1] == changed {
            self.from[step] = to;
            return true;
        }
        false
    }

    /// The earliest time, not before `now`, from which `cores` are free for `span`.
    pub(crate) fn earliest(&self, now: SimTime, cores: u32, span: SimSpan) -> Option<SimTime> {
        self.earliest_before(SimTime::NEVER, now, cores, span)
    }

    /// The same, if it is before `limit`.
    pub(crate) fn earliest_before(
        &self,
        limit: SimTime,
        now: SimTime,
        cores: u32,
        span: SimSpan,
    ) -> Option<SimTime> {
        let cores = signed(cores);
        let mut step = self.step_at(now);
        let end = self.step_from(limit, step).max(step + 1);
        loop {
            step = self.wide(step, end, cores)?;
            let start = self.from[step].max(now);
            match self.narrow(step, self.step_from(start + span, step), cores) {
                None => return Some(start),
                Some(narrow) => step = narrow + 1,
            }
        }
    }

    /// The first time of `from..to` at which fewer than `cores` are free.
    pub(crate) fn first_below(&self, from: SimTime, to: SimTime, cores: u32) -> Option<SimTime> {
        let first = self.step_at(from);
        let narrow = self.narrow(first, self.step_from(to, first), signed(cores))?;
        Some(self.from[narrow].max(from))
    }

    /// The most cores that are free at any time of `from..to`, and for how long, at most, `cores` are free
    /// without a break about some time of it; sought about step `near`.
    pub(crate) fn extent(
        &self,
        (from, to): (SimTime, SimTime),
        cores: u32,
        near: usize,
    ) -> (u32, SimSpan) {
        if from >= to {
            return (0, SimSpan::ZERO);
        }
        let (first, cores) = (self.step_about(from, near), signed(cores));
        let end = self.step_from(to, first);
        let widest = self.free[first..end].iter().copied().max().unwrap_or(0).max(0) as u32;
        let (mut longest, mut step) = (SimSpan::ZERO, first);
        while let Some(begin) = self.wide(step, end, cores) {
            let before = if begin == first { self.wide_before(begin, cores) } else { 0 };
            let Some(over) = self.narrow(begin, self.free.len(), cores) else {
                return (widest, SimSpan::FOREVER);
            };
            longest = longest.max(self.from[over] - self.from[begin - before]);
            step = over.min(end);
        }
        (widest, longest)
    }

    /// Whether more was promised than there is.
    pub(crate) fn is_overbooked(&self) -> bool {
        self.free.iter().any(|free| *free < 0)
    }

    /// The earliest time, not before `now`, from which `cores` are free for `span`, some of it within
    /// `about`.
    pub(crate) fn hole_about(
        &self,
        about: (SimTime, SimTime),
        now: SimTime,
        cores: u32,
        span: SimSpan,
    ) -> Option<SimTime> {
        let cores = signed(cores);
        let mut step = self.step_at(about.0.max(now));
        let end = self.step_from(about.1, step);
        loop {
            step = self.wide(step, end, cores)?;
            let begin = self.from[step - self.wide_before(step, cores)].max(now);
            match self.narrow(step, self.step_from(begin + span, step), cores) {
                None => return Some(begin),
                Some(narrow) => step = narrow,
            }
        }
    }

    /// Since when, until `time`, `cores` have been free; `None` if they are not right before. Sought about
    /// step `near`.
    pub(crate) fn free_since(&self, time: SimTime, cores: u32, near: usize) -> Option<SimTime> {
        let border = self.border(time, near);
        match self.wide_before(border, signed(cores)) {
            0 => None,
            steps => Some(self.from[border - steps]),
        }
    }

    /// Cores that are free right before `time`, which is behind the first step's begin. Sought about step
    /// `near`, which becomes the first one that does not begin before.
    #[inline]
    pub(crate) fn free_before(&self, time: SimTime, near: &mut usize) -> i64 {
        if self.from.get(*near) != Some(&time) {
            *near = self.border(time, *near);
        }
        i64::from(self.free[near.saturating_sub(1)])
    }

    /// Whether fewer than `cores` are free at all times from right before `from` until right before `to`.
    pub(crate) fn is_below(&self, from: SimTime, to: SimTime, cores: u32) -> bool {
        let over = self.from.partition_point(|begin| *begin < from);
        let end = self.step_from(to, over);
        self.wide(over.saturating_sub(1), end, signed(cores)).is_none()
    }

    /// Cores that are free during a step.
    pub(crate) fn free_in(&self, step: usize) -> i64 {
        i64::from(self.free[step])
    }

    /// Number of the first step that begins at `time` or later, sought from step `near` on, which is
    /// not behind it: most often it is not far.
    fn step_from(&self, time: SimTime, near: usize) -> usize {
        let later = &self.from[near.min(self.from.len())..];
        let mut reach = 8;
        while later.get(reach).is_some_and(|from| *from < time) {
            reach *= 4;
        }
        let reach = later.len().min(reach + 1);
        near + later[..reach].partition_point(|from| *from < time)
    }

    /// Number of the first step that begins at `time` or later, sought about step `near`.
    fn border(&self, time: SimTime, near: usize) -> usize {
        const ABOUT: usize = 4;
        let begin = near.saturating_sub(ABOUT);
        if let Some(about) = self.from.get(begin..begin + 2 * ABOUT)
            && about[0] < time
            && time <= about[2 * ABOUT - 1]
        {
            return begin + about.iter().map(|from| usize::from(*from < time)).sum::<usize>();
        }
        if self.from.get(near).is_some_and(|from| *from < time) {
            return self.step_from(time, near);
        }
        let near = near.min(self.from.len());
        let mut back = ABOUT;
        while back < near && self.from[near - back] >= time {
            back *= 4;
        }
        let begin = near.saturating_sub(back);
        begin + self.from[begin..near].partition_point(|from| *from < time)
    }

    /// Number of the step that holds at `time`, sought about step `near`.
    pub(crate) fn step_about(&self, time: SimTime, near: usize) -> usize {
        let step = self.border(time, near);
        let begins = self.from.get(step).is_some_and(|from| *from == time);
        if begins { step } else { step.saturating_sub(1) }
    }

    /// When a step ends.
    pub(crate) fn end_of(&self, step: usize) -> SimTime {
        self.from.get(step + 1).copied().unwrap_or(SimTime::NEVER)
    }

    /// Number of the step that holds at `time` (the first one for times before it).
    fn step_at(&self, time: SimTime) -> usize {
        self.from.partition_point(|from| *from <= time).saturating_sub(1)
    }

    /// The first of the steps `from..to` in which `cores` are free.
    fn wide(&self, from: usize, to: usize, cores: i32) -> Option<usize> {
        Some(from + first_that(self.free.get(from..to)?, |free| free >= cores)?)
    }

    /// The first of the steps `from..to` in which `cores` are not free.
    fn narrow(&self, from: usize, to: usize, cores: i32) -> Option<usize> {
        Some(from + first_that(self.free.get(from..to)?, |free| free < cores)?)
    }

    /// In how many steps right before `step` `cores` are free, too.
    fn wide_before(&self, step: usize, cores: i32) -> usize {
        self.free[..step].iter().rev().take_while(|free| **free >= cores).count()
    }

    /// Makes a step begin at `time`, at which `step` holds, and returns its number.
    fn split(&mut self, time: SimTime, step: usize) -> usize {
        if self.from[step] >= time {
            return step;
        }
        self.from.insert(step + 1, time);
        self.free.insert(step + 1, self.free[step]);
        step + 1
    }

    /// Joins a step to the one before it if both hold the same.
    fn join(&mut self, step: usize) {
        if step > 0 && self.free.get(step) == Some(&self.free[step - 1]) {
            self.from.remove(step);
            self.free.remove(step);
        }
    }
}

/// A count of cores; no cluster has two billions of them.
fn signed(cores: u32) -> i32 {
    i32::try_from(cores).unwrap_or(i32::MAX)
}

/// The first count that `is` so: most often one of the first, else looked for by sixteen at once.
#[inline]
fn first_that(counts: &[i32], is: impl Fn(i32) -> bool) -> Option<usize> {
    const FEW: usize = 6;
    const MANY: usize = 16;
    let few = counts.len().min(FEW);
    if let Some(place) = counts[..few].iter().position(|count| is(*count)) {
        return Some(place);
    }
    let (chunks, rest) = counts[few..].as_chunks::<MANY>();
    for (number, chunk) in chunks.iter().enumerate() {
        if chunk.iter().fold(false, |any, count| any | is(*count)) {
            let place = chunk.iter().position(|count| is(*count))?;
            return Some(few + number * MANY + place);
        }
    }
    let place = rest.iter().position(|count| is(*count))?;
    Some(few + chunks.len() * MANY + place)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HORIZON: i64 = 60;

    /// The same step function with a value for each second.
    struct Plain(Vec<i64>);

    impl Plain {
        fn earliest(&self, now: i64, cores: i64, span: i64) -> Option<i64> {
            let at = |time: i64| self.0[time.min(HORIZON) as usize];
            (now..=HORIZON + 1).find(|start| {
                at(*start) >= cores && (*start..start + span).all(|time| at(time) >= cores)
            })
        }
    }

    proptest! {
        #[test]
        fn equals_a_table_of_seconds(
            bookings in prop::collection::vec((0i64..HORIZON, 1i64..20, 0u32..4, any::<bool>()), 0..25),
            queries in prop::collection::vec((0i64..HORIZON, 1u32..12, 0i64..30), 1..20),
        ) {
            let t = SimTime::from_s;
            let mut profile = Profile::new(t(0), 10);
            let mut plain = Plain(vec![10; HORIZON as usize + 1]);
            for (from, length, cores, back) in bookings {
                let to = (from + length).min(HORIZON);
                let change = if back { Profile::give_back } else { Profile::book };
                change(&mut profile, t(from), t(to), cores);
                let more = if back { i64::from(cores) } else { -i64::from(cores) };
                (from..to).for_each(|time| plain.0[time as usize] += more);
            }
            for (now, cores, span) in queries {
                let found = profile.earliest(t(now), cores, SimSpan::from_s(span));
                prop_assert_eq!(found, plain.earliest(now, i64::from(cores), span).map(t));
            }
            // Where a search begins changes nothing.
            for time in (0..=HORIZON).map(t) {
                let border = profile.from.partition_point(|from| *from < time);
                for near in 0..=profile.from.len() + 1 {
                    prop_assert_eq!(profile.border(time, near), border);
                }
            }
        }
    }
}
