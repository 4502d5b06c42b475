//! From what a scenario says about an OAR server to the server, and from listed jobs to jobs that the
//! server has looked at. Must not know how the scenario was written.

use std::collections::BTreeMap;
use std::sync::Arc;

use gleaner_core::text::with_causes;
use gleaner_oar::order::ResourceOrder;
use gleaner_oar::request::{Amount, Request};
use gleaner_oar::value::Value;
use gleaner_sim::job::{JobKind, JobSpec};
use gleaner_sim::job_request::{Dependency, JobRequest, WALLTIME_DEFAULT_S};
use gleaner_sim::oar::model::config::{Config, Predictions};
use gleaner_sim::oar::model::error::OarError;
use gleaner_sim::oar::model::properties::Properties;
use gleaner_sim::oar::model::resource::Resource;
use gleaner_sim::oar::model::resources::Resources;
use gleaner_sim::oar::server::OarServer;
use gleaner_sim::oar::server::admission::Refusal;
use gleaner_sim::oar::server::site::Site;
use gleaner_sim::time::SimSpan;

use crate::error::{Invalid, Problem};
use crate::oar::{OarPlan, OwnersJobs};
use crate::scenario::{ClusterPlan, ClusterSize, SchedulerKind};

/// Available nearly for ever: what energy saving may switch off.
const SWITCHED: i64 = 2_147_483_646;

/// OAR's server of a cluster; in the ideal rhythm with a fixed order of resources.
pub(super) fn server(plan: &ClusterPlan, size: ClusterSize) -> Result<OarServer, Invalid> {
    let oar = &plan.oar;
    let site = Site {
        queues: oar.queues.clone(),
        names: oar.names.clone(),
        power: oar.power,
        resources: resources(oar, size),
        cores_per_node: size.cores_per_node,
    };
    for name in oar.names.queues.values() {
        if oar.queues.iter().all(|queue| queue.name != *name) {
            return Err(oar.location.invalid(Problem::Part {
                message: format!("jobs of the log go to queue `{name}`, which does not exist"),
                hint: "add it as `[[cluster.oar.queue]]`".to_owned(),
            }));
        }
    }
    let server = OarServer::of_site(site, config(oar), oar.rhythm);
    server.map_err(|error| oar.location.invalid(problem(&error)))
}

fn config(oar: &OarPlan) -> Config {
    let mut config = Config {
        compat: oar.compat,
        job_security_time_s: oar.security_time.ms() / 1000,
        job_priority: oar.priority.clone(),
        quotas: oar.quotas.clone(),
        jobs_per_round_max: Some(oar.jobs_per_pass),
        besteffort_kill_before_s: oar.besteffort_kill_before.ms() / 1000,
        reservation_timeout_s: oar.reservation_timeout.ms() / 1000,
        energy_saving: oar.energy,
        walltime_changes: oar.walltime_changes,
        ..Config::default()
    };
    let labels = &mut config.hierarchy_labels;
    labels.extend(["host", "core"].map(str::to_owned));
    labels.extend(oar.cpus_per_node.map(|_| "cpu".to_owned()));
    labels.extend(oar.gpus_per_node.map(|_| "gpu".to_owned()));
    labels.extend(oar.levels.iter().cloned());
    if !oar.rhythm.is_ideal() {
        let order = ResourceOrder::parse(Config::PACKAGED_ORDER);
        config.resource_order = order.expect("the packaged order is valid");
        config.priority_hierarchy_order = vec!["resource_id".to_owned()];
        config.predictions = Predictions::Needed;
    }
    if let Some(order) = &oar.resource_order {
        config.resource_order = order.clone();
    }
    config
}

