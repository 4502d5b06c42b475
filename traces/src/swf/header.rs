//! The comments before the first row: `; Key: value`, with continuation lines.
//! Must not know rows.

/// A known field of the header.
const KNOWN: [&str; 26] = [
    "Version",
    "Computer",
    "Installation",
    "Acknowledge",
    "Information",
    "Conversion",
    "MaxJobs",
    "MaxRecords",
    "Preemption",
    "UnixStartTime",
    "TimeZone",
    "TimeZoneString",
    "StartTime",
    "EndTime",
    "MaxNodes",
    "MaxProcs",
    "MaxRuntime",
    "MaxMemory",
    "AllowOveruse",
    "MaxQueues",
    "Queues",
    "Queue",
    "MaxPartitions",
    "Partitions",
    "Partition",
    "Note",
];

/// Longest text of all comments together that is kept, in bytes.
pub(crate) const HEADER_BYTES_MAX: usize = 1 << 20;

/// Latest time zero of a log, seconds since 1970: the end of the year 9999.
const UNIX_START_S_MAX: i64 = 253_402_300_799;

/// One field of the header, or free text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct HeaderEntry {
    /// Line of the file, counted from 1 (0 in a header that was not read from a file).
    pub line: u64,
    /// Name of the field; empty for free text.
    pub key: String,
    /// Value; continuation lines are joined with a line end.
    pub value: String,
}

/// The header of a log. Numbers are `None` when the field is missing, is -1, or does not start
/// with a positive number; the text is always among the entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SwfHeader {
    /// All entries, known or not, in the order of the file.
    pub entries: Vec<HeaderEntry>,
    bytes: usize,
}

impl SwfHeader {
    /// Takes a comment line (with its `;`). Bytes that are not UTF-8 are replaced, since a comment
    /// changes no job. False when the header grew beyond what is kept.
    pub(crate) fn take(&mut self, line: u64, comment: &[u8]) -> bool {
        self.bytes += comment.len() + 1;
        if self.bytes > HEADER_BYTES_MAX {
            return false;
        }
        let text = String::from_utf8_lossy(comment);
        let body = text.trim_start().trim_start_matches(';');
        let indent = body.len() - body.trim_start().len();
        let body = body.trim();
        if let Some((key, value)) = key_and_value(body, indent) {
            self.push(line, key, value);
        } else if body.is_empty() {
            return true;
        } else {
            match self.entries.last_mut() {
                Some(last) if indent > 1 => {
                    last.value.push('\n');
                    last.value.push_str(body);
                }
                _ => self.push(line, "", body),
            }
        }
        true
    }

    /// Adds a field at the end.
    pub fn push(&mut self, line: u64, key: &str, value: &str) {
        self.entries.push(HeaderEntry { line, key: key.to_owned(), value: value.to_owned() });
    }

    /// The first entry named `key`, letters of either case.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&HeaderEntry> {
        self.entries.iter().find(|entry| entry.key.eq_ignore_ascii_case(key))
    }

    /// The value of the first entry named `key`.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.entry(key).map(|entry| entry.value.as_str())
    }

    /// The number that starts the value of `key`, if it is one and positive. A comment may follow
    /// it, as in `MaxNodes: 430 (of two kinds)`.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<i64> {
        leading_number(self.text(key)?).filter(|number| *number > 0)
    }

    /// `MaxProcs`, else `MaxNodes`: the processors of the machine.
    #[must_use]
    pub fn max_procs(&self) -> Option<u32> {
        self.size("MaxProcs").or_else(|| self.max_nodes())
    }

    /// `MaxNodes`.
    #[must_use]
    pub fn max_nodes(&self) -> Option<u32> {
        self.size("MaxNodes")
    }

    /// `UnixStartTime`: time zero of the log, seconds since 1970.
    #[must_use]
    pub fn unix_start_s(&self) -> Option<i64> {
        let start_s = whole_number(self.text("UnixStartTime")?);
        start_s.filter(|start_s| (1..=UNIX_START_S_MAX).contains(start_s))
    }

    /// Fields that say something which cannot be read, and for which nothing is taken: whoever reads a log
    /// should know that its dates are not its own.
    pub(crate) fn notes(&self) -> Vec<String> {
        let unread = |key: &str, good: &dyn Fn(i64) -> bool| {
            let entry = self.entry(key).filter(|entry| !entry.value.is_empty())?;
            if whole_number(&entry.value).is_some_and(good) {
                return None;
            }
            let (line, key, value) = (entry.line, &entry.key, &entry.value);
            Some(format!("line {line}: `{key}` is `{value}`, which is no such number: not used"))
        };
        let start = unread("UnixStartTime", &|start_s| start_s <= UNIX_START_S_MAX);
        let zone = unread("TimeZone", &|offset_s: i64| offset_s.abs() <= 86_400);
        start.into_iter().chain(zone).collect()
    }

    /// `TimeZone`: offset of local time from UTC in seconds, 0 when missing or not within a day.
    #[must_use]
    pub fn time_zone_s(&self) -> i64 {
        let offset_s = self.text("TimeZone").and_then(whole_number);
        offset_s.filter(|offset_s| offset_s.abs() <= 86_400).unwrap_or(0)
    }

    /// A machine size that is present and meant to be known, but cannot be read.
    pub(crate) fn unreadable_size(&self) -> Option<(&'static str, &HeaderEntry)> {
        ["MaxProcs", "MaxNodes"].into_iter().find_map(|key| {
            let entry = self.entry(key)?;
            let number = leading_number(&entry.value);
            let unknown = entry.value.is_empty() || number.is_some_and(|number| number <= 0);
            (self.size(key).is_none() && !unknown).then_some((key, entry))
        })
    }

    fn size(&self, key: &str) -> Option<u32> {
        u32::try_from(self.number(key)?).ok()
    }
}

