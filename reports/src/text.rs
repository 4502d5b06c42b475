//! Numbers and names as bytes of a table, fast: no formatting machinery, no allocation. Must not
//! know which table.

/// One more than the largest number of eight digits.
const EIGHT_DIGITS: u64 = 100_000_000;

/// The longest text of a number that is a count, a time in seconds, or a decimal, with its sign, bytes.
pub(crate) const NUMBER_MAX: usize = 24;

/// Bytes of a name that are copied at a time.
const PIECE: usize = 32;

/// Room behind what is written that [`Line`] uses on the way: it stores whole words, and counts what is text.
const SLACK: usize = PIECE;

/// A line in the making, in a room that is large enough.
pub(crate) struct Line<'a> {
    room: &'a mut [u8],
    end: usize,
}

/// Appends a line, or a part of it, that has `most` bytes at most.
///
/// # Panics
/// If it has more: the caller has counted.
#[inline(always)]
pub(crate) fn line(out: &mut Vec<u8>, most: usize, write: impl FnOnce(&mut Line<'_>)) {
    let start = out.len();
    out.resize(start + most + SLACK, 0);
    let mut line = Line { room: &mut out[start..], end: 0 };
    write(&mut line);
    let end = start + line.end;
    out.truncate(end);
}

/// Where a text stands in a line.
#[derive(Clone, Copy)]
pub(crate) struct Written {
    from: usize,
    to: usize,
}

// Each of these is put into the line's writer, so that the end of the line stays in a register; what is long, or
// rare, is a function that gets the end and returns it.
impl Line<'_> {
    #[inline(always)]
    pub(crate) fn byte(&mut self, byte: u8) {
        self.room[self.end] = byte;
        self.end += 1;
    }

    #[inline(always)]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.room[self.end..self.end + bytes.len()].copy_from_slice(bytes);
        self.end += bytes.len();
    }

    #[inline(always)]
    pub(crate) fn name(&mut self, name: &Name) {
        let mut at = self.end;
        for piece in &name.pieces {
            store(self.room, at, *piece);
            at += PIECE;
        }
        self.end += name.length;
    }

    /// Appends an integer.
    #[inline(always)]
    pub(crate) fn int(&mut self, value: impl Into<i64>) {
        let value = value.into();
        if value < 0 {
            self.byte(b'-');
        }
        self.unsigned(value.unsigned_abs());
    }

    /// Appends an integer that is not negative.
    #[inline(always)]
    pub(crate) fn unsigned(&mut self, value: impl Into<u64>) {
        let value = value.into();
        if value < 10 {
            return self.byte(b'0' + value as u8);
        }
        self.end = digits(self.room, self.end, value);
    }

    /// Appends milliseconds as seconds, with at most three decimals and no trailing zero.
    #[inline(always)]
    pub(crate) fn seconds(&mut self, value_ms: i64) -> Written {
        let from = self.end;
        if value_ms < 0 {
            self.byte(b'-');
        }
        let value_ms = value_ms.unsigned_abs();
        let (whole_s, rest_ms) = (value_ms / 1000, value_ms % 1000);
        self.unsigned(whole_s);
        if rest_ms != 0 {
            self.end = decimals(self.room, self.end, rest_ms);
        }
        Written { from, to: self.end }
    }

    /// Appends a number that stands in the line already.
    #[inline(always)]
    pub(crate) fn again(&mut self, number: Written) {
        let bytes = self.room[number.from..].first_chunk::<NUMBER_MAX>();
        let bytes = *bytes.expect("there is room behind every number");
        store(self.room, self.end, bytes);
        self.end += number.to - number.from;
    }

    /// Appends the shortest decimal that reads back as `value`, integers without decimals;
    /// nothing for what is not finite.
    #[inline(always)]
    pub(crate) fn float(&mut self, value: f64) {
        self.end = float(self.room, self.end, value);
    }
}

/// Stores a whole word, of which some is text: a copy of a length known beforehand is a move and not a call.
#[inline(always)]
fn store<const N: usize>(room: &mut [u8], at: usize, word: [u8; N]) {
    room[at..at + N].copy_from_slice(&word);
}

/// Writes an integer at `end`. Returns where it ends.
fn digits(room: &mut [u8], end: usize, value: u64) -> usize {
    if value >= EIGHT_DIGITS {
        let end = digits(room, end, value / EIGHT_DIGITS);
        store(room, end, eight_digits(value % EIGHT_DIGITS).to_le_bytes());
        return end + 8;
    }
    let digits = eight_digits(value);
    // The digits of the number, without the zeros before; of 0, the last.
    let zeros = ((digits ^ ZEROS) | 1 << 56).trailing_zeros() & !7;
    store(room, end, (digits >> zeros).to_le_bytes());
    end + 8 - zeros as usize / 8
}

/// Writes thousandths, of which there are some, at `end`. Returns where they end.
#[cold]
fn decimals(room: &mut [u8], end: usize, rest_ms: u64) -> usize {
    let digits = [rest_ms / 100, rest_ms / 10 % 10, rest_ms % 10].map(|d| b'0' + d as u8);
    let [tenths, hundredths, thousandths] = digits;
    store(room, end, [b'.', tenths, hundredths, thousandths]);
    match digits {
        [_, b'0', b'0'] => end + 2,
        [_, _, b'0'] => end + 3,
        _ => end + 4,
    }
}

