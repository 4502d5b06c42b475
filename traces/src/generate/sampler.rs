//! Random variates from uniform bits, with transcendental functions of `libm` only, so that a
//! seed gives the same values on every host. Must not know what the values are for.

use rand::Rng;

/// Uniform in [0, 1), a multiple of 2^-53.
pub fn unit<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    (rng.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// Uniform in (0, 1): never an end, so that its logarithm is finite.
pub fn open_unit<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    ((rng.next_u64() >> 12) as f64 + 0.5) * (1.0 / (1u64 << 52) as f64)
}

/// Uniform among the integers `low` to `high`, both included. Lemire's multiplication; its bias is
/// below 2^-32 for spans of 32 bits.
pub fn integer<R: Rng + ?Sized>(rng: &mut R, low: u32, high: u32) -> u32 {
    let span = u128::from(high.saturating_sub(low)) + 1;
    let offset = (u128::from(rng.next_u64()) * span) >> 64;
    low + u32::try_from(offset).expect("an offset within a span of u32 is one")
}

/// Exponential of mean 1, by inversion.
pub fn exponential<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    -libm::log(open_unit(rng))
}

/// Normal of mean 0 and variance 1, by Marsaglia's polar method (one of its two values).
pub fn normal<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    loop {
        let x = 2.0 * open_unit(rng) - 1.0;
        let y = 2.0 * open_unit(rng) - 1.0;
        let square = x * x + y * y;
        if square > 0.0 && square < 1.0 {
            return x * libm::sqrt(-2.0 * libm::log(square) / square);
        }
    }
}

/// Gamma of shape `alpha` > 0 and scale `beta` > 0 (mean `alpha * beta`): Marsaglia and Tsang,
/// "A simple method for generating gamma variables", ACM TOMS 26(3), 2000.
pub fn gamma<R: Rng + ?Sized>(rng: &mut R, alpha: f64, beta: f64) -> f64 {
    if alpha < 1.0 {
        let boost = libm::pow(open_unit(rng), 1.0 / alpha);
        return gamma(rng, alpha + 1.0, beta) * boost;
    }
    let d = alpha - 1.0 / 3.0;
    let c = 1.0 / libm::sqrt(9.0 * d);
    loop {
        let x = normal(rng);
        let root = 1.0 + c * x;
        if root <= 0.0 {
            continue;
        }
        let v = root * root * root;
        let u = open_unit(rng);
        if libm::log(u) < 0.5 * x * x + d - d * v + d * libm::log(v) {
            return d * v * beta;
        }
    }
}

/// Cumulative distribution of the gamma law of shape `alpha` and scale `beta` at `x`: the
/// regularised lower incomplete gamma function, by its series below `alpha + 1` and by its
/// continued fraction (modified Lentz) above; both converge within the bound for `alpha` < 1000.
#[must_use]
pub fn gamma_cdf(x: f64, alpha: f64, beta: f64) -> f64 {
    const STEPS_MAX: u32 = 1000;
    const PRECISION: f64 = 1e-14;
    let x = x / beta;
    if x <= 0.0 {
        return 0.0;
    }
    let front = libm::exp(alpha * libm::log(x) - x - libm::lgamma(alpha));
    if x < alpha + 1.0 {
        let mut term = 1.0 / alpha;
        let mut sum = term;
        for step in 1..STEPS_MAX {
            term *= x / (alpha + f64::from(step));
            sum += term;
            if term < sum * PRECISION {
                break;
            }
        }
        return front * sum;
    }
    let mut b = x + 1.0 - alpha;
    let mut c = 1.0 / f64::MIN_POSITIVE;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for step in 1..STEPS_MAX {
        let n = f64::from(step);
        let a = -n * (n - alpha);
        b += 2.0;
        d = 1.0 / (a * d + b);
        c = b + a / c;
        fraction *= d * c;
        if (d * c - 1.0).abs() < PRECISION {
            break;
        }
    }
    1.0 - front * fraction
}

/// A discrete law given by weights.
#[derive(Debug, Clone)]
pub struct Weighted {
    cumulative: Vec<f64>,
}