/// `Key: value`. Names are one word. A deeply indented line continues the one above it, unless
/// its name is a known one: notes hold addresses such as `http://...`.
fn key_and_value(body: &str, indent: usize) -> Option<(&str, &str)> {
    let (key, value) = body.split_once(':')?;
    let word = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let known = KNOWN.iter().any(|name| name.eq_ignore_ascii_case(key));
    (word && (known || indent <= 1)).then(|| (key, value.trim()))
}

/// Signs that people put between groups of three digits.
const SEPARATORS: [char; 6] = [',', '\'', '_', '\u{2019}', '\u{a0}', '\u{202f}'];

/// The whole number that a text begins with, with or without a sign between its groups of three digits. A
/// number that goes on in another way (`1 024`, `1,02`, `1.5`, `1e3`) is none: its first digits alone would
/// be another one.
fn leading_number(text: &str) -> Option<i64> {
    number_and_rest(text).map(|(number, _)| number)
}

/// The number that a text is, a remark in brackets or behind a `;` apart.
fn whole_number(text: &str) -> Option<i64> {
    let (number, rest) = number_and_rest(text)?;
    let rest = rest.trim_start();
    (rest.is_empty() || rest.starts_with(['(', ';'])).then_some(number)
}

fn number_and_rest(text: &str) -> Option<(i64, &str)> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => (-1, unsigned),
        None => (1, text),
    };
    let first = digits_of(unsigned);
    let (mut digits, mut rest) = (first.to_owned(), &unsigned[first.len()..]);
    let separator = rest.chars().next().filter(|sign| SEPARATORS.contains(sign));
    if let Some(separator) = separator.filter(|_| first.len() <= 3) {
        while let Some(group) = rest.strip_prefix(separator).map(digits_of) {
            if group.len() != 3 {
                break;
            }
            digits.push_str(group);
            rest = &rest[separator.len_utf8() + 3..];
        }
    }
    let mut following = rest.chars();
    let ended = match following.next() {
        None => true,
        Some(',') => following.next().is_none_or(|next| !next.is_ascii_digit()),
        // `1 024`, but not `430 100-way nodes`.
        Some(' ' | '\t') => {
            let next = digits_of(rest.trim_start());
            next.len() != 3 || rest.trim_start()[3..].starts_with(|c: char| !" \t,;(".contains(c))
        }
        Some(next) => "\n;(".contains(next),
    };
    let number: i64 = if ended { digits.parse().ok()? } else { return None };
    Some((sign * number, rest))
}

fn digits_of(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> SwfHeader {
        let mut header = SwfHeader::default();
        for (index, line) in text.lines().enumerate() {
            assert!(header.take(index as u64 + 1, line.as_bytes()));
        }
        header
    }

    #[test]
    fn fields_continuations_and_free_text_are_told_apart() {
        let header = header(
            "; Version: 2.2\n;Computer: SP2\n; Information: http://a\n;              http://b\n\
             ;\n; free words: here\n;   MaxProcs: 430 (two kinds)\n; Own: 5\n; MaxNodes: x7",
        );
        let dump: Vec<_> =
            header.entries.iter().map(|e| format!("{}|{}|{}", e.line, e.key, e.value)).collect();
        assert_eq!(
            dump,
            [
                "1|Version|2.2",
                "2|Computer|SP2",
                "3|Information|http://a\nhttp://b",
                "6||free words: here",
                "7|MaxProcs|430 (two kinds)",
                "8|Own|5",
                "9|MaxNodes|x7",
            ]
        );
        assert_eq!(header.max_procs(), Some(430));
        assert_eq!(header.max_nodes(), None);
        assert_eq!(
            header.unreadable_size().map(|(key, entry)| (key, entry.line)),
            Some(("MaxNodes", 9))
        );
    }

    #[test]
    fn numbers_with_separators_are_read_whole_or_not_at_all() {
        for (text, expected) in [
            ("1,024", Some(1024)),
            ("1'024", Some(1024)),
            ("12_345_678 (all)", Some(12_345_678)),
            ("1\u{202f}024", Some(1024)),
            ("-1", Some(-1)),
            ("430, of two kinds", Some(430)),
            ("430 (of two kinds)", Some(430)),
            ("430 100-way nodes", Some(430)),
            ("64 nodes", Some(64)),
            ("1 024", None),
            ("1,02", None),
            ("1234,567", None),
            ("1,024,5", None),
            ("1.024", None),
            ("1e3", None),
            ("10k", None),
            ("--5", None),
            ("", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(leading_number(text), expected, "{text}");
        }
    }

    #[test]
    fn dates_that_cannot_be_read_are_told() {
        let header = header("; UnixStartTime: 1 Jan 2000\n; TimeZone: 99999999");
        assert_eq!(header.unix_start_s(), None);
        assert_eq!(
            header.notes(),
            [
                "line 1: `UnixStartTime` is `1 Jan 2000`, which is no such number: not used",
                "line 2: `TimeZone` is `99999999`, which is no such number: not used",
            ]
        );
    }

    #[test]
    fn unknown_sizes_are_no_error() {
        let header = header("; MaxProcs: -1\n; MaxNodes: 64");
        assert_eq!((header.max_procs(), header.max_nodes()), (Some(64), Some(64)));
        assert_eq!(header.unreadable_size(), None);
    }

    #[test]
    fn the_header_is_bounded() {
        let mut header = SwfHeader::default();
        let line = vec![b';'; 60_000];
        let taken = (0..100).take_while(|number| header.take(*number, &line)).count();
        assert_eq!(taken, HEADER_BYTES_MAX / 60_001);
    }
}
