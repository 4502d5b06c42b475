//! From SWF to a workload and back. Must not know other formats.

use std::io::{self, Read, Write};
use std::path::Path;

use crate::clean::{self, Figures, Kept, Refusal};
use crate::error::TraceError;
use crate::error::swf::{RowProblem, Unsimulatable};
use crate::finish;
use crate::samples;
use crate::swf::SwfRecord;
use crate::swf::header::SwfHeader;
use crate::swf::parts::{Parts, is_part};
use crate::swf::reader::SwfReader;
use crate::swf::writer::SwfWriter;
use crate::workload::{
    Clean, Dropped, JobFacts, LeftOut, ReadOptions, SPAN_MAX_S, Workload, WorkloadJob,
};

/// Reads SWF text from `input`; `path` is its name, in messages and in [`Workload::name`].
pub fn read<R: Read>(
    input: R,
    path: &Path,
    options: &ReadOptions,
) -> Result<(Workload, SwfHeader), TraceError> {
    let (workload, header, _) = read_within(input, path, options, usize::MAX)?;
    Ok((workload, header))
}

/// The most jobs for which room is made because the header speaks of them: headers say what they like.
const EXPECTED_MAX: usize = 1 << 17;

/// As [`read`]; but of a log with more than `jobs_max` jobs none is kept, and what they come to is told instead.
pub(crate) fn read_within<R: Read>(
    input: R,
    path: &Path,
    options: &ReadOptions,
    jobs_max: usize,
) -> Result<(Workload, SwfHeader, Option<JobFacts>), TraceError> {
    let mut rows = SwfJobs::new(input, path, options)?;
    let expected = rows.reader.header().number("MaxJobs").map_or(0, |jobs| jobs as usize);
    let mut jobs = Vec::with_capacity(expected.min(EXPECTED_MAX).min(jobs_max));
    let mut facts: Option<JobFacts> = None;
    while let Some(job) = rows.next_job()? {
        match &mut facts {
            Some(facts) => facts.add(&job),
            None if jobs.len() < jobs_max => jobs.push(job),
            None => {
                let mut all = JobFacts::default();
                std::mem::take(&mut jobs).iter().chain([&job]).for_each(|job| all.add(job));
                facts = Some(all);
            }
        }
    }
    let SwfJobs { reader, mut about, parts, rules, .. } = rows;
    if let Some(facts) = facts {
        let in_order = facts.in_order && parts.is_empty();
        return Ok((about, reader.into_header(), Some(JobFacts { in_order, ..facts })));
    }
    about.jobs = jobs;
    add_parted(&mut about, parts, rules, options).map_err(|(line, problem)| TraceError::Row {
        path: path.to_path_buf(),
        line,
        problem: Box::new(problem),
    })?;
    Ok((finish::finish(about, path)?, reader.into_header(), None))
}

/// The jobs of an SWF text one after the other, in the order of the file, with the reading rules applied. Parts
/// of jobs are held back.
pub(crate) struct SwfJobs<R> {
    reader: SwfReader<R>,
    options: ReadOptions,
    rules: Rules,
    /// The log but for its jobs, with what has been dropped so far.
    about: Workload,
    parts: Parts,
    /// How many jobs there were.
    kept: usize,
}

impl<R: Read> SwfJobs<R> {
    /// Reads the header of a text that is called `path`.
    pub(crate) fn new(input: R, path: &Path, options: &ReadOptions) -> Result<Self, TraceError> {
        let reader = SwfReader::new(input, path)?;
        let about = from_header(reader.header(), path, options)?;
        let machine = options.processors.or(about.max_procs);
        let rules = Rules { clean: options.clean, machine };
        let parts = Parts::default();
        Ok(SwfJobs { reader, options: *options, rules, about, parts, kept: 0 })
    }

    /// The next job.
    #[inline]
    pub(crate) fn next_job(&mut self) -> Result<Option<WorkloadJob>, TraceError> {
        loop {
            let record = self.reader.next_record();
            if matches!(record, Ok(None)) {
                return Ok(None);
            }
            finish::count_row(&mut self.about.dropped, self.reader.path(), &self.options)?;
            let taken = record.and_then(|record| match record {
                Some(record) => {
                    self.take(&record).map_err(|problem| self.reader.row_error(problem))
                }
                None => Ok(None),
            });
            match taken {
                Ok(None) => {}
                Ok(Some(job)) => return Ok(Some(job)),
                Err(error) => finish::skip_or_stop(&mut self.about.dropped, error, &self.options)?,
            }
        }
    }

    /// The job of a row, if it is one and the rules keep it.
    #[inline]
    fn take(&mut self, record: &SwfRecord) -> Result<Option<WorkloadJob>, RowProblem> {
        let part = is_part(record);
        if part && self.rules.clean != Clean::None {
            self.parts.hold(record, self.reader.line(), self.kept)?;
            return Ok(None);
        }
        let dropped = &mut self.about.dropped;
        let job = judged(record, self.rules, dropped)?;
        if job.is_some() {
            dropped.parts_kept += u64::from(part);
            self.kept += 1;
            count_left_out(&mut self.about.left_out, record);
        } else {
            self.parts.summary_dropped(record.job);
        }
        Ok(job)
    }
}

