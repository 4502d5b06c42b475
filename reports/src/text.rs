//! Numbers and names as bytes of a table, fast: no formatting machinery, no allocation. Must not
//! know which table.

/// One more than the largest number of eight digits.
const EIGHT_DIGITS: u64 = 100_000_000;

/// Appends an integer.
#[inline]
pub(crate) fn int(out: &mut Vec<u8>, value: impl Into<i64>) {
    let value = value.into();
    if value < 0 {
        out.push(b'-');
    }
    unsigned(out, value.unsigned_abs());
}

/// Appends an integer that is not negative.
#[inline]
pub(crate) fn unsigned(out: &mut Vec<u8>, value: impl Into<u64>) {
    let value = value.into();
    if value < 10 {
        return out.push(b'0' + value as u8);
    }
    if value < 100 {
        return out.extend_from_slice(&[b'0' + (value / 10) as u8, b'0' + (value % 10) as u8]);
    }
    if value >= EIGHT_DIGITS {
        unsigned(out, value / EIGHT_DIGITS);
        return out.extend_from_slice(&eight_digits(value % EIGHT_DIGITS).to_le_bytes());
    }
    let digits = eight_digits(value);
    // All eight bytes are stored at once, and those that were not digits of the number are taken
    // back: a copy of a length known beforehand is a move and not a call.
    let zeros = (digits ^ ZEROS).trailing_zeros() & !7;
    let end = out.len() + 8 - zeros as usize / 8;
    out.extend_from_slice(&(digits >> zeros).to_le_bytes());
    out.truncate(end);
}

/// A word of digits zero.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Returns the digits of a number below [`EIGHT_DIGITS`], the first one in the lowest byte, with
/// zeros in front. Halves, then quarters, then eighths are divided side by side in one word: by
/// multiplication, exact for numbers of four and of two digits.
///
/// Source: Khuong, "How to print integers really fast", 2017.
#[inline]
fn eight_digits(value: u64) -> u64 {
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | ((fours - 100 * hundreds) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    (tens | ((twos - 10 * tens) << 8)) + ZEROS
}

/// Appends milliseconds as seconds, with at most three decimals and no trailing zero.
pub(crate) fn seconds(out: &mut Vec<u8>, value_ms: i64) {
    if value_ms < 0 {
        out.push(b'-');
    }
    let value_ms = value_ms.unsigned_abs();
    let (whole_s, rest_ms) = (value_ms / 1000, value_ms % 1000);
    unsigned(out, whole_s);
    if rest_ms == 0 {
        return;
    }
    let digits = [rest_ms / 100, rest_ms / 10 % 10, rest_ms % 10].map(|d| b'0' + d as u8);
    let kept = match digits {
        [_, b'0', b'0'] => 1,
        [_, _, b'0'] => 2,
        _ => 3,
    };
    out.push(b'.');
    out.extend_from_slice(&digits[..kept]);
}

/// Appends the shortest decimal that reads back as `value`, integers without decimals;
/// nothing for what is not finite.
pub(crate) fn float(out: &mut Vec<u8>, value: f64) {
    if !value.is_finite() {
        return;
    }
    if value.to_bits() == 0 {
        return out.push(b'0');
    }
    let mut buffer = ryu::Buffer::new();
    let text = buffer.format_finite(value);
    out.extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
}

/// Appends a field, quoted after RFC 4180 if it holds a comma, a quote or a line break.
pub(crate) fn field(out: &mut Vec<u8>, text: &str) {
    let special = |b: &u8| matches!(b, b',' | b'"' | b'\n' | b'\r');
    if !text.as_bytes().iter().any(special) {
        return out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
    for &byte in text.as_bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// A field that is often the same as in the line before: quoted once, then copied.
#[derive(Debug, Default)]
pub(crate) struct Repeated {
    plain: String,
    quoted: Vec<u8>,
}

impl Repeated {
    /// Appends `text` as [`field`] does.
    #[inline]
    pub(crate) fn field(&mut self, out: &mut Vec<u8>, text: &str) {
        if self.plain != text {
            self.plain.clear();
            self.plain.push_str(text);
            self.quoted.clear();
            field(&mut self.quoted, text);
        }
        out.extend_from_slice(&self.quoted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn seconds_have_no_needless_decimals() {
        let cases = [
            (0, "0"),
            (1, "0.001"),
            (10, "0.01"),
            (100, "0.1"),
            (1_000, "1"),
            (1_050, "1.05"),
            (1_234, "1.234"),
            (-1, "-0.001"),
            (-1_500, "-1.5"),
            (-2_000, "-2"),
            (i64::MAX, "9223372036854775.807"),
            (i64::MIN, "-9223372036854775.808"),
        ];
        for (value_ms, expected) in cases {
            assert_eq!(text(|out| seconds(out, value_ms)), expected);
        }
    }

    #[test]
    fn floats_are_short_and_finite() {
        for (value, expected) in [(1.0, "1"), (0.1, "0.1"), (-2.5, "-2.5"), (f64::NAN, "")] {
            assert_eq!(text(|out| float(out, value)), expected);
        }
    }

    #[test]
    fn names_are_quoted_only_where_needed() {
        for (name, expected) in [
            ("plain name", "plain name"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("", ""),
        ] {
            assert_eq!(text(|out| field(out, name)), expected);
            let mut repeated = Repeated::default();
            for _ in 0..2 {
                assert_eq!(text(|out| repeated.field(out, name)), expected);
                assert_eq!(text(|out| repeated.field(out, "other")), "other");
            }
        }
    }

    proptest! {
        #[test]
        fn integers_are_written_as_the_library_writes_them(value in any::<i64>(), shift in 0..64) {
            let value: i64 = value >> shift;
            prop_assert_eq!(text(|out| int(out, value)), value.to_string());
            let value = value as u64;
            prop_assert_eq!(text(|out| unsigned(out, value)), value.to_string());
        }

        #[test]
        fn floats_read_back(value in any::<f64>().prop_filter("finite", |v| v.is_finite())) {
            prop_assert_eq!(text(|out| float(out, value)).parse::<f64>().unwrap(), value);
        }

        #[test]
        fn seconds_read_back(value_ms in -1_000_000_000_000i64..1_000_000_000_000) {
            let read: f64 = text(|out| seconds(out, value_ms)).parse().unwrap();
            prop_assert_eq!((read * 1000.0).round() as i64, value_ms);
        }
    }
}
