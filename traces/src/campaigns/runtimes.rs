//! Run times of single tasks: the distribution measured on the Gricad grid.
//! Must not know campaigns.
//!
//! The points are those of 30 million bag-of-tasks jobs of five clusters, 2017 to 2021, published
//! with the CiGri data set (Zenodo 6787030): minimum 1 s, median 63 s, 75 % 235 s, 95 % 3938 s,
//! 99 % 26,920 s, maximum 7 d 22 h 20 min (685,200 s), mean 19 min.

use rand::Rng;

use crate::generate::sampler::open_unit;

/// Shares and the times not exceeded by them, seconds.
const POINTS: [(f64, f64); 5] =
    [(0.0, 1.0), (0.5, 63.0), (0.75, 235.0), (0.95, 3938.0), (0.99, 26_920.0)];

/// The longest time, seconds.
pub const RUNTIME_S_MAX: f64 = 685_200.0;

/// Exponent of the tail above 99 %: with it, the mean of the whole is the measured 19 minutes.
const TAIL: f64 = 4.0;

/// Time that the share `p` (from 0 to 1) of tasks does not exceed, seconds. Between the points the
/// logarithm of the time is linear in the share; above the last, the tail is Pareto's.
#[must_use]
pub fn quantile_s(p: f64) -> f64 {
    let (last_share, last_s) = POINTS[POINTS.len() - 1];
    if p >= last_share {
        let rest = (1.0 - p).max(0.0) / (1.0 - last_share);
        return (last_s * libm::pow(rest, -1.0 / TAIL)).min(RUNTIME_S_MAX);
    }
    for pair in POINTS.windows(2) {
        let ((from, from_s), (to, to_s)) = (pair[0], pair[1]);
        if p < to {
            let part = (p.max(from) - from) / (to - from);
            return from_s * libm::pow(to_s / from_s, part);
        }
    }
    last_s
}

/// The mean of [`quantile_s`], seconds (about 19 minutes).
#[must_use]
pub fn mean_s() -> f64 {
    let (last_share, last_s) = POINTS[POINTS.len() - 1];
    let body: f64 = POINTS
        .windows(2)
        .map(|pair| {
            let ((from, from_s), (to, to_s)) = (pair[0], pair[1]);
            (to - from) * (to_s - from_s) / libm::log(to_s / from_s)
        })
        .sum();
    // Pareto's mean, less what lies beyond the longest time.
    let beyond = libm::pow(last_s / RUNTIME_S_MAX, TAIL - 1.0) / TAIL;
    body + (1.0 - last_share) * last_s * TAIL / (TAIL - 1.0) * (1.0 - beyond)
}

/// Draws the run time of a task of a campaign whose tasks take `mean_s` in the mean: the measured
/// distribution, scaled. In seconds, above 0.
pub fn draw_s<R: Rng + ?Sized>(rng: &mut R, campaign_mean_s: f64) -> f64 {
    quantile_s(open_unit(rng)) * (campaign_mean_s / mean_s())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_pcg::Pcg64Mcg;

    use super::*;

    const DRAWS: usize = 400_000;

    #[test]
    fn drawn_times_have_the_measured_quantiles_and_mean() {
        let mut rng = Pcg64Mcg::seed_from_u64(4);
        let mut times: Vec<f64> = (0..DRAWS).map(|_| draw_s(&mut rng, mean_s())).collect();
        times.sort_by(f64::total_cmp);
        for (percent, measured_s) in [(50, 63.0), (75, 235.0), (95, 3938.0), (99, 26_920.0)] {
            let got = times[DRAWS * percent / 100];
            assert!((got / measured_s - 1.0).abs() < 0.1, "{percent} %: {got}, not {measured_s}");
        }
        let mean = times.iter().sum::<f64>() / DRAWS as f64;
        assert!((mean / (19.0 * 60.0) - 1.0).abs() < 0.03, "mean {mean}");
        assert!((mean_s() / (19.0 * 60.0) - 1.0).abs() < 0.01, "mean {}", mean_s());
        assert!(times[0] >= 1.0 && times[DRAWS - 1] <= RUNTIME_S_MAX);
    }

    #[test]
    fn the_quantiles_never_fall() {
        let all: Vec<f64> =
            (0..=10_000).map(|step| quantile_s(f64::from(step) / 10_000.0)).collect();
        assert!(all.is_sorted());
        assert_eq!((all[0], all[10_000]), (1.0, RUNTIME_S_MAX));
    }

    #[test]
    fn a_campaign_has_the_mean_it_asks_for() {
        let mut rng = Pcg64Mcg::seed_from_u64(9);
        let sum: f64 = (0..DRAWS).map(|_| draw_s(&mut rng, 50.0)).sum();
        assert!((sum / DRAWS as f64 / 50.0 - 1.0).abs() < 0.03);
    }
}