fn from_header(
    header: &SwfHeader,
    path: &Path,
    options: &ReadOptions,
) -> Result<Workload, TraceError> {
    if options.processors.is_none()
        && let Some((key, entry)) = header.unreadable_size()
    {
        let (path, value) = (path.to_path_buf(), entry.value.clone());
        return Err(TraceError::HeaderField { path, line: entry.line, key, value });
    }
    Ok(Workload {
        name: samples::file_name(path),
        jobs: Vec::new(),
        max_procs: header.max_procs(),
        max_nodes: header.max_nodes(),
        unix_start_s: header.unix_start_s(),
        dropped: Dropped { header_notes: header.notes(), ..Dropped::default() },
        left_out: LeftOut::default(),
        names: None,
    })
}

/// What rows are judged by.
#[derive(Debug, Clone, Copy)]
struct Rules {
    clean: Clean,
    machine: Option<u32>,
}

/// The job of a row, if the rules keep it.
#[inline]
fn judged(
    record: &SwfRecord,
    rules: Rules,
    dropped: &mut Dropped,
) -> Result<Option<WorkloadJob>, RowProblem> {
    let figures = Figures {
        submit: record.submit_s,
        run: record.run_s,
        requested: record.requested_s.min(SPAN_MAX_S),
        unlimited: record.requested_s > SPAN_MAX_S,
        requested_procs: record.requested_procs,
        allocated_procs: record.allocated_procs,
    };
    match clean::judge(rules.clean, rules.machine, &figures) {
        Ok(kept) => {
            let job = job(record, &kept)?;
            clean::count_kept(dropped, &figures);
            Ok(Some(job))
        }
        Err(refusal) if rules.clean == Clean::None => {
            Err(unsimulatable(refusal, record, rules.machine))
        }
        Err(refusal) => {
            clean::count_dropped(dropped, refusal);
            Ok(None)
        }
    }
}

/// Adds the jobs that are known by their parts alone, each where its first part stood.
fn add_parted(
    workload: &mut Workload,
    parts: Parts,
    rules: Rules,
    options: &ReadOptions,
) -> Result<(), (u64, RowProblem)> {
    let parted = parts.settle(workload.jobs.iter().map(|job| job.id));
    if parted.is_empty() {
        return Ok(());
    }
    let mut jobs = Vec::with_capacity(workload.jobs.len() + parted.len());
    let mut others = std::mem::take(&mut workload.jobs).into_iter();
    let mut passed = 0;
    let dropped = &mut workload.dropped;
    for job in parted {
        if job.summed_up {
            dropped.parts += job.rows;
            continue;
        }
        jobs.extend(others.by_ref().take(job.place - passed));
        passed = job.place;
        dropped.parts_joined += job.rows - 1;
        match judged(&job.sum, rules, dropped) {
            Ok(joined) => {
                dropped.without_summary += u64::from(joined.is_some());
                jobs.extend(joined);
            }
            Err(problem) if options.lenient => {
                finish::skip(dropped, format!("line {}: {problem}", job.line));
            }
            Err(problem) => return Err((job.line, problem)),
        }
    }
    jobs.extend(others);
    workload.jobs = jobs;
    Ok(())
}

#[inline]
fn count_left_out(left_out: &mut LeftOut, record: &SwfRecord) {
    let SwfRecord { allocated_procs, requested_procs, .. } = *record;
    left_out.preceding_job += u64::from(record.preceding_job > 0);
    left_out.think_time += u64::from(record.think_s > 0);
    left_out.wait_time += u64::from(record.wait_s >= 0);
    left_out.cpu_time += u64::from(record.cpu_s >= 0.0);
    left_out.memory += u64::from(record.memory_kb >= 0.0 || record.requested_memory_kb >= 0.0);
    let other = allocated_procs > 0 && requested_procs > 0 && allocated_procs != requested_procs;
    left_out.other_processors += u64::from(other);
}

#[cold]
fn unsimulatable(refusal: Refusal, record: &SwfRecord, machine: Option<u32>) -> RowProblem {
    let requested = Some(record.requested_procs).filter(|procs| *procs > 0);
    let procs = requested.unwrap_or(record.allocated_procs);
    RowProblem::Unsimulatable(match (refusal, machine) {
        (Refusal::Submit, _) => Unsimulatable::Submit(record.submit_s),
        (Refusal::Runtime | Refusal::RequestedTime, _) => Unsimulatable::Runtime(record.run_s),
        (Refusal::TooLarge, Some(machine)) => Unsimulatable::TooLarge { procs, machine },
        (Refusal::Processors | Refusal::TooLarge, _) => Unsimulatable::NoProcessors,
    })
}