impl Weighted {
    /// Zipf's law over 1 to `count`: the weight of `k` is `1 / k`.
    #[must_use]
    pub fn zipf(count: u32) -> Self {
        let mut sum = 0.0;
        let weight = |k: u32| {
            sum += 1.0 / f64::from(k);
            sum
        };
        Weighted { cumulative: (1..=count.max(1)).map(weight).collect() }
    }

    /// Takes from `rng` what [`Weighted::draw`] takes.
    pub fn pass<R: Rng + ?Sized>(&self, rng: &mut R) {
        rng.next_u64();
    }

    /// One of 1 to the number of weights.
    pub fn draw<R: Rng + ?Sized>(&self, rng: &mut R) -> u32 {
        let total = self.cumulative.last().copied().unwrap_or(0.0);
        let point = unit(rng) * total;
        let index = self.cumulative.partition_point(|sum| *sum <= point);
        let last = self.cumulative.len() - 1;
        u32::try_from(index.min(last)).expect("made from a u32 count") + 1
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_pcg::Pcg64Mcg;

    use super::*;

    const DRAWS: usize = 200_000;

    /// Mean and variance of many draws.
    fn moments(draw: impl Fn(&mut Pcg64Mcg) -> f64) -> (f64, f64) {
        let mut rng = Pcg64Mcg::seed_from_u64(7);
        let values: Vec<f64> = (0..DRAWS).map(|_| draw(&mut rng)).collect();
        let mean = values.iter().sum::<f64>() / DRAWS as f64;
        let square = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>();
        (mean, square / DRAWS as f64)
    }

    #[test]
    fn means_and_variances_are_those_of_the_laws() {
        let near = |(mean, variance): (f64, f64), expected: (f64, f64)| {
            assert!((mean - expected.0).abs() < 0.02 * expected.1.sqrt(), "{mean} {expected:?}");
            assert!((variance / expected.1 - 1.0).abs() < 0.05, "{variance} {expected:?}");
        };
        near(moments(unit), (0.5, 1.0 / 12.0));
        near(moments(exponential), (1.0, 1.0));
        near(moments(normal), (0.0, 1.0));
        near(moments(|rng| f64::from(integer(rng, 3, 8))), (5.5, 35.0 / 12.0));
        for (alpha, beta) in [(0.3, 2.0), (1.0, 1.0), (6.57, 0.823), (639.1, 0.0156)] {
            near(moments(|rng| gamma(rng, alpha, beta)), (alpha * beta, alpha * beta * beta));
        }
    }

    #[test]
    fn the_gamma_distribution_has_known_values() {
        for (x, alpha, expected) in [
            (1.0, 1.0, 1.0 - (-1f64).exp()),
            (5.0, 1.0, 1.0 - (-5f64).exp()),
            (2.0, 2.0, 1.0 - 3.0 * (-2f64).exp()),
            (9.0, 2.0, 1.0 - 10.0 * (-9f64).exp()),
            (0.25, 0.5, 0.520_499_877_813_046_5),
            (0.0, 3.0, 0.0),
        ] {
            let got = gamma_cdf(x * 3.0, alpha, 3.0);
            assert!((got - expected).abs() < 1e-12, "{x} {alpha}: {got}, not {expected}");
        }
    }

    #[test]
    fn drawn_gammas_follow_the_distribution() {
        let mut rng = Pcg64Mcg::seed_from_u64(11);
        let mut values: Vec<f64> = (0..DRAWS).map(|_| gamma(&mut rng, 6.0, 2.0)).collect();
        values.sort_by(f64::total_cmp);
        for percent in [1, 10, 25, 50, 75, 90, 99] {
            let at = values[DRAWS * percent / 100];
            let error = gamma_cdf(at, 6.0, 2.0) - percent as f64 / 100.0;
            assert!(error.abs() < 0.005, "{percent} %: off by {error}");
        }
    }

    #[test]
    fn zipf_prefers_the_first() {
        let mut rng = Pcg64Mcg::seed_from_u64(3);
        let law = Weighted::zipf(4);
        let mut counts = [0i32; 4];
        for _ in 0..25_000 {
            counts[law.draw(&mut rng) as usize - 1] += 1;
        }
        for (index, expected) in [12_000, 6_000, 4_000, 3_000].into_iter().enumerate() {
            assert!((counts[index] - expected).abs() < 300, "{counts:?}");
        }
    }
}
