//! `jobs.csv`: a line a job, Batsim's columns first. Must not know figures or plots.

use std::path::PathBuf;

use crate::error::ReportError;
use crate::record::{FinalState, JobRecord, Kind, RunInfo, UserRef};
use crate::sink::Sink;
use crate::text::{self, Line, NUMBER_MAX, Name, Repeated, Words, Written};

/// The first line of the file.
const HEADER: &str = "job_id,workload_name,profile,submission_time,\
requested_number_of_resources,requested_time,success,final_state,starting_time,execution_time,\
finish_time,waiting_time,turnaround_time,stretch,allocated_resources,consumed_energy,metadata,\
cluster,user,queue,kind,campaign,task,attempt,exit_code,wait_cause,overtook\n";

/// The growing table.
pub(crate) struct JobsCsv {
    sink: Sink,
    /// Names as they are written, quoted once and for all.
    clusters: Vec<Name>,
    campaigns: Vec<Name>,
    workload: Repeated,
    profile: Repeated,
    user: Repeated,
    queue: Repeated,
    job_name: Repeated,
    states: Words,
    causes: Words,
    /// The name of what has none.
    nothing: Name,
}

impl JobsCsv {
    pub(crate) fn create(path: PathBuf, info: &RunInfo) -> Result<Self, ReportError> {
        let mut sink = Sink::create(path)?;
        sink.buffer.extend_from_slice(HEADER.as_bytes());
        Ok(Self {
            sink,
            clusters: info.clusters.iter().map(|cluster| Name::field(&cluster.name)).collect(),
            campaigns: info.campaign_keys().iter().map(|key| Name::field(key)).collect(),
            workload: Repeated::default(),
            profile: Repeated::default(),
            user: Repeated::default(),
            queue: Repeated::default(),
            job_name: Repeated::default(),
            states: Words::default(),
            causes: Words::default(),
            nothing: Name::default(),
        })
    }

    /// Appends a job, whose cluster and campaign the caller has checked.
    pub(crate) fn write(&mut self, job: &JobRecord<'_>) -> Result<(), ReportError> {
        let Self { sink, nothing, .. } = self;
        let names = Names {
            workload: self.workload.field(job.workload),
            profile: self.profile.field(job.profile),
            state: self.states.name(job.state.word()),
            job: job.job_name.map_or(&*nothing, |name| self.job_name.field(name)),
            cluster: &self.clusters[usize::from(job.cluster)],
            user: match job.user {
                UserRef::Unknown | UserRef::Number(_) => nothing,
                UserRef::Name(name) => self.user.field(name),
            },
            queue: self.queue.field(job.queue),
            campaign: job.campaign.map_or(&*nothing, |campaign| &self.campaigns[campaign as usize]),
            cause: self.causes.name(job.wait_cause),
        };
        let most = NUMBERS_AND_WORDS_MAX + names.len() + job.allocated.len() * INTERVAL_MAX;
        text::line(&mut sink.buffer, most, |line| write_line(line, job, &names));
        sink.line_done()
    }

    pub(crate) fn finish(self) -> Result<PathBuf, ReportError> {
        self.sink.finish()
    }
}

/// The longest line but for names and cores: the numbers, the commas, and the word for on whose behalf it ran.
const NUMBERS_AND_WORDS_MAX: usize = 15 * NUMBER_MAX + 27 + 16;

/// The longest text of an interval of cores, with the blank before it.
const INTERVAL_MAX: usize = 2 * 10 + 2;

/// The names and words in a line, as they are written.
struct Names<'a> {
    workload: &'a Name,
    profile: &'a Name,
    state: &'a Name,
    job: &'a Name,
    cluster: &'a Name,
    /// Empty where the user is a number or not known.
    user: &'a Name,
    queue: &'a Name,
    campaign: &'a Name,
    cause: &'a Name,
}

