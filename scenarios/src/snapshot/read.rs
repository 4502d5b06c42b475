//! From the text of a file to a snapshot of one cluster, checked against the cluster of the scenario. Must
//! not know where the file is.

use std::collections::BTreeMap;
use std::sync::Arc;

use gleaner_oar::job_type::JobType;
use gleaner_oar::request::Request;
use gleaner_sim::cores::{CoreSet, Intervals};
use gleaner_sim::job::{
    ClusterIndex, EndReason, Job, JobKind, JobSlot, JobSpec, JobState, JobTable,
};
use gleaner_sim::job_request::{Dependency, JobRequest, RequestAlternative, WALLTIME_DEFAULT_S};
use gleaner_sim::node::{NodeCondition, NodeState};
use gleaner_sim::snapshot::{ClusterState, Intents, Snapshot};
use gleaner_sim::time::{SimSpan, SimTime};
use gleaner_sim::world::Estimates;

use crate::scenario::ClusterSize;
use crate::snapshot::format::{
    Ends, FORMAT, HiddenEntry, JobEntry, RequestEntry, SchedulerEntry, Seconds, SnapshotFile,
};

/// Why a snapshot cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct SnapshotError {
    /// What is wrong, and where in the file.
    what: String,
    hint: &'static str,
}

impl SnapshotError {
    /// Returns what to do about it.
    pub fn hint(&self) -> &'static str {
        self.hint
    }
}

fn wrong<T>(what: String, hint: &'static str) -> Result<T, SnapshotError> {
    Err(SnapshotError { what, hint })
}

/// A snapshot that was read.
#[derive(Clone, Debug)]
pub struct ReadSnapshot {
    /// The cluster and its jobs.
    pub snapshot: Snapshot,
    /// Jobs of which the file does not tell how long they truly run: as long as they asked for.
    pub unknown_runs: usize,
}

/// Understands the text of a snapshot of a cluster of `size`, whose scheduler believes in `estimates`.
///
/// # Errors
/// What is not JSON of the format, contradicts itself or the cluster.
pub fn read_snapshot(
    text: &str,
    size: ClusterSize,
    estimates: Estimates,
) -> Result<ReadSnapshot, SnapshotError> {
    let file = parse(text)?;
    let SnapshotFile { nodes, cores_per_node, .. } = file;
    if (nodes, cores_per_node) != (size.nodes, size.cores_per_node) {
        let ClusterSize { nodes: own, cores_per_node: cores } = size;
        return wrong(
            format!(
                "it is of a cluster of {nodes} nodes with {cores_per_node} cores each, not of {own} \
                 nodes with {cores}"
            ),
            "begin with a snapshot of this cluster, or give the cluster its size",
        );
    }
    let now = file.at_s.time();
    let reader = Reader { now, size, estimates };
    let conditions = reader.nodes(&file)?;
    let mut unknown_runs = 0;
    let mut jobs = JobTable::new();
    let mut slots: BTreeMap<u64, JobSlot> = BTreeMap::new();
    let mut held = CoreSet::empty(size.cores());
    let mut number_max = file.highest_job.unwrap_or(0);
    for entry in &file.jobs {
        let job = reader.job(entry)?;
        unknown_runs += usize::from(entry.simulation.is_none());
        reader.check_cores(&job, &conditions, &mut held)?;
        number_max = number_max.max(job.spec.number);
        if slots.insert(entry.number, jobs.insert_as(job)).is_some() {
            return wrong(format!("job {} is there twice", entry.number), "number each job once");
        }
    }
    let slot = |number: &u64, key: &str| match slots.get(number) {
        Some(slot) => Ok(*slot),
        None => wrong(format!("`{key}` names job {number}, which is not there"), "list the job"),
    };
    let turns = file.turns.iter().map(|number| slot(number, "turns")).collect::<Result<_, _>>()?;
    let intents = file.scheduler.as_ref().map(|entry| {
        let SchedulerEntry { promises, rests_until_s, next_pass_s } = entry;
        let promises = promises
            .iter()
            .map(|promise| Ok((slot(&promise.job, "promises")?, promise.start_s.time())));
        Ok(Intents {
            promises: promises.collect::<Result<_, SnapshotError>>()?,
            rests_until: rests_until_s.map(|time| time.time()),
            next_pass: next_pass_s.map(|time| time.time().max(now)),
        })
    });
    let state = ClusterState {
        nodes: conditions,
        cores_per_node,
        number_max,
        submitted: 0,
        intents: intents.transpose()?,
    };
    let snapshot = Snapshot { now, jobs, turns, clusters: vec![state] };
    Ok(ReadSnapshot { snapshot, unknown_runs })
}

