//! A reader that ends with an error where its source goes on for too long: pipes need not end, and a small
//! compressed file may hold any number of rows. Must not know what the bytes mean.

use std::io::{self, ErrorKind, Read};

/// More text than is read; carried inside the `io::Error` of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} is longer than {limit} bytes")]
pub(crate) struct TooMuch {
    /// What is too long.
    pub(crate) what: &'static str,
    /// The limit in bytes.
    pub(crate) limit: u64,
}

impl From<TooMuch> for io::Error {
    fn from(problem: TooMuch) -> io::Error {
        io::Error::new(ErrorKind::InvalidData, problem)
    }
}

/// The bytes of `R`, at most `limit` of them.
#[derive(Debug)]
pub(crate) struct Bounded<R> {
    input: R,
    limit: u64,
    read: u64,
}

impl<R: Read> Bounded<R> {
    pub(crate) fn new(input: R, limit: u64) -> Bounded<R> {
        Bounded { input, limit, read: 0 }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let got = self.input.read(into)?;
        self.read += got as u64;
        if self.read > self.limit {
            return Err(TooMuch { what: "the text", limit: self.limit }.into());
        }
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_byte_that_may_be_read_is_read() {
        let mut out = Vec::new();
        assert_eq!(Bounded::new(&b"abc"[..], 3).read_to_end(&mut out).unwrap(), 3);
        let error = Bounded::new(io::repeat(0), 3).read_to_end(&mut out).unwrap_err();
        assert_eq!(error.to_string(), "the text is longer than 3 bytes");
    }
}
