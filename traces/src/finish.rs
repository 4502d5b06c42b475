//! What every reader of workloads does with a bad row, and at the end. Must not know formats.

use std::path::Path;

use crate::error::TraceError;
use crate::workload::{BAD_EXAMPLES_MAX, Dropped, ReadOptions, Workload, WorkloadJob};

/// Counts a bad row and keeps its message if it is one of the first, when reading leniently and
/// the error concerns that row only; else gives the error back.
pub(crate) fn skip_or_stop(
    dropped: &mut Dropped,
    error: TraceError,
    options: &ReadOptions,
) -> Result<(), TraceError> {
    if !options.lenient || !error.concerns_one_row() {
        return Err(error);
    }
    skip(dropped, error.to_string());
    Ok(())
}

/// Counts a bad row and keeps its message if it is one of the first.
pub(crate) fn skip(dropped: &mut Dropped, message: String) {
    dropped.bad_rows += 1;
    if dropped.bad_examples.len() < BAD_EXAMPLES_MAX {
        dropped.bad_examples.push(message);
    }
}

/// Sorts a workload that has been read, or says that it has no job at all.
pub(crate) fn finish(mut workload: Workload, path: &Path) -> Result<Workload, TraceError> {
    if workload.dropped.rows == 0 {
        return Err(TraceError::NoJobs { path: path.to_path_buf() });
    }
    workload.dropped.unordered = sort_by_submit(&mut workload.jobs);
    Ok(workload)
}

/// Sorts by submission, keeping the order of the file within an instant; returns how many jobs
/// were submitted before the job above them.
pub(crate) fn sort_by_submit(jobs: &mut [WorkloadJob]) -> u64 {
    let steps_back = jobs.windows(2).filter(|pair| pair[1].submit_ms < pair[0].submit_ms).count();
    if steps_back > 0 {
        jobs.sort_by_key(|job| job.submit_ms);
    }
    steps_back as u64
}

/// Text without the byte order mark of UTF-8 that editors may put before it.
pub(crate) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// Line and column, each from 1 and the latter in bytes, of a byte of a text.
pub(crate) fn place_of(text: &[u8], offset: usize) -> (u64, u64) {
    let before = &text[..offset.min(text.len())];
    let line = memchr::memchr_iter(b'\n', before).count() as u64 + 1;
    let start = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
    (line, (before.len() - start) as u64 + 1)
}

/// Counts a row against the most that are read.
pub(crate) fn count_row(
    dropped: &mut Dropped,
    path: &Path,
    options: &ReadOptions,
) -> Result<(), TraceError> {
    if dropped.rows >= options.rows_max {
        return Err(TraceError::TooManyRows { path: path.to_path_buf(), limit: options.rows_max });
    }
    dropped.rows += 1;
    Ok(())
}
