//! A number outside the range that its key allows. Must not know where it stands.

use std::fmt::Display;
use std::ops::RangeInclusive;

/// A value outside its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` is {value}, expected {expected}")]
pub struct OutOfRange {
    key: &'static str,
    value: String,
    expected: String,
}

impl OutOfRange {
    /// Says that `key` is `value` where only what `expected` names may be.
    pub fn new(key: &'static str, value: impl Display, expected: impl Into<String>) -> OutOfRange {
        OutOfRange { key, value: value.to_string(), expected: expected.into() }
    }
}

/// Returns `value` if it is within `bounds`.
///
/// # Errors
/// [`OutOfRange`] with both bounds.
pub fn within<T: PartialOrd + Display>(
    key: &'static str,
    value: T,
    bounds: RangeInclusive<T>,
) -> Result<T, OutOfRange> {
    if bounds.contains(&value) {
        return Ok(value);
    }
    Err(OutOfRange::new(key, value, format!("{} to {}", bounds.start(), bounds.end())))
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn bounds_belong_to_the_range_and_are_told() {
        assert_eq!(within("jobs", 10, 1..=10), Ok(10));
        let told = |error: super::OutOfRange| error.to_string();
        assert_eq!(
            within("jobs", 0, 1..=10).map_err(told),
            Err("`jobs` is 0, expected 1 to 10".to_owned())
        );
        assert_eq!(
            within("lost", f64::NAN, 0.0..=1.0).map_err(told),
            Err("`lost` is NaN, expected 0 to 1".to_owned())
        );
    }
}
