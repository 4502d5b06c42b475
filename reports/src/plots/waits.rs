//! How long jobs of each size waited. Must not know single jobs: they are counted in fine bins.

use crate::error::ReportError;
use crate::plots::axis::short;
use crate::plots::canvas::{Anchor, draw};
use crate::plots::frame::{LABEL, LEFT, Panel, RIGHT, TOP, legend};
use crate::plots::palette::{FAINT, INK, OWNERS, WASH, mix};
use crate::record::{JobRecord, Kind};

/// Classes of sizes: 1, 2, 3-4, 5-8, ... cores.
const SIZES: usize = 33;
/// Bins per doubling of the wait, as a power of two.
const FINE_LOG2: u32 = 3;
/// Bins: 62 doublings of a millisecond.
const BINS: usize = 64 << FINE_LOG2;
/// Waits that get a rule of their own.
const RULES: [(f64, &str); 9] = [
    (1.0, "≤ 1 s"),
    (10.0, "10 s"),
    (60.0, "1 min"),
    (600.0, "10 min"),
    (3_600.0, "1 h"),
    (21_600.0, "6 h"),
    (86_400.0, "1 day"),
    (604_800.0, "1 week"),
    (2_592_000.0, "30 days"),
];

/// Waits of owners' jobs, counted by size.
pub(crate) struct Waits {
    counts: Vec<Vec<u32>>,
}

impl Waits {
    pub(crate) fn new() -> Self {
        Self { counts: vec![Vec::new(); SIZES] }
    }

    pub(crate) fn job(&mut self, job: &JobRecord<'_>) {
        let (Kind::Local, Some(start_ms)) = (job.kind, job.start_ms) else {
            return;
        };
        let bins = &mut self.counts[size_class(job.cores())];
        if bins.is_empty() {
            bins.resize(BINS, 0);
        }
        bins[bin((start_ms - job.submit_ms).max(0) as u64)] += 1;
    }

    /// Draws boxes of quartiles with whiskers from the 5th to the 95th percentile.
    pub(crate) fn svg(&self) -> Result<String, ReportError> {
        let used = |class: &usize| !self.counts[*class].is_empty();
        let classes: Vec<usize> = match (0..SIZES).find(used).zip((0..SIZES).rfind(used)) {
            Some((first, last)) => (first..=last).collect(),
            None => Vec::new(),
        };
        let longest_s = classes
            .iter()
            .filter_map(|&class| quantile_ms(&self.counts[class], 0.95))
            .fold(60.0, |most, wait_ms| f64::max(most, wait_ms / 1000.0));
        let top_s = RULES.iter().map(|rule| rule.0).find(|&rule| rule >= longest_s);
        let top_s = top_s.unwrap_or(longest_s);
        let share = |wait_ms: f64| libm::log10((wait_ms / 1000.0).max(1.0)) / libm::log10(top_s);
        draw("waits", 394.0, "waits of owners' jobs by size", |canvas| {
            let entries = [
                (INK, "median"),
                (OWNERS, "middle half"),
                (mix(OWNERS, WASH, 0.65), "5 % to 95 %"),
            ];
            legend(canvas, &entries)?;
            let panel = Panel { top: TOP, bottom: 324.0 };
            let rules: Vec<(f64, String)> = RULES
                .iter()
                .filter(|rule| rule.0 <= top_s)
                .map(|(rule_s, name)| (share(rule_s * 1000.0), (*name).to_owned()))
                .collect();
            panel.upright(canvas, "wait", &rules)?;
            let pitch = (RIGHT - LEFT) / classes.len().max(1) as f64;
            let half = (pitch * 0.32).min(34.0);
            for (index, &class) in classes.iter().enumerate() {
                let middle = LEFT + pitch * (index as f64 + 0.5);
                let name = class_name(class);
                canvas.text(&name, [middle, panel.bottom + 8.0], LABEL, INK, Anchor::Top)?;
                let bins = &self.counts[class];
                let jobs: u64 = bins.iter().map(|&count| u64::from(count)).sum();
                let below = [middle, panel.bottom + 24.0];
                canvas.text(&short(jobs as f64), below, LABEL - 1.5, FAINT, Anchor::Top)?;
                let at = |q: f64| quantile_ms(bins, q).map(|wait_ms| panel.y(share(wait_ms)));
                let levels = [at(0.05), at(0.25), at(0.5), at(0.75), at(0.95)];
                let [Some(p5), Some(p25), Some(p50), Some(p75), Some(p95)] = levels else {
                    continue;
                };
                let (thin, wide) = (half * 0.45, half);
                canvas.rect([middle - thin, p95], [middle + thin, p5], mix(OWNERS, WASH, 0.65))?;
                canvas.rect([middle - wide, p75], [middle + wide, p25], OWNERS)?;
                canvas.line(&[[middle - wide, p50], [middle + wide, p50]], INK, 2.5)?;
            }
            let title = "cores of the job; below: how many jobs there are";
            canvas.text(title, [(LEFT + RIGHT) / 2.0, 368.0], LABEL, INK, Anchor::Top)
        })
    }
}

