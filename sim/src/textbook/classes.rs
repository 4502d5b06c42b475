//! Classes of waiting jobs, those that need as many cores for as long, and for each of them a time before
//! which the plan has no hole for such a job. Must not know the queue.
//!
//! Most jobs of a deep queue have many like them, and each search for a hole begins where the last one of
//! its class has ended: bookings never open a hole, and where cores were given back is remembered.

use crate::textbook::policy::Waiting;
use crate::textbook::profile::Profile;
use crate::time::{SimSpan, SimTime};

/// The classes of the jobs that wait; a number is used again once nobody of its class waits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Classes {
    /// Cores, estimate and number of each class, in this order.
    known: Vec<(u32, SimSpan, u32)>,
    /// By number.
    list: Vec<Class>,
    /// Numbers that were in use and are free.
    unused: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Class {
    cores: u32,
    estimate: SimSpan,
    /// How many jobs of it wait.
    jobs: u32,
    /// No hole for one begins before, but maybe one about what was given back.
    hole: SimTime,
    /// From when to when cores were given back that have not been looked at; empty if it begins never.
    given_back: (SimTime, SimTime),
    /// Number of a step of the profile: where a job of the class was planned that was looked at last.
    step: usize,
}

/// Nothing was given back.
const NOTHING: (SimTime, SimTime) = (SimTime::NEVER, SimTime::ZERO);

impl Classes {
    /// Returns the number of the class of `job`, which begins to wait at `now`.
    pub(crate) fn enter(&mut self, job: &Waiting, now: SimTime) -> u32 {
        match self.place(job) {
            Ok(place) => {
                let number = self.known[place].2;
                self.list[number as usize].jobs += 1;
                number
            }
            Err(place) => {
                let Waiting { cores, estimate, .. } = *job;
                let class =
                    Class { cores, estimate, jobs: 1, hole: now, given_back: NOTHING, step: 0 };
                let number = self.unused.pop().unwrap_or(self.list.len() as u32);
                match self.list.get_mut(number as usize) {
                    Some(unused) => *unused = class,
                    None => self.list.push(class),
                }
                self.known.insert(place, (cores, estimate, number));
                number
            }
        }
    }

    /// A job of the class that has waited leaves.
    pub(crate) fn leave(&mut self, number: u32) {
        let class = &mut self.list[number as usize];
        class.jobs -= 1;
        if class.jobs == 0 {
            self.known.retain(|known| known.2 != number);
            self.unused.push(number);
        }
    }

    fn place(&self, job: &Waiting) -> Result<usize, usize> {
        self.known.binary_search_by_key(&(job.cores, job.estimate), |known| (known.0, known.1))
    }

    /// Cores were given back over `from..to`, as the profile shows already, about step `near` of it.
    pub(crate) fn give_back(
        &mut self,
        profile: &Profile,
        (from, to): (SimTime, SimTime),
        near: usize,
    ) {
        let Some((narrowest, ..)) = self.known.first() else { return };
        let (widest, longest) = profile.extent((from, to), *narrowest, near);
        for (cores, estimate, number) in &self.known {
            if *cores > widest {
                break;
            }
            if *estimate <= longest {
                let (begin, end) = &mut self.list[*number as usize].given_back;
                (*begin, *end) = (from.min(*begin), to.max(*end));
            }
        }
    }

    /// The plan was made anew: from `now` on, there may be holes for everybody anywhere.
    pub(crate) fn forget(&mut self, now: SimTime) {
        for class in &mut self.list {
            (class.hole, class.given_back) = (now, NOTHING);
        }
    }

    /// The earliest hole for a job of the class, not before `now`, if it begins before `limit`, right before
    /// which too few cores are free.
    pub(crate) fn hole(
        &mut self,
        class: u32,
        profile: &Profile,
        now: SimTime,
        limit: SimTime,
    ) -> Option<SimTime> {
        let class = &mut self.list[class as usize];
        let Class { cores, estimate, given_back: (from, to), .. } = *class;
        // What was given back later cannot have opened a hole that goes on until there.
        if from < limit {
            // A hole that was opened behind, but begins before, is about it.
            let before = SimTime::from_ms(class.hole.ms().saturating_sub(1));
            let about = (from.min(before), to.min(class.hole));
            if let Some(hole) = profile.hole_about(about, now, cores, estimate) {
                class.hole = class.hole.min(hole);
            }
            class.given_back = NOTHING;
        }
        if class.hole < limit {
            let from = class.hole.max(now);
            let hole = profile.earliest_before(limit, from, cores, estimate);
            class.hole = hole.unwrap_or(limit);
            return hole;
        }
        None
    }

