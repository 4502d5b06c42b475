//! Opens a file that may be gzip-compressed, known by its first bytes and not by its name.
//! Must not know what the bytes mean.
//!
//! A gzip file may have several members (`cat a.gz b.gz`). A file that ends inside a member, and
//! bytes behind the last member that do not start another one, are errors of their own kind.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use flate2::bufread::GzDecoder;

use crate::bounded::TooMuch;
use crate::error::TraceError;
use crate::gzip::GzipProblem;
use crate::lines::CHUNK;
use crate::samples;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A reader of the decompressed bytes of a source.
#[derive(Debug)]
pub struct Input<B: BufRead> {
    state: State<B>,
}

#[derive(Debug)]
enum State<B: BufRead> {
    Plain(B),
    Member(Box<GzDecoder<B>>),
    Ended,
}

/// The bytes of a trace as they are stored.
#[derive(Debug)]
pub(crate) enum Stored {
    File(File),
    /// One that comes with Gleaner.
    Sample(&'static [u8]),
}

impl Stored {
    /// Opens the file or the sample that `path` asks for.
    pub(crate) fn open(path: &Path) -> Result<Stored, TraceError> {
        if let Some(name) = samples::asked(path) {
            let sample = samples::named(name);
            let sample = sample.ok_or_else(|| TraceError::NoSample { name: name.to_owned() })?;
            return Ok(Stored::Sample(sample.bytes));
        }
        let file = File::open(path);
        let file = file.map_err(|source| TraceError::Open { path: path.to_path_buf(), source })?;
        Ok(Stored::File(file))
    }
}

impl Read for Stored {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Stored::File(file) => file.read(into),
            Stored::Sample(bytes) => bytes.read(into),
        }
    }
}

impl Input<BufReader<Stored>> {
    /// Opens `path`. Fails when it cannot be opened or read, or is empty.
    pub(crate) fn open(path: &Path) -> Result<Self, TraceError> {
        Input::over(Stored::open(path)?, path)
    }
}

impl<R: Read> Input<BufReader<R>> {
    /// Reads `source`, which is called `path`. Fails when it cannot be read, or is empty.
    pub(crate) fn over(source: R, path: &Path) -> Result<Self, TraceError> {
        let input = Input::new(BufReader::with_capacity(CHUNK, source))
            .map_err(|source| TraceError::Read { path: path.to_path_buf(), source })?;
        match &input.state {
            State::Plain(reader) if reader.buffer().is_empty() => {
                Err(TraceError::Empty { path: path.to_path_buf() })
            }
            _ => Ok(input),
        }
    }
}

impl<B: BufRead> Input<B> {
    /// Looks at the first bytes of `source` to tell gzip from plain data.
    pub fn new(mut source: B) -> io::Result<Self> {
        let gzip = source.fill_buf()?.starts_with(&GZIP_MAGIC);
        let state = if gzip {
            State::Member(Box::new(GzDecoder::new(source)))
        } else {
            State::Plain(source)
        };
        Ok(Input { state })
    }
}

impl<B: BufRead> Read for Input<B> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            match &mut self.state {
                State::Plain(source) => return source.read(into),
                State::Ended => return Ok(0),
                State::Member(decoder) => match decoder.read(into) {
                    Ok(0) => {}
                    Ok(got) => return Ok(got),
                    Err(error) => return Err(typed(error)),
                },
            }
            self.next_member()?;
        }
    }
}

impl<B: BufRead> Input<B> {
    fn next_member(&mut self) -> io::Result<()> {
        let State::Member(decoder) = std::mem::replace(&mut self.state, State::Ended) else {
            return Ok(());
        };
        let mut source = decoder.into_inner();
        let rest = source.fill_buf()?;
        if rest.is_empty() {
            return Ok(());
        }
        // A lone first magic byte at the end of a buffer is left to the decoder to judge.
        if rest[0] != GZIP_MAGIC[0] || (rest.len() > 1 && rest[1] != GZIP_MAGIC[1]) {
            return Err(io::Error::new(ErrorKind::InvalidData, GzipProblem::TrailingGarbage));
        }
        self.state = State::Member(Box::new(GzDecoder::new(source)));
        Ok(())
    }
}

/// The decoder tells its problems by the kind of the error only.
fn typed(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::UnexpectedEof => io::Error::new(error.kind(), GzipProblem::Truncated),
        ErrorKind::InvalidInput | ErrorKind::InvalidData => {
            io::Error::new(error.kind(), GzipProblem::Damaged)
        }
        _ => error,
    }
}

/// Turns an error of reading `path` into the crate's, telling problems of compression apart.
pub(crate) fn read_error(path: &Path, source: io::Error) -> TraceError {
    let too_much = source.get_ref().and_then(|inner| inner.downcast_ref::<TooMuch>()).copied();
    if let Some(TooMuch { what, limit }) = too_much {
        return TraceError::TooLong { path: path.to_path_buf(), what, limit };
    }
    let problem = source.get_ref().and_then(|inner| inner.downcast_ref::<GzipProblem>()).copied();
    match problem {
        Some(problem) => TraceError::Gzip { path: path.to_path_buf(), problem },
        None => TraceError::Read { path: path.to_path_buf(), source },
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn check(bytes: &[u8]) -> String {
        let mut out = Vec::new();
        match Input::new(bytes).unwrap().read_to_end(&mut out) {
            Ok(_) => String::from_utf8(out).unwrap(),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn plain_and_gzip_and_many_members_read_alike() {
        assert_eq!(check(b"plain"), "plain");
        assert_eq!(check(&gzip(b"packed")), "packed");
        assert_eq!(check(&[gzip(b"a"), gzip(b""), gzip(b"b")].concat()), "ab");
    }

    #[test]
    fn every_truncation_is_told() {
        let whole = gzip(b"1 2 3 4 5 6 7 8 9 10 11 12 13 14");
        for length in 2..whole.len() {
            assert_eq!(check(&whole[..length]), "error: the gzip data end too early", "{length}");
        }
    }

    #[test]
    fn garbage_and_damage_are_told() {
        let whole = gzip(b"1 2 3 4 5 6 7 8 9 10 11 12 13 14");
        let tail = [whole.as_slice(), b"tail"].concat();
        assert_eq!(check(&tail), "error: something that is not gzip follows the gzip data");
        let mut wrong_sum = whole.clone();
        let at = whole.len() - 6;
        wrong_sum[at] ^= 1;
        assert_eq!(check(&wrong_sum), "error: the gzip data are damaged");
    }
}
