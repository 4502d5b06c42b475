//! Reads the text files of a scenario: whole, of a bounded size, in UTF-8, without the byte order mark that
//! editors may put before them. Must not know what the texts mean.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use gleaner_traces::hash::FileHash;

/// The longest scenario, bytes.
pub(crate) const SCENARIO_BYTES_MAX: u64 = 64 << 20;

/// The longest job description or list of parameters, bytes.
pub(crate) const JDL_BYTES_MAX: u64 = 1 << 30;

/// The bytes of a file, without a byte order mark, and the hash of all of it.
pub(crate) fn read_bytes(path: &Path, limit: u64) -> io::Result<(Vec<u8>, FileHash)> {
    let bytes = whole(path, limit)?;
    let hash = FileHash::of(&bytes);
    Ok((without_mark(bytes), hash))
}

/// The text of a file; what is not UTF-8 has its place in the error.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<String> {
    text(without_mark(whole(path, limit)?))
}

/// The same, and the hash of all of the file.
pub(crate) fn read_hashed(path: &Path, limit: u64) -> io::Result<(String, FileHash)> {
    let (bytes, hash) = read_bytes(path, limit)?;
    Ok((text(bytes)?, hash))
}

fn whole(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let message = format!("it is longer than {limit} bytes");
        return Err(io::Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

fn without_mark(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    bytes
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let before = &error.as_bytes()[..at];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        let byte = error.as_bytes().get(at).copied().unwrap_or_default();
        let message = format!(
            "it is not UTF-8 text: the byte {byte:#04x} at line {line}, column {column} does not belong to \
             any character"
        );
        io::Error::new(ErrorKind::InvalidData, message)
    })
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn marks_are_left_out_and_limits_and_places_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t");
        std::fs::write(&file, b"\xef\xbb\xbftitle").unwrap();
        assert_eq!(read(&file, 100).unwrap(), "title");
        assert_eq!(read(&file, 7).unwrap_err().to_string(), "it is longer than 7 bytes");
        std::fs::write(&file, b"ok\n  caf\xe9").unwrap();
        let told = read(&file, 100).unwrap_err().to_string();
        assert!(told.contains("the byte 0xe9 at line 2, column 6"), "{told}");
    }
}
