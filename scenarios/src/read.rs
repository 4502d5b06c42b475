//! From a scenario file to a [`Scenario`], or to an error that points at the line. Must not know
//! how a scenario is run.

pub mod campaigns;

use std::path::Path;
use std::sync::Arc;

use gleaner_sim::faults::{NodeChange, NodeIndex};
use gleaner_sim::textbook::harvest::{HarvestConfig, Latencies};
use gleaner_sim::time::{SimSpan, SimTime};
use gleaner_sim::world::Estimates;
use gleaner_traces::generate::poisson::PoissonParams;
use gleaner_traces::generate::spec::{GenerateSpec, Model};
use toml::Spanned;

use crate::duration::Duration;
use crate::error::{Place, Problem, ScenarioError, Source};
use crate::format::{
    BestEffortTable, ClusterTable, FailuresTable, GenerateTable, NodeFailuresTable, OutageTable,
    OwnersTable, ScenarioFile,
};
use crate::names::{Law, Named};
use crate::scenario::{
    ClusterPlan, ClusterSize, FaultPlan, JobFailures, Owners, Scenario, SchedulerKind, TraceSource,
};
use crate::streams::Seed;

/// The seed of a scenario that names none.
pub const DEFAULT_SEED: Seed = Seed(1);

/// Reads the scenario file at `path`. Paths in it are relative to its folder; `seed` replaces the
/// seed it names.
pub fn read_scenario(path: &Path, seed: Option<Seed>) -> Result<Scenario, ScenarioError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ScenarioError::Read { path: path.to_owned(), source })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    parse_scenario(&name, &path.display().to_string(), &text, folder, seed)
}

/// Understands the `text` of the scenario file `path`; paths in it are relative to `folder`;
/// `seed` replaces the seed it names.
pub fn parse_scenario(
    name: &str,
    path: &str,
    text: &str,
    folder: &Path,
    seed: Option<Seed>,
) -> Result<Scenario, ScenarioError> {
    let source = Arc::new(Source { path: path.to_owned(), text: text.to_owned() });
    let mut file: ScenarioFile = toml::from_str(text).map_err(|error| {
        let place = Place::new(&source, error.span().unwrap_or(0..0));
        place.invalid(Problem::Syntax(error.message().to_owned()))
    })?;
    let reader = Reader { source, folder };
    if file.clusters.is_empty() {
        return Err(reader.place(0..0).invalid(Problem::NoCluster));
    }
    let mut clusters: Vec<ClusterPlan> = Vec::with_capacity(file.clusters.len());
    for table in std::mem::take(&mut file.clusters) {
        let cluster = reader.cluster(table)?;
        if clusters.iter().any(|other| other.name == cluster.name) {
            return Err(cluster.place.invalid(Problem::TwiceNamed(cluster.name.clone())));
        }
        clusters.push(cluster);
    }
    let seed = seed.or(file.seed.map(Seed)).unwrap_or(DEFAULT_SEED);
    let grid = reader.grid(&mut file, seed, &mut clusters)?;
    Ok(Scenario {
        name: name.to_owned(),
        title: file.title.unwrap_or_else(|| name.to_owned()),
        seed,
        grid,
        until: file.until.map(|until| SimTime::from_ms(until.ms())),
        clusters,
    })
}

/// Whether `name` can stand in file names, metric paths and URLs.
pub fn is_cluster_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() <= 64
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

pub(crate) struct Reader<'a> {
    source: Arc<Source>,
    folder: &'a Path,
}

