//! From a scenario file to a [`Scenario`], or to an error that points at the line. Must not know
//! how a scenario is run.

mod api;
pub mod campaigns;
mod generate;
mod jobs;
mod oar;
mod sizes;

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use gleaner_core::config::is_cluster_name;
use gleaner_core::policy::catalogue::Catalogue;
use gleaner_settings::document::Document;
use gleaner_settings::location::Location;
use gleaner_sim::faults::{NodeChange, NodeIndex};
use gleaner_sim::oar::model::config::OarCompat;
use gleaner_sim::textbook::harvest::{HarvestConfig, Latencies};
use gleaner_sim::world::Estimates;
use gleaner_traces::hash::FileHash;
use gleaner_traces::samples;
use gleaner_traces::workload::ROWS_MAX;
use toml::Spanned;

use crate::duration::{Duration, instant, span};
use crate::error::{Invalid, Problem, ScenarioError};
use crate::failures::JobFailures;
use crate::format::{
    BestEffortTable, ClusterTable, FailuresTable, NodeFailuresTable, OutageTable, OwnersTable,
    ScenarioFile,
};
use crate::library::{self, LibraryScenario};
use crate::names::Named;
use crate::scenario::{
    ClusterPlan, ClusterSize, FaultPlan, Owners, Scenario, SchedulerKind, SnapshotSource,
    TraceSource,
};
use crate::source::SourceFile;
use crate::streams::Seed;
use crate::text;

/// The most that `max_rows` may ask for.
const MAX_ROWS_MAX: u64 = 1_000_000_000;

/// The most clusters of a scenario.
const CLUSTERS_MAX: u32 = 10_000;

/// The seed of a scenario that names none.
pub const DEFAULT_SEED: Seed = Seed(1);

/// Reads the scenario file at `path`, or the scenario of the [library] that is called so where there is no such
/// file, with policies of a catalogue. Paths in a file are relative to its folder; `seed` replaces the seed it
/// names.
pub fn read_scenario(
    path: &Path,
    seed: Option<Seed>,
    catalogue: &Catalogue,
) -> Result<Scenario, ScenarioError> {
    if let Some(LibraryScenario { name, text, .. }) = in_library(path) {
        let scenario = parse_scenario(name, name, text, Path::new(""), seed, catalogue)?;
        let file = SourceFile { path: name.into(), hash: FileHash::of(text.as_bytes()) };
        return Ok(Scenario { file: Some(file), ..scenario });
    }
    let (text, hash) = text::read_hashed(path, text::SCENARIO_BYTES_MAX)
        .map_err(|source| ScenarioError::Read { path: path.to_owned(), source })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let scenario =
        parse_scenario(&name, &path.display().to_string(), &text, folder, seed, catalogue)?;
    Ok(Scenario { file: Some(SourceFile { path: path.to_owned(), hash }), ..scenario })
}

/// The scenario of the library that is meant by `path`: a file of that name comes first, a folder does not.
fn in_library(path: &Path) -> Option<&'static LibraryScenario> {
    let scenario = library::named(path.to_str()?)?;
    let is_there = path.metadata().is_ok_and(|there| !there.is_dir());
    (!is_there).then_some(scenario)
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
    let parsed = Document::parse(path.to_owned(), text);
    let (document, mut file): (_, ScenarioFile) = parsed.map_err(|e| e.map(Problem::Syntax))?;
    let reader = Reader { document, folder, catalogue };
    if file.clusters.is_empty() {
        return Err(reader.document.start().invalid(Problem::NoCluster).into());
    }
    let compat = file.oar_compat.map(|Named(compat)| compat);
    let mut clusters: Vec<ClusterPlan> = Vec::with_capacity(file.clusters.len());
    let mut names = BTreeSet::new();
    for table in std::mem::take(&mut file.clusters) {
        let count = table.get_ref().count.clone();
        let cluster = reader.cluster(table, compat)?;
        for cluster in reader.alike(cluster, count.as_ref())? {
            if !names.insert(cluster.name.clone()) {
                let problem = Problem::TwiceNamed(cluster.name);
                return Err(cluster.location.invalid(problem).into());
            }
            clusters.push(cluster);
        }
        if clusters.len() > CLUSTERS_MAX as usize {
            let last =
                clusters.last().map_or(reader.document.start(), |last| last.location.clone());
            return Err(last.invalid(Problem::TooManyClusters(CLUSTERS_MAX)).into());
        }
    }
    if let Some(title) = &file.title {
        reader.no_control("title", title, &reader.document.start())?;
    }
    let seed = seed.or(file.seed.map(Seed)).unwrap_or(DEFAULT_SEED);
    let grid = reader.grid(&mut file, seed, &mut clusters)?;
    Ok(Scenario {
        file: None,
        name: name.to_owned(),
        title: file.title.unwrap_or_else(|| name.to_owned()),
        seed,
        grid,
        until: file.until.map(instant),
        clusters,
    })
}

