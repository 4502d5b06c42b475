//! The body of an answer: bytes, or the end of a file. Must not know dialects or sockets.

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// These bytes.
    Bytes(Vec<u8>),
    /// What is in a file that a process of the cluster's own has written.
    Local {
        /// Its absolute path, as the cluster's users see it.
        path: String,
        /// Only so many of its last lines.
        tail: Option<usize>,
    },
}

/// The last `lines` lines of a text; all of it if `None`.
pub fn tail(content: &[u8], lines: Option<usize>) -> &[u8] {
    let Some(lines) = lines else { return content };
    let body = content.strip_suffix(b"\n").unwrap_or(content);
    let mut breaks = body.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n');
    match lines.checked_sub(1).map(|before| breaks.nth(before)) {
        None => &[],
        Some(None) => content,
        Some(Some((at, _))) => &content[at + 1..],
    }
}

#[cfg(test)]
mod tests {
    use super::tail;

    #[test]
    fn a_tail_counts_lines_from_the_end() {
        let text = b"one\ntwo\nthree\n";
        assert_eq!(tail(text, None), text);
        assert_eq!(tail(text, Some(1)), b"three\n");
        assert_eq!(tail(text, Some(2)), b"two\nthree\n");
        assert_eq!(tail(text, Some(9)), text);
        assert_eq!(tail(text, Some(0)), b"");
        assert_eq!(tail(b"", Some(3)), b"");
        assert_eq!(tail(b"a\nb", Some(1)), b"b");
    }
}