fn parse(text: &str) -> Result<SnapshotFile, SnapshotError> {
    // The version first: of another one nothing else need be understood.
    let value: serde_json::Value = serde_json::from_str(text).or_else(|error| {
        wrong(error.to_string(), "a snapshot is a JSON object, as `--snapshot-at` writes it")
    })?;
    match value.get("format").and_then(serde_json::Value::as_str) {
        Some(FORMAT) => {}
        Some(other) => {
            return wrong(
                format!("its `format` is `{other}`, and this release reads `{FORMAT}`"),
                "write it again by this release, or use the release that wrote it",
            );
        }
        None => {
            return wrong(
                "it has no `format`".to_owned(),
                "a snapshot begins with `\"format\": \"gleaner-snapshot-1\"`",
            );
        }
    }
    serde_json::from_str(text).or_else(|error| {
        wrong(error.to_string(), "docs/snapshots.md tells every key of a snapshot")
    })
}

/// What jobs and nodes are held against.
struct Reader {
    now: SimTime,
    size: ClusterSize,
    estimates: Estimates,
}

impl Reader {
    fn nodes(&self, file: &SnapshotFile) -> Result<Vec<NodeCondition>, SnapshotError> {
        let mut conditions = vec![NodeCondition::default(); self.size.nodes as usize];
        for entry in &file.node_states {
            let Some(condition) = conditions.get_mut(entry.node as usize) else {
                let what = format!("there is no node {}", entry.node);
                return wrong(what, "nodes are numbered from 0");
            };
            // A node that is down is one that has failed, and would else be up.
            let (failed, else_is) = match entry.state {
                NodeState::Down => (true, NodeState::Up),
                state => (entry.failed, state),
            };
            *condition = NodeCondition { failed, else_is };
        }
        Ok(conditions)
    }

    fn job(&self, entry: &JobEntry) -> Result<Job, SnapshotError> {
        let number = entry.number;
        let cores = self.size.cores();
        if entry.cores == 0 || entry.cores > cores {
            let what = format!("job {number} has {} cores of {cores}", entry.cores);
            return wrong(what, "a job has at least one core, and no more than the cluster");
        }
        let submit = entry.submit_s.time();
        if submit > self.now {
            let what = format!("job {number} is submitted at {submit}, and it is {}", self.now);
            return wrong(what, "leave out what comes later: it is in the trace");
        }
        let span = |key: &str, seconds: Option<Seconds>| match seconds {
            Some(seconds) if seconds.span() < SimSpan::ZERO => {
                wrong(format!("`{key}` of job {number} is negative"), "a span is 0 or more")
            }
            seconds => Ok(seconds.map(|seconds| seconds.span())),
        };
        let walltime = span("walltime_s", entry.walltime_s)?;
        let estimate = span("estimate_s", entry.estimate_s)?;
        let run = match &entry.simulation {
            Some(hidden) => span("run_s", hidden.run_s)?.unwrap_or(SimSpan::FOREVER),
            None => match walltime.or(estimate) {
                Some(asked) => asked,
                None => {
                    let what = format!("nobody knows how long job {number} runs");
                    return wrong(what, "give it `walltime_s`, or `simulation` with `run_s`");
                }
            },
        };
        let kind = if entry.besteffort { JobKind::BestEffort } else { JobKind::Local };
        let spec = JobSpec {
            number,
            submit,
            cores: entry.cores,
            run,
            walltime,
            user: entry.user,
            queue: entry.queue,
            kind,
            exit_code: entry.simulation.as_ref().map_or(0, |hidden| hidden.exit_code),
            origin: None,
            request: entry.request.as_ref().map(|asked| self.request(number, asked)).transpose()?,
        };
        let estimate =
            estimate.unwrap_or_else(|| self.estimates.of(&spec)).max(SimSpan::from_ms(1));
        let job = Job::waiting(spec, ClusterIndex(0), estimate);
        match entry.state {
            JobState::Waiting => self.waiting(entry, job),
            _ => self.started(entry, job),
        }
    }

    fn waiting(&self, entry: &JobEntry, job: Job) -> Result<Job, SnapshotError> {
        if entry.start_s.is_some() || !entry.on.is_empty() {
            let what = format!("job {} waits, and has a start or cores", entry.number);
            return wrong(what, "give its `state`: `running`, or leave out `start_s` and `on`");
        }
        Ok(job)
    }

    fn started(&self, entry: &JobEntry, mut job: Job) -> Result<Job, SnapshotError> {
        let number = entry.number;
        let Some(start) = entry.start_s.map(|start| start.time()) else {
            let what = format!("job {number} has started, and nobody knows when");
            return wrong(what, "give it `start_s`");
        };
        job.state = entry.state;
        let promised = job.state == JobState::Promised;
        if start < job.spec.submit || (start > self.now) != promised && start != self.now {
            let what = format!("job {number} starts at {start}, which does not fit its state");
            return wrong(
                what,
                "a start is not before the submission, and after the snapshot for promised jobs only",
            );
        }
        job.start = start;
        let fits = |cores: &Intervals| {
            cores.len() == entry.cores
                && cores.as_slice().last().is_some_and(|(_, last)| *last < self.size.cores())
        };
        let Some(cores) = intervals(&entry.on).filter(fits) else {
            let JobEntry { on, cores, .. } = entry;
            let what =
                format!("job {number} is on cores `{on}`, which are not {cores} of the cluster's");
            return wrong(
                what,
                "write cores as in jobs.csv: `0-3 7`, ascending, as many as `cores` says",
            );
        };
        job.cores = cores;
        let hidden = entry.simulation.as_ref();
        let part = |pick: fn(&HiddenEntry) -> Option<Seconds>| {
            hidden.and_then(pick).map(|seconds| seconds.span())
        };
        job.latency = part(|hidden| hidden.latency_s).unwrap_or_default();
        job.cleanup = part(|hidden| hidden.cleanup_s).unwrap_or_default();
        job.kill_ordered = hidden.is_some_and(|hidden| hidden.kill_ordered);
        self.set_end(entry, &mut job)?;
        if job.state == JobState::Suspended {
            job.left = part(|hidden| hidden.left_s).unwrap_or(SimSpan::FOREVER);
            job.end = SimTime::NEVER;
            job.released = true;
        }
        Ok(job)
    }

