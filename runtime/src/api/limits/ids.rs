//! Numbers in addresses, held to what a row can have before anybody looks for one. Knows no route.

use crate::api::failed::Failed;

/// The number of a row that may exist: what is no number, or one that the store cannot count to, is not found.
/// CiGri answers so, too.
pub(in crate::api) fn row(text: &str) -> Result<u64, Failed> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse::<u64>().ok()).flatten();
    number.filter(|number| i64::try_from(*number).is_ok()).ok_or_else(Failed::not_found)
}

/// The same for what is counted in 32 bits.
pub(in crate::api) fn small(text: &str) -> Result<u32, Failed> {
    row(text).and_then(|number| u32::try_from(number).map_err(|_| Failed::not_found()))
}

#[cfg(test)]
mod tests {
    use super::{row, small};

    #[test]
    fn only_numbers_that_a_row_can_have_are_looked_for() {
        assert_eq!(row("9223372036854775807").ok(), Some(u64::MAX / 2));
        assert_eq!(small("4294967295").ok(), Some(u32::MAX));
        for wrong in
            ["9223372036854775808", "18446744073709551616", "-1", "+1", "1.0", "", " 1", "1e3"]
        {
            assert!(row(wrong).is_err() && small(wrong).is_err(), "{wrong}");
        }
        assert!(small("4294967296").is_err());
    }
}
