//! Reads a whole trace of any known format into memory, with the reading rules applied.
//! Must not know what the jobs are for.

use std::fmt;
use std::io::{self, BufRead, Read};
use std::path::Path;

use crate::batsim;
use crate::batsim::model::Platform;
use crate::bounded::Bounded;
use crate::error::TraceError;
use crate::finish;
use crate::hash::{FileHash, Hashing};
use crate::inflate::{Input, Stored, read_error};
use crate::samples;
use crate::swf;
use crate::swf::header::SwfHeader;
use crate::workload::{JobFacts, ReadOptions, Workload};

/// A format of traces.
pub struct TraceFormat {
    /// Its name, for people.
    pub name: &'static str,
    /// How names of its files end, in small letters and with the dot; `.gz` may follow.
    ending: &'static str,
    /// Tells whether a text that begins so is of this format, whatever its file is called.
    begins: fn(head: &[u8]) -> bool,
    read: Reader,
}

/// Reads a trace named `path` from its decompressed text, with its header: an empty one for formats without.
/// The platform derives run times where a format gives computations. A format that can be streamed keeps no job
/// of a trace with more than so many, and tells what they come to.
type Reader = fn(
    input: &mut dyn Read,
    path: &Path,
    options: &ReadOptions,
    platform: &Platform,
    jobs_max: usize,
) -> Result<(Workload, SwfHeader, Option<JobFacts>), TraceError>;

/// The formats that are read, in the order in which they are tried; what belongs to none is taken for the last.
pub static FORMATS: &[TraceFormat] = &[
    TraceFormat {
        name: "Batsim JSON",
        ending: ".json",
        begins: |head| head.trim_ascii_start().starts_with(b"{"),
        read: |input, path, options, platform, _| {
            Ok((batsim::read::read(input, path, options, platform)?, SwfHeader::default(), None))
        },
    },
    TraceFormat {
        name: "SWF",
        ending: ".swf",
        begins: |_| false,
        read: |input, path, options, _, jobs_max| {
            let input = Bounded::new(input, options.swf_bytes_max());
            swf::workload::read_within(input, path, options, jobs_max)
        },
    },
];

impl TraceFormat {
    /// Returns the format of a file named `path` whose decompressed text begins with `head`.
    fn of(path: &Path, head: &[u8]) -> Option<&'static TraceFormat> {
        let name = samples::file_name(path).to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        let known = |format: &&TraceFormat| name.ends_with(format.ending) || (format.begins)(head);
        FORMATS.iter().find(known).or(FORMATS.last())
    }
}

impl fmt::Debug for TraceFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A trace with everything that its file says about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The jobs.
    pub workload: Workload,
    /// The header; empty for formats without.
    pub header: SwfHeader,
}

/// Reads the trace at `path`, of any of the [`FORMATS`], plain or gzip-compressed. The format is known by the end
/// of the name or by the first bytes, compression by the first bytes. Where the path asks for one of the
/// [`samples`], no file is read. Run times of Batsim's computations are
/// derived for a [`Platform`] of default speed.
pub fn read_workload(path: &Path, options: &ReadOptions) -> Result<Workload, TraceError> {
    read_trace(path, options, &Platform::default()).map(|trace| trace.workload)
}

/// As [`read_workload`], with the hash of the file's bytes as they were read.
pub fn read_hashed(path: &Path, options: &ReadOptions) -> Result<(Workload, FileHash), TraceError> {
    read_within(path, options, usize::MAX).map(|(workload, hash, _)| (workload, hash))
}

/// As [`read_hashed`]; but of a trace with more than `jobs_max` jobs, in a format that can be streamed, none is
/// kept, and what they come to is told instead.
pub(crate) fn read_within(
    path: &Path,
    options: &ReadOptions,
    jobs_max: usize,
) -> Result<(Workload, FileHash, Option<JobFacts>), TraceError> {
    let mut file = Hashing::new(Stored::open(path)?);
    let input = Input::over(&mut file, path)?;
    let (workload, _, facts) = parse(input, path, options, &Platform::default(), jobs_max)?;
    let hash = file.finish().map_err(|source| read_error(path, source))?;
    Ok((workload, hash, facts))
}

/// As [`read_workload`], with the header, and for a given speed of processors.
pub fn read_trace(
    path: &Path,
    options: &ReadOptions,
    platform: &Platform,
) -> Result<Trace, TraceError> {
    let (workload, header, _) = parse(Input::open(path)?, path, options, platform, usize::MAX)?;
    Ok(Trace { workload, header })
}

fn parse(
    input: Input<impl BufRead>,
    path: &Path,
    options: &ReadOptions,
    platform: &Platform,
    jobs_max: usize,
) -> Result<(Workload, SwfHeader, Option<JobFacts>), TraceError> {
    let mut text = Text::new(input, path)?;
    let format = TraceFormat::of(path, &text.head).expect("there is a last format");
    (format.read)(&mut text, path, options, platform, jobs_max)
}

/// The decompressed text of a trace, of which the first bytes are known.
pub(crate) struct Text<B: BufRead> {
    head: Vec<u8>,
    /// How many of them have been read again.
    again: usize,
    input: Input<B>,
}

impl<B: BufRead> Text<B> {
    /// Looks at the first bytes of a source that is called `path`; a byte order mark is no text.
    pub(crate) fn new(mut input: Input<B>, path: &Path) -> Result<Text<B>, TraceError> {
        let mut head = [0; 64];
        let read = read_head(&mut input, &mut head).map_err(|source| read_error(path, source))?;
        let head = &head[..read];
        if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
            return Err(TraceError::Utf16 { path: path.to_path_buf() });
        }
        Ok(Text { head: finish::without_mark(head).to_vec(), again: 0, input })
    }
}

impl<B: BufRead> Read for Text<B> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.again == self.head.len() {
            return self.input.read(into);
        }
        let got = (&self.head[self.again..]).read(into)?;
        self.again += got;
        Ok(got)
    }
}

/// Reads until `head` is full or the source ends: pipes give a byte at a time if they like.
fn read_head(input: &mut impl Read, head: &mut [u8]) -> io::Result<usize> {
    let mut held = 0;
    while held < head.len() {
        match input.read(&mut head[held..]) {
            Ok(0) => break,
            Ok(got) => held += got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(held)
}
