//! The daily cycle of arrivals: how fast the clock of the arrivals runs at each hour.
//! Must not know how the arrivals are drawn.

use crate::generate::sampler::gamma_cdf;

/// Half hours of a day.
const BUCKETS: usize = 48;

/// Length of a bucket, seconds.
const BUCKET_S: f64 = 1800.0;

/// The half hour (counted from 1) at which the model's day begins: 5 o'clock.
const DAY_START: usize = 11;

/// Turns time at the mean rate into time of day: within a day both advance by 86,400 s.
#[derive(Debug, Clone, PartialEq)]
pub struct DailyCycle {
    /// Arrivals of each half hour over their mean; all positive, mean 1.
    weights: [f64; BUCKETS],
}

impl DailyCycle {
    /// The same rate at all hours.
    #[must_use]
    pub fn flat() -> Self {
        DailyCycle { weights: [1.0; BUCKETS] }
    }

    /// The cycle of Lublin and Feitelson: the share of half hour `i` is the probability of
    /// [i - 1/2, i + 1/2] under a gamma law of shape `alpha` and scale `beta`, for the 48 half
    /// hours from 5 o'clock on, those after midnight being taken of the next day.
    #[must_use]
    pub fn gamma(alpha: f64, beta: f64) -> Self {
        let mut weights = [0.0; BUCKETS];
        for step in DAY_START..DAY_START + BUCKETS {
            let middle = step as f64;
            let share = gamma_cdf(middle + 0.5, alpha, beta) - gamma_cdf(middle - 0.5, alpha, beta);
            weights[(step - 1) % BUCKETS] = share.max(f64::MIN_POSITIVE);
        }
        let mean = weights.iter().sum::<f64>() / BUCKETS as f64;
        DailyCycle { weights: weights.map(|weight| weight / mean) }
    }

    /// The time of the trace, in seconds since a midnight, at which `mean_rate_s` seconds at the
    /// mean rate have passed.
    #[must_use]
    pub fn time_s(&self, mean_rate_s: f64) -> f64 {
        let day_s = BUCKET_S * BUCKETS as f64;
        let days = libm::floor(mean_rate_s / day_s);
        let mut rest_s = mean_rate_s - days * day_s;
        for (bucket, weight) in self.weights.iter().enumerate() {
            let bucket_rest_s = weight * BUCKET_S;
            if rest_s < bucket_rest_s {
                return days * day_s + (bucket as f64 + rest_s / bucket_rest_s) * BUCKET_S;
            }
            rest_s -= bucket_rest_s;
        }
        (days + 1.0) * day_s
    }

    /// The inverse of [`DailyCycle::time_s`].
    #[must_use]
    pub fn mean_rate_s(&self, time_s: f64) -> f64 {
        let day_s = BUCKET_S * BUCKETS as f64;
        let days = libm::floor(time_s / day_s);
        let buckets = (time_s - days * day_s) / BUCKET_S;
        let whole = (libm::floor(buckets) as usize).min(BUCKETS - 1);
        let passed: f64 = self.weights[..whole].iter().sum();
        let part = (buckets - whole as f64) * self.weights[whole];
        days * day_s + (passed + part) * BUCKET_S
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_clocks_are_inverse_and_agree_at_midnight() {
        let cycle = DailyCycle::gamma(6.1271, 5.2740);
        for step in 0..2000 {
            let time_s = f64::from(step) * 137.0;
            let back = cycle.time_s(cycle.mean_rate_s(time_s));
            assert!((back - time_s).abs() < 1e-3, "{time_s} became {back}");
        }
        assert!((cycle.mean_rate_s(86_400.0 * 3.0) - 86_400.0 * 3.0).abs() < 1e-6);
        assert_eq!(DailyCycle::flat().time_s(12_345.0), 12_345.0);
    }

    #[test]
    fn batch_jobs_arrive_most_in_the_early_afternoon() {
        let cycle = DailyCycle::gamma(6.1271, 5.2740);
        let hour = |bucket: usize| bucket as f64 / 2.0;
        let busiest = (0..BUCKETS).max_by(|a, b| cycle.weights[*a].total_cmp(&cycle.weights[*b]));
        // The mode of the law, (alpha - 1) beta = 27.04 half hours.
        assert_eq!(busiest.map(hour), Some(13.0));
        let quietest = (0..BUCKETS).min_by(|a, b| cycle.weights[*a].total_cmp(&cycle.weights[*b]));
        assert_eq!(quietest.map(hour), Some(4.5));
    }
}
