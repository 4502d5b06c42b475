//! From a scenario file to a [`Scenario`], or to an error that points at the line. Must not know
//! how a scenario is run.

mod api;
pub mod campaigns;
mod generate;
mod jobs;
mod oar;

use std::path::Path;
use std::sync::Arc;

use gleaner_core::policy::catalogue::Catalogue;
use gleaner_sim::faults::{NodeChange, NodeIndex};
use gleaner_sim::oar::model::config::OarCompat;
use gleaner_sim::textbook::harvest::{HarvestConfig, Latencies};
use gleaner_sim::time::{SimSpan, SimTime};
use gleaner_sim::world::Estimates;
use gleaner_traces::workload::ROWS_MAX;
use toml::Spanned;

use crate::duration::Duration;
use crate::error::{Place, Problem, ScenarioError, Source};
use crate::failures::JobFailures;
use crate::format::{
    BestEffortTable, ClusterTable, FailuresTable, NodeFailuresTable, OutageTable, OwnersTable,
    ScenarioFile,
};
use crate::names::Named;
use crate::scenario::{
    ClusterPlan, ClusterSize, FaultPlan, Owners, Scenario, SchedulerKind, TraceSource,
};
use crate::source::SourceFile;
use crate::streams::Seed;
use crate::text;

/// The most that `max_rows` may ask for.
const MAX_ROWS_MAX: u64 = 1_000_000_000;

/// The seed of a scenario that names none.
pub const DEFAULT_SEED: Seed = Seed(1);

/// Reads the scenario file at `path`, with policies of a catalogue. Paths in it are relative to its
/// folder; `seed` replaces the seed it names.
pub fn read_scenario(
    path: &Path,
    seed: Option<Seed>,
    catalogue: &Catalogue,
) -> Result<Scenario, ScenarioError> {
    let (text, hash) = text::read_hashed(path, text::SCENARIO_BYTES_MAX)
        .map_err(|source| ScenarioError::Read { path: path.to_owned(), source })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let scenario =
        parse_scenario(&name, &path.display().to_string(), &text, folder, seed, catalogue)?;
    Ok(Scenario { file: Some(SourceFile { path: path.to_owned(), hash }), ..scenario })
}

/// Understands the `text` of the scenario file `path`; paths in it are relative to `folder`;
/// `seed` replaces the seed it names.
pub fn parse_scenario(
    name: &str,
    path: &str,
    text: &str,
    folder: &Path,
    seed: Option<Seed>,
    catalogue: &Catalogue,
) -> Result<Scenario, ScenarioError> {
    let source = Arc::new(Source { path: path.to_owned(), text: text.to_owned() });
    let mut file: ScenarioFile = toml::from_str(text).map_err(|error| {
        let place = Place::new(&source, error.span().unwrap_or(0..0));
        place.invalid(Problem::Syntax(plain_words(error.message())))
    })?;
    let reader = Reader { source, folder, catalogue };
    if file.clusters.is_empty() {
        return Err(reader.place(0..0).invalid(Problem::NoCluster));
    }
    let compat = file.oar_compat.map(|Named(compat)| compat);
    let mut clusters: Vec<ClusterPlan> = Vec::with_capacity(file.clusters.len());
    for table in std::mem::take(&mut file.clusters) {
        let cluster = reader.cluster(table, compat)?;
        if clusters.iter().any(|other| other.name == cluster.name) {
            return Err(cluster.place.invalid(Problem::TwiceNamed(cluster.name.clone())));
        }
        clusters.push(cluster);
    }
    if let Some(title) = &file.title {
        reader.no_control("title", title, &reader.place(0..0))?;
    }
    let seed = seed.or(file.seed.map(Seed)).unwrap_or(DEFAULT_SEED);
    let grid = reader.grid(&mut file, seed, &mut clusters)?;
    Ok(Scenario {
        file: None,
        name: name.to_owned(),
        title: file.title.unwrap_or_else(|| name.to_owned()),
        seed,
        grid,
        until: file.until.map(|until| SimTime::from_ms(until.ms())),
        clusters,
    })
}

/// The parser's message without the names of our types.
fn plain_words(message: &str) -> String {
    let types = [
        ("expected u8", "expected a whole number from 0 to 255"),
        ("expected u32", "expected a whole number from 0 to 4294967295"),
        ("expected u64", "expected a whole number, 0 or more"),
        ("expected f64", "expected a number"),
        ("expected a string", "expected a text in quotes"),
        ("expected a boolean", "expected `true` or `false`"),
    ];
    let known = types.iter().find(|(ours, _)| message.ends_with(ours));
    known.map_or_else(|| message.to_owned(), |(ours, plain)| message.replace(ours, plain))
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
    catalogue: &'a Catalogue,
}

