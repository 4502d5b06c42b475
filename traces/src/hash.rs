//! The SHA-256 of a file's own bytes, made while they are read for another purpose: what is read is what
//! was hashed, also where a source can be read only once. Must not know what the bytes mean.

use std::fmt;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// The SHA-256 of a file; prints itself in hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FileHash([u8; 32]);

impl FileHash {
    /// The hash of a file that is in memory.
    #[must_use]
    pub fn of(bytes: &[u8]) -> FileHash {
        FileHash(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for FileHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for FileHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Hands on the bytes of `R` and hashes them.
#[derive(Debug)]
pub(crate) struct Hashing<R> {
    source: R,
    hash: Sha256,
}

impl<R: Read> Hashing<R> {
    pub(crate) fn new(source: R) -> Hashing<R> {
        Hashing { source, hash: Sha256::new() }
    }

    /// Reads what is left, and returns the hash of all that there was.
    pub(crate) fn finish(mut self) -> io::Result<FileHash> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(FileHash(self.hash.finalize().into()))
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let got = self.source.read(into)?;
        self.hash.update(&into[..got]);
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_and_what_was_not_are_hashed() {
        let text = b"1 2 3 4";
        for read in 0..=text.len() {
            let mut hashing = Hashing::new(&text[..]);
            hashing.read_exact(&mut vec![0; read]).unwrap();
            assert_eq!(hashing.finish().unwrap(), FileHash::of(text), "{read}");
        }
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(FileHash::of(b"abc").to_string(), known);
    }
}
