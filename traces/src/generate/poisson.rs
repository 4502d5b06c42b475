//! The simplest workload: Poisson arrivals, run times and sizes that do not depend on each other.
//! Must not know users, estimates or loads.

use rand::Rng;

use crate::generate::cycle::DailyCycle;
use crate::generate::laws::{SizeLaw, TimeLaw};
use crate::generate::lublin::{LublinClass, LublinParams};
use crate::generate::sampler::exponential;

/// The parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PoissonParams {
    /// Mean gap between two arrivals, seconds; positive.
    pub mean_gap_s: f64,
    /// Whether the rate follows the hours of the day, as that of all jobs does in the model of
    /// Lublin and Feitelson; else it is the same at all times.
    pub daily: bool,
    /// Law of run times.
    pub runtime: TimeLaw,
    /// Law of sizes.
    pub sizes: SizeLaw,
}

impl PoissonParams {
    /// The daily cycle.
    #[must_use]
    pub fn daily_cycle(&self) -> DailyCycle {
        if !self.daily {
            return DailyCycle::flat();
        }
        let (alpha, beta) = LublinParams::published(LublinClass::Combined, 1).cycle;
        DailyCycle::gamma(alpha, beta)
    }

    /// Draws a gap between two arrivals, in seconds at the mean rate of the day.
    pub fn gap_s<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        self.mean_gap_s * exponential(rng)
    }
}
