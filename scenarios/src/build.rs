//! From a [`Scenario`] to what a World is made of: traces are read, workloads drawn, schedulers
//! chosen, and each actor gets its stream of chance. Must not know what is watched or written.

pub mod grid;
mod oar;

use gleaner_sim::faults::{FaultRates, NodeFaults};
use gleaner_sim::job::{JobKind, JobSpec};
use gleaner_sim::oar::server::site::LogNames;
use gleaner_sim::scheduler::ClusterScheduler;
use gleaner_sim::textbook::Textbook;
use gleaner_sim::textbook::conservative::Conservative;
use gleaner_sim::textbook::easy::{BackfillOrder, Easy};
use gleaner_sim::textbook::fcfs::Fcfs;
use gleaner_sim::textbook::ground::Ground;
use gleaner_sim::time::{SimSpan, SimTime};
use gleaner_sim::world::ClusterSetup;
use gleaner_traces::open::read_workload;
use gleaner_traces::workload::{Dropped, ReadOptions, Workload, WorkloadJob};
use rand::RngExt;

use crate::error::{Problem, ScenarioError};
use crate::failures::JobFailures;
use crate::scenario::{
    ClusterPlan, ClusterSize, FaultPlan, Owners, Scenario, SchedulerKind, TraceSource,
};
use crate::streams::Seed;

/// A cluster that is ready to be simulated, and what people want to know of it.
pub struct BuiltCluster {
    /// What the World takes.
    pub setup: ClusterSetup,
    /// Its size.
    pub size: ClusterSize,
    /// Where its owners' jobs come from.
    pub workload: WorkloadFacts,
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
    pub job_names: Option<Vec<Box<str>>>,
    /// How OAR's server calls the users and queues that are numbers in the trace.
    pub log_names: LogNames,
}

/// Reads the traces and draws the workloads of all clusters.
pub fn build(scenario: &Scenario) -> Result<Vec<BuiltCluster>, ScenarioError> {
    scenario.clusters.iter().map(|plan| build_cluster(plan, scenario.seed)).collect()
}

fn build_cluster(plan: &ClusterPlan, seed: Seed) -> Result<BuiltCluster, ScenarioError> {
    let (size, jobs, mut workload) = match &plan.owners {
        Owners::Absent => (known_size(plan)?, Vec::new(), WorkloadFacts::default()),
        Owners::Trace(source) => {
            let trace = read_trace(plan, source)?;
            take_workload(plan, trace)?
        }
        Owners::Generated(spec) => {
            let chance = &mut seed.stream("owners", &plan.name);
            let trace = spec.generate_with(chance).map_err(|error| {
                let hint = error.hint().to_owned();
                plan.place.invalid(Problem::Generator { message: error.to_string(), hint })
            })?;
            take_workload(plan, trace)?
        }
    };
    let mut arrivals: Vec<JobSpec> = jobs.iter().map(arrival).collect();
    if let Some(failures) = plan.failures {
        let_some_fail(&mut arrivals, failures, seed, &plan.name);
    }
    if !plan.jobs.is_empty() {
        let first = arrivals.iter().map(|spec| spec.number + 1).max().unwrap_or(1);
        arrivals.extend(oar::listed(plan, size, first)?);
        arrivals.sort_by_key(|spec| spec.submit);
    }
    if plan.scheduler == SchedulerKind::Oar {
        workload.log_names = plan.oar.names.clone();
    }
    let setup = ClusterSetup {
        name: plan.name.clone(),
        nodes: size.nodes,
        cores_per_node: size.cores_per_node,
        scheduler: scheduler(plan, size)?,
        estimates: plan.estimates,
        arrivals,
        faults: faults(plan, seed),
    };
    Ok(BuiltCluster { setup, size, workload })
}

fn known_size(plan: &ClusterPlan) -> Result<ClusterSize, ScenarioError> {
    let unknown = || plan.place.invalid(Problem::UnknownSize(plan.name.clone()));
    plan.size.ok_or_else(unknown)
}

