//! `jobs.csv`: a line a job, Batsim's columns first. Must not know figures or plots.

use std::path::PathBuf;

use crate::error::ReportError;
use crate::record::{FinalState, JobRecord, Kind, RunInfo, UserRef};
use crate::sink::Sink;
use crate::text::{self, Repeated};

/// The first line of the file.
const HEADER: &str = "job_id,workload_name,profile,submission_time,\
requested_number_of_resources,requested_time,success,final_state,starting_time,execution_time,\
finish_time,waiting_time,turnaround_time,stretch,allocated_resources,consumed_energy,metadata,\
cluster,user,queue,kind,campaign,task,attempt,exit_code\n";

/// The growing table.
pub(crate) struct JobsCsv {
    sink: Sink,
    /// Names as they are written, quoted once and for all.
    clusters: Vec<Vec<u8>>,
    campaigns: Vec<Vec<u8>>,
    workload: Repeated,
    profile: Repeated,
    user: Repeated,
}

impl JobsCsv {
    pub(crate) fn create(path: PathBuf, info: &RunInfo) -> Result<Self, ReportError> {
        let quoted = |name: &str| {
            let mut out = Vec::new();
            text::field(&mut out, name);
            out
        };
        let mut sink = Sink::create(path)?;
        sink.buffer.extend_from_slice(HEADER.as_bytes());
        Ok(Self {
            sink,
            clusters: info.clusters.iter().map(|c| quoted(&c.name)).collect(),
            campaigns: info.campaign_keys().iter().map(|key| quoted(key)).collect(),
            workload: Repeated::default(),
            profile: Repeated::default(),
            user: Repeated::default(),
        })
    }

    /// Appends a job, whose cluster and campaign the caller has checked.
    pub(crate) fn write(&mut self, job: &JobRecord<'_>) -> Result<(), ReportError> {
        let out = &mut self.sink.buffer;
        text::unsigned(out, job.job_id);
        out.push(b',');
        self.workload.field(out, job.workload);
        out.push(b',');
        self.profile.field(out, job.profile);
        out.push(b',');
        batsim_columns(out, job);
        out.extend_from_slice(&self.clusters[usize::from(job.cluster)]);
        out.push(b',');
        match job.user {
            UserRef::Unknown => {}
            UserRef::Number(number) => text::int(out, number),
            UserRef::Name(name) => self.user.field(out, name),
        }
        out.push(b',');
        text::field(out, job.queue);
        out.push(b',');
        out.extend_from_slice(match job.kind {
            Kind::Local => b"local,",
            Kind::BestEffort => b"best-effort,",
            Kind::Grid => b"grid,",
        });
        if let Some(campaign) = job.campaign {
            out.extend_from_slice(&self.campaigns[campaign as usize]);
        }
        out.push(b',');
        optional(out, job.task, text::unsigned);
        out.push(b',');
        optional(out, job.attempt, text::unsigned);
        out.push(b',');
        optional(out, job.exit_code, text::int);
        out.push(b'\n');
        self.sink.line_done()
    }

    pub(crate) fn finish(self) -> Result<PathBuf, ReportError> {
        self.sink.finish()
    }
}

/// The columns that Batsim has too, from `submission_time` on, and the comma after them.
fn batsim_columns(out: &mut Vec<u8>, job: &JobRecord<'_>) {
    text::seconds(out, job.submit_ms);
    out.push(b',');
    text::unsigned(out, job.requested_cores);
    out.push(b',');
    optional(out, job.requested_time_ms, text::seconds);
    let success = job.state == FinalState::CompletedSuccessfully;
    out.extend_from_slice(if success { b",1," } else { b",0," });
    out.extend_from_slice(job.state.word().as_bytes());
    out.push(b',');
    times(out, job);
    for (index, &(first, last)) in job.allocated.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        text::unsigned(out, first);
        if last != first {
            out.push(b'-');
            text::unsigned(out, last);
        }
    }
    // No power model, so `consumed_energy` stays empty.
    out.extend_from_slice(b",,");
    if let Some(name) = job.job_name {
        text::field(out, name);
    }
    out.push(b',');
}

/// The six columns from `starting_time` to `stretch`, each followed by a comma.
fn times(out: &mut Vec<u8>, job: &JobRecord<'_>) {
    let Some(start_ms) = job.start_ms else {
        return out.extend_from_slice(b",,,,,,");
    };
    text::seconds(out, start_ms);
    out.push(b',');
    let wait_ms = start_ms - job.submit_ms;
    let Some(end_ms) = job.end_ms else {
        out.extend_from_slice(b",,");
        text::seconds(out, wait_ms);
        return out.extend_from_slice(b",,,");
    };
    let run_ms = end_ms - start_ms;
    let turnaround_ms = end_ms - job.submit_ms;
    text::seconds(out, run_ms);
    out.push(b',');
    text::seconds(out, end_ms);
    out.push(b',');
    text::seconds(out, wait_ms);
    out.push(b',');
    text::seconds(out, turnaround_ms);
    out.push(b',');
    if wait_ms == 0 && run_ms > 0 {
        out.push(b'1');
    } else if run_ms > 0 {
        text::float(out, turnaround_ms as f64 / run_ms as f64);
    }
    out.push(b',');
}

#[inline]
fn optional<T>(out: &mut Vec<u8>, value: Option<T>, write: fn(&mut Vec<u8>, T)) {
    if let Some(value) = value {
        write(out, value);
    }
}
