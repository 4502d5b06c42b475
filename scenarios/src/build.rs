//! From a [`Scenario`] to what a World is made of: traces are read, workloads drawn, schedulers
//! chosen, and each actor gets its random stream. Must not know what is watched or written.

pub mod grid;
mod oar;
mod owners;

use std::sync::Arc;

use gleaner_sim::faults::{FaultRates, NodeFaults};
use gleaner_sim::oar::server::site::LogNames;
use gleaner_sim::scheduler::ClusterScheduler;
use gleaner_sim::textbook::catalogue::FlatCluster;
use gleaner_sim::world::ClusterSetup;
use gleaner_traces::hash::FileHash;
use gleaner_traces::workload::{Dropped, ReadOptions};

use crate::build::owners::Failing;
use crate::error::{Invalid, Problem, ScenarioError};
use crate::scenario::{
    ClusterPlan, ClusterSize, FaultPlan, Owners, Scenario, SchedulerKind, SnapshotSource,
    TraceSource,
};
use crate::snapshot::{ReadSnapshot, read_snapshot};
use crate::streams::Seed;
use crate::text;
use crate::traces::{OwnersJobs, OwnersTrace, Traces};

/// A cluster that is ready to be simulated, and what people want to know of it.
#[derive(Clone)]
pub struct BuiltCluster {
    /// What the World takes.
    pub setup: ClusterSetup,
    /// Its size.
    pub size: ClusterSize,
    /// Where its owners' jobs come from.
    pub workload: WorkloadFacts,
    /// What it begins with, if not with nothing.
    pub snapshot: Option<Beginning>,
}

/// The snapshot that a cluster begins with.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// What was read.
    pub read: ReadSnapshot,
    /// The SHA-256 of its file.
    pub hash: FileHash,
}

/// What is known of a cluster's workload beside its jobs.
#[derive(Clone, Debug, Default)]
pub struct WorkloadFacts {
    /// Name of the trace or of the model.
    pub name: String,
    /// Time zero of the trace, seconds since 1970, if its header tells.
    pub unix_start_s: Option<i64>,
    /// What reading dropped, cut and skipped.
    pub dropped: Dropped,
    /// Names of jobs where these are not numbers; then a job's number is the index here.
    pub job_names: Option<Arc<[Box<str>]>>,
    /// The SHA-256 of the trace's file, if there is one.
    pub hash: Option<FileHash>,
    /// How OAR's server calls the users and queues that are numbers in the trace.
    pub log_names: LogNames,
}

/// Takes the jobs of traces and draws the workloads of all clusters. A trace that is not among `traces` yet
/// is read. Drawn jobs are kept as long as all clusters' together are not more than the traces' may be; a
/// workload for which there is no room any more is drawn in each run, as it is needed.
pub fn build(scenario: &Scenario, traces: &Traces) -> Result<Vec<BuiltCluster>, ScenarioError> {
    let mut room = traces.jobs_kept_max();
    let one = |plan: &ClusterPlan| build_cluster(plan, scenario.seed, traces, &mut room);
    let clusters = scenario.clusters.iter().map(one).collect::<Result<Vec<_>, _>>()?;
    check_beginnings(scenario, &clusters)?;
    Ok(clusters)
}

/// Either no cluster begins with a snapshot, or all do, with those of one instant.
fn check_beginnings(scenario: &Scenario, clusters: &[BuiltCluster]) -> Result<(), ScenarioError> {
    let now = |built: &BuiltCluster| built.snapshot.as_ref().map(|begins| begins.read.snapshot.now);
    let mut begins = scenario.clusters.iter().zip(clusters.iter().map(now));
    let Some((first, Some(at))) = begins.clone().find(|(_, at)| at.is_some()) else {
        return Ok(());
    };
    let part = |plan: &ClusterPlan, message: String, hint: &str| {
        let location = plan.snapshot.as_ref().map_or(&plan.location, |from| &from.location);
        Err(location.invalid(Problem::Part { message, hint: hint.to_owned() }).into())
    };
    if scenario.until.is_some_and(|until| until <= at) {
        let message = format!("the run ends before it begins: the snapshot is of {at}");
        return part(first, message, "give a later `until` (on the command line: --until)");
    }
    match begins.find(|(_, other)| *other != Some(at)) {
        None => Ok(()),
        Some((plan, other)) => {
            let of = other.map_or("no snapshot".to_owned(), |other| format!("one of {other}"));
            let message = format!(
                "cluster `{}` begins with a snapshot of {at}, `{}` with {of}",
                first.name, plan.name
            );
            part(plan, message, "give each cluster a `snapshot` of the same instant")
        }
    }
}

/// Reads what a cluster begins with.
fn begin(
    plan: &ClusterPlan,
    from: &SnapshotSource,
    size: ClusterSize,
) -> Result<Beginning, ScenarioError> {
    let file = from.path.display().to_string();
    let (text, hash) =
        text::read_hashed(&from.path, text::SCENARIO_BYTES_MAX).map_err(|error| {
            from.location.invalid(Problem::File { file: file.clone(), reason: error.to_string() })
        })?;
    let read = read_snapshot(&text, size, plan.estimates).map_err(|error| {
        let message = format!("cannot use snapshot `{file}`: {error}");
        from.location.invalid(Problem::Part { message, hint: error.hint().to_owned() })
    })?;
    Ok(Beginning { read, hash })
}

