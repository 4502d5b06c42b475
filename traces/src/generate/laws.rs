//! The laws of run times and sizes that a user may name. Must not know workloads.

use std::fmt;
use std::str::FromStr;

use rand::Rng;

use crate::generate::problem::SpecError;
use crate::generate::sampler::{exponential, integer, normal};

/// A law of positive times, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TimeLaw {
    /// Always the same: `fixed:60`.
    Fixed {
        /// The time, seconds.
        value_s: f64,
    },
    /// Exponential: `exponential:3600`.
    Exponential {
        /// Mean, seconds.
        mean_s: f64,
    },
    /// Log-normal: `lognormal:7,2`.
    LogNormal {
        /// Mean of the logarithm of the time in seconds.
        mu: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
}

impl TimeLaw {
    /// Whether the numbers are ones that a time can be drawn with.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let positive = |number: f64| number > 0.0 && number.is_finite();
        match *self {
            TimeLaw::Fixed { value_s } => positive(value_s),
            TimeLaw::Exponential { mean_s } => positive(mean_s),
            TimeLaw::LogNormal { mu, sigma } => mu.is_finite() && sigma.is_finite() && sigma >= 0.0,
        }
    }

    /// Draws a time, in seconds.
    pub fn draw_s<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        match *self {
            TimeLaw::Fixed { value_s } => value_s,
            TimeLaw::Exponential { mean_s } => mean_s * exponential(rng),
            TimeLaw::LogNormal { mu, sigma } => libm::exp(mu + sigma * normal(rng)),
        }
    }
}

impl FromStr for TimeLaw {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let wrong = || SpecError::TimeLaw { text: text.to_owned() };
        let (name, numbers) = text.split_once(':').ok_or_else(wrong)?;
        let numbers = numbers.split(',').map(|number| number.trim().parse::<f64>());
        let numbers: Vec<f64> = numbers.collect::<Result<_, _>>().map_err(|_| wrong())?;
        let law = match (name, numbers.as_slice()) {
            ("fixed", [value_s]) => TimeLaw::Fixed { value_s: *value_s },
            ("exponential", [mean_s]) => TimeLaw::Exponential { mean_s: *mean_s },
            ("lognormal", [mu, sigma]) => TimeLaw::LogNormal { mu: *mu, sigma: *sigma },
            _ => return Err(wrong()),
        };
        if law.is_valid() { Ok(law) } else { Err(wrong()) }
    }
}

impl fmt::Display for TimeLaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TimeLaw::Fixed { value_s } => write!(f, "fixed:{value_s}"),
            TimeLaw::Exponential { mean_s } => write!(f, "exponential:{mean_s}"),
            TimeLaw::LogNormal { mu, sigma } => write!(f, "lognormal:{mu},{sigma}"),
        }
    }
}

/// A law of job sizes, in processors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeLaw {
    /// Uniform, `1-16`, or always the same, `4`.
    Uniform {
        /// Smallest size.
        low: u32,
        /// Largest size.
        high: u32,
    },
    /// Uniform among the powers of two between two powers of two, `pow2:1-64`.
    PowersOfTwo {
        /// Smallest size, a power of two.
        low: u32,
        /// Largest size, a power of two.
        high: u32,
    },
}

impl SizeLaw {
    /// Whether the bounds are ones that a size can be drawn between.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        match *self {
            SizeLaw::Uniform { low, high } => 0 < low && low <= high,
            SizeLaw::PowersOfTwo { low, high } => {
                low.is_power_of_two() && high.is_power_of_two() && low <= high
            }
        }
    }

    /// The largest size.
    #[must_use]
    pub fn high(&self) -> u32 {
        match *self {
            SizeLaw::Uniform { high, .. } | SizeLaw::PowersOfTwo { high, .. } => high,
        }
    }

    /// Draws a size.
    pub fn draw<R: Rng + ?Sized>(&self, rng: &mut R) -> u32 {
        match *self {
            SizeLaw::Uniform { low, high } => integer(rng, low, high),
            SizeLaw::PowersOfTwo { low, high } => 1 << integer(rng, low.ilog2(), high.ilog2()),
        }
    }
}

impl FromStr for SizeLaw {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let wrong = || SpecError::SizeLaw { text: text.to_owned() };
        let (powers, range) = match text.strip_prefix("pow2:") {
            Some(range) => (true, range),
            None => (false, text),
        };
        let (low, high) = range.split_once('-').unwrap_or((range, range));
        let low: u32 = low.trim().parse().map_err(|_| wrong())?;
        let high: u32 = high.trim().parse().map_err(|_| wrong())?;
        let law = match powers {
            true => SizeLaw::PowersOfTwo { low, high },
            false => SizeLaw::Uniform { low, high },
        };
        if law.is_valid() { Ok(law) } else { Err(wrong()) }
    }
}

impl fmt::Display for SizeLaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SizeLaw::Uniform { low, high } if low == high => write!(f, "{low}"),
            SizeLaw::Uniform { low, high } => write!(f, "{low}-{high}"),
            SizeLaw::PowersOfTwo { low, high } => write!(f, "pow2:{low}-{high}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_pcg::Pcg64Mcg;

    use super::*;

    #[test]
    fn laws_are_written_as_they_are_read() {
        for text in ["fixed:60", "exponential:3600.5", "lognormal:4.1,2.5", "lognormal:-1,0"] {
            assert_eq!(text.parse::<TimeLaw>().unwrap().to_string(), text);
        }
        for text in ["1-16", "4", "pow2:1-64", "pow2:8-8"] {
            assert_eq!(text.parse::<SizeLaw>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn wrong_laws_are_refused() {
        for text in
            ["", "fixed", "fixed:0", "fixed:nan", "fixed:inf", "exponential:1,2", "lognormal:1"]
        {
            assert!(text.parse::<TimeLaw>().is_err(), "{text}");
        }
        for text in ["", "0", "5-4", "pow2:1-63", "pow2:", "1-", "-1", "1-99999999999"] {
            assert!(text.parse::<SizeLaw>().is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_law_that_can_be_drawn_from_or_refused(
            text in "(fixed:|exponential:|lognormal:|pow2:|)[0-9.,e+-]{0,8}",
        ) {
            let mut rng = Pcg64Mcg::seed_from_u64(1);
            if let Ok(law) = text.parse::<TimeLaw>() {
                proptest::prop_assert!(law.draw_s(&mut rng) >= 0.0);
            }
            if let Ok(law) = text.parse::<SizeLaw>() {
                proptest::prop_assert!((1..=law.high()).contains(&law.draw(&mut rng)));
            }
        }
    }
}
