//! The workload model of Lublin and Feitelson: sizes, run times that depend on sizes, and
//! arrivals with a daily cycle. Must not know users, estimates or loads.
//!
//! U. Lublin and D. G. Feitelson, "The workload on parallel supercomputers: modeling the
//! characteristics of rigid jobs", Journal of Parallel and Distributed Computing 63(11),
//! pp. 1105-1122, 2003; parameters as in the program published with it.

use rand::Rng;

use crate::generate::cycle::DailyCycle;
use crate::generate::sampler::{gamma, unit};

/// Run times beyond e^12 s (1.9 days) are drawn again, as published.
const LOG_RUNTIME_MAX: f64 = 12.0;

/// Gaps between arrivals beyond e^13 s (5 days) are drawn again, as published.
const LOG_GAP_MAX: f64 = 13.0;

/// Which jobs of the logs the parameters were fitted to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LublinClass {
    /// Batch jobs.
    #[default]
    Batch,
    /// Interactive jobs.
    Interactive,
    /// All jobs together.
    Combined,
}

/// The parameters of the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LublinParams {
    /// Probability of a serial job.
    pub serial: f64,
    /// Probability of a parallel job whose size is a power of two by intention.
    pub power_of_two: f64,
    /// Base-2 logarithm of the smallest parallel size; fractions weigh the smallest size.
    pub low: f64,
    /// Base-2 logarithm of the size where the two uniform laws meet.
    pub medium: f64,
    /// Base-2 logarithm of the largest size.
    pub high: f64,
    /// Probability of the law from `low` to `medium`.
    pub low_share: f64,
    /// Shape and scale of the first gamma law of ln(run time in s).
    pub short: (f64, f64),
    /// Shape and scale of the second gamma law of ln(run time in s).
    pub long: (f64, f64),
    /// Slope and value at 0 of the probability of the first law, linear in the size.
    pub short_share: (f64, f64),
    /// Shape and scale of the gamma law of ln(gap between arrivals in s), all hours of the day.
    pub gap: (f64, f64),
    /// Shape and scale of the gamma law of arrivals over half hours of the day.
    pub cycle: (f64, f64),
}

impl LublinParams {
    /// The published parameters, with sizes for a machine of `processors` (the published ones are
    /// for 128): the largest size is the machine, and the laws meet 2 (batch) or 2.5 powers of two
    /// below, as published.
    #[must_use]
    pub fn published(class: LublinClass, processors: u32) -> Self {
        let high = libm::log2(f64::from(processors.max(1)));
        let params = match class {
            LublinClass::Batch => LublinParams {
                serial: 0.2927,
                power_of_two: 0.6686,
                low: 1.2,
                medium: high - 2.0,
                high,
                low_share: 0.875,
                short: (6.57, 0.823),
                long: (639.1, 0.0156),
                short_share: (-0.003, 0.6986),
                gap: (6.0415 * 1.0519, 0.8531),
                cycle: (6.1271, 5.2740),
            },
            LublinClass::Interactive => LublinParams {
                serial: 0.1541,
                power_of_two: 0.625,
                low: 1.0,
                medium: high - 4.0,
                // The published law ends at 45 of 128 nodes.
                high: high - 1.5,
                low_share: 0.705,
                short: (3.8351, 0.6605),
                long: (7.073, 0.6856),
                short_share: (-0.0118, 0.9156),
                gap: (6.5510 * 0.9797, 0.6621),
                cycle: (8.9186, 3.6680),
            },
            LublinClass::Combined => LublinParams {
                serial: 0.244,
                power_of_two: 0.576,
                low: 0.8,
                medium: high - 2.5,
                high,
                low_share: 0.86,
                short: (4.2, 0.94),
                long: (312.0, 0.03),
                short_share: (-0.0054, 0.78),
                gap: (10.2303 * 1.0225, 0.4871),
                cycle: (8.1737, 3.9631),
            },
        };
        params.fitted()
    }

    /// Keeps low <= medium <= high on machines of a few processors.
    fn fitted(mut self) -> Self {
        self.high = self.high.max(0.0);
        self.low = self.low.min(self.high);
        self.medium = self.medium.clamp(self.low, self.high);
        self
    }

    /// The daily cycle.
    #[must_use]
    pub fn daily_cycle(&self) -> DailyCycle {
        DailyCycle::gamma(self.cycle.0, self.cycle.1)
    }