fn build_cluster(
    plan: &ClusterPlan,
    seed: Seed,
    traces: &Traces,
    room: &mut u64,
) -> Result<BuiltCluster, ScenarioError> {
    let (size, jobs, mut workload) = match &plan.owners {
        Owners::Absent => (known_size(plan)?, OwnersJobs::default(), WorkloadFacts::default()),
        Owners::Trace(source) => {
            let trace = read_trace(plan, source, traces)?;
            take_workload(plan, &trace)?
        }
        Owners::Generated(spec) => {
            let rng = seed.stream("owners", &plan.name);
            let trace = OwnersTrace::generated(spec, rng, room).map_err(|error| {
                let hint = error.hint().to_owned();
                plan.location.invalid(Problem::Generator { message: error.to_string(), hint })
            })?;
            take_workload(plan, &trace)?
        }
    };
    let failing = plan
        .failures
        .map(|failures| Failing { failures, rng: seed.stream("job failures", &plan.name) });
    let listed = match plan.jobs.is_empty() {
        true => Vec::new(),
        false => oar::listed(plan, size, jobs.number_max() + 1)?,
    };
    if plan.scheduler == SchedulerKind::Oar {
        workload.log_names = plan.oar.names.clone();
    }
    let setup = ClusterSetup {
        name: plan.name.clone(),
        nodes: size.nodes,
        cores_per_node: size.cores_per_node,
        scheduler: scheduler(plan, size)?,
        estimates: plan.estimates,
        arrivals: owners::arrivals(&jobs, failing, listed),
        faults: faults(plan, seed),
        sizes: plan.sizes.clone(),
    };
    let snapshot = plan.snapshot.as_ref().map(|from| begin(plan, from, size)).transpose()?;
    Ok(BuiltCluster { setup, size, workload, snapshot })
}

fn known_size(plan: &ClusterPlan) -> Result<ClusterSize, Invalid> {
    let unknown = || plan.location.invalid(Problem::UnknownSize(plan.name.clone()));
    plan.size.ok_or_else(unknown)
}

fn read_trace(
    plan: &ClusterPlan,
    from: &TraceSource,
    traces: &Traces,
) -> Result<Arc<OwnersTrace>, ScenarioError> {
    let options = ReadOptions {
        clean: from.clean,
        processors: plan.size.map(ClusterSize::cores),
        lenient: from.lenient,
        rows_max: from.rows_max,
    };
    traces.read(&from.path, &options).map_err(|source| ScenarioError::Trace {
        location: from.location.clone(),
        cluster: plan.name.clone(),
        source: Box::new(source),
    })
}

type Taken = (ClusterSize, OwnersJobs, WorkloadFacts);

/// The jobs of a trace, and the machine's size from its header where the scenario is silent.
fn take_workload(plan: &ClusterPlan, trace: &OwnersTrace) -> Result<Taken, Invalid> {
    let size = match (plan.size, trace.processors) {
        (Some(size), _) => size,
        (None, Some(processors)) => {
            let (nodes, cores_per_node) = (u64::from(processors), 1);
            let bad = || plan.location.invalid(Problem::BadSize { nodes, cores_per_node });
            ClusterSize::new(nodes, cores_per_node).ok_or_else(bad)?
        }
        (None, None) => {
            return known_size(plan)
                .map(|size| (size, OwnersJobs::default(), WorkloadFacts::default()));
        }
    };
    let facts = WorkloadFacts {
        name: trace.name.clone(),
        unix_start_s: trace.unix_start_s,
        dropped: trace.dropped.clone(),
        job_names: trace.job_names.clone(),
        hash: trace.hash,
        log_names: LogNames::default(),
    };
    Ok((size, trace.jobs.clone(), facts))
}

fn scheduler(plan: &ClusterPlan, size: ClusterSize) -> Result<Box<dyn ClusterScheduler>, Invalid> {
    let ClusterPlan { rhythm, besteffort: harvest, .. } = *plan;
    match plan.scheduler {
        SchedulerKind::Textbook(entry) => {
            Ok(entry.scheduler(FlatCluster { cores: size.cores(), rhythm, harvest }))
        }
        SchedulerKind::Oar => Ok(Box::new(oar::server(plan, size)?)),
    }
}

fn faults(plan: &ClusterPlan, seed: Seed) -> NodeFaults {
    match &plan.faults {
        FaultPlan::Never => NodeFaults::Never,
        FaultPlan::Listed(changes) => NodeFaults::Listed(changes.clone()),
        FaultPlan::Rates { mean_up, mean_down } => NodeFaults::Rates(FaultRates {
            mean_up: *mean_up,
            mean_down: *mean_down,
            rng: seed.stream("node failures", &plan.name),
        }),
    }
}
