//! What Ruby's JSON reader, CiGri's, takes beyond JSON: comments, backslashes before any character, and a
//! byte order mark that editors leave. Turns such a text into plain JSON, keeps account of what was not
//! plain, and finds places of the plain text again in the one that was written.

use crate::jdl::error::JdlWarning;

/// The byte order mark of UTF-8.
const MARK: &str = "\u{feff}";

/// A text as plain JSON.
#[derive(Debug, Default)]
pub(super) struct Plain {
    /// The plain text.
    pub(super) text: String,
    /// Where it leaves bytes out: behind how many bytes of `text`, and how many bytes in all by then.
    left_out: Vec<(usize, usize)>,
    /// What was not plain: the first of each kind.
    pub(super) notes: Vec<JdlWarning>,
}

/// Leaves out a byte order mark at the beginning.
pub(super) fn without_mark(text: &str) -> (&str, Option<JdlWarning>) {
    match text.strip_prefix(MARK) {
        Some(rest) => (rest, Some(JdlWarning::ByteOrderMark)),
        None => (text, None),
    }
}

/// Makes plain JSON of a text in Ruby's JSON; none if it holds nothing that JSON has not. What Ruby
/// refuses, too, is left for the reader to refuse.
pub(super) fn plain(text: &str) -> Option<Plain> {
    let mut plain = Plain { text: String::with_capacity(text.len()), ..Plain::default() };
    let mut rest = text;
    while let Some(at) = rest.find(['"', '/']) {
        plain.text.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = if rest.starts_with('"') {
            plain.string(rest, text)
        } else {
            plain.comment(rest, text)
        };
    }
    plain.text.push_str(rest);
    (!plain.notes.is_empty()).then_some(plain)
}

impl Plain {
    /// Copies the string that `rest` begins with, and returns what follows it.
    fn string<'t>(&mut self, rest: &'t str, whole: &str) -> &'t str {
        let mut from = 1;
        self.text.push('"');
        while let Some(found) = rest[from..].find(['"', '\\']) {
            let at = from + found;
            self.text.push_str(&rest[from..at]);
            if rest[at..].starts_with('"') {
                self.text.push('"');
                return &rest[at + 1..];
            }
            let Some(next) = rest[at + 1..].chars().next() else {
                from = at;
                break;
            };
            if "\"\\/bfnrtu".contains(next) || next < ' ' {
                self.text.push('\\');
            } else {
                self.leave_out(1);
                let (line, column) = place(whole, whole.len() - rest.len() + at);
                self.note(JdlWarning::Escape { line, column, character: next });
            }
            self.text.push(next);
            from = at + 1 + next.len_utf8();
        }
        self.text.push_str(&rest[from..]);
        ""
    }

    /// Puts blanks in place of the comment that `rest` begins with, and returns what follows it.
    fn comment<'t>(&mut self, rest: &'t str, whole: &str) -> &'t str {
        let end = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else {
            match rest.strip_prefix("/*").and_then(|inside| inside.find("*/")) {
                Some(inside) => inside + 4,
                None => {
                    self.text.push('/');
                    return &rest[1..];
                }
            }
        };
        let (line, _) = place(whole, whole.len() - rest.len());
        self.note(JdlWarning::Comment { line });
        // As many bytes as before: places behind it stay as they are.
        let blank = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
        self.text.extend(rest[..end].bytes().map(blank));
        &rest[end..]
    }

    fn leave_out(&mut self, bytes: usize) {
        let before = self.left_out.last().map_or(0, |(_, before)| *before);
        self.left_out.push((self.text.len(), before + bytes));
    }

    fn note(&mut self, note: JdlWarning) {
        let kind = std::mem::discriminant(&note);
        if self.notes.iter().all(|known| std::mem::discriminant(known) != kind) {
            self.notes.push(note);
        }
    }

    /// Returns the line and column in the text as written for a line and column in the plain one.
    pub(super) fn place(&self, written: &str, line: usize, column: usize) -> (usize, usize) {
        let starts = self.text.split_inclusive('\n').take(line.saturating_sub(1));
        let start: usize = starts.map(str::len).sum();
        let offset = (start + column.saturating_sub(1)).min(self.text.len());
        let known = self.left_out.partition_point(|(at, _)| *at <= offset);
        let before = known.checked_sub(1).map_or(0, |last| self.left_out[last].1);
        place(written, offset + before)
    }
}

/// Returns the line and the column, each from 1 and the latter in bytes, of a byte of a text.
pub(super) fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn comments_become_blanks_and_odd_escapes_their_character() {
        let table = [
            (r#"{"a": 1}"#, None),
            (r#"{"a": "\n\\\/ // no comment"}"#, None),
            (r#"{/* c */"a": 1}"#, Some(r#"{       "a": 1}"#)),
            ("{ // c\n1}", Some("{     \n1}")),
            (r#"["\$1 \é /* no */"]"#, Some(r#"["$1 é /* no */"]"#)),
            (r#"["\\$1"]"#, None),
            (r#"["\q"#, Some(r#"["q"#)),
            (r#"["\"#, None),
            ("{/* never closed", None),
            ("// only", Some("       ")),
        ];
        for (text, expected) in table {
            assert_eq!(plain(text).map(|plain| plain.text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn places_are_those_of_the_text_as_written() {
        let text = "{\n\"a\": \"\\$\\$\", oops}";
        let plain = plain(text).unwrap();
        assert_eq!(plain.place(text, 2, 12), (2, 14));
        assert_eq!(plain.place(text, 2, 7), (2, 8));
        assert_eq!(plain.place(text, 1, 1), (1, 1));
    }
}
