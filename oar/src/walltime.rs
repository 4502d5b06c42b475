//! Walltimes as users write them: `h`, `h:m` or `h:m:s`. Knows no default: that is the site's.

use crate::error::ParseError;

/// Longest walltime accepted, in seconds: the most that a column of OAR's databases holds.
pub const WALLTIME_MAX_S: i64 = (1 << 31) - 1;

/// Reads a walltime into seconds, in `1..=WALLTIME_MAX_S`. `first_column` is the column of the
/// text's first character, for the error.
///
/// # Errors
/// Anything but one to three whole numbers separated by `:`, or a walltime of zero or too long.
pub fn parse(text: &str, first_column: usize) -> Result<i64, ParseError> {
    let out_of_range = || ParseError::Number { column: first_column, text: text.trim().to_owned() };
    let unexpected = || ParseError::Unexpected {
        column: first_column,
        expected: "a walltime",
        found: format!("`{}`", text.trim()),
    };
    let mut seconds: i64 = 0;
    let mut unit = 3600;
    for (index, part) in text.trim().split(':').enumerate() {
        if index > 2 || part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
            return Err(unexpected());
        }
        let number: i64 = part.parse().map_err(|_| out_of_range())?;
        let added = number.checked_mul(unit).ok_or_else(out_of_range)?;
        seconds = seconds.checked_add(added).ok_or_else(out_of_range)?;
        unit /= 60;
    }
    if (1..=WALLTIME_MAX_S).contains(&seconds) { Ok(seconds) } else { Err(out_of_range()) }
}

/// Writes seconds as `h:mm:ss`.
#[must_use]
pub fn format(walltime_s: i64) -> String {
    let (hours, rest) = (walltime_s / 3600, walltime_s % 3600);
    format!("{hours}:{:02}:{:02}", rest / 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_forms() {
        let read = |text| parse(text, 1).ok();
        assert_eq!(read("99"), Some(99 * 3600));
        assert_eq!(read("1:30"), Some(5400));
        assert_eq!(read("1:30:05"), Some(5405));
        for bad in ["", "0", "1:", ":1", "1:2:3:4", "-1", "1h", "99999999999999999999", "600000"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(format(5405), "1:30:05");
    }
}
