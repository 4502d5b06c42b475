//! The jobs of a trace as a simulator takes them, and how they were read.
//! Must not know file formats.

/// The longest time that a job or a duration may have, seconds: 2^31 - 1, 68 years, as everywhere in
/// Gleaner. A requested time beyond it, such as Slurm's `UNLIMITED` (4294967295), is no limit at all: it
/// is cut there, and counted.
pub const SPAN_MAX_S: i64 = (1 << 31) - 1;

/// Most rows of a trace that are read unless more are asked for: larger than any public log, and some
/// 600 MB of memory.
pub const ROWS_MAX: u64 = 8_000_000;

/// One job, after the reading rules. Small on purpose: a million of them are held at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkloadJob {
    /// Job number of the file (SWF field 1), or the position in [`Workload::names`].
    pub id: u64,
    /// Submission, milliseconds since the start of the trace.
    pub submit_ms: i64,
    /// Run time as logged, milliseconds. Not cut at the walltime: the simulator kills there.
    pub run_ms: i64,
    /// Requested time, milliseconds; `None` when the trace has none for this job.
    pub walltime_ms: Option<i64>,
    /// Processors the job needs, at least 1.
    pub procs: u32,
    /// User number, -1 when unknown.
    pub user: i32,
    /// Group number, -1 when unknown.
    pub group: i32,
    /// Executable number, -1 when unknown.
    pub executable: i32,
    /// Queue number, -1 when unknown.
    pub queue: i32,
    /// Partition number, -1 when unknown.
    pub partition: i32,
    /// SWF status code: 0 failed, 1 completed, 5 cancelled, -1 unknown. What it was once; jobs are
    /// simulated to end with `exit_code`.
    pub status: i8,
    /// Exit code that the job ends with, 0 where the trace gives none (SWF has none, Batsim's is
    /// the `ret` of its profile).
    pub exit_code: i32,
}

impl WorkloadJob {
    /// A job on one processor of which nothing is known but its number.
    #[must_use]
    pub fn blank(id: u64) -> Self {
        Self {
            id,
            submit_ms: 0,
            run_ms: 0,
            walltime_ms: None,
            procs: 1,
            user: -1,
            group: -1,
            executable: -1,
            queue: -1,
            partition: -1,
            status: -1,
            exit_code: 0,
        }
    }
}

/// A whole trace in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// File name without its folders.
    pub name: String,
    /// The jobs by submission; jobs of one instant keep the order of the file.
    pub jobs: Vec<WorkloadJob>,
    /// Machine size of the header: `MaxProcs`, else `MaxNodes` (Batsim: `nb_res`).
    pub max_procs: Option<u32>,
    /// `MaxNodes` of the header.
    pub max_nodes: Option<u32>,
    /// Time zero of the trace, seconds since 1970 (`UnixStartTime`).
    pub unix_start_s: Option<i64>,
    /// What was dropped, cut or skipped on the way.
    pub dropped: Dropped,
    /// What the rows of the jobs said beyond what a job here holds.
    pub left_out: LeftOut,
    /// Names of the jobs where these are not numbers (Batsim); then `id` is the index here.
    pub names: Option<Vec<Box<str>>>,
}

/// What jobs come to that are not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobFacts {
    /// How many there are.
    pub count: u64,
    /// Whether they come by submission and whole, so that they need not be kept to be put in order.
    pub in_order: bool,
    /// The first and the last submission, milliseconds.
    pub submit_ms: [i64; 2],
    /// The least and the highest number.
    pub ids: [u64; 2],
    /// The fewest and the most processors.
    pub procs: [u32; 2],
}

impl Default for JobFacts {
    /// Those of no job.
    fn default() -> JobFacts {
        let (submit_ms, ids, procs) = ([i64::MAX, i64::MIN], [u64::MAX, 0], [u32::MAX, 0]);
        JobFacts { count: 0, in_order: true, submit_ms, ids, procs }
    }
}

impl JobFacts {
    /// Counts the next job.
    pub fn add(&mut self, job: &WorkloadJob) {
        let WorkloadJob { submit_ms, id, procs, .. } = *job;
        self.count += 1;
        self.in_order &= submit_ms >= self.submit_ms[1];
        self.submit_ms = [self.submit_ms[0].min(submit_ms), self.submit_ms[1].max(submit_ms)];
        self.ids = [self.ids[0].min(id), self.ids[1].max(id)];
        self.procs = [self.procs[0].min(procs), self.procs[1].max(procs)];
    }
}

