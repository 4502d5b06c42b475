//! Texts that people wrote: whole, of a bounded size, in UTF-8, without the byte order mark that editors may put
//! before them. Opens no file and knows no format.

use std::io::{self, ErrorKind, Read};

/// What to do with a text that is not UTF-8.
pub const CONVERT_HINT: &str = "convert it, for example by `iconv -f latin1 -t utf-8 FILE`";

/// Reads everything from `input`, at most `bytes_max` bytes.
///
/// # Errors
/// That of `input`; [`ErrorKind::FileTooLarge`] where there is more.
pub fn read(input: impl Read, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        let message = format!("it is longer than {bytes_max} bytes");
        return Err(io::Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// Returns the bytes behind a byte order mark, or all of them where there is none.
pub fn without_mark(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    bytes
}

/// Returns the text that the bytes are.
///
/// # Errors
/// [`ErrorKind::InvalidData`] with the place of the first byte that belongs to no character.
pub fn utf8(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let problem = gleaner_core::text::NotUtf8::new(error.as_bytes(), error.utf8_error());
        io::Error::new(ErrorKind::InvalidData, format!("it {problem}"))
    })
}

#[cfg(test)]
mod tests {
    use super::{read, utf8, without_mark};

    #[test]
    fn marks_are_left_out_and_limits_and_places_told() {
        let marked: &[u8] = b"\xef\xbb\xbftitle";
        assert_eq!(without_mark(read(marked, 8).unwrap()), b"title");
        assert_eq!(read(marked, 7).unwrap_err().to_string(), "it is longer than 7 bytes");
        assert_eq!(
            utf8(b"ok\n  caf\xe9".to_vec()).unwrap_err().to_string(),
            "it is not UTF-8 text: the byte 0xe9 at line 2, column 6 does not belong to any character"
        );
    }
}