/// A resource for each core, with all its properties.
fn resources(oar: &OarPlan, size: ClusterSize) -> Resources {
    let mut resources = Site::flat(size.nodes, size.cores_per_node).resources;
    let number = |value: u32| Value::Int(i64::from(value) + 1);
    for (core, resource) in (0..).zip(resources.iter_mut()) {
        let (node, place) = (core / size.cores_per_node, core % size.cores_per_node);
        resource.properties.set_to_node("host");
        // Numbered over the whole cluster: `cpu=1` on every node would be one block.
        for (name, parts) in [("cpu", oar.cpus_per_node), ("gpu", oar.gpus_per_node)] {
            if let Some(parts) = parts {
                let part = node * parts + place / (size.cores_per_node / parts);
                resource.properties.set(name, number(part));
            }
        }
        if oar.energy.is_some() {
            resource.available_upto = SWITCHED;
        }
        for row in &oar.properties {
            if row.nodes.iter().any(|(first, last)| (*first..=*last).contains(&node)) {
                row.set.iter().for_each(|(name, value)| set(resource, name, value));
            }
        }
    }
    // A property that only some nodes have is NULL on the others.
    let names = oar.properties.iter().flat_map(|row| row.set.keys());
    let missing: Vec<&String> = names.filter(|name| !is_own(name)).collect();
    for name in missing {
        for resource in resources.iter_mut().filter(|resource| !resource.properties.has(name)) {
            resource.properties.set(name.clone(), Value::Null);
        }
    }
    let mut before = Properties::default();
    for resource in resources.iter_mut() {
        resource.properties.share(&before);
        before = resource.properties.clone();
    }
    resources
}

fn is_own(name: &str) -> bool {
    matches!(name, "besteffort" | "deploy")
}

fn set(resource: &mut Resource, name: &str, value: &Value) {
    let yes = || matches!(value, Value::Text(text) if text == "YES");
    match name {
        "besteffort" => resource.besteffort = yes(),
        "deploy" => resource.deploy = yes(),
        _ => {
            resource.properties.set(name.to_owned(), value.clone());
        }
    }
}

fn problem(error: &OarError) -> Problem {
    let hint = error.hint().unwrap_or("see the template that `gleaner init` writes").to_owned();
    Problem::Part { message: with_causes(error), hint }
}

/// The listed jobs of a cluster, numbered from `first`, sorted by submission.
pub(super) fn listed(
    plan: &ClusterPlan,
    size: ClusterSize,
    first: u64,
) -> Result<Vec<JobSpec>, Invalid> {
    let server = match plan.scheduler {
        SchedulerKind::Oar => Some(server(plan, size)?),
        _ => None,
    };
    let mut number = first;
    let mut numbers: BTreeMap<Arc<str>, Vec<u64>> = BTreeMap::new();
    for jobs in &plan.jobs {
        let of_name = number..number + u64::from(jobs.count);
        number = of_name.end;
        numbers.entry(jobs.name.clone().unwrap_or_default()).or_default().extend(of_name);
    }
    let mut all = Vec::new();
    let mut number = first;
    for jobs in &plan.jobs {
        let after = jobs.after.iter().flat_map(|name| numbers.get(name).into_iter().flatten());
        let request = JobRequest {
            after: after.map(|number| Dependency::Number(*number)).collect(),
            ..jobs.request.clone()
        };
        for copy in 0..jobs.count {
            all.push((jobs, spec(jobs, &request, number, copy, size)));
            number += 1;
        }
    }
    // A job waits for what was submitted before it only.
    all.sort_by_key(|(_, spec)| (spec.submit, spec.number));
    let mut known = std::collections::BTreeSet::new();
    for (jobs, spec) in &mut all {
        known.insert(spec.number);
        let request = spec.request.as_deref().expect("listed jobs have a request");
        let unknown = |dependency: &Dependency| match dependency {
            Dependency::Number(number) => !known.contains(number),
            Dependency::Id(_) => false,
        };
        if request.after.iter().any(unknown) {
            return Err(jobs.location.invalid(Problem::Part {
                message: "this job waits for one that is submitted later".to_owned(),
                hint: "a job can only wait for jobs with an earlier `at`".to_owned(),
            }));
        }
        match &server {
            Some(server) if jobs_first(spec, jobs) => check(server, spec, jobs)?,
            Some(_) => {}
            None => simplify(plan, spec, jobs, size)?,
        }
    }
    Ok(all.into_iter().map(|(_, spec)| spec).collect())
}

/// Whether this is the first of several alike: one look is enough.
fn jobs_first(spec: &JobSpec, jobs: &OwnersJobs) -> bool {
    spec.submit == jobs.at
}