impl Names<'_> {
    fn len(&self) -> usize {
        let Names { workload, profile, state, job, cluster, user, queue, campaign, cause } = self;
        let all = [workload, profile, state, job, cluster, user, queue, campaign, cause];
        all.iter().map(|name| name.len()).sum()
    }
}

#[inline(always)]
fn write_line(line: &mut Line<'_>, job: &JobRecord<'_>, names: &Names<'_>) {
    line.unsigned(job.job_id);
    line.byte(b',');
    line.name(names.workload);
    line.byte(b',');
    line.name(names.profile);
    line.byte(b',');
    batsim_columns(line, job, names);
    line.name(names.cluster);
    line.byte(b',');
    match job.user {
        UserRef::Number(number) => line.int(number),
        UserRef::Unknown | UserRef::Name(_) => line.name(names.user),
    }
    line.byte(b',');
    line.name(names.queue);
    line.bytes(match job.kind {
        Kind::Local => b",local," as &[u8],
        Kind::BestEffort => b",best-effort,",
        Kind::Grid => b",grid,",
    });
    line.name(names.campaign);
    line.byte(b',');
    if let Some(task) = job.task {
        line.unsigned(task);
    }
    line.byte(b',');
    if let Some(attempt) = job.attempt {
        line.unsigned(attempt);
    }
    line.byte(b',');
    if let Some(code) = job.exit_code {
        line.int(code);
    }
    line.byte(b',');
    line.name(names.cause);
    line.byte(b',');
    line.unsigned(job.overtook);
    line.byte(b'\n');
}

/// The columns that Batsim has too, from `submission_time` on, and the comma after them.
#[inline(always)]
fn batsim_columns(line: &mut Line<'_>, job: &JobRecord<'_>, names: &Names<'_>) {
    let submitted = line.seconds(job.submit_ms);
    line.byte(b',');
    line.unsigned(job.requested_cores);
    line.byte(b',');
    if let Some(requested_ms) = job.requested_time_ms {
        line.seconds(requested_ms);
    }
    let success = job.state == FinalState::CompletedSuccessfully;
    line.bytes(if success { b",1," } else { b",0," });
    line.name(names.state);
    line.byte(b',');
    times(line, job, submitted);
    for (index, &(first, last)) in job.allocated.iter().enumerate() {
        if index > 0 {
            line.byte(b' ');
        }
        line.unsigned(first);
        if last != first {
            line.byte(b'-');
            line.unsigned(last);
        }
    }
    // No power model, so `consumed_energy` stays empty.
    line.bytes(b",,");
    line.name(names.job);
    line.byte(b',');
}

/// The six columns from `starting_time` to `stretch`, each followed by a comma. Where it did not wait, two
/// numbers stand in the line already: that of its submission, `submitted`, and its run time.
#[inline(always)]
fn times(line: &mut Line<'_>, job: &JobRecord<'_>, submitted: Written) {
    let Some(start_ms) = job.start_ms else {
        return line.bytes(b",,,,,,");
    };
    let wait_ms = start_ms - job.submit_ms;
    if wait_ms == 0 {
        line.again(submitted);
    } else {
        line.seconds(start_ms);
    }
    line.byte(b',');
    let Some(end_ms) = job.end_ms else {
        line.bytes(b",,");
        line.seconds(wait_ms);
        return line.bytes(b",,,");
    };
    let run_ms = end_ms - start_ms;
    let turnaround_ms = end_ms - job.submit_ms;
    let ran = line.seconds(run_ms);
    line.byte(b',');
    line.seconds(end_ms);
    line.byte(b',');
    if wait_ms == 0 {
        line.bytes(b"0,");
        line.again(ran);
        line.bytes(if run_ms > 0 { b",1" } else { b"," as &[u8] });
    } else {
        line.seconds(wait_ms);
        line.byte(b',');
        line.seconds(turnaround_ms);
        line.byte(b',');
        if run_ms > 0 {
            line.float(turnaround_ms as f64 / run_ms as f64);
        }
    }
    line.byte(b',');
}