fn read_trace(plan: &ClusterPlan, from: &TraceSource) -> Result<Workload, ScenarioError> {
    let options = ReadOptions {
        clean: from.clean,
        processors: plan.size.map(ClusterSize::cores),
        lenient: from.lenient,
        rows_max: from.rows_max,
    };
    read_workload(&from.path, &options).map_err(|source| ScenarioError::Trace {
        place: from.place.clone(),
        cluster: plan.name.clone(),
        source: Box::new(source),
    })
}

type Taken = (ClusterSize, Vec<WorkloadJob>, WorkloadFacts);

/// The jobs of a trace, and the machine's size from its header where the scenario is silent.
fn take_workload(plan: &ClusterPlan, trace: Workload) -> Result<Taken, ScenarioError> {
    let size = match (plan.size, trace.max_procs) {
        (Some(size), _) => size,
        (None, Some(processors)) => {
            let (nodes, cores_per_node) = (u64::from(processors), 1);
            let bad = || plan.place.invalid(Problem::BadSize { nodes, cores_per_node });
            ClusterSize::new(nodes, cores_per_node).ok_or_else(bad)?
        }
        (None, None) => {
            return known_size(plan).map(|size| (size, Vec::new(), WorkloadFacts::default()));
        }
    };
    let facts = WorkloadFacts {
        name: trace.name,
        unix_start_s: trace.unix_start_s,
        dropped: trace.dropped,
        job_names: trace.names,
        log_names: LogNames::default(),
    };
    Ok((size, trace.jobs, facts))
}

fn arrival(job: &WorkloadJob) -> JobSpec {
    JobSpec {
        number: job.id,
        submit: SimTime::from_ms(job.submit_ms),
        cores: job.procs,
        run: SimSpan::from_ms(job.run_ms),
        walltime: job.walltime_ms.map(SimSpan::from_ms),
        user: job.user,
        queue: job.queue,
        kind: JobKind::Local,
        exit_code: job.exit_code,
        origin: None,
        ask: None,
    }
}

/// Draws which owners' jobs fail, by a stream of the cluster's own.
fn let_some_fail(jobs: &mut [JobSpec], failures: JobFailures, seed: Seed, cluster: &str) {
    let mut chance = seed.stream("job failures", cluster);
    for job in jobs {
        let drawn: f64 = chance.random();
        if drawn < failures.probability {
            job.exit_code = i32::from(failures.exit_code);
        }
    }
}

fn scheduler(
    plan: &ClusterPlan,
    size: ClusterSize,
) -> Result<Box<dyn ClusterScheduler>, ScenarioError> {
    let cores = size.cores();
    let ground = Ground::new(cores, plan.besteffort);
    let rhythm = plan.rhythm;
    Ok(match plan.scheduler {
        SchedulerKind::Fcfs => Box::new(Textbook::new(Fcfs::default(), rhythm, ground)),
        SchedulerKind::Easy => {
            Box::new(Textbook::new(Easy::new(BackfillOrder::Arrival), rhythm, ground))
        }
        SchedulerKind::EasySjbf => {
            Box::new(Textbook::new(Easy::new(BackfillOrder::ShortestFirst), rhythm, ground))
        }
        SchedulerKind::Conservative => {
            Box::new(Textbook::new(Conservative::new(cores), rhythm, ground))
        }
        SchedulerKind::Oar => Box::new(oar::server(plan, size)?),
    })
}

fn faults(plan: &ClusterPlan, seed: Seed) -> NodeFaults {
    match &plan.faults {
        FaultPlan::Never => NodeFaults::Never,
        FaultPlan::Listed(changes) => NodeFaults::Listed(changes.clone()),
        FaultPlan::Rates { mean_up, mean_down } => NodeFaults::Rates(FaultRates {
            mean_up: *mean_up,
            mean_down: *mean_down,
            chance: seed.stream("node failures", &plan.name),
        }),
    }
}
