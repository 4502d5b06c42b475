//! The `mixed` load: what a site with every feature of placement asks of one pass. Filters by processor, memory
//! and switch, hierarchies, moldable jobs, three queues, five quota rules, a part of the cluster in use.

use super::jobs::{Load, LoadJob, LoadRequest, RunningJob};
use crate::oar::model::config::quotas::{Limit, QuotaSettings, Rule};
use crate::oar::model::resource::Resource;
use gleaner_oar::value::Value;
use rand::RngExt;
use rand_pcg::Pcg64Mcg;

/// Levels beside single resources, nodes and cores.
pub(super) const LABEL: &str = "switch";

/// Nodes behind one switch.
const NODES_PER_SWITCH: u32 = 32;

const MODELS: [&str; 4] = ["epyc", "gold", "phi", "xeon"];
const MEMORIES_GB: [i64; 4] = [96, 192, 384, 1536];

/// Filters as users write them; half of the jobs have none.
const FILTERS: [&str; 8] = [
    "cpumodel = 'epyc'",
    "cpumodel = 'xeon' OR cpumodel = 'gold'",
    "cpumodel <> 'phi'",
    "mem >= 192",
    "mem >= 384",
    "mem = 1536",
    "switch <> 'sw0'",
    "cpumodel = 'gold' AND mem >= 192",
];

/// What a resource of a node has beside its core number.
pub(super) fn with_properties(resource: Resource, node: u32, nodes: u32) -> Resource {
    let model = MODELS[(node * 4 / nodes.max(1)) as usize % 4];
    // A quarter of each model's nodes has much memory, some very much.
    let memory = MEMORIES_GB[[0, 0, 1, 0, 1, 2, 0, 3][node as usize % 8]];
    let switch = format!("sw{}", node / NODES_PER_SWITCH);
    resource
        .with("cpumodel", Value::Text(model.to_owned()))
        .with("mem", Value::Int(memory))
        .with(LABEL, Value::Text(switch))
}

/// Each user's resources, a project of few, all other projects, tasks, and everybody.
pub(super) fn quotas() -> QuotaSettings {
    let rules = [
        ("default,*,*,/", [Limit::PartOfAll(0.2), Limit::Fixed(60.0), Limit::Fixed(-1.0)]),
        ("default,p0,*,*", [Limit::PartOfAll(0.1), Limit::Fixed(-1.0), Limit::PartOfAll(4.0)]),
        ("besteffort,*,*,/", [Limit::PartOfAll(0.5), Limit::Fixed(400.0), Limit::Fixed(-1.0)]),
        ("admin,*,*,*", [Limit::PartOfAll(0.3), Limit::Fixed(-1.0), Limit::Fixed(-1.0)]),
        ("*,*,*,*", [Limit::PartOfAll(1.0), Limit::Fixed(-1.0), Limit::Fixed(-1.0)]),
    ];
    let rule = |(fields, limits)| Rule::parse(fields, limits).expect("there are four fields");
    QuotaSettings { rules: rules.map(rule).into(), ..QuotaSettings::default() }
}

/// A waiting job.
pub(super) fn job(load: &Load, id: u64, rng: &mut Pcg64Mcg) -> LoadJob {
    let queue = match rng.random_range(0..20) {
        0 => "admin",
        1..5 => "besteffort",
        _ => "default",
    };
    let filter =
        if rng.random_range(0..2) == 0 { "" } else { FILTERS[rng.random_range(0..FILTERS.len())] };
    let alternatives = match rng.random_range(0..20) {
        0..12 => 1,
        12..17 => 2,
        _ => 3,
    };
    let requests = (0..alternatives).map(|_| request(load, rng)).collect();
    // Few users have most of the jobs.
    let most = rng.random_range(0..40);
    let user = rng.random_range(0..=most);
    LoadJob {
        id,
        queue,
        user: format!("u{user}"),
        project: format!("p{}", user % 8),
        filter,
        requests,
    }
}

fn request(load: &Load, rng: &mut Pcg64Mcg) -> LoadRequest {
    let (nodes, cores) = (load.nodes, load.cores);
    let total = nodes.saturating_mul(cores);
    let within = nodes.min(NODES_PER_SWITCH);
    let levels = match rng.random_range(0..20) {
        0..6 => vec![("network_address", rng.random_range(1..=nodes.min(16)))],
        6..11 => vec![
            ("network_address", rng.random_range(1..=nodes.min(4))),
            ("core", rng.random_range(1..=cores)),
        ],
        11..16 => vec![("core", rng.random_range(1..=total.min(128)))],
        16..18 => vec![(LABEL, 1), ("network_address", rng.random_range(1..=within.min(8)))],
        _ => vec![
            (LABEL, 1),
            ("network_address", rng.random_range(1..=within.min(4))),
            ("core", rng.random_range(1..=cores)),
        ],
    };
    // Most people ask for round times.
    let walltime_s = match rng.random_range(0..3) {
        0 => rng.random_range(300..=86_400),
        _ => 1800 * rng.random_range(1..=48),
    };
    LoadRequest { levels, walltime_s }
}

/// Jobs under way, numbered from `first` on: owners' jobs of whole nodes and best-effort jobs of some
/// cores, on two thirds of the nodes.
pub(super) fn running(load: &Load, first: u64, rng: &mut Pcg64Mcg) -> Vec<RunningJob> {
    let mut jobs = Vec::new();
    let mut node = 0;
    while node < load.nodes {
        let kind = rng.random_range(0..3);
        let nodes = rng.random_range(1..=8).min(load.nodes - node);
        let cores = load.cores * nodes;
        // Best-effort jobs share nodes, and leave some cores.
        let (besteffort, sizes) = match kind {
            0 => (false, vec![cores]),
            1 => (true, vec![(load.cores / 2).max(1); 2 * nodes as usize - 1]),
            _ => (false, Vec::new()),
        };
        let mut resource = node * load.cores + 1;
        for count in sizes {
            jobs.push(RunningJob {
                id: first + jobs.len() as u64,
                user: format!("u{}", rng.random_range(0..40)),
                besteffort,
                resources: resource..(resource + count).min((node + nodes) * load.cores + 1),
                walltime_s: 1800 * rng.random_range(2..=48),
                since_s: rng.random_range(0..3600),
            });
            resource += count;
        }
        node += nodes;
    }
    jobs.retain(|job| !job.resources.is_empty());
    jobs
}
