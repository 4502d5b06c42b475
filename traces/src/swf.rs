//! The Standard Workload Format, version 2.2: a row of 18 numbers a job, header comments before.
//! Must not know the reading rules: every row is given as it stands.
//!
//! Format: Chapin et al., "Benchmarks and Standards for the Evaluation of Parallel Job
//! Schedulers", JSSPP 1999, and the definition kept by the Parallel Workloads Archive.

pub mod header;
mod parts;
pub mod reader;
mod row;
pub mod workload;
pub mod writer;

/// One row. Fields that the log does not know are -1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SwfRecord {
    /// Field 1, job number.
    pub job: i64,
    /// Field 2, submission, seconds since the start of the log.
    pub submit_s: i64,
    /// Field 3, wait before the start, seconds.
    pub wait_s: i64,
    /// Field 4, run time, seconds.
    pub run_s: i64,
    /// Field 5, allocated processors.
    pub allocated_procs: i64,
    /// Field 6, average processor time used, seconds a processor; may have decimals.
    pub cpu_s: f64,
    /// Field 7, average memory used, kilobytes a processor; may have decimals.
    pub memory_kb: f64,
    /// Field 8, requested processors.
    pub requested_procs: i64,
    /// Field 9, requested time, seconds.
    pub requested_s: i64,
    /// Field 10, requested memory, kilobytes a processor; may have decimals.
    pub requested_memory_kb: f64,
    /// Field 11, status: 0 failed, 1 completed, 2 to 4 parts of a job, 5 cancelled.
    pub status: i64,
    /// Field 12, user number.
    pub user: i64,
    /// Field 13, group number.
    pub group: i64,
    /// Field 14, executable number.
    pub executable: i64,
    /// Field 15, queue number.
    pub queue: i64,
    /// Field 16, partition number.
    pub partition: i64,
    /// Field 17, number of the job that this one waited for.
    pub preceding_job: i64,
    /// Field 18, seconds between the end of the preceding job and this submission.
    pub think_s: i64,
}

/// Number of fields of a row.
pub const FIELDS: usize = 18;