/// Returns 0 for one core, then one more for each doubling.
fn size_class(cores: u32) -> usize {
    (32 - cores.saturating_sub(1).leading_zeros()) as usize
}

fn class_name(class: usize) -> String {
    match class {
        0 => "1".to_owned(),
        1 => "2".to_owned(),
        _ => format!("{}–{}", (1u64 << (class - 1)) + 1, 1u64 << class),
    }
}

/// Returns the bin of a wait. Bins are as in HdrHistogram: equal within a doubling, so at most an eighth of the value wide.
fn bin(wait_ms: u64) -> usize {
    let fine = 1u64 << FINE_LOG2;
    if wait_ms < fine {
        return wait_ms as usize;
    }
    let shift = 63 - wait_ms.leading_zeros() - FINE_LOG2;
    ((u64::from(shift) << FINE_LOG2) + (wait_ms >> shift)) as usize
}

/// Returns the least wait that falls into a bin.
fn bin_start_ms(bin: usize) -> f64 {
    let fine = 1usize << FINE_LOG2;
    if bin < fine {
        return bin as f64;
    }
    let shift = bin / fine - 1;
    libm::ldexp((bin % fine + fine) as f64, shift as i32)
}

/// Returns a quantile, spread evenly within its bin; `None` of nothing.
fn quantile_ms(bins: &[u32], quantile: f64) -> Option<f64> {
    let total: u64 = bins.iter().map(|&count| u64::from(count)).sum();
    let wanted = quantile * total as f64;
    let mut before = 0.0;
    for (index, &count) in bins.iter().enumerate() {
        let count = f64::from(count);
        if count > 0.0 && before + count >= wanted {
            let (low, high) = (bin_start_ms(index), bin_start_ms(index + 1));
            // A bin of one millisecond holds one value, not a stretch.
            let within = if high - low > 1.0 { (wanted - before) / count } else { 0.0 };
            return Some(low + (high - low) * within);
        }
        before += count;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_fall_into_powers_of_two() {
        let names = [1, 2, 3, 4, 5, 8, 9, u32::MAX].map(|cores| class_name(size_class(cores)));
        let expected = ["1", "2", "3–4", "3–4", "5–8", "5–8", "9–16", "2147483649–4294967296"];
        assert_eq!(names, expected);
    }

    proptest! {
        #[test]
        fn a_wait_lies_in_its_bin(wait_ms in prop_oneof![0u64..100, 0..u64::MAX / 4]) {
            let index = bin(wait_ms);
            prop_assert!(index + 1 < BINS);
            let wait = wait_ms as f64;
            prop_assert!(bin_start_ms(index) <= wait && wait <= bin_start_ms(index + 1));
        }

        #[test]
        fn quantiles_are_right_within_an_eighth(
            mut waits_ms in prop::collection::vec(1u64..10_000_000, 1..200)
        ) {
            let mut bins = vec![0; BINS];
            waits_ms.iter().for_each(|&wait_ms| bins[bin(wait_ms)] += 1);
            waits_ms.sort_unstable();
            for quantile in [0.05, 0.5, 0.95] {
                let rank = libm::ceil(quantile * waits_ms.len() as f64).max(1.0) as usize - 1;
                let (exact, found) = (waits_ms[rank] as f64, quantile_ms(&bins, quantile).unwrap());
                prop_assert!((found - exact).abs() <= exact / 8.0 + 1e-9, "{} {}", found, exact);
            }
        }
    }
}
