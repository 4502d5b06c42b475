//! Numbers and names as bytes of a table, fast: no formatting machinery, no allocation. Must not
//! know which table.

/// Appends an integer.
pub(crate) fn int<I: itoa::Integer>(out: &mut Vec<u8>, value: I) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends milliseconds as seconds, with at most three decimals and no trailing zero.
pub(crate) fn seconds(out: &mut Vec<u8>, value_ms: i64) {
    let whole_s = value_ms / 1000;
    let rest_ms = (value_ms % 1000).unsigned_abs();
    if rest_ms == 0 {
        return int(out, whole_s);
    }
    if value_ms < 0 && whole_s == 0 {
        out.push(b'-');
    }
    int(out, whole_s);
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
        }
    }

    proptest! {
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