    /// When and why a job ends: as the file says, else as its run time and walltime have it.
    fn set_end(&self, entry: &JobEntry, job: &mut Job) -> Result<(), SnapshotError> {
        let hidden = entry.simulation.as_ref();
        let told = hidden.and_then(|hidden| hidden.ends_s).map(|end| end.time());
        let limit = job.spec.walltime.map(|walltime| job.start + walltime);
        let whole = match job.spec.run {
            SimSpan::FOREVER => SimTime::NEVER,
            run => job.start + job.latency + run,
        };
        // What executes nothing, or has its end from somebody else, is told with a reason and no end.
        let open = hidden.is_some_and(|hidden| hidden.ends.is_some());
        let (end, reason) = match (told, limit) {
            (Some(end), _) => (end, EndReason::Completed),
            (None, _) if open => (SimTime::NEVER, EndReason::Completed),
            (None, Some(limit)) if limit < whole => (limit, EndReason::Walltime),
            (None, _) => (whole, EndReason::Completed),
        };
        if end < self.now && job.state == JobState::Running {
            let what =
                format!("job {} would have ended at {end}, and runs at {}", entry.number, self.now);
            return wrong(what, "its run time or walltime is over: leave it out, or give it more");
        }
        job.end = end;
        job.reason = hidden.and_then(|hidden| hidden.ends).map_or(reason, |Ends(told)| told);
        Ok(())
    }

    /// No core has two jobs, unless they may share it, and none is on a node that is not there.
    fn check_cores(
        &self,
        job: &Job,
        nodes: &[NodeCondition],
        held: &mut CoreSet,
    ) -> Result<(), SnapshotError> {
        let absent = |core: u32| {
            nodes[(core / self.size.cores_per_node) as usize].state() == NodeState::Absent
        };
        if let Some(core) = job.cores.cores().find(|core| absent(*core)) {
            let what = format!("job {} is on core {core}, whose node is absent", job.spec.number);
            return wrong(what, "put the node up, or let it drain");
        }
        let alone = matches!(job.state, JobState::Running | JobState::CleaningUp)
            && !job.spec.request.as_deref().is_some_and(JobRequest::shares);
        let taken = held.count_of(&job.cores);
        if alone && taken > 0 {
            let cores = held.intersection(&job.cores);
            let what =
                format!("job {} is on core {cores}, which another job holds", job.spec.number);
            return wrong(what, "a core has one job, unless jobs run in containers or share");
        }
        if alone {
            held.insert(&job.cores);
        }
        Ok(())
    }

    fn request(&self, number: u64, entry: &RequestEntry) -> Result<Arc<JobRequest>, SnapshotError> {
        let mut alternatives = Vec::new();
        for alternative in &entry.alternatives {
            let request = Request::parse(&alternative.request).or_else(|error| {
                wrong(format!("the request of job {number}: {error}"), "write it as for OAR's `-l`")
            })?;
            let asked = SimSpan::from_s(request.walltime_s.unwrap_or(WALLTIME_DEFAULT_S));
            let run = alternative.simulation_run_s.map_or(asked, |run| run.span());
            alternatives.push(RequestAlternative { request, run });
        }
        if alternatives.is_empty() {
            let what = format!("job {number} asks for nothing");
            return wrong(what, "give its `request` at least one of `alternatives`");
        }
        Ok(Arc::new(JobRequest {
            user: entry.user.as_str().into(),
            project: entry.project.as_str().into(),
            name: entry.name.as_str().into(),
            queue: entry.queue.as_str().into(),
            types: entry.types.iter().map(|word| JobType::parse(word)).collect(),
            properties: entry.properties.clone(),
            alternatives,
            after: entry.after.iter().map(|number| Dependency::Number(*number)).collect(),
            reservation: entry.reservation_s.map(|time| time.time()),
            checkpoint: entry.checkpoint_s.map_or(SimSpan::ZERO, |span| span.span()),
            held: entry.held,
        }))
    }
}

/// Reads `0-3 7`; `None` if it is not that.
fn intervals(text: &str) -> Option<Intervals> {
    let mut cores = Intervals::new();
    let mut next = 0;
    for word in text.split_whitespace() {
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        if first < next || first > last {
            return None;
        }
        cores.push(first, last);
        next = last.checked_add(1)?;
    }
    (!cores.is_empty()).then_some(cores)
}