/// Writes a decimal at `end`. Returns where it ends.
fn float(room: &mut [u8], end: usize, value: f64) -> usize {
    if !value.is_finite() {
        return end;
    }
    let mut buffer = ryu::Buffer::new();
    let text = if value.to_bits() == 0 { "0" } else { buffer.format_finite(value) };
    let text = text.strip_suffix(".0").unwrap_or(text);
    room[end..end + text.len()].copy_from_slice(text.as_bytes());
    end + text.len()
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

/// A text that is written often, in pieces of a length known beforehand: copying one is a move and not a call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Name {
    pieces: Vec<[u8; PIECE]>,
    length: usize,
}

impl Name {
    /// Returns `text` as [`field`] appends it.
    pub(crate) fn field(text: &str) -> Name {
        let mut quoted = Vec::new();
        field(&mut quoted, text);
        Name::plain(&quoted)
    }

    /// Returns a text as it is.
    pub(crate) fn plain(text: &[u8]) -> Name {
        let piece = |bytes: &[u8]| {
            let mut piece = [0; PIECE];
            piece[..bytes.len()].copy_from_slice(bytes);
            piece
        };
        Name { pieces: text.chunks(PIECE).map(piece).collect(), length: text.len() }
    }

    /// Returns the length of its text.
    pub(crate) fn len(&self) -> usize {
        self.length
    }
}

/// A field that is often the same as in the line before: quoted once, then copied.
#[derive(Debug, Default)]
pub(crate) struct Repeated {
    plain: String,
    name: Name,
}

impl Repeated {
    /// Returns `text` as [`field`] appends it.
    #[inline]
    pub(crate) fn field(&mut self, text: &str) -> &Name {
        // Comparing nothing with nothing is slow on some processors.
        if self.plain.len() != text.len() || (!text.is_empty() && self.plain != text) {
            self.plain.clear();
            self.plain.push_str(text);
            self.name = Name::field(text);
        }
        &self.name
    }
}

/// Words of the program, which are few: each is put into pieces once.
#[derive(Debug, Default)]
pub(crate) struct Words(Vec<(&'static str, Name)>);

impl Words {
    /// Returns `word` as it is.
    #[inline]
    pub(crate) fn name(&mut self, word: &'static str) -> &Name {
        // The same word at another place is only one more.
        let known = self.0.iter().position(|(known, _)| std::ptr::eq(*known, word));
        let at = known.unwrap_or_else(|| {
            self.0.push((word, Name::plain(word.as_bytes())));
            self.0.len() - 1
        });
        &self.0[at].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(most: usize, write: impl FnOnce(&mut Line<'_>)) -> String {
        let mut out = b"before ".to_vec();
        line(&mut out, most, write);
        String::from_utf8(out).expect("text is written").split_off(7)
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
            assert_eq!(text(NUMBER_MAX, |line| _ = line.seconds(value_ms)), expected);
        }
    }

    #[test]
    fn floats_are_short_and_finite() {
        for (value, expected) in [(1.0, "1"), (0.1, "0.1"), (-2.5, "-2.5"), (f64::NAN, "")] {
            assert_eq!(text(NUMBER_MAX, |line| line.float(value)), expected);
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
            let mut out = Vec::new();
            field(&mut out, name);
            assert_eq!(out, expected.as_bytes());
            let mut repeated = Repeated::default();
            for _ in 0..2 {
                for (name, expected) in [(name, expected), ("other", "other")] {
                    let name = repeated.field(name);
                    assert_eq!(text(name.len(), |line| line.name(name)), expected);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn integers_are_written_as_the_library_writes_them(value in any::<i64>(), shift in 0..64) {
            let value: i64 = value >> shift;
            prop_assert_eq!(text(NUMBER_MAX, |line| line.int(value)), value.to_string());
            let value = value as u64;
            prop_assert_eq!(text(NUMBER_MAX, |line| line.unsigned(value)), value.to_string());
        }

        #[test]
        fn floats_read_back(value in any::<f64>().prop_filter("finite", |v| v.is_finite())) {
            prop_assert_eq!(text(NUMBER_MAX, |line| line.float(value)).parse::<f64>().unwrap(), value);
        }

        #[test]
        fn names_are_copied_whole(name in "[a-z]{0,100}") {
            let plain = Name::plain(name.as_bytes());
            prop_assert_eq!(text(name.len(), |line| line.name(&plain)), name);
        }

        #[test]
        fn what_is_there_is_written_again(value_ms in any::<i64>(), others in 0usize..40) {
            let twice = text(2 * NUMBER_MAX + others, |line| {
                line.bytes(&b" ".repeat(others));
                let written = line.seconds(value_ms);
                line.again(written);
            });
            let once = text(NUMBER_MAX, |line| _ = line.seconds(value_ms));
            prop_assert_eq!(twice.trim_start(), once.repeat(2));
        }

        #[test]
        fn seconds_read_back(value_ms in -1_000_000_000_000i64..1_000_000_000_000) {
            let read: f64 = text(NUMBER_MAX, |line| _ = line.seconds(value_ms)).parse().unwrap();
            prop_assert_eq!((read * 1000.0).round() as i64, value_ms);
        }
    }
}
