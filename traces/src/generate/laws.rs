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
            ("fixed", [value_s]) if *value_s > 0.0 => TimeLaw::Fixed { value_s: *value_s },
            ("exponential", [mean_s]) if *mean_s > 0.0 => TimeLaw::Exponential { mean_s: *mean_s },
            ("lognormal", [mu, sigma]) if *sigma >= 0.0 => {
                TimeLaw::LogNormal { mu: *mu, sigma: *sigma }
            }
            _ => return Err(wrong()),
        };
        if numbers.iter().all(|number| number.is_finite()) { Ok(law) } else { Err(wrong()) }
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
        if low == 0 || low > high {
            return Err(wrong());
        }
        match powers {
            false => Ok(SizeLaw::Uniform { low, high }),
            true if low.is_power_of_two() && high.is_power_of_two() => {
                Ok(SizeLaw::PowersOfTwo { low, high })
            }
            true => Err(wrong()),
        }
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
}
