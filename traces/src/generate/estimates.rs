//! What users would request: more than they need, in round values. Must not know workloads.

use rand::Rng;

use crate::generate::problem::SpecError;
use crate::generate::sampler::exponential;

const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 3600;
const DAY_S: i64 = 86_400;

/// The round values that nearly all requests of real logs are: Tsafrir, Etsion and Feitelson,
/// "Modeling user runtime estimates", JSSPP 2005, find twenty values to hold 90 % of the jobs.
const ROUND_S: [i64; 22] = [
    5 * MINUTE_S,
    10 * MINUTE_S,
    15 * MINUTE_S,
    20 * MINUTE_S,
    30 * MINUTE_S,
    45 * MINUTE_S,
    HOUR_S,
    90 * MINUTE_S,
    2 * HOUR_S,
    3 * HOUR_S,
    4 * HOUR_S,
    5 * HOUR_S,
    6 * HOUR_S,
    8 * HOUR_S,
    10 * HOUR_S,
    12 * HOUR_S,
    15 * HOUR_S,
    18 * HOUR_S,
    DAY_S,
    36 * HOUR_S,
    2 * DAY_S,
    3 * DAY_S,
];

/// Most times what their jobs need that users request, on average.
const FACTOR_MAX: f64 = 1001.0;

/// Returns the excess of [`requested_s`] for users who request `factor` times what their jobs need, on
/// average: from 1 to 1001.
pub fn excess(factor: f64) -> Result<f64, SpecError> {
    match (1.0..=FACTOR_MAX).contains(&factor) {
        true => Ok(factor - 1.0),
        false => {
            let (key, expected) = ("request_factor", "a number from 1 to 1001 (3 is three times)");
            Err(SpecError::Range { key, value: factor, expected })
        }
    }
}

/// Draws the requested time of a job that runs for `run_s` seconds, in seconds: the run time times
/// `1 + x`, `x` exponential of mean `excess`, rounded up to the next round value (whole days above
/// three). Never below the run time.
pub fn requested_s<R: Rng + ?Sized>(rng: &mut R, run_s: i64, excess: f64) -> i64 {
    let wanted = libm::ceil(run_s as f64 * (1.0 + excess * exponential(rng)));
    let wanted_s = (wanted as i64).max(run_s);
    let round = ROUND_S.iter().find(|round_s| **round_s >= wanted_s);
    round.copied().unwrap_or_else(|| whole_days(wanted_s))
}

/// The next whole number of days; a time so long that there is none stays as it is.
fn whole_days(time_s: i64) -> i64 {
    let days = time_s / DAY_S + i64::from(time_s % DAY_S > 0);
    days.checked_mul(DAY_S).unwrap_or(time_s)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_pcg::Pcg64Mcg;

    use super::*;

    #[test]
    fn factors_count_the_need_too() {
        assert_eq!(excess(1.0), Ok(0.0));
        assert_eq!(excess(3.0), Ok(2.0));
        for factor in [0.99, -1.0, 1001.5, f64::NAN, f64::INFINITY] {
            assert!(excess(factor).is_err(), "{factor}");
        }
    }

    #[test]
    fn requests_are_round_and_never_too_short() {
        let mut rng = Pcg64Mcg::seed_from_u64(2);
        for run_s in [1, 299, 300, 301, 5000, 259_200, 259_201, 10_000_000, i64::MAX] {
            for _ in 0..100 {
                let requested = requested_s(&mut rng, run_s, 2.0);
                assert!(requested >= run_s);
                let round = ROUND_S.contains(&requested) || requested % DAY_S == 0;
                assert!(round || run_s == i64::MAX, "{requested}");
            }
        }
        assert_eq!(requested_s(&mut rng, 300, 0.0), 300);
        assert_eq!(requested_s(&mut rng, 301, 0.0), 600);
        assert_eq!(requested_s(&mut rng, 259_201, 0.0), 4 * DAY_S);
    }
}
