//! Writes a workload as Batsim JSON, one job a line. Must not know SWF.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::workload::{Workload, WorkloadJob};

/// The names of profile types to write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Batsim 4: `delay`.
    #[default]
    V4,
    /// Batsim 5: `DelayProfile`.
    V5,
}

/// What writing a workload as Batsim JSON could not keep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BatsimLosses {
    /// Jobs left out because their run time is zero, which Batsim does not allow.
    pub without_runtime: u64,
    /// Jobs whose user, group, executable, queue or partition is known: Batsim has no such fields.
    pub without_origin: u64,
}

/// Writes `workload`; every job gets a delay profile, shared by the jobs of equal run time and
/// outcome. The machine is as large as the workload says, else as its largest job. A job keeps its
/// exit code as return code; without one, status 0 (failed) gets 1, status 1 gets 0, any other none.
pub fn write<W: Write>(
    mut out: W,
    workload: &Workload,
    dialect: Dialect,
) -> io::Result<BatsimLosses> {
    let jobs: Vec<&WorkloadJob> = workload.jobs.iter().filter(|job| job.run_ms > 0).collect();
    let largest = jobs.iter().map(|job| job.procs).max().unwrap_or(1);
    let profiles: BTreeSet<(i64, Option<i32>)> =
        jobs.iter().map(|job| (job.run_ms, code(job))).collect();
    writeln!(out, "{{\n\"nb_res\": {},\n\"jobs\": [", workload.max_procs.unwrap_or(largest))?;
    for (index, job) in jobs.iter().enumerate() {
        let id = name(workload, job);
        let id = serde_json::to_string(&id).map_err(io::Error::other)?;
        let (subtime, res) = (Seconds(job.submit_ms), job.procs);
        write!(out, "{{\"id\": {id}, \"subtime\": {subtime}, \"res\": {res}, ")?;
        if let Some(walltime_ms) = job.walltime_ms {
            write!(out, "\"walltime\": {}, ", Seconds(walltime_ms))?;
        }
        let profile = profile_name(job.run_ms, code(job));
        let comma = if index + 1 < jobs.len() { "," } else { "" };
        writeln!(out, "\"profile\": \"{profile}\"}}{comma}")?;
    }
    writeln!(out, "],\n\"profiles\": {{")?;
    let kind = match dialect {
        Dialect::V4 => "delay",
        Dialect::V5 => "DelayProfile",
    };
    for (index, (run_ms, code)) in profiles.iter().enumerate() {
        let comma = if index + 1 < profiles.len() { "," } else { "" };
        let (name, delay) = (profile_name(*run_ms, *code), Seconds(*run_ms));
        let ret = code.map_or(String::new(), |code| format!(", \"ret\": {code}"));
        writeln!(out, "\"{name}\": {{\"type\": \"{kind}\", \"delay\": {delay}{ret}}}{comma}")?;
    }
    writeln!(out, "}}\n}}")?;
    out.flush()?;
    Ok(losses(workload))
}

fn losses(workload: &Workload) -> BatsimLosses {
    let mut losses = BatsimLosses::default();
    for job in &workload.jobs {
        losses.without_runtime += u64::from(job.run_ms <= 0);
        let origin = [job.user, job.group, job.executable, job.queue, job.partition];
        losses.without_origin += u64::from(origin.iter().any(|number| *number != -1));
    }
    losses
}

fn name(workload: &Workload, job: &WorkloadJob) -> String {
    let index = usize::try_from(job.id).ok();
    let named = workload.names.as_ref().and_then(|names| names.get(index?));
    named.map_or_else(|| job.id.to_string(), ToString::to_string)
}

fn code(job: &WorkloadJob) -> Option<i32> {
    match (job.exit_code, job.status) {
        (0, 0) => Some(1),
        (0, 1) => Some(0),
        (0, _) => None,
        (code, _) => Some(code),
    }
}

fn profile_name(run_ms: i64, code: Option<i32>) -> String {
    match code {
        None => format!("delay{}", Seconds(run_ms)),
        Some(code) => format!("delay{}_ret{code}", Seconds(run_ms)),
    }
}

/// Milliseconds shown as seconds, without trailing zeros.
struct Seconds(i64);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / 1000, self.0.unsigned_abs() % 1000);
        if part == 0 {
            return write!(f, "{sign}{whole}");
        }
        let digits = format!("{part:03}");
        write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
    }
}