    /// Whether a job of the class that is planned for `start` surely has no earlier hole: neither for the
    /// whole of it nor up to its own cores.
    #[inline]
    pub(crate) fn stays(&mut self, class: u32, profile: &Profile, start: SimTime) -> bool {
        let class = &mut self.list[class as usize];
        start <= class.hole.min(class.given_back.0)
            && profile.free_before(start, &mut class.step) < i64::from(class.cores)
    }

    /// The same of many jobs of the class that are planned for `earliest..=latest`.
    pub(crate) fn all_stay(
        &self,
        class: u32,
        profile: &Profile,
        earliest: SimTime,
        latest: SimTime,
    ) -> bool {
        let class = &self.list[class as usize];
        latest <= class.hole.min(class.given_back.0)
            && profile.is_below(earliest, latest, class.cores)
    }

    /// The step about which a job of the class was planned that was looked at last.
    pub(crate) fn step(&self, class: u32) -> usize {
        self.list[class as usize].step
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::job::JobSlot;

    const CORES: u32 = 10;

    proptest! {
        /// Jobs of few classes are planned, leave or advance; each search finds what one from the start finds.
        #[test]
        fn holes_equal_those_of_searches_from_now(
            sizes in prop::collection::vec((1u32..=CORES, 1i64..30), 1..5),
            steps in prop::collection::vec((0usize..4, 0usize..5, any::<prop::sample::Index>(), 0i64..3), 1..120),
        ) {
            let (mut profile, mut now) = (Profile::new(SimTime::ZERO, CORES), SimTime::ZERO);
            let mut classes = Classes::default();
            let mut planned: Vec<(Waiting, u32, SimTime)> = Vec::new();
            for (arrival, (what, size, which, later)) in (0..).zip(steps) {
                now = now + SimSpan::from_s(later);
                profile.forget_before(now);
                planned.retain(|(_, _, start)| *start > now);
                if what < 2 || planned.is_empty() {
                    let (cores, estimate) = sizes[size % sizes.len()];
                    let estimate = SimSpan::from_s(estimate);
                    let job = Waiting { slot: JobSlot(arrival), cores, estimate, arrival };
                    let class = classes.enter(&job, now);
                    let hole = classes.hole(class, &profile, now, SimTime::NEVER);
                    prop_assert_eq!(hole, profile.earliest(now, cores, estimate));
                    let start = hole.expect("every job fits");
                    profile.book(start, start + estimate, cores);
                    planned.push((job, class, start));
                    continue;
                }
                let place = which.index(planned.len());
                let (job, class, start) = planned[place];
                let Waiting { cores, estimate, .. } = job;
                if what == 2 {
                    planned.swap_remove(place);
                    profile.give_back(start, start + estimate, cores);
                    classes.give_back(&profile, (start, start + estimate), 0);
                    classes.leave(class);
                    continue;
                }
                let mut without = profile.clone();
                without.give_back(start, start + estimate, cores);
                let earliest = without.earliest(now, cores, estimate).expect("its own place");
                let near = classes.step(class);
                let shift = profile.free_since(start, cores, near).map(|since| since.max(now));
                let stays = classes.stays(class, &profile, start);
                let hole = classes.hole(class, &profile, now, shift.unwrap_or(start)).or(shift);
                prop_assert_eq!(hole.unwrap_or(start), earliest);
                prop_assert!(!stays || hole.is_none());
                let end = profile.shift(start, earliest, cores, estimate, near);
                without.book(earliest, earliest + estimate, cores);
                prop_assert_eq!(&profile, &without);
                let left = (start.max(earliest + estimate), start + estimate);
                classes.give_back(&profile, left, end);
                planned[place].2 = earliest;
            }
        }
    }
}