impl Reader<'_> {
    fn place(&self, span: std::ops::Range<usize>) -> Place {
        Place::new(&self.source, span)
    }

    fn cluster(&self, table: Spanned<ClusterTable>) -> Result<ClusterPlan, ScenarioError> {
        let table = table.into_inner();
        let place = self.place(table.name.span());
        let name = table.name.into_inner();
        if !is_cluster_name(&name) {
            return Err(place.invalid(Problem::BadName(name)));
        }
        let size = match (&table.nodes, table.cores_per_node) {
            (None, None) => None,
            (nodes, cores) => {
                let at = nodes.as_ref().map_or_else(|| place.clone(), |n| self.place(n.span()));
                let (nodes, cores_per_node) =
                    (nodes.as_ref().map_or(1, |n| *n.get_ref()), cores.unwrap_or(1));
                let bad = || at.invalid(Problem::BadSize { nodes, cores_per_node });
                Some(ClusterSize::new(nodes, cores_per_node).ok_or_else(bad)?)
            }
        };
        let owners = match table.owners {
            None => Owners::Absent,
            Some(owners) => self.owners(&name, size, owners)?,
        };
        if size.is_none() && !matches!(owners, Owners::Trace(_)) {
            return Err(place.invalid(Problem::UnknownSize(name)));
        }
        let failures = table.failures.map(|failures| self.failures(&failures)).transpose()?;
        let faults = match (table.node_failures, table.outages.first()) {
            (Some(_), Some(outage)) => {
                return Err(self.place(outage.span()).invalid(Problem::TwoFaultPlans(name)));
            }
            (Some(rates), None) => self.rates(&rates)?,
            (None, _) => self.outages(&name, size, &table.outages)?,
        };
        Ok(ClusterPlan {
            size,
            scheduler: table.scheduler.map_or(SchedulerKind::Easy, |Named(kind)| kind),
            rhythm: table.events.map(|Named(rhythm)| rhythm).unwrap_or_default(),
            estimates: table.estimates.map_or(Estimates::Requested, |Named(estimates)| estimates),
            owners,
            failures,
            faults,
            besteffort: table.besteffort.map(besteffort).unwrap_or_default(),
            network: table
                .network
                .map(|table| self.network(&table))
                .transpose()?
                .unwrap_or_default(),
            policy: None,
            place,
            name,
        })
    }

    fn owners(
        &self,
        cluster: &str,
        size: Option<ClusterSize>,
        table: Spanned<OwnersTable>,
    ) -> Result<Owners, ScenarioError> {
        let place = self.place(table.span());
        let table = table.into_inner();
        match (table.trace, table.generate) {
            (Some(trace), None) => Ok(Owners::Trace(TraceSource {
                path: self.folder.join(trace.into_inner()),
                clean: table.clean.map(|clean| clean.into_inner().0).unwrap_or_default(),
                lenient: table.lenient.is_some_and(Spanned::into_inner),
            })),
            (None, Some(generate)) => {
                let clean = table.clean.as_ref().map(|clean| ("clean", clean.span()));
                let lenient = table.lenient.as_ref().map(|lenient| ("lenient", lenient.span()));
                if let Some((key, span)) = clean.or(lenient) {
                    let cluster = cluster.to_owned();
                    return Err(self.place(span).invalid(Problem::NoTrace { cluster, key }));
                }
                Ok(Owners::Generated(self.generate(cluster, size, generate)?))
            }
            (Some(_), Some(_)) => Err(place.invalid(Problem::TwoSources(cluster.to_owned()))),
            (None, None) => Err(place.invalid(Problem::NoSource(cluster.to_owned()))),
        }
    }

    fn generate(
        &self,
        cluster: &str,
        size: Option<ClusterSize>,
        table: Spanned<GenerateTable>,
    ) -> Result<GenerateSpec, ScenarioError> {
        let place = self.place(table.span());
        let unknown = || place.invalid(Problem::UnknownSize(cluster.to_owned()));
        let spec = generate_spec(table.into_inner(), size.ok_or_else(unknown)?.cores());
        spec.validate().map_err(|error| {
            let hint = error.hint().to_owned();
            place.invalid(Problem::Generator { message: error.to_string(), hint })
        })?;
        Ok(spec)
    }

    fn failures(&self, table: &Spanned<FailuresTable>) -> Result<JobFailures, ScenarioError> {
        let FailuresTable { probability, exit_code } = *table.get_ref();
        let range = |key, value, range| {
            Err(self.place(table.span()).invalid(Problem::Range { key, value, range }))
        };
        if !(0.0..=1.0).contains(&probability) {
            return range("probability", probability, "0 to 1");
        }
        if exit_code == 0 {
            return range("exit_code", 0.0, "1 to 255");
        }
        Ok(JobFailures { probability, exit_code })
    }

    fn rates(&self, table: &Spanned<NodeFailuresTable>) -> Result<FaultPlan, ScenarioError> {
        let NodeFailuresTable { mean_time_to_failure, mean_time_to_repair } = *table.get_ref();
        for (key, time) in [
            ("mean_time_to_failure", mean_time_to_failure),
            ("mean_time_to_repair", mean_time_to_repair),
        ] {
            if time.ms() == 0 {
                return Err(self.place(table.span()).invalid(Problem::ZeroTime { key }));
            }
        }
        Ok(FaultPlan::Rates {
            mean_up: span(mean_time_to_failure),
            mean_down: span(mean_time_to_repair),
        })
    }

    fn outages(
        &self,
        cluster: &str,
        size: Option<ClusterSize>,
        outages: &[Spanned<OutageTable>],
    ) -> Result<FaultPlan, ScenarioError> {
        let mut changes = Vec::new();
        for outage in outages {
            let place = self.place(outage.span());
            let OutageTable { node, down, up } = *outage.get_ref();
            let cluster = cluster.to_owned();
            if let Some(ClusterSize { nodes, .. }) = size.filter(|size| node >= size.nodes) {
                return Err(place.invalid(Problem::NoSuchNode { cluster, nodes, node }));
            }
            if size.is_none() {
                return Err(place.invalid(Problem::UnknownSize(cluster)));
            }
            if up.is_some_and(|up| up <= down) {
                return Err(place.invalid(Problem::UpBeforeDown { node }));
            }
            let change = |time: Duration, up: bool| NodeChange {
                time: SimTime::from_ms(time.ms()),
                node: NodeIndex(node),
                up,
            };
            changes.push(change(down, false));
            changes.extend(up.map(|up| change(up, true)));
        }
        Ok(if changes.is_empty() { FaultPlan::Never } else { FaultPlan::Listed(changes) })
    }
}

