//! Writes a workload as Batsim JSON, one job a line. Must not know SWF.

use std::collections::{BTreeSet, HashSet};
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
    /// Jobs whose number an earlier one has; each got a number above all others, since Batsim takes
    /// every number once.
    pub renumbered: u64,
    /// Jobs of a status that is neither 0 nor 1 nor unknown: Batsim knows return codes only.
    pub status: u64,
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
    let mut numbers = Numbers::of(workload);
    let largest = jobs.iter().map(|job| job.procs).max().unwrap_or(1);
    let profiles: BTreeSet<(i64, Option<i32>)> =
        jobs.iter().map(|job| (job.run_ms, code(job))).collect();
    writeln!(out, "{{\n\"nb_res\": {},\n\"jobs\": [", workload.max_procs.unwrap_or(largest))?;
    for (index, job) in jobs.iter().enumerate() {
        let id = numbers.name(workload, job);
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
    Ok(BatsimLosses { renumbered: numbers.renumbered, ..losses(workload) })
}

/// Gives every number once.
struct Numbers {
    given: HashSet<u64>,
    next: u64,
    renumbered: u64,
}

impl Numbers {
    fn of(workload: &Workload) -> Numbers {
        let last = workload.jobs.iter().map(|job| job.id).max().unwrap_or(0);
        Numbers { given: HashSet::new(), next: last.saturating_add(1), renumbered: 0 }
    }

    fn name(&mut self, workload: &Workload, job: &WorkloadJob) -> String {
        if let Some(names) = &workload.names {
            let name = usize::try_from(job.id).ok().and_then(|index| names.get(index));
            return name.map_or_else(|| job.id.to_string(), ToString::to_string);
        }
        if self.given.insert(job.id) {
            return job.id.to_string();
        }
        self.renumbered += 1;
        let number = self.next;
        self.next += 1;
        number.to_string()
    }
}

fn losses(workload: &Workload) -> BatsimLosses {
    let mut losses = BatsimLosses::default();
    for job in &workload.jobs {
        losses.without_runtime += u64::from(job.run_ms <= 0);
        losses.status += u64::from(!(-1..=1).contains(&job.status));
        let origin = [job.user, job.group, job.executable, job.queue, job.partition];
        losses.without_origin += u64::from(origin.iter().any(|number| *number != -1));
    }
    losses
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
