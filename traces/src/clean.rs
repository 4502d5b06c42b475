//! The reading rules: which rows of a log become jobs, and with which figures.
//! Must not know files. The rules are those of `archive` (users of the Parallel Workloads
//! Archive), `sc15` (Gaussier et al., SC'15, "strong filter") and `none`.

use crate::swf::SwfRecord;
use crate::swf::problem::{RowProblem, Unsimulatable};
use crate::workload::{Clean, Dropped, WorkloadJob};

/// The first rule by which a row is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Submit,
    Runtime,
    Processors,
    TooLarge,
    RequestedTime,
}

/// Processors, run time and requested time (seconds, <= 0 unknown) that a row is simulated with.
struct Figures {
    procs: i64,
    run_s: i64,
    requested_s: i64,
}

/// Applies the rules to one row and counts what happened. `machine` is the machine's size, if
/// known. `None` is a dropped row.
#[inline]
pub fn apply(
    clean: Clean,
    machine: Option<u32>,
    record: &SwfRecord,
    dropped: &mut Dropped,
) -> Result<Option<WorkloadJob>, RowProblem> {
    let judged = match clean {
        Clean::Archive => archive(record, machine),
        Clean::Sc15 => sc15(record, machine),
        Clean::None => as_is(record, machine)
            .map(Ok)
            .map_err(RowProblem::Unsimulatable)?,
    };
    match judged {
        Ok(figures) => {
            let job = job(record, &figures)?;
            dropped.cut += u64::from(record.requested_s > 0 && record.run_s > record.requested_s);
            dropped.without_estimate += u64::from(figures.requested_s <= 0);
            Ok(Some(job))
        }
        Err(reason) => {
            let counter = match reason {
                Reason::Submit => &mut dropped.submit,
                Reason::Runtime => &mut dropped.runtime,
                Reason::Processors => &mut dropped.processors,
                Reason::TooLarge => &mut dropped.too_large,
                Reason::RequestedTime => &mut dropped.requested_time,
            };
            *counter += 1;
            Ok(None)
        }
    }
}

fn archive(record: &SwfRecord, machine: Option<u32>) -> Result<Figures, Reason> {
    let procs = needed_procs(record);
    if record.submit_s < 0 {
        return Err(Reason::Submit);
    }
    if record.run_s <= 0 {
        return Err(Reason::Runtime);
    }
    if procs <= 0 {
        return Err(Reason::Processors);
    }
    if larger(procs, machine) {
        return Err(Reason::TooLarge);
    }
    Ok(Figures {
        procs,
        run_s: record.run_s,
        requested_s: record.requested_s,
    })
}

fn sc15(record: &SwfRecord, machine: Option<u32>) -> Result<Figures, Reason> {
    if larger(record.allocated_procs, machine) || larger(record.requested_procs, machine) {
        return Err(Reason::TooLarge);
    }
    let procs = needed_procs(record);
    if procs <= 0 {
        return Err(Reason::Processors);
    }
    if record.run_s <= 0 {
        return Err(Reason::Runtime);
    }
    if record.requested_s <= 0 {
        return Err(Reason::RequestedTime);
    }
    if record.submit_s < 0 {
        return Err(Reason::Submit);
    }
    let run_s = record.run_s.min(record.requested_s);
    Ok(Figures {
        procs,
        run_s,
        requested_s: record.requested_s,
    })
}

fn as_is(record: &SwfRecord, machine: Option<u32>) -> Result<Figures, Unsimulatable> {
    let procs = needed_procs(record);
    if record.submit_s < 0 {
        return Err(Unsimulatable::Submit(record.submit_s));
    }
    if record.run_s < 0 {
        return Err(Unsimulatable::Runtime(record.run_s));
    }
    if procs <= 0 {
        return Err(Unsimulatable::NoProcessors);
    }
    match machine {
        Some(machine) if procs > i64::from(machine) => {
            Err(Unsimulatable::TooLarge { procs, machine })
        }
        _ => Ok(Figures {
            procs,
            run_s: record.run_s,
            requested_s: record.requested_s,
        }),
    }
}

/// Field 8 if it is positive, else field 5.
fn needed_procs(record: &SwfRecord) -> i64 {
    if record.requested_procs > 0 {
        record.requested_procs
    } else {
        record.allocated_procs
    }
}

fn larger(procs: i64, machine: Option<u32>) -> bool {
    machine.is_some_and(|machine| procs > i64::from(machine))
}

#[inline]
fn job(record: &SwfRecord, figures: &Figures) -> Result<WorkloadJob, RowProblem> {
    let walltime_ms = match figures.requested_s {
        ..=0 => None,
        requested_s => Some(milliseconds(9, requested_s)?),
    };
    Ok(WorkloadJob {
        id: u64::try_from(record.job).map_err(|_| out_of_range(1, record.job))?,
        submit_ms: milliseconds(2, record.submit_s)?,
        run_ms: milliseconds(4, figures.run_s)?,
        walltime_ms,
        procs: u32::try_from(figures.procs).map_err(|_| out_of_range(8, figures.procs))?,
        user: number(12, record.user)?,
        group: number(13, record.group)?,
        executable: number(14, record.executable)?,
        queue: number(15, record.queue)?,
        partition: number(16, record.partition)?,
        status: i8::try_from(record.status).map_err(|_| out_of_range(11, record.status))?,
    })
}

#[inline]
fn milliseconds(field: u8, seconds: i64) -> Result<i64, RowProblem> {
    seconds
        .checked_mul(1000)
        .ok_or_else(|| out_of_range(field, seconds))
}

#[inline]
fn number(field: u8, value: i64) -> Result<i32, RowProblem> {
    i32::try_from(value).map_err(|_| out_of_range(field, value))
}

#[cold]
fn out_of_range(field: u8, value: i64) -> RowProblem {
    RowProblem::OutOfRange {
        field,
        text: value.to_string(),
    }
}
