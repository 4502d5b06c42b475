//! Walltimes as CiGri's JDLs have them, whatever the cluster is: `HH:MM:SS`, `HH:MM`, or a number of seconds.

use crate::time::Duration;

/// Reads a walltime of at least one second and at most [`Duration::SPAN_MAX`]. `90` is 90 seconds, `00:5:00` five minutes, `1:30` an
/// hour and a half. Returns none when the text is no walltime.
pub fn parse(text: &str) -> Option<Duration> {
    let mut parts = text.trim().split(':');
    let mut part = || match parts.next() {
        None => Some(None),
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse::<u64>().ok().map(Some)
        }
        Some(_) => None,
    };
    let (first, second, third) = (part()??, part()?, part()?);
    if part()?.is_some() {
        return None;
    }
    let seconds = match (second, third) {
        (None, _) => first,
        (Some(minutes), seconds) => first
            .checked_mul(3600)?
            .checked_add(minutes.checked_mul(60)?)?
            .checked_add(seconds.unwrap_or(0))?,
    };
    let walltime = Duration::from_seconds(seconds);
    (seconds > 0 && walltime <= Duration::SPAN_MAX).then_some(walltime)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn texts_and_their_seconds() {
        let table = [
            ("01:00:00", Some(3600)),
            ("00:5:00", Some(300)),
            ("1:30", Some(5400)),
            ("300", Some(300)),
            (" 300 ", Some(300)),
            ("100:00:00", Some(360_000)),
            ("0", None),
            ("00:00:00", None),
            ("", None),
            (":", None),
            ("1:", None),
            ("1:2:3:4", None),
            ("-5", None),
            ("+5", None),
            ("1h", None),
            ("1.5", None),
            ("2147483647", Some(2_147_483_647)),
            ("2147483648", None),
            ("4294967295", None),
            ("9223372036854775807", None),
            ("596523:14:08", None),
            ("99999999999999999999", None),
            ("9999999999999999:0:0", None),
        ];
        for (text, seconds) in table {
            assert_eq!(parse(text).map(|walltime| walltime.seconds()), seconds, "{text}");
        }
    }
}
