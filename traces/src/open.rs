//! Reads a whole trace of any known format into memory, with the reading rules applied.
//! Must not know what the jobs are for.

use std::io::{self, BufRead, Read};
use std::path::Path;

use crate::batsim;
use crate::batsim::model::Platform;
use crate::bounded::Bounded;
use crate::error::TraceError;
use crate::finish::{self, file_name};
use crate::hash::{FileHash, Hashing};
use crate::inflate::{Input, open_file, read_error};
use crate::swf;
use crate::swf::header::SwfHeader;
use crate::workload::{ReadOptions, Workload};

/// The format of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceFormat {
    /// Standard Workload Format.
    Swf,
    /// Batsim's JSON workload.
    Batsim,
}

/// A trace with everything that its file says about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The jobs.
    pub workload: Workload,
    /// The header; empty for Batsim's files, which have none.
    pub header: SwfHeader,
    /// The format it was read from.
    pub format: TraceFormat,
}

/// Reads the trace at `path`: SWF or Batsim JSON, each plain or gzip-compressed. Batsim JSON is
/// known by the name (`*.json`, `*.json.gz`) or by a first character `{`, compression by the first
/// bytes. Run times of Batsim's computations are derived for a [`Platform`] of default speed.
pub fn read_workload(path: &Path, options: &ReadOptions) -> Result<Workload, TraceError> {
    read_trace(path, options, &Platform::default()).map(|trace| trace.workload)
}

/// As [`read_workload`], with the hash of the file's bytes as they were read.
pub fn read_hashed(path: &Path, options: &ReadOptions) -> Result<(Workload, FileHash), TraceError> {
    let mut file = Hashing::new(open_file(path)?);
    let trace = parse(Input::over(&mut file, path)?, path, options, &Platform::default())?;
    let hash = file.finish().map_err(|source| read_error(path, source))?;
    Ok((trace.workload, hash))
}

/// As [`read_workload`], with the header, and for a given speed of processors.
pub fn read_trace(
    path: &Path,
    options: &ReadOptions,
    platform: &Platform,
) -> Result<Trace, TraceError> {
    parse(Input::open(path)?, path, options, platform)
}

fn parse(
    mut input: Input<impl BufRead>,
    path: &Path,
    options: &ReadOptions,
    platform: &Platform,
) -> Result<Trace, TraceError> {
    let mut head = [0; 64];
    let read = read_head(&mut input, &mut head).map_err(|source| read_error(path, source))?;
    let head = &head[..read];
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return Err(TraceError::Utf16 { path: path.to_path_buf() });
    }
    let head = finish::without_mark(head);
    let format = format(path, head);
    let rest = head.chain(input);
    let (workload, header) = match format {
        TraceFormat::Swf => {
            swf::workload::read(Bounded::new(rest, options.swf_bytes_max()), path, options)?
        }
        TraceFormat::Batsim => {
            let rest = Bounded::new(rest, options.json_bytes_max());
            (batsim::read::read(rest, path, options, platform)?, SwfHeader::default())
        }
    };
    Ok(Trace { workload, header, format })
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

/// The format of a trace named `path` whose decompressed text begins with `head`.
#[must_use]
pub fn format(path: &Path, head: &[u8]) -> TraceFormat {
    let name = file_name(path).to_ascii_lowercase();
    let first = head.iter().find(|byte| !byte.is_ascii_whitespace());
    if name.ends_with(".json") || name.ends_with(".json.gz") || first == Some(&b'{') {
        TraceFormat::Batsim
    } else {
        TraceFormat::Swf
    }
}
