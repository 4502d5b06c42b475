//! Reads a whole trace of any known format into memory, with the reading rules applied.
//! Must not know what the jobs are for.

use std::io::Read;
use std::path::Path;

use crate::clean;
use crate::error::TraceError;
use crate::inflate::Input;
use crate::swf::SwfRecord;
use crate::swf::reader::SwfReader;
use crate::workload::{BAD_EXAMPLES_MAX, Dropped, ReadOptions, Workload, WorkloadJob};

/// Reads the trace at `path`: SWF or Batsim JSON, either of them plain or gzip-compressed (known
/// by content, except that a file named `*.json` or `*.json.gz` is always taken as JSON).
pub fn read_workload(path: &Path, options: &ReadOptions) -> Result<Workload, TraceError> {
    let input = Input::open(path)?;
    read_swf(input, path, options)
}

/// Reads SWF text from `input`; `path` is its name, in messages and in [`Workload::name`].
pub fn read_swf<R: Read>(
    input: R,
    path: &Path,
    options: &ReadOptions,
) -> Result<Workload, TraceError> {
    let mut reader = SwfReader::new(input, path)?;
    let header = reader.header();
    let max_procs = header.max_procs();
    if options.processors.is_none()
        && let Some((key, entry)) = header.unreadable_size()
    {
        let (line, value) = (entry.line, entry.value.clone());
        return Err(TraceError::HeaderField {
            path: path.to_path_buf(),
            line,
            key,
            value,
        });
    }
    let mut workload = Workload {
        name: file_name(path),
        jobs: Vec::new(),
        max_procs,
        max_nodes: header.max_nodes(),
        unix_start_s: header.unix_start_s(),
        dropped: Dropped::default(),
        names: None,
    };
    let machine = options.processors.or(max_procs);
    loop {
        let judged = match reader.next_record() {
            Ok(None) => break,
            Ok(Some(record)) => take(&mut workload, &record, machine, options)
                .map_err(|problem| reader.row_error(problem)),
            Err(error) => {
                workload.dropped.rows += 1;
                Err(error)
            }
        };
        match judged {
            Ok(()) => {}
            Err(error) if options.lenient && error.concerns_one_row() => {
                skip(&mut workload.dropped, &error);
            }
            Err(error) => return Err(error),
        }
    }
    if workload.dropped.rows == 0 {
        return Err(TraceError::NoJobs {
            path: path.to_path_buf(),
        });
    }
    workload.dropped.unordered = sort_by_submit(&mut workload.jobs);
    Ok(workload)
}

#[inline]
fn take(
    workload: &mut Workload,
    record: &SwfRecord,
    machine: Option<u32>,
    options: &ReadOptions,
) -> Result<(), crate::swf::problem::RowProblem> {
    workload.dropped.rows += 1;
    let job = clean::apply(options.clean, machine, record, &mut workload.dropped)?;
    workload.jobs.extend(job);
    Ok(())
}

/// Counts a bad row and keeps its message if it is one of the first.
pub(crate) fn skip(dropped: &mut Dropped, error: &TraceError) {
    dropped.bad_rows += 1;
    if dropped.bad_examples.len() < BAD_EXAMPLES_MAX {
        dropped.bad_examples.push(error.to_string());
    }
}

/// Sorts by submission, keeping the order of the file within an instant; returns how many jobs
/// were submitted before the job above them.
pub(crate) fn sort_by_submit(jobs: &mut [WorkloadJob]) -> u64 {
    let steps_back = jobs
        .windows(2)
        .filter(|pair| pair[1].submit_ms < pair[0].submit_ms)
        .count();
    if steps_back > 0 {
        jobs.sort_by_key(|job| job.submit_ms);
    }
    steps_back as u64
}

/// The last part of `path`, as text.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}
