//! What quotas count in a slot set. Counters are few and change with their own jobs only, so each is kept
//! by its own steps in time, apart from the slots, and brought up to date when somebody asks for it. What
//! may be used is decided elsewhere.

/// Number of a set of rules; `UNSLICED` where the calendar has not cut the slot yet.
pub type RulesId = usize;

/// Rules of a slot beyond the calendar's horizon.
pub const UNSLICED: RulesId = usize::MAX;

/// Number of a counter.
pub type Counter = usize;

/// What a job adds to its counters: resources, jobs, resource-seconds.
pub type Amounts = [i64; 3];

/// Rules and counters of a slot set.
#[derive(Debug, Clone)]
pub(super) struct Counts {
    /// Rules in force, by row of the pool.
    pub(super) rules: Vec<RulesId>,
    /// Who was counted, in order.
    pub(super) taken: Vec<Taken>,
    /// Counters that somebody asked for, by number.
    pub(super) counters: Vec<Steps>,
}

/// Who used how much, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    pub(super) begin: i64,
    pub(super) end: i64,
    pub(super) consumer: usize,
    pub(super) amounts: Amounts,
}

/// What is used of one counter over time, in steps; all of their borders are borders of slots.
#[derive(Debug, Clone)]
pub struct Steps {
    /// How many of those taken are in it.
    seen: usize,
    /// First second of each step, ascending; the first is before all time.
    begins: Vec<i64>,
    used: Vec<Amounts>,
}

impl Default for Steps {
    fn default() -> Self {
        Self { seen: 0, begins: vec![i64::MIN], used: vec![[0; 3]] }
    }
}

impl Steps {
    /// Adds those taken since the last call whom this counter counts.
    pub(super) fn catch_up(&mut self, taken: &[Taken], counts: impl Fn(usize) -> bool) {
        for one in &taken[self.seen..] {
            if counts(one.consumer) {
                self.add(one);
            }
        }
        self.seen = taken.len();
    }

    fn add(&mut self, taken: &Taken) {
        let (first, last) = (self.border(taken.begin), self.border(taken.end));
        for used in &mut self.used[first..last] {
            for (used, amount) in used.iter_mut().zip(taken.amounts) {
                *used += amount;
            }
        }
    }

    /// The step that begins with a second; makes it, if there is none.
    fn border(&mut self, second: i64) -> usize {
        let step = self.at(second);
        if self.begins[step] == second {
            return step;
        }
        self.begins.insert(step + 1, second);
        self.used.insert(step + 1, self.used[step]);
        step + 1
    }

    /// Number of steps.
    pub(in crate::oar) fn len(&self) -> usize {
        self.begins.len()
    }

    /// The step that holds a second.
    #[must_use]
    pub fn at(&self, second: i64) -> usize {
        self.begins.partition_point(|begin| *begin <= second) - 1
    }

    /// The step that holds a second, not before another that begins by then.
    #[must_use]
    pub fn at_or_after(&self, step: usize, second: i64) -> usize {
        let later = self.begins[step + 1..].iter().take_while(|begin| **begin <= second);
        step + later.count()
    }

    /// First second of a step.
    #[must_use]
    pub fn begin(&self, step: usize) -> i64 {
        self.begins[step]
    }

    /// What is used in a step.
    #[must_use]
    pub fn used(&self, step: usize) -> Amounts {
        self.used[step]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn steps_are_sums_by_the_second(
            jobs in prop::collection::vec((0..40i64, 1..20i64, 0..3usize, 1..5i64), 0..30),
            look in 0..30usize,
        ) {
            let taken: Vec<Taken> = jobs.iter().map(|&(begin, width, consumer, resources)| Taken {
                begin, end: begin + width, consumer, amounts: [resources, 1, resources * width],
            }).collect();
            let mut steps = Steps::default();
            steps.catch_up(&taken[..look.min(taken.len())], |consumer| consumer != 1);
            steps.catch_up(&taken, |consumer| consumer != 1);
            let mut cursor = 0;
            for second in 0..70 {
                let here = |one: &&Taken| one.consumer != 1 && one.begin <= second && second < one.end;
                let mut want = [0; 3];
                for one in taken.iter().filter(here) {
                    want = [0, 1, 2].map(|i| want[i] + one.amounts[i]);
                }
                cursor = steps.at_or_after(cursor, second);
                prop_assert_eq!(cursor, steps.at(second));
                prop_assert_eq!(steps.used(cursor), want);
            }
        }
    }
}
