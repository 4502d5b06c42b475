//! From SWF to a workload and back. Must not know other formats.

use std::io::{self, Read, Write};
use std::path::Path;

use crate::clean::{self, Figures, Kept, Refusal};
use crate::error::TraceError;
use crate::error::swf::{RowProblem, Unsimulatable};
use crate::finish;
use crate::swf::SwfRecord;
use crate::swf::header::SwfHeader;
use crate::swf::parts::{Parts, is_part};
use crate::swf::reader::SwfReader;
use crate::swf::writer::SwfWriter;
use crate::workload::{Clean, Dropped, LeftOut, ReadOptions, SPAN_MAX_S, Workload, WorkloadJob};

/// Reads SWF text from `input`; `path` is its name, in messages and in [`Workload::name`].
pub fn read<R: Read>(
    input: R,
    path: &Path,
    options: &ReadOptions,
) -> Result<(Workload, SwfHeader), TraceError> {
    let mut reader = SwfReader::new(input, path)?;
    let mut workload = from_header(reader.header(), path, options)?;
    let rules = Rules { clean: options.clean, machine: options.processors.or(workload.max_procs) };
    let mut parts = Parts::default();
    loop {
        let taken = match reader.next_record() {
            Ok(None) => break,
            Ok(Some(record)) => {
                finish::count_row(&mut workload.dropped, path, options)?;
                take(&mut workload, &record, &mut parts, rules, reader.line())
                    .map_err(|problem| reader.row_error(problem))
            }
            Err(error) => {
                finish::count_row(&mut workload.dropped, path, options)?;
                Err(error)
            }
        };
        if let Err(error) = taken {
            finish::skip_or_stop(&mut workload.dropped, error, options)?;
        }
    }
    add_parted(&mut workload, parts, rules, options).map_err(|(line, problem)| {
        TraceError::Row { path: path.to_path_buf(), line, problem: Box::new(problem) }
    })?;
    Ok((finish::finish(workload, path)?, reader.into_header()))
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
        name: finish::file_name(path),
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

#[inline]
fn take(
    workload: &mut Workload,
    record: &SwfRecord,
    parts: &mut Parts,
    rules: Rules,
    line: u64,
) -> Result<(), RowProblem> {
    let part = is_part(record);
    if part && rules.clean != Clean::None {
        return parts.hold(record, line, workload.jobs.len());
    }
    let dropped = &mut workload.dropped;
    match judged(record, rules, dropped)? {
        Some(job) => {
            dropped.parts_kept += u64::from(part);
            workload.jobs.push(job);
            count_left_out(&mut workload.left_out, record);
        }
        None => parts.summary_dropped(record.job),
    }
    Ok(())
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