impl Reader<'_> {
    fn place(&self, span: std::ops::Range<usize>) -> Place {
        Place::new(&self.source, span)
    }

    fn cluster(
        &self,
        table: Spanned<ClusterTable>,
        compat: Option<OarCompat>,
    ) -> Result<ClusterPlan, ScenarioError> {
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
                return Err(self.place(outage.node.span()).invalid(Problem::TwoFaultPlans(name)));
            }
            (Some(rates), None) => self.rates(&rates)?,
            (None, _) => self.outages(&name, size, &table.outages)?,
        };
        let scheduler = table.scheduler.map_or(SchedulerKind::Oar, |Named(kind)| kind);
        if let (SchedulerKind::Oar, Some(latencies)) = (scheduler, &table.besteffort) {
            let message = "`besteffort` is a table for textbook schedulers".to_owned();
            let hint =
                "OAR's times are in `[cluster.oar.rhythm]`; or name a `scheduler`".to_owned();
            let problem = Problem::Part { message, hint };
            return Err(self.place(latencies.span()).invalid(problem));
        }
        let compat = table.oar_compat.map(|Named(compat)| compat).or(compat);
        let oar = self.oar(&place, size, table.oar, compat)?;
        let jobs = self.jobs(table.jobs)?;
        Ok(ClusterPlan {
            size,
            scheduler,
            rhythm: table.events.map(|Named(rhythm)| rhythm).unwrap_or_default(),
            estimates: table.estimates.map_or(Estimates::Requested, |Named(estimates)| estimates),
            owners,
            failures,
            faults,
            besteffort: table
                .besteffort
                .map(Spanned::into_inner)
                .map(besteffort)
                .unwrap_or_default(),
            network: table
                .network
                .map(|table| self.network(&table))
                .transpose()?
                .unwrap_or_default(),
            policy: None,
            oar,
            jobs,
            api: self.api(
                table.dialect,
                table.execute,
                table.task_runtime.as_ref(),
                table.api_faults.as_ref(),
            )?,
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
                place: self.place(trace.span()),
                path: self.folder.join(trace.into_inner()),
                clean: table.clean.map(|clean| clean.into_inner().0).unwrap_or_default(),
                lenient: table.lenient.is_some_and(Spanned::into_inner),
                rows_max: self.rows_max(table.max_rows.as_ref())?,
            })),
            (None, Some(generate)) => {
                let clean = table.clean.as_ref().map(|clean| ("clean", clean.span()));
                let lenient = table.lenient.as_ref().map(|lenient| ("lenient", lenient.span()));
                let rows = table.max_rows.as_ref().map(|rows| ("max_rows", rows.span()));
                if let Some((key, span)) = clean.or(lenient).or(rows) {
                    let cluster = cluster.to_owned();
                    return Err(self.place(span).invalid(Problem::NoTrace { cluster, key }));
                }
                Ok(Owners::Generated(self.generate(cluster, size, &generate)?))
            }
            (Some(_), Some(_)) => Err(place.invalid(Problem::TwoSources(cluster.to_owned()))),
            (None, None) => Err(place.invalid(Problem::NoSource(cluster.to_owned()))),
        }
    }

    fn rows_max(&self, given: Option<&Spanned<u64>>) -> Result<u64, ScenarioError> {
        match given {
            None => Ok(ROWS_MAX),
            Some(rows) if (1..=MAX_ROWS_MAX).contains(rows.get_ref()) => Ok(*rows.get_ref()),
            Some(rows) => {
                let (key, value) = ("max_rows", *rows.get_ref() as f64);
                let range = "1 to 1000000000";
                Err(self.place(rows.span()).invalid(Problem::Range { key, value, range }))
            }
        }
    }

    fn failures(&self, table: &FailuresTable) -> Result<JobFailures, ScenarioError> {
        let (probability, at) = (*table.probability.get_ref(), table.probability.span());
        let range = |at, key, value, range| {
            Err(self.place(at).invalid(Problem::Range { key, value, range }))
        };
        if !(0.0..=1.0).contains(&probability) {
            return range(at, "probability", probability, "0 to 1");
        }
        match &table.exit_code {
            None => Ok(JobFailures { probability, exit_code: 1 }),
            Some(code) if *code.get_ref() == 0 => range(code.span(), "exit_code", 0.0, "1 to 255"),
            Some(code) => Ok(JobFailures { probability, exit_code: *code.get_ref() }),
        }
    }

    fn rates(&self, table: &NodeFailuresTable) -> Result<FaultPlan, ScenarioError> {
        let mean = |key, time: &Spanned<Duration>| {
            if time.get_ref().ms() == 0 {
                return Err(self.place(time.span()).invalid(Problem::ZeroTime { key }));
            }
            Ok(span(*time.get_ref()))
        };
        Ok(FaultPlan::Rates {
            mean_up: mean("mean_time_to_failure", &table.mean_time_to_failure)?,
            mean_down: mean("mean_time_to_repair", &table.mean_time_to_repair)?,
        })
    }

    fn outages(
        &self,
        cluster: &str,
        size: Option<ClusterSize>,
        outages: &[OutageTable],
    ) -> Result<FaultPlan, ScenarioError> {
        let mut changes = Vec::new();
        for OutageTable { node: node_key, down, up } in outages {
            let (place, node) = (self.place(node_key.span()), *node_key.get_ref());
            let cluster = cluster.to_owned();
            match size {
                None => return Err(place.invalid(Problem::UnknownSize(cluster))),
                Some(ClusterSize { nodes, .. }) if node >= nodes => {
                    return Err(place.invalid(Problem::NoSuchNode { cluster, nodes, node }));
                }
                Some(_) => {}
            }
            if let Some(up) = up.as_ref().filter(|up| up.get_ref() <= down) {
                return Err(self.place(up.span()).invalid(Problem::UpBeforeDown { node }));
            }
            let change = |time: Duration, up: bool| NodeChange {
                time: SimTime::from_ms(time.ms()),
                node: NodeIndex(node),
                up,
            };
            changes.push(change(*down, false));
            changes.extend(up.as_ref().map(|up| change(*up.get_ref(), true)));
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