pub(crate) struct Reader<'a> {
    document: Document,
    folder: &'a Path,
    catalogue: &'a Catalogue,
}

impl Reader<'_> {
    /// Where a value stands.
    fn at<T>(&self, value: &Spanned<T>) -> Location {
        self.document.at(value)
    }

    fn location(&self, span: Range<usize>) -> Location {
        self.document.location(span)
    }

    /// A number within `bounds`; `usual` where the file does not give it.
    fn within<T: PartialOrd + Display + Copy>(
        &self,
        key: &'static str,
        value: Option<&Spanned<T>>,
        usual: T,
        bounds: RangeInclusive<T>,
    ) -> Result<T, Invalid> {
        self.document.within(key, value, usual, bounds).map_err(|e| e.map(Problem::Range))
    }

    /// A probability, zero where the file does not give it.
    fn probability(&self, key: &'static str, value: Option<&Spanned<f64>>) -> Result<f64, Invalid> {
        self.within(key, value, 0.0, 0.0..=1.0)
    }

    fn cluster(
        &self,
        table: Spanned<ClusterTable>,
        compat: Option<OarCompat>,
    ) -> Result<ClusterPlan, Invalid> {
        let table = table.into_inner();
        let location = self.at(&table.name);
        let name = table.name.into_inner();
        if !is_cluster_name(&name) {
            return Err(location.invalid(Problem::BadName(name)));
        }
        let size = match (&table.nodes, table.cores_per_node) {
            (None, None) => None,
            (nodes, cores) => {
                let at = nodes.as_ref().map_or_else(|| location.clone(), |n| self.at(n));
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
            return Err(location.invalid(Problem::UnknownSize(name)));
        }
        let failures = table.failures.map(|failures| self.failures(&failures)).transpose()?;
        let faults = match (table.node_failures, table.outages.first()) {
            (Some(_), Some(outage)) => {
                return Err(self.at(&outage.node).invalid(Problem::TwoFaultPlans(name)));
            }
            (Some(rates), None) => self.rates(&rates)?,
            (None, _) => self.outages(&name, size, &table.outages)?,
        };
        let sizes = self.sizes(&name, size, table.nodes_at_start.as_ref(), &table.resizes)?;
        let scheduler = table.scheduler.map_or(SchedulerKind::Oar, |Named(kind)| kind);
        if let (SchedulerKind::Oar, Some(latencies)) = (scheduler, &table.besteffort) {
            let message = "`besteffort` is a table for textbook schedulers".to_owned();
            let hint =
                "OAR's times are in `[cluster.oar.rhythm]`; or name a `scheduler`".to_owned();
            let problem = Problem::Part { message, hint };
            return Err(self.at(latencies).invalid(problem));
        }
        let compat = table.oar_compat.map(|Named(compat)| compat).or(compat);
        let oar = self.oar(&location, size, table.oar, compat)?;
        let jobs = self.jobs(table.jobs)?;
        Ok(ClusterPlan {
            size,
            scheduler,
            rhythm: table.events.map(|Named(rhythm)| rhythm).unwrap_or_default(),
            estimates: table.estimates.map_or(Estimates::Requested, |Named(estimates)| estimates),
            owners,
            failures,
            faults,
            sizes,
            snapshot: table.snapshot.map(|file| SnapshotSource {
                location: self.at(&file),
                path: self.folder.join(file.into_inner()),
            }),
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
            location,
            name,
        })
    }

    /// The cluster itself; or, if a `count` is given, so many that differ in the number behind their name, and
    /// with the name in whatever is drawn for them.
    fn alike(
        &self,
        cluster: ClusterPlan,
        count: Option<&Spanned<u32>>,
    ) -> Result<Vec<ClusterPlan>, Invalid> {
        if count.is_none() {
            return Ok(vec![cluster]);
        }
        let count = self.within("count", count, 1, 1..=CLUSTERS_MAX)?;
        let digits = count.ilog10() as usize + 1;
        let named = |number: u32| format!("{}-{number:0digits$}", cluster.name);
        if !is_cluster_name(&named(count)) {
            return Err(cluster.location.invalid(Problem::BadName(named(count))));
        }
        let numbered = (1..=count).map(|at| ClusterPlan { name: named(at), ..cluster.clone() });
        Ok(numbered.collect())
    }

    fn owners(
        &self,
        cluster: &str,
        size: Option<ClusterSize>,
        table: Spanned<OwnersTable>,
    ) -> Result<Owners, Invalid> {
        let location = self.at(&table);
        let table = table.into_inner();
        match (table.trace, table.generate) {
            (Some(trace), None) => Ok(Owners::Trace(TraceSource {
                location: self.at(&trace),
                path: self.trace(trace.into_inner()),
                clean: table.clean.map(|clean| clean.into_inner().0).unwrap_or_default(),
                lenient: table.lenient.is_some_and(Spanned::into_inner),
                rows_max: self.within(
                    "max_rows",
                    table.max_rows.as_ref(),
                    ROWS_MAX,
                    1..=MAX_ROWS_MAX,
                )?,
            })),
            (None, Some(generate)) => {
                let clean = table.clean.as_ref().map(|clean| ("clean", clean.span()));
                let lenient = table.lenient.as_ref().map(|lenient| ("lenient", lenient.span()));
                let rows = table.max_rows.as_ref().map(|rows| ("max_rows", rows.span()));
                if let Some((key, span)) = clean.or(lenient).or(rows) {
                    let cluster = cluster.to_owned();
                    return Err(self.location(span).invalid(Problem::NoTrace { cluster, key }));
                }
                Ok(Owners::Generated(self.generate(cluster, size, &generate)?))
            }
            (Some(_), Some(_)) => Err(location.invalid(Problem::TwoSources(cluster.to_owned()))),
            (None, None) => Err(location.invalid(Problem::NoSource(cluster.to_owned()))),
        }
    }

    /// Where the trace is that a file names: relative to its folder, if it is no sample.
    fn trace(&self, named: String) -> PathBuf {
        let path = PathBuf::from(named);
        if samples::asked(&path).is_some() { path } else { self.folder.join(path) }
    }

    fn failures(&self, table: &FailuresTable) -> Result<JobFailures, Invalid> {
        let exit_code = table.exit_code.as_ref();
        Ok(JobFailures {
            probability: self.probability("probability", Some(&table.probability))?,
            exit_code: self.within("exit_code", exit_code, 1, 1..=u8::MAX)?,
        })
    }

    fn rates(&self, table: &NodeFailuresTable) -> Result<FaultPlan, Invalid> {
        let mean = |key, time: &Spanned<Duration>| {
            if time.get_ref().ms() == 0 {
                return Err(self.at(time).invalid(Problem::ZeroTime { key }));
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
    ) -> Result<FaultPlan, Invalid> {
        let mut changes = Vec::new();
        for OutageTable { node: node_key, down, up } in outages {
            let (location, node) = (self.at(node_key), *node_key.get_ref());
            let cluster = cluster.to_owned();
            match size {
                None => return Err(location.invalid(Problem::UnknownSize(cluster))),
                Some(ClusterSize { nodes, .. }) if node >= nodes => {
                    return Err(location.invalid(Problem::NoSuchNode { cluster, nodes, node }));
                }
                Some(_) => {}
            }
            if let Some(up) = up.as_ref().filter(|up| up.get_ref() <= down) {
                return Err(self.at(up).invalid(Problem::UpBeforeDown { node }));
            }
            let change = |time: Duration, up: bool| NodeChange {
                time: instant(time),
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
