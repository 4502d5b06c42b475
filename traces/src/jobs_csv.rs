//! The format of docs/add-a-workload-format.md: a table of jobs, `submit_s,run_s,walltime_s,cores`. Must not know
//! other formats.

use std::io::{self, Read};
use std::path::Path;

use serde::Deserialize;

use crate::bounded::Bounded;
use crate::clean::{self, Figures, Refusal};
use crate::error::TraceError;
use crate::error::row::RowError;
use crate::finish;
use crate::inflate::read_error;
use crate::samples;
use crate::workload::{Clean, Dropped, LeftOut, ReadOptions, SPAN_MAX_S, Workload, WorkloadJob};

/// A row of the table; no walltime where the column is empty.
#[derive(Debug, Deserialize)]
struct Row {
    submit_s: i64,
    run_s: i64,
    walltime_s: Option<i64>,
    cores: i64,
}

/// What can be wrong with a row.
#[derive(Debug, thiserror::Error)]
enum JobProblem {
    #[error("{0}")]
    NotARow(csv::Error),
    #[error("a time or a number of cores is too large")]
    TooLarge,
    #[error("the job cannot be simulated: {0:?}")]
    Unsimulatable(Refusal),
}

impl RowError for JobProblem {
    fn hint(&self) -> &'static str {
        match self {
            JobProblem::NotARow(_) => "the columns are submit_s,run_s,walltime_s,cores",
            JobProblem::TooLarge => {
                "times are in seconds since the start of the trace, at most 2^31"
            }
            JobProblem::Unsimulatable(_) => "drop such jobs with `--clean archive`",
        }
    }
}

/// Reads a decompressed text; `path` is its name, in messages and in [`Workload::name`].
pub(crate) fn read(
    input: impl Read,
    path: &Path,
    options: &ReadOptions,
) -> Result<Workload, TraceError> {
    let mut dropped = Dropped::default();
    let mut jobs = Vec::new();
    let bounded = Bounded::new(input, options.swf_bytes_max());
    for (line, row) in (2..).zip(csv::Reader::from_reader(bounded).into_deserialize::<Row>()) {
        finish::count_row(&mut dropped, path, options)?;
        let row = match row.map_err(of_reading) {
            Ok(row) => Ok(row),
            Err(Ok(source)) => return Err(read_error(path, source)),
            Err(Err(error)) => Err(JobProblem::NotARow(error)),
        };
        match row.and_then(|row| job(&row, jobs.len() as u64 + 1, options, &mut dropped)) {
            Ok(job) => jobs.extend(job),
            Err(problem) => {
                let (path, problem) = (path.to_path_buf(), Box::new(problem));
                let error = TraceError::Row { path, line, problem };
                finish::skip_or_stop(&mut dropped, error, options)?;
            }
        }
    }
    let workload = Workload {
        name: samples::file_name(path),
        jobs,
        max_procs: None,
        max_nodes: None,
        unix_start_s: None,
        dropped,
        left_out: LeftOut::default(),
        names: None,
    };
    finish::finish(workload, path)
}

/// Returns the error of reading the file itself, which ends all reading; otherwise only a row is bad.
fn of_reading(error: csv::Error) -> Result<io::Error, csv::Error> {
    if !error.is_io_error() {
        return Err(error);
    }
    match error.into_kind() {
        csv::ErrorKind::Io(source) => Ok(source),
        _ => unreachable!("it was asked whether it is one of reading"),
    }
}

/// The job of a row; none where the reading rules drop it.
fn job(
    row: &Row,
    id: u64,
    options: &ReadOptions,
    dropped: &mut Dropped,
) -> Result<Option<WorkloadJob>, JobProblem> {
    let figures = Figures {
        submit: row.submit_s,
        run: row.run_s,
        requested: row.walltime_s.unwrap_or(-1).min(SPAN_MAX_S),
        unlimited: row.walltime_s.is_some_and(|walltime_s| walltime_s > SPAN_MAX_S),
        requested_procs: row.cores,
        allocated_procs: -1,
    };
    if row.submit_s.max(row.run_s) > SPAN_MAX_S {
        return Err(JobProblem::TooLarge);
    }
    let kept = match clean::judge(options.clean, options.processors, &figures) {
        Ok(kept) => kept,
        Err(refusal) if options.clean == Clean::None => {
            return Err(JobProblem::Unsimulatable(refusal));
        }
        Err(refusal) => {
            clean::count_dropped(dropped, refusal);
            return Ok(None);
        }
    };
    let procs = u32::try_from(kept.procs).map_err(|_| JobProblem::TooLarge)?;
    clean::count_kept(dropped, &figures);
    Ok(Some(WorkloadJob {
        submit_ms: row.submit_s * 1000,
        run_ms: kept.run * 1000,
        walltime_ms: kept.requested.map(|requested_s| requested_s * 1000),
        procs,
        ..WorkloadJob::blank(id)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, options: ReadOptions) -> String {
        match read(text.as_bytes(), Path::new("a.jobs.csv"), &options) {
            Ok(workload) => {
                let job = |job: &WorkloadJob| format!("{}+{} ", job.submit_ms, job.run_ms);
                let jobs: String = workload.jobs.iter().map(job).collect();
                format!("{jobs}dropped {}", workload.dropped.total())
            }
            Err(error) => format!("{error}; {}", error.hint().unwrap()),
        }
    }

    #[test]
    fn jobs_are_read_and_bad_rows_are_told() {
        let archive = ReadOptions::default();
        let head = "submit_s,run_s,walltime_s,cores\n";
        let text = format!("{head}5,60,,2\n0,7,10,1\n9,0,10,1\n");
        assert_eq!(check(&text, archive), "0+7000 5000+60000 dropped 1");
        assert!(check(head, archive).contains("no job"));
        let bad = format!("{head}5,60,,2\n5,sixty,,2\n");
        assert!(check(&bad, archive).starts_with("a.jobs.csv:3: CSV deserialize error"));
        assert_eq!(check(&bad, ReadOptions { lenient: true, ..archive }), "5000+60000 dropped 1");
        let none = ReadOptions { clean: Clean::None, ..archive };
        assert!(check(&format!("{head}-5,60,,2\n"), none).contains("Submit"));
    }

    #[test]
    fn a_file_that_breaks_off_is_no_bad_row() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the disk is gone"))
            }
        }
        let text = b"submit_s,run_s,walltime_s,cores\n5,60,,2\n5,60";
        let lenient = ReadOptions { lenient: true, ..ReadOptions::default() };
        let error = read(text.chain(Broken), Path::new("a.jobs.csv"), &lenient).unwrap_err();
        assert!(matches!(error, TraceError::Read { .. }), "{error}");
    }
}