#[inline]
fn job(record: &SwfRecord, kept: &Kept) -> Result<WorkloadJob, RowProblem> {
    let walltime_ms = match kept.requested {
        None => None,
        Some(requested_s) => Some(milliseconds(9, requested_s)?),
    };
    Ok(WorkloadJob {
        id: u64::try_from(record.job).map_err(|_| out_of_range(1, record.job))?,
        submit_ms: milliseconds(2, record.submit_s)?,
        run_ms: milliseconds(4, kept.run)?,
        walltime_ms,
        procs: u32::try_from(kept.procs).map_err(|_| out_of_range(8, kept.procs))?,
        user: number(12, record.user)?,
        group: number(13, record.group)?,
        executable: number(14, record.executable)?,
        queue: number(15, record.queue)?,
        partition: number(16, record.partition)?,
        status: i8::try_from(record.status).map_err(|_| out_of_range(11, record.status))?,
        exit_code: 0,
    })
}

#[inline]
fn milliseconds(field: u8, seconds: i64) -> Result<i64, RowProblem> {
    if seconds > SPAN_MAX_S {
        return Err(out_of_range(field, seconds));
    }
    Ok(seconds * 1000)
}

#[inline]
fn number(field: u8, value: i64) -> Result<i32, RowProblem> {
    i32::try_from(value).map_err(|_| out_of_range(field, value))
}

#[cold]
fn out_of_range(field: u8, value: i64) -> RowProblem {
    RowProblem::OutOfRange { field, text: value.to_string() }
}

/// Fields of a header that are written from the workload.
const REWRITTEN: [&str; 6] =
    ["Version", "MaxJobs", "MaxRecords", "UnixStartTime", "MaxNodes", "MaxProcs"];

/// What writing a workload as SWF could not keep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SwfLosses {
    /// Jobs with a time that is not in whole seconds; it was rounded to the nearest, a run time
    /// or walltime to one second at least.
    pub rounded: u64,
    /// Jobs whose name is not a number; they are numbered from 1 in the order of the workload.
    pub renamed: u64,
}

/// Writes `workload` as SWF. Of `original`, the header the workload was read with (empty if none),
/// the fields stay that the workload does not know better: credits must not be lost. `notes` are
/// added, each as a `Note` field. Fields of jobs that a workload does not hold are -1; processors
/// are written as both requested and allocated.
pub fn write<W: Write>(
    out: W,
    workload: &Workload,
    original: &SwfHeader,
    notes: &[&str],
) -> io::Result<SwfLosses> {
    let mut writer = SwfWriter::new(out, &header(workload, original, notes))?;
    let mut losses = SwfLosses::default();
    for (index, job) in workload.jobs.iter().enumerate() {
        let id = if workload.names.is_some() { index as u64 + 1 } else { job.id };
        losses.renamed += u64::from(workload.names.is_some());
        let times = [job.submit_ms, job.run_ms, job.walltime_ms.unwrap_or(0)];
        losses.rounded += u64::from(times.iter().any(|time_ms| time_ms % 1000 != 0));
        writer.write(&record(id, job))?;
    }
    writer.finish()?;
    Ok(losses)
}

fn header(workload: &Workload, original: &SwfHeader, notes: &[&str]) -> SwfHeader {
    let mut header = SwfHeader::default();
    header.push(0, "Version", "2.2");
    let jobs = workload.jobs.len().to_string();
    header.push(0, "MaxJobs", &jobs);
    header.push(0, "MaxRecords", &jobs);
    if let Some(start_s) = workload.unix_start_s {
        header.push(0, "UnixStartTime", &start_s.to_string());
    }
    if let Some(nodes) = workload.max_nodes {
        header.push(0, "MaxNodes", &nodes.to_string());
    }
    if let Some(procs) = workload.max_procs {
        header.push(0, "MaxProcs", &procs.to_string());
    }
    let rewritten = |key: &str| REWRITTEN.iter().any(|name| name.eq_ignore_ascii_case(key));
    for entry in original.entries.iter().filter(|entry| !rewritten(&entry.key)) {
        header.push(0, &entry.key, &entry.value);
    }
    for note in notes {
        header.push(0, "Note", note);
    }
    header
}

fn record(id: u64, job: &WorkloadJob) -> SwfRecord {
    let procs = i64::from(job.procs);
    SwfRecord {
        job: i64::try_from(id).unwrap_or(i64::MAX),
        submit_s: seconds(job.submit_ms),
        wait_s: -1,
        run_s: if job.run_ms > 0 { seconds(job.run_ms).max(1) } else { 0 },
        allocated_procs: procs,
        cpu_s: -1.0,
        memory_kb: -1.0,
        requested_procs: procs,
        requested_s: job.walltime_ms.map_or(-1, |walltime_ms| seconds(walltime_ms).max(1)),
        requested_memory_kb: -1.0,
        status: i64::from(job.status),
        user: i64::from(job.user),
        group: i64::from(job.group),
        executable: i64::from(job.executable),
        queue: i64::from(job.queue),
        partition: i64::from(job.partition),
        preceding_job: -1,
        think_s: -1,
    }
}

/// Milliseconds to the nearest second, halves up.
fn seconds(time_ms: i64) -> i64 {
    time_ms.div_euclid(1000) + i64::from(time_ms.rem_euclid(1000) >= 500)
}
