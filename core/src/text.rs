//! Where in a text something stands, and what to say of bytes that are no text. Must not know what a
//! text means.

/// Returns line and column of the byte at `offset`, both from 1, columns in characters; of its end where the text
/// is shorter or the byte is inside a character.
pub fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (line, column)
}

/// Bytes that are no text: the first that belongs to no character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is not UTF-8 text: the byte {byte:#04x} at line {line}, column {column} does not belong to any \
     character"
)]
pub struct NotUtf8 {
    /// Line of the byte, from 1.
    pub line: usize,
    /// Its column, from 1, counted in bytes.
    pub column: usize,
    /// The byte.
    pub byte: u8,
}

impl NotUtf8 {
    /// Finds the byte for which `bytes` were refused with `error`.
    pub fn new(bytes: &[u8], error: std::str::Utf8Error) -> NotUtf8 {
        let at = error.valid_up_to();
        let before = bytes.get(..at).unwrap_or(bytes);
        NotUtf8 {
            line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
            column: before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1,
            byte: bytes.get(at).copied().unwrap_or_default(),
        }
    }
}

/// Returns an error and what led to it in one line; a cause that is already told is not told again.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let told = cause.to_string();
        if !text.contains(&told) {
            text.push_str(": ");
            text.push_str(&told);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("no seats: {0}")]
    struct Outer(#[source] Middle);

    #[derive(Debug, thiserror::Error)]
    #[error("row 2 is full")]
    struct Middle(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("somebody sits there")]
    struct Inner;

    #[test]
    fn causes_follow_each_other_and_none_is_told_twice() {
        let told = with_causes(&Outer(Middle(Inner)));
        assert_eq!(told, "no seats: row 2 is full: somebody sits there");
    }

    #[test]
    fn lines_and_columns_count_from_one() {
        let text = "é = 1\nb";
        let places = [0, 5, 6, 7, 1, 99].map(|offset| line_and_column(text, offset));
        assert_eq!(places, [(1, 1), (1, 5), (1, 6), (2, 1), (2, 2), (2, 2)]);
    }
}