fn spec(
    jobs: &OwnersJobs,
    request: &JobRequest,
    number: u64,
    copy: u32,
    size: ClusterSize,
) -> JobSpec {
    let first = &request.alternatives[0];
    let kind = if request.is_besteffort() { JobKind::BestEffort } else { JobKind::Local };
    JobSpec {
        number,
        submit: jobs.at + jobs.every.times(i64::from(copy)),
        cores: guess(&first.request, size),
        run: first.run,
        walltime: Some(SimSpan::from_s(first.request.walltime_s.unwrap_or(WALLTIME_DEFAULT_S))),
        user: -1,
        queue: -1,
        kind,
        exit_code: i32::from(jobs.exit_code),
        origin: None,
        request: Some(Arc::new(request.clone())),
    }
}

/// How many cores a request is likely to get, to count it while it waits.
fn guess(request: &Request, size: ClusterSize) -> u32 {
    let group = |levels: &[(String, Amount)]| {
        let mut cores: u64 = 1;
        for (_, amount) in levels {
            let count = match amount {
                Amount::Count(count) => u64::from(*count),
                Amount::All | Amount::Best | Amount::HalfBest => u64::from(size.nodes),
            };
            cores = cores.saturating_mul(count);
        }
        let whole_nodes = levels
            .last()
            .is_some_and(|(name, _)| matches!(name.as_str(), "nodes" | "network_address" | "host"));
        if whole_nodes { cores.saturating_mul(u64::from(size.cores_per_node)) } else { cores }
    };
    let cores: u64 = request.groups.iter().map(|g| group(&g.levels)).sum();
    u32::try_from(cores.clamp(1, u64::from(size.cores()))).unwrap_or(1)
}

fn check(server: &OarServer, spec: &JobSpec, jobs: &OwnersJobs) -> Result<(), Invalid> {
    let mut alone = spec.clone();
    if let Some(request) = &mut alone.request {
        // The jobs it waits for are not there yet.
        Arc::make_mut(request).after.clear();
    }
    match server.admit(spec.submit, &alone) {
        // It waits until the scenario's end, as it does in OAR until somebody opens the queue.
        Ok(()) | Err(Refusal::ClosedQueue(_)) => Ok(()),
        Err(refusal) => Err(jobs.location.invalid(Problem::Part {
            message: with_causes(&refusal),
            hint: refusal
                .hint()
                .unwrap_or("see the template that `gleaner init` writes")
                .to_owned(),
        })),
    }
}

/// A textbook scheduler knows cores only: what asks for nothing else becomes such a job.
fn simplify(
    plan: &ClusterPlan,
    spec: &mut JobSpec,
    jobs: &OwnersJobs,
    size: ClusterSize,
) -> Result<(), Invalid> {
    let request = spec.request.take().expect("listed jobs have a request");
    let JobRequest {
        types, properties, alternatives, after, reservation, checkpoint, queue, ..
    } = &*request;
    let cores = match &alternatives[..] {
        [only] => match &only.request.groups[..] {
            [group] if group.filter.is_empty() => match &group.levels[..] {
                [(name, Amount::Count(count))] if name == "core" || name == "resource_id" => {
                    Some(*count)
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    let plain = types.is_empty()
        && properties.is_empty()
        && after.is_empty()
        && reservation.is_none()
        && *checkpoint == SimSpan::ZERO
        && &**queue == "default";
    match cores.filter(|_| plain) {
        Some(cores) if cores <= size.cores() => {
            spec.cores = cores;
            Ok(())
        }
        Some(cores) => Err(jobs.location.invalid(Problem::Part {
            message: format!("this job asks for {cores} cores of {}", size.cores()),
            hint: "ask for fewer cores, or make the cluster larger".to_owned(),
        })),
        None => Err(jobs.location.invalid(Problem::Part {
            message: format!(
                "the scheduler of cluster `{}` cannot read what this job asks for",
                plan.name
            ),
            hint: "choose `scheduler = \"oar\"`, or ask for `/core=N` and nothing else".to_owned(),
        })),
    }
}
