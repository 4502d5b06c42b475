//! Cuts a byte stream into lines without copying them, with a bound on the length of a line.
//! Must not know what the lines mean.

use std::io::{self, ErrorKind, Read};

use crate::bounded::TooMuch;

/// Bytes asked of the source at a time; a chunk stays in a core's second-level cache.
pub(crate) const CHUNK: usize = 256 * 1024;

/// The longest line accepted, in bytes: a row of 18 numbers of 20 digits has 400.
pub(crate) const LINE_BYTES_MAX: usize = 64 * 1024;

/// The longest line that is skipped, in bytes: what is longer has no lines at all.
const SKIPPED_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Why a line could not be had.
#[derive(Debug)]
pub(crate) enum LineError {
    /// The source failed.
    Io(io::Error),
    /// The line is longer than [`LINE_BYTES_MAX`]; it has been skipped to its end.
    TooLong,
}

/// The lines of `input`, counted from 1.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    number: u64,
    exhausted: bool,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(input: R) -> Self {
        Lines { input, buffer: vec![0; CHUNK], start: 0, end: 0, number: 0, exhausted: false }
    }

    /// Number of the line last returned or refused, 0 before the first.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Whether the source had no byte at all (known after the first call of [`Lines::next_line`]).
    pub(crate) fn nothing_read(&self) -> bool {
        self.exhausted && self.number == 0
    }

    /// The next line without its end (`\n` or `\r\n`), or `None` at the end of the source.
    #[inline]
    pub(crate) fn next_line(&mut self) -> Result<Option<&[u8]>, LineError> {
        let from = self.start;
        let stop = match memchr::memchr(b'\n', &self.buffer[from..self.end]) {
            Some(length) => {
                self.start = from + length + 1;
                from + length
            }
            None => return self.next_line_refilled(),
        };
        self.number += 1;
        if stop - from > LINE_BYTES_MAX {
            return Err(LineError::TooLong);
        }
        Ok(Some(without_return(&self.buffer[from..stop])))
    }

    /// The rare way: the line continues in the next chunk, or the source ends.
    #[cold]
    fn next_line_refilled(&mut self) -> Result<Option<&[u8]>, LineError> {
        loop {
            let held = self.end - self.start;
            if held > LINE_BYTES_MAX {
                self.number += 1;
                self.skip_line()?;
                return Err(LineError::TooLong);
            }
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, held);
            let got = self.fill()?;
            if got == 0 {
                if held == 0 {
                    return Ok(None);
                }
                self.number += 1;
                self.start = self.end;
                return Ok(Some(without_return(&self.buffer[..held])));
            }
            if let Some(at) = memchr::memchr(b'\n', &self.buffer[held..self.end]) {
                let stop = held + at;
                self.start = stop + 1;
                self.number += 1;
                if stop > LINE_BYTES_MAX {
                    return Err(LineError::TooLong);
                }
                return Ok(Some(without_return(&self.buffer[..stop])));
            }
        }
    }

    /// Reads behind what is held; 0 means the end of the source.
    fn fill(&mut self) -> Result<usize, LineError> {
        if self.exhausted {
            return Ok(0);
        }
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(got) => {
                    self.exhausted = got == 0;
                    self.end += got;
                    return Ok(got);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(LineError::Io(error)),
            }
        }
    }

    /// Drops everything up to the next line end.
    fn skip_line(&mut self) -> Result<(), LineError> {
        let mut skipped = 0;
        loop {
            skipped += self.end as u64;
            if skipped > SKIPPED_BYTES_MAX {
                let what = TooMuch { what: "a line", limit: SKIPPED_BYTES_MAX };
                return Err(LineError::Io(what.into()));
            }
            (self.start, self.end) = (0, 0);
            if self.fill()? == 0 {
                return Ok(());
            }
            if let Some(at) = memchr::memchr(b'\n', &self.buffer[..self.end]) {
                self.start = at + 1;
                return Ok(());
            }
        }
    }
}

fn without_return(line: &[u8]) -> &[u8] {
    match line {
        [head @ .., b'\r'] => head,
        whole => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time, so that lines cross every boundary.
    struct Dribble<'a>(&'a [u8], usize);

    impl Read for Dribble<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(into.len());
            into[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn check(text: &[u8], step: usize) -> String {
        let mut lines = Lines::new(Dribble(text, step));
        let mut out = String::new();
        loop {
            match lines.next_line() {
                Ok(None) => return out,
                Ok(Some(line)) if line.len() > 20 => out += &format!("{} bytes|", line.len()),
                Ok(Some(line)) => out += &format!("{}|", String::from_utf8_lossy(line)),
                Err(error) => out += &format!("{error:?} at {}|", lines.number()),
            }
        }
    }

    #[test]
    fn lines_are_the_same_however_the_source_is_cut() {
        for step in [1, 2, 3, 7, 1000] {
            assert_eq!(check(b"one\ntwo\r\n\nlast", step), "one|two||last|");
            assert_eq!(check(b"", step), "");
            assert_eq!(check(b"\n", step), "|");
        }
    }

    #[test]
    fn a_line_beyond_the_bound_is_refused_and_skipped() {
        for (length, step) in [(70_000, 9_000), (600_000, 100_000), (70_000, 1 << 20)] {
            let mut text = vec![b'x'; length];
            text.extend(b"\nnext\n");
            assert_eq!(check(&text, step), "TooLong at 1|next|", "{length} by {step}");
        }
        let mut text = vec![b'x'; LINE_BYTES_MAX];
        text.extend(b"\nnext\n");
        assert_eq!(check(&text, 1 << 20), "65536 bytes|next|");
    }
}
