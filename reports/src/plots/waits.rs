//! How long jobs of each size waited, on each cluster. Must not know single jobs: they are counted in fine
//! bins.

use crate::error::ReportError;
use crate::plots::axis::short;
use crate::plots::canvas::{Anchor, Canvas, Sheet, draw};
use crate::plots::clusters::{Shown, panel_numbers, shown};
use crate::plots::frame::{LABEL, Panel, below_legend, legend};
use crate::plots::palette::{FAINT, INK, OWNERS, pale};
use crate::record::{JobRecord, Kind, RunInfo};

/// Classes of sizes: 1, 2, 3-4, 5-8, ... cores.
const SIZES: usize = 33;
/// Bins per doubling of the wait, as a power of two.
const FINE_LOG2: u32 = 3;
/// Bins: 62 doublings of a millisecond.
const BINS: usize = 64 << FINE_LOG2;
/// Width that the name of a class wants.
const NAME: f64 = 62.0;
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

/// Waits of one cluster's jobs, counted by size: a row of bins for each class, empty where there is no job.
type Counts = Vec<Vec<u32>>;

/// Waits of owners' jobs, counted by cluster and size.
pub(crate) struct Waits {
    /// For each cluster of the run, the number of its panel.
    panels: Vec<Option<usize>>,
    clusters: Vec<(Shown, Counts)>,
}

impl Waits {
    pub(crate) fn new(info: &RunInfo) -> Self {
        let empty = |shown| (shown, vec![Vec::new(); SIZES]);
        let clusters = shown(info).into_iter().map(empty).collect();
        Self { panels: panel_numbers(info), clusters }
    }

    pub(crate) fn job(&mut self, job: &JobRecord<'_>) {
        let (Kind::Local, Some(start_ms)) = (job.kind, job.start_ms) else {
            return;
        };
        let Some(panel) = self.panels[usize::from(job.cluster)] else {
            return;
        };
        let bins = &mut self.clusters[panel].1[size_class(job.cores())];
        if bins.is_empty() {
            bins.resize(BINS, 0);
        }
        bins[bin((start_ms - job.submit_ms).max(0) as u64)] += 1;
    }

    /// Draws boxes of quartiles with whiskers from the 5th to the 95th percentile, a panel for each
    /// cluster, all with the same classes of sizes and the same scale.
    pub(crate) fn svg(&self, sheet: Sheet) -> Result<String, ReportError> {
        let entries = [(INK, "median"), (OWNERS, "middle half"), (pale(OWNERS), "5 % to 95 %")];
        let counts = || self.clusters.iter().map(|(_, counts)| counts);
        let used = |class: &usize| counts().any(|counts| !counts[*class].is_empty());
        let classes: Vec<usize> = match (0..SIZES).find(used).zip((0..SIZES).rfind(used)) {
            Some((first, last)) => (first..=last).collect(),
            None => Vec::new(),
        };
        let longest_s = counts()
            .flatten()
            .filter_map(|bins| quantile_ms(bins, 0.95))
            .fold(60.0, |most, wait_ms| f64::max(most, wait_ms / 1000.0));
        let scale = Scale { classes, top_s: top_s(longest_s) };
        let (across, high) = match (sheet, self.clusters.len()) {
            (_, 0 | 1) => (1, 274.0),
            (_, 2) => (1, 190.0),
            (Sheet::Wide, 5..) => (2, 132.0),
            _ => (1, 132.0),
        };
        let pitch = high + 70.0;
        let first = below_legend(sheet, &entries);
        let height = first + pitch * self.clusters.len().div_ceil(across) as f64 + 2.0;
        draw("waits", sheet, height, "waits of owners' jobs by size", |canvas| {
            legend(canvas, &entries)?;
            for (index, (shown, counts)) in self.clusters.iter().enumerate() {
                let panel = Panel::of_many(sheet, [index, across], [first, high, pitch]);
                panel.upright(canvas, &format!("{} (wait)", shown.name), &scale.rules(high))?;
                scale.boxes(canvas, &panel, counts)?;
            }
            let title = if scale.whole_names(Panel::of_many(sheet, [0, across], [0.0; 3]).width()) {
                "cores of the job; below: how many jobs there are"
            } else {
                "cores of the job, up to; below: jobs"
            };
            Panel::new(sheet, 0.0, height - 57.0).below(canvas, title)
        })
    }
}

