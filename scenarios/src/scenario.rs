//! A scenario that has been understood: every value in range, every name known. Must not know how
//! it was written, nor how it is run.

use std::path::PathBuf;

use gleaner_core::policy::spec::PolicySpec;
use gleaner_settings::location::Location;
use gleaner_sim::backend::NetworkSettings;
use gleaner_sim::faults::NodeChange;
use gleaner_sim::sizes::Sizes;
use gleaner_sim::textbook::Rhythm;
use gleaner_sim::textbook::catalogue::{TEXTBOOK, TextbookEntry};
use gleaner_sim::textbook::harvest::HarvestConfig;
use gleaner_sim::time::{SimSpan, SimTime};
use gleaner_sim::world::Estimates;
use gleaner_traces::generate::spec::GenerateSpec;
use gleaner_traces::workload::Clean;

use crate::api::ApiPlan;
use crate::failures::JobFailures;
use crate::grid::GridPlan;
use crate::oar::{OarPlan, OwnersJobs};
use crate::source::SourceFile;
use crate::streams::Seed;

/// The most cores a cluster may have.
pub const CORES_MAX: u64 = 1 << 24;

/// Something to simulate.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its file, if it is in one.
    pub file: Option<SourceFile>,
    /// Short name, for folders and headings.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// The seed of all random numbers.
    pub seed: Seed,
    /// When to stop early.
    pub until: Option<SimTime>,
    /// The clusters, in order.
    pub clusters: Vec<ClusterPlan>,
    /// The grid and its campaigns.
    pub grid: GridPlan,
}

/// A cluster of a scenario.
#[derive(Clone, Debug)]
pub struct ClusterPlan {
    /// Its name.
    pub name: String,
    /// Its size, or the most it may have; `None`: as the header of its trace says.
    pub size: Option<ClusterSize>,
    /// Who decides on it.
    pub scheduler: SchedulerKind,
    /// How often a textbook scheduler looks.
    pub rhythm: Rhythm,
    /// Settings of OAR's scheduler, used where it decides.
    pub oar: OarPlan,
    /// Where run-time estimates come from.
    pub estimates: Estimates,
    /// Where its owners' jobs come from.
    pub owners: Owners,
    /// Further owners' jobs, listed one by one.
    pub jobs: Vec<OwnersJobs>,
    /// Owners' jobs that fail by themselves.
    pub failures: Option<JobFailures>,
    /// Nodes that fail.
    pub faults: FaultPlan,
    /// Nodes that come and leave.
    pub sizes: Sizes,
    /// The file that it begins with, if it does not begin empty.
    pub snapshot: Option<SnapshotSource>,
    /// How best-effort jobs are treated.
    pub besteffort: HarvestConfig,
    /// The way from the grid to it.
    pub network: NetworkSettings,
    /// Its injection policy; `None`: the grid's.
    pub policy: Option<PolicySpec>,
    /// Its REST API, where it is emulated.
    pub api: ApiPlan,
    /// Where the scenario describes it.
    pub location: Location,
}

/// Nodes and the cores of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClusterSize {
    /// Number of nodes, at least 1.
    pub nodes: u32,
    /// Cores of each, at least 1.
    pub cores_per_node: u32,
}

impl ClusterSize {
    /// Checks that there is at least one core and no more than can be simulated.
    pub fn new(nodes: u64, cores_per_node: u64) -> Option<ClusterSize> {
        let cores = nodes.checked_mul(cores_per_node)?;
        if cores == 0 || cores > CORES_MAX {
            return None;
        }
        let nodes = u32::try_from(nodes).ok()?;
        let cores_per_node = u32::try_from(cores_per_node).ok()?;
        Some(ClusterSize { nodes, cores_per_node })
    }

    /// All cores.
    pub fn cores(self) -> u32 {
        self.nodes * self.cores_per_node
    }
}

/// A cluster scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchedulerKind {
    /// One of the textbooks'.
    Textbook(&'static TextbookEntry),
    /// OAR 3's own scheduler.
    Oar,
}

impl SchedulerKind {
    /// Returns all of them, in the order in which people should read them.
    pub fn all() -> impl Iterator<Item = SchedulerKind> {
        TEXTBOOK.iter().map(SchedulerKind::Textbook).chain([SchedulerKind::Oar])
    }

    /// Returns the name to ask for it.
    pub fn name(self) -> &'static str {
        match self {
            SchedulerKind::Textbook(entry) => entry.name,
            SchedulerKind::Oar => "oar",
        }
    }
}

/// Where the owners' jobs of a cluster come from.
#[derive(Clone, Debug)]
pub enum Owners {
    /// There are none.
    Absent,
    /// A workload trace.
    Trace(TraceSource),
    /// A workload model; its seed is not looked at, the scenario's is.
    Generated(GenerateSpec),
}

/// A trace and how it is read.
#[derive(Clone, Debug)]
pub struct TraceSource {
    /// The file.
    pub path: PathBuf,
    /// The reading rules.
    pub clean: Clean,
    /// Whether bad rows are skipped and counted instead of refused.
    pub lenient: bool,
    /// Most rows; a trace that has more is refused.
    pub rows_max: u64,
    /// Where the scenario names it.
    pub location: Location,
}

/// A snapshot that a cluster begins with.
#[derive(Clone, Debug)]
pub struct SnapshotSource {
    /// The file.
    pub path: PathBuf,
    /// Where the scenario names it.
    pub location: Location,
}

/// When nodes fail.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultPlan {
    /// Never.
    Never,
    /// As listed, relative to the origin of the trace.
    Listed(Vec<NodeChange>),
    /// At random.
    Rates {
        /// Mean time to failure of one node.
        mean_up: SimSpan,
        /// Mean time to repair.
        mean_down: SimSpan,
    },
}