    /// Draws a size, at most `processors`. A power of two that rounding puts above the machine
    /// becomes the largest one that fits.
    pub fn size<R: Rng + ?Sized>(&self, rng: &mut R, processors: u32) -> u32 {
        let kind = unit(rng);
        if kind <= self.serial {
            return 1;
        }
        let (from, to) = if unit(rng) <= self.low_share {
            (self.low, self.medium)
        } else {
            (self.medium, self.high)
        };
        let exponent = from + (to - from) * unit(rng);
        if kind <= self.serial + self.power_of_two {
            let largest = processors.max(1).ilog2();
            return 1 << (libm::round(exponent) as u32).min(largest);
        }
        (libm::round(libm::exp2(exponent)) as u32).clamp(1, processors.max(1))
    }

    /// Draws the run time of a job of `size` processors, in seconds; at least 1.
    pub fn run_s<R: Rng + ?Sized>(&self, rng: &mut R, size: u32) -> f64 {
        let (slope, base) = self.short_share;
        let share = (slope * f64::from(size) + base).clamp(0.0, 1.0);
        loop {
            let (alpha, beta) = if unit(rng) <= share { self.short } else { self.long };
            let log_run = gamma(rng, alpha, beta);
            if log_run <= LOG_RUNTIME_MAX {
                return libm::floor(libm::exp(log_run));
            }
        }
    }

    /// Draws a gap between two arrivals, in seconds at the mean rate of the day.
    pub fn gap_s<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        loop {
            let log_gap = gamma(rng, self.gap.0, self.gap.1);
            if log_gap <= LOG_GAP_MAX {
                return libm::exp(log_gap);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_pcg::Pcg64Mcg;

    use super::*;

    const DRAWS: usize = 100_000;

    fn batch() -> (LublinParams, Pcg64Mcg) {
        (LublinParams::published(LublinClass::Batch, 128), Pcg64Mcg::seed_from_u64(5))
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn the_sizes_of_batch_jobs_are_as_published() {
        let (params, mut rng) = batch();
        let sizes: Vec<u32> = (0..DRAWS).map(|_| params.size(&mut rng, 128)).collect();
        let share = |of: &dyn Fn(u32) -> bool| {
            sizes.iter().filter(|size| of(**size)).count() as f64 / DRAWS as f64
        };
        assert!((share(&|size| size == 1) - 0.2927).abs() < 0.005);
        assert!(share(&u32::is_power_of_two) > 0.9613);
        assert!(share(&u32::is_power_of_two) < 0.975, "few others are powers of two by luck");
        assert!((share(&|size| size > 32) - 0.7073 * 0.125).abs() < 0.045);
        assert!(sizes.iter().all(|size| (1..=128).contains(size)));
        // The mean exponent of the two-stage uniform law.
        let logs: Vec<f64> =
            sizes.iter().filter(|size| **size > 1).map(|size| f64::from(*size).log2()).collect();
        let expected = (0.875 * (1.2 + 5.0) + 0.125 * (5.0 + 7.0)) / 2.0;
        assert!((mean(&logs) - expected).abs() < 0.05, "{} is not {expected}", mean(&logs));
    }

    #[test]
    fn run_times_of_batch_jobs_grow_with_the_size_as_published() {
        let (params, mut rng) = batch();
        for size in [1, 32, 128] {
            let logs: Vec<f64> =
                (0..DRAWS).map(|_| params.run_s(&mut rng, size).max(1.0).ln()).collect();
            let share = 0.6986 - 0.003 * f64::from(size);
            // The first law loses 1 % of its weight at the bound e^12, all from its upper end.
            let expected = share * 6.57 * 0.823 + (1.0 - share) * 639.1 * 0.0156;
            assert!((mean(&logs) - expected).abs() < 0.12, "{size}: {} {expected}", mean(&logs));
        }
    }

    #[test]
    fn gaps_between_arrivals_are_as_published() {
        let (params, mut rng) = batch();
        let logs: Vec<f64> = (0..DRAWS).map(|_| params.gap_s(&mut rng).ln()).collect();
        let expected = 6.0415 * 1.0519 * 0.8531;
        assert!((mean(&logs) - expected).abs() < 0.05, "{} is not {expected}", mean(&logs));
    }

    #[test]
    fn every_class_fits_every_machine() {
        let mut rng = Pcg64Mcg::seed_from_u64(1);
        for class in [LublinClass::Batch, LublinClass::Interactive, LublinClass::Combined] {
            for processors in [1, 2, 3, 5, 100, 4008] {
                let params = LublinParams::published(class, processors);
                let sizes = (0..2000).map(|_| params.size(&mut rng, processors));
                let largest = sizes.max().expect("there are sizes");
                assert!(largest <= processors && largest * 8 >= processors, "{class:?} {largest}");
            }
        }
    }
}