/// What all panels share.
struct Scale {
    /// Classes of sizes from the smallest to the largest that there is.
    classes: Vec<usize>,
    /// The wait at the upper end, in seconds.
    top_s: f64,
}

impl Scale {
    fn share(&self, wait_ms: f64) -> f64 {
        libm::log10((wait_ms / 1000.0).max(1.0)) / libm::log10(self.top_s)
    }

    /// Tells whether there is room for both ends of each class in a panel.
    fn whole_names(&self, width: f64) -> bool {
        width / self.classes.len().max(1) as f64 >= NAME
    }

    /// Returns the rules, less of them in a low panel.
    fn rules(&self, high: f64) -> Vec<(f64, String)> {
        let mut last = f64::NEG_INFINITY;
        let mut rules = Vec::new();
        for (rule_s, name) in RULES.into_iter().filter(|rule| rule.0 <= self.top_s) {
            let share = self.share(rule_s * 1000.0);
            if (share - last) * high >= 15.0 {
                last = share;
                rules.push((share, name.to_owned()));
            }
        }
        rules
    }

    fn boxes(
        &self,
        canvas: &mut Canvas<'_>,
        panel: &Panel,
        counts: &Counts,
    ) -> Result<(), ReportError> {
        let pitch = panel.width() / self.classes.len().max(1) as f64;
        let half = (pitch * 0.32).min(34.0);
        for (index, &class) in self.classes.iter().enumerate() {
            let middle = panel.left + pitch * (index as f64 + 0.5);
            let name = class_name(class, self.whole_names(panel.width()));
            canvas.text(&name, [middle, panel.bottom + 8.0], LABEL, INK, Anchor::Top)?;
            let bins = &counts[class];
            let jobs: u64 = bins.iter().map(|&count| u64::from(count)).sum();
            let below = [middle, panel.bottom + 24.0];
            canvas.text(&short(jobs as f64), below, LABEL - 1.5, FAINT, Anchor::Top)?;
            let at = |q: f64| quantile_ms(bins, q).map(|wait_ms| panel.y(self.share(wait_ms)));
            let levels = [at(0.05), at(0.25), at(0.5), at(0.75), at(0.95)];
            let [Some(p5), Some(p25), Some(p50), Some(p75), Some(p95)] = levels else {
                continue;
            };
            let (thin, wide) = (half * 0.45, half);
            canvas.rect([middle - thin, p95], [middle + thin, p5], pale(OWNERS))?;
            canvas.rect([middle - wide, p75], [middle + wide, p25], OWNERS)?;
            canvas.line(&[[middle - wide, p50], [middle + wide, p50]], INK, 2.5)?;
        }
        Ok(())
    }
}

/// Returns the first rule that is not below a wait, in seconds.
fn top_s(longest_s: f64) -> f64 {
    RULES.iter().map(|rule| rule.0).find(|&rule| rule >= longest_s).unwrap_or(longest_s)
}

/// Returns 0 for one core, then one more for each doubling.
fn size_class(cores: u32) -> usize {
    (32 - cores.saturating_sub(1).leading_zeros()) as usize
}

/// Returns the sizes of a class; where there is no room, only the largest.
fn class_name(class: usize, whole: bool) -> String {
    match class {
        0 | 1 => format!("{}", class + 1),
        _ if !whole => short((1u64 << class) as f64),
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
        let names =
            [1, 2, 3, 4, 5, 8, 9, u32::MAX].map(|cores| class_name(size_class(cores), true));
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