/// Jobs whose rows say something that [`WorkloadJob`] has no place for, by what it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// A preceding job.
    pub preceding_job: u64,
    /// A think time after the preceding job.
    pub think_time: u64,
    /// A wait time in the log's own schedule.
    pub wait_time: u64,
    /// A processor time.
    pub cpu_time: u64,
    /// Used or requested memory.
    pub memory: u64,
    /// Other processors requested than allocated.
    pub other_processors: u64,
}

/// How many messages of skipped rows are kept.
pub const BAD_EXAMPLES_MAX: usize = 5;

/// What reading did to the rows of a file. A row is counted under the first reason that holds, in
/// the order of the reading rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Dropped {
    /// Rows of the file, bad ones included.
    pub rows: u64,
    /// Dropped: submission before the start of the trace.
    pub submit: u64,
    /// Dropped: run time of zero or less.
    pub runtime: u64,
    /// Dropped: no processors.
    pub processors: u64,
    /// Dropped: more processors than the machine has.
    pub too_large: u64,
    /// Dropped: no requested time (`sc15` only).
    pub requested_time: u64,
    /// Left out: parts of checkpointed jobs (SWF status 2 to 4) beside the row that sums them up.
    pub parts: u64,
    /// Left out: parts added to the first part of their job, whose summary is not in the file.
    pub parts_joined: u64,
    /// Skipped: rows that are not jobs (lenient reading only).
    pub bad_rows: u64,
    /// Messages of the first bad rows, at most [`BAD_EXAMPLES_MAX`].
    pub bad_examples: Vec<String>,
    /// Kept: the run time exceeds the requested time. The simulator kills these at their walltime
    /// (`archive`); `sc15` has set their run time to the requested time.
    pub cut: u64,
    /// Kept: asked for more than [`SPAN_MAX_S`], which is no limit at all; cut there.
    #[serde(skip_serializing_if = "is_zero")]
    pub unlimited: u64,
    /// Kept: without a requested time.
    pub without_estimate: u64,
    /// Kept: jobs of which only parts are there; each is one job, of the sum of their run times.
    pub without_summary: u64,
    /// Kept: parts of jobs as jobs of their own (`none` only).
    pub parts_kept: u64,
    /// Kept: submitted before the job above it in the file, so moved by the sorting.
    pub unordered: u64,
    /// Kept: communications of a Batsim profile that the derived run time leaves out.
    pub communications: u64,
    /// Fields of the header that could not be read, and what was taken instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub header_notes: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Dropped {
    /// Rows that are not in the workload.
    #[must_use]
    pub fn total(&self) -> u64 {
        let rules =
            self.submit + self.runtime + self.processors + self.too_large + self.requested_time;
        rules + self.parts + self.parts_joined + self.bad_rows
    }
}

/// The reading rules of SWF logs.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Clean {
    /// The rules of the Parallel Workloads Archive's users: what cannot be simulated is dropped.
    #[default]
    Archive,
    /// The "strong filter" of Gaussier, Glesser, Reis and Trystram (SC'15).
    Sc15,
    /// Rows as they are; one that cannot be simulated is an error.
    None,
}

/// How to read a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadOptions {
    /// The reading rules.
    pub clean: Clean,
    /// Machine size for the rule "larger than the machine"; without it the header's, and without
    /// both the rule does not apply.
    pub processors: Option<u32>,
    /// Skip and count bad rows. Damaged or truncated compression stays an error, since nobody
    /// could say how many rows are missing.
    pub lenient: bool,
    /// Most rows, dropped ones included; whoever has more is refused, not cut. The text has a bound in
    /// proportion, so that a source that never ends is refused, too.
    pub rows_max: u64,
}

impl Default for ReadOptions {
    /// The rules of the archive, the header's size, every row good, [`ROWS_MAX`] of them.
    fn default() -> ReadOptions {
        ReadOptions { clean: Clean::Archive, processors: None, lenient: false, rows_max: ROWS_MAX }
    }
}

impl ReadOptions {
    /// The longest text of rows that is read, bytes: a row of 18 numbers of ten digits has 200.
    #[must_use]
    pub fn swf_bytes_max(&self) -> u64 {
        self.rows_max.saturating_mul(256).saturating_add(1 << 21)
    }

    /// The longest text of JSON that is read, bytes: it is held in memory.
    #[must_use]
    pub fn json_bytes_max(&self) -> u64 {
        self.rows_max.saturating_mul(64).saturating_add(1 << 21)
    }
}
