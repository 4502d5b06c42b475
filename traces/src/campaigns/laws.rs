//! How large campaigns are: total work and number of jobs, and how the two hang together.
//! Must not know when campaigns come, or whose they are.
//!
//! The families are the best fits found on the Gricad grid (Weibull for the total work, Frechet
//! or log-normal for the number of jobs). The fitted parameters were not published; those here
//! were fitted to the published quantiles (50, 75 and 95 %: 81, 518 and 13,334 jobs; 560, 1749 and
//! 14,159 s of mean job time), which the Frechet law meets within 8 %.

use rand::Rng;

use crate::generate::sampler::{normal, unit};

/// The most jobs of one campaign: the largest seen had some 500,000.
pub const JOBS_MAX: f64 = 500_000.0;

/// The law of the number of jobs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum JobsLaw {
    /// Frechet: P(at most x) = exp(-(x / scale)^(-1 / spread)).
    Frechet {
        /// Scale, jobs.
        scale: f64,
        /// Inverse of the shape.
        spread: f64,
    },
    /// Log-normal.
    LogNormal {
        /// Mean of the logarithm.
        mu: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
}

impl JobsLaw {
    /// Whether the numbers are ones that jobs can be drawn with.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        match *self {
            JobsLaw::Frechet { scale, spread } => {
                (1e-9..=1e9).contains(&scale) && (0.0..=20.0).contains(&spread)
            }
            JobsLaw::LogNormal { mu, sigma } => {
                (-50.0..=50.0).contains(&mu) && (0.0..=20.0).contains(&sigma)
            }
        }
    }

    /// The number of jobs at the normal quantile `z`, from 1 to [`JOBS_MAX`]; larger ones are cut.
    fn jobs(&self, z: f64) -> f64 {
        let jobs = match *self {
            JobsLaw::Frechet { scale, spread } => {
                let not_above = -libm::log1p(-above(z));
                scale * libm::pow(not_above, -spread)
            }
            JobsLaw::LogNormal { mu, sigma } => libm::exp(mu + sigma * z),
        };
        libm::ceil(jobs).clamp(1.0, JOBS_MAX)
    }
}

/// The laws of campaign sizes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CampaignLaws {
    /// Number of jobs.
    pub jobs: JobsLaw,
    /// Scale of the Weibull law of the total work, seconds of one processor.
    pub work_scale_s: f64,
    /// Shape of the Weibull law of the total work.
    pub work_shape: f64,
    /// Correlation of work and jobs (of their normal scores) in a linked campaign.
    pub correlation: f64,
    /// Share of campaigns whose work and jobs are independent: these give the few large campaigns
    /// of very short jobs and the small ones of very long jobs.
    pub independent: f64,
}

impl Default for CampaignLaws {
    /// The fit to the Gricad grid.
    fn default() -> Self {
        CampaignLaws {
            jobs: JobsLaw::Frechet { scale: 42.2, spread: 1.96 },
            work_scale_s: 163_200.0,
            work_shape: 0.55,
            correlation: 0.8,
            independent: 0.3,
        }
    }
}

impl CampaignLaws {
    /// Draws the number of jobs and their mean time in seconds, at least 1: total work over jobs.
    pub fn draw<R: Rng + ?Sized>(&self, rng: &mut R) -> (u64, f64) {
        let (z_jobs, own) = (normal(rng), normal(rng));
        let z_work = if unit(rng) < self.independent {
            own
        } else {
            let rest = libm::sqrt((1.0 - self.correlation * self.correlation).max(0.0));
            self.correlation * z_jobs + rest * own
        };
        let jobs = self.jobs.jobs(z_jobs);
        // The Weibull quantile at the share that is not above `z_work`.
        let log_above = -libm::log(above(z_work));
        let work_s = self.work_scale_s * libm::pow(log_above, 1.0 / self.work_shape);
        (jobs as u64, (work_s / jobs).max(1.0))
    }
}

/// Probability that a standard normal variate is above `z`, exact in the upper tail; kept off 0
/// and 1, which no variate of 52 bits can reach.
fn above(z: f64) -> f64 {
    (0.5 * libm::erfc(z * std::f64::consts::FRAC_1_SQRT_2)).clamp(1e-300, 1.0 - 1e-16)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_pcg::Pcg64Mcg;

    use super::*;

    const DRAWS: usize = 400_000;

    fn check(mut values: Vec<f64>, measured: [(usize, f64); 3], margin: f64) {
        values.sort_by(f64::total_cmp);
        for (percent, expected) in measured {
            let got = values[values.len() * percent / 100];
            assert!((got / expected - 1.0).abs() < margin, "{percent} %: {got}, not {expected}");
        }
    }

    #[test]
    fn jobs_and_mean_times_have_the_measured_quantiles() {
        let mut rng = Pcg64Mcg::seed_from_u64(6);
        let laws = CampaignLaws::default();
        let drawn: Vec<(u64, f64)> = (0..DRAWS).map(|_| laws.draw(&mut rng)).collect();
        let jobs = drawn.iter().map(|(jobs, _)| *jobs as f64).collect();
        check(jobs, [(50, 81.0), (75, 518.0), (95, 13_334.0)], 0.1);
        let means: Vec<f64> = drawn.iter().map(|(_, mean_s)| *mean_s).collect();
        let overall = means.iter().sum::<f64>() / DRAWS as f64;
        check(means, [(50, 560.0), (75, 1749.0), (95, 14_159.0)], 0.1);
        assert!((overall / 4243.0 - 1.0).abs() < 0.2, "mean of means {overall}, measured 4243 s");
        assert!(drawn.iter().all(|(jobs, mean_s)| (1..=500_000).contains(jobs) && *mean_s >= 1.0));
    }

    #[test]
    fn large_campaigns_have_short_jobs() {
        let mut rng = Pcg64Mcg::seed_from_u64(8);
        let laws = CampaignLaws::default();
        let (mut small, mut large) = (Vec::new(), Vec::new());
        for _ in 0..50_000 {
            let (jobs, mean_s) = laws.draw(&mut rng);
            if jobs < 20 {
                small.push(mean_s);
            } else if jobs > 2000 {
                large.push(mean_s);
            }
        }
        let median = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        assert!(median(large) < median(small) / 2.0);
    }

    #[test]
    fn the_log_normal_law_has_its_median() {
        let mut rng = Pcg64Mcg::seed_from_u64(6);
        let jobs = JobsLaw::LogNormal { mu: 4.394, sigma: 2.95 };
        let laws = CampaignLaws { jobs, ..CampaignLaws::default() };
        let drawn = (0..DRAWS).map(|_| laws.draw(&mut rng).0 as f64).collect();
        // exp(mu + 0.6745 sigma) and exp(mu + 1.6449 sigma).
        check(drawn, [(50, 81.0), (75, 592.0), (95, 10_370.0)], 0.05);
    }
}