fn besteffort(table: BestEffortTable) -> HarvestConfig {
    let latency = |duration: Option<Duration>| duration.map(span).unwrap_or_default();
    HarvestConfig {
        victims: table.victims.map(|Named(victims)| victims).unwrap_or_default(),
        latencies: Latencies {
            start: latency(table.start_latency),
            cleanup: latency(table.cleanup_latency),
            kill: latency(table.kill_latency),
        },
    }
}

pub(crate) fn span(duration: Duration) -> SimSpan {
    SimSpan::from_ms(duration.ms())
}

/// The generator's parameters; the seed stays open, the scenario's is used.
fn generate_spec(table: GenerateTable, processors: u32) -> GenerateSpec {
    let (model, jobs, load, excess, users) = match table {
        GenerateTable::Lublin { class, jobs, load, estimates, users } => {
            let class = class.map(|Named(class)| class).unwrap_or_default();
            (Model::Lublin(class), jobs, load, estimates, users)
        }
        GenerateTable::Poisson {
            mean_gap,
            runtime: Law(runtime),
            sizes: Law(sizes),
            daily_cycle,
            jobs,
            load,
            estimates,
            users,
        } => {
            let mean_gap_s = mean_gap.ms() as f64 / 1000.0;
            let daily = daily_cycle.unwrap_or(false);
            let params = PoissonParams { mean_gap_s, daily, runtime, sizes };
            (Model::Poisson(params), jobs, load, estimates, users)
        }
    };
    GenerateSpec { model, jobs, processors, seed: 0, load, excess, users: users.unwrap_or(0) }
}
