//! The cores that a plan leaves free, as a step function of time. Must not know jobs.

use crate::time::{SimSpan, SimTime};

/// Free cores over time: each step holds from its time until the next step, the last one for ever.
/// Negative where more was promised than there is (a node failed, a start was late).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    from: SimTime,
    free: i64,
}

impl Profile {
    /// `capacity` free cores, from `now` on and for ever.
    pub(crate) fn new(now: SimTime, capacity: u32) -> Profile {
        Profile { steps: vec![Step { from: now, free: i64::from(capacity) }] }
    }

    /// Forgets what was before `now`.
    pub(crate) fn forget_before(&mut self, now: SimTime) {
        let current = self.step_at(now);
        self.steps.drain(..current);
        self.steps[0].from = self.steps[0].from.max(now);
    }

    /// Books (`cores` > 0) or gives back (`cores` < 0) cores over `from..to`.
    pub(crate) fn book(&mut self, from: SimTime, to: SimTime, cores: i64) {
        if from >= to {
            return;
        }
        let first = self.split(from);
        let end = self.split(to);
        for step in &mut self.steps[first..end] {
            step.free -= cores;
        }
        self.join(end);
        self.join(first);
    }

    /// The earliest time, not before `now`, from which `cores` are free for `span`.
    pub(crate) fn earliest(&self, now: SimTime, cores: u32, span: SimSpan) -> Option<SimTime> {
        let cores = i64::from(cores);
        let mut number = self.step_at(now);
        loop {
            let begin = self.steps[number..].iter().position(|step| step.free >= cores)? + number;
            let start = self.steps[begin].from.max(now);
            let end = start + span;
            let mut next = begin + 1;
            loop {
                match self.steps.get(next) {
                    Some(step) if step.from < end => {
                        if step.free < cores {
                            break;
                        }
                        next += 1;
                    }
                    Some(_) | None => return Some(start),
                }
            }
            number = next + 1;
        }
    }

    /// The most cores that are free at any time of `from..to`.
    pub(crate) fn widest(&self, from: SimTime, to: SimTime) -> i64 {
        let inside = self.steps[self.step_at(from)..].iter().take_while(|step| step.from < to);
        inside.map(|step| step.free).max().unwrap_or(0)
    }

    /// Whether more was promised than there is.
    pub(crate) fn is_overbooked(&self) -> bool {
        self.steps.iter().any(|step| step.free < 0)
    }

    /// The earliest time, not before `now` but before `limit`, from which `cores` are free for
    /// `span` or until `limit`, and until some time within `about` at least.
    ///
    /// For a job that is booked from `limit` on for `span`: where its own cores are is room for it
    /// too, so the time before them is all that matters.
    pub(crate) fn hole_about(
        &self,
        about: (SimTime, SimTime),
        now: SimTime,
        cores: i64,
        span: SimSpan,
        limit: SimTime,
    ) -> Option<SimTime> {
        let mut number = self.step_at(about.0.max(now));
        loop {
            let inside = self.steps[number..].iter().take_while(|step| step.from < about.1);
            number += inside.into_iter().position(|step| step.free >= cores)?;
            let before = self.steps[..number].iter().rev();
            let wide = before.take_while(|step| step.free >= cores).count();
            let begin = self.steps[number - wide].from.max(now);
            let needed = limit.min(begin + span);
            let after = self.steps[number..].iter().take_while(|step| step.from < needed);
            match after.into_iter().position(|step| step.free < cores) {
                None => return (begin < limit).then_some(begin),
                Some(narrow) => number += narrow,
            }
        }
    }

    /// Number of the step that holds at `time` (the first one for times before it).
    fn step_at(&self, time: SimTime) -> usize {
        self.steps.partition_point(|step| step.from <= time).saturating_sub(1)
    }

    /// Makes a step begin at `time` and returns its number.
    fn split(&mut self, time: SimTime) -> usize {
        let number = self.step_at(time);
        let step = self.steps[number];
        if step.from >= time {
            return number;
        }
        self.steps.insert(number + 1, Step { from: time, free: step.free });
        number + 1
    }

    /// Joins step `number` to the one before it if both hold the same.
    fn join(&mut self, number: usize) {
        if number > 0
            && self.steps.get(number).map(|step| step.free) == Some(self.steps[number - 1].free)
        {
            self.steps.remove(number);
        }
    }
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
            bookings in prop::collection::vec((0i64..HORIZON, 1i64..20, -2i64..4), 0..25),
            queries in prop::collection::vec((0i64..HORIZON, 1u32..12, 0i64..30), 1..20),
        ) {
            let t = SimTime::from_s;
            let mut profile = Profile::new(t(0), 10);
            let mut plain = Plain(vec![10; HORIZON as usize + 1]);
            for (from, length, cores) in bookings {
                let to = (from + length).min(HORIZON);
                profile.book(t(from), t(to), cores);
                (from..to).for_each(|time| plain.0[time as usize] -= cores);
            }
            for (now, cores, span) in queries {
                let found = profile.earliest(t(now), cores, SimSpan::from_s(span));
                prop_assert_eq!(found, plain.earliest(now, i64::from(cores), span).map(t));
            }
        }
    }
}
