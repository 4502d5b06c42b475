//! Everything that a run needs, made once and never changed: many runs may begin with it, on many threads.
//! Must not know how a run goes.

use std::sync::Arc;

use gleaner_core::policy::catalogue::Catalogue;
use gleaner_reports::delay::Baseline;
use gleaner_reports::record::{CampaignInfo, ClusterInfo, RunInfo};
use gleaner_reports::recorder::RecorderOptions;
use gleaner_scenarios::build::grid::{BuiltCampaign, BuiltGrid, build_grid};
use gleaner_scenarios::build::{BuiltCluster, build};
use gleaner_scenarios::error::ScenarioError;
use gleaner_scenarios::scenario::{ClusterPlan, Scenario};
use gleaner_scenarios::traces::Traces;
use gleaner_sim::backend::{GridSetup, SimBackend};
use gleaner_sim::cause::Cause;
use gleaner_sim::observer::Observer;
use gleaner_sim::snapshot::Snapshot;
use gleaner_sim::time::SimTime;

/// A scenario that is ready to be run.
#[derive(Clone)]
pub struct Built {
    scenario: Arc<Scenario>,
    clusters: Arc<[BuiltCluster]>,
    grid: BuiltGrid,
    info: Arc<RunInfo>,
    catalogue: Arc<Catalogue>,
    baseline: Option<Arc<Baseline>>,
    /// What all clusters begin with, if not with nothing.
    snapshot: Option<Arc<Snapshot>>,
}

impl Built {
    /// Makes ready what `scenario` describes: takes the jobs of its traces from `traces`, which reads those
    /// that it does not hold yet, draws workloads, and reads the campaigns' job descriptions. Injection
    /// policies are those of `catalogue`.
    ///
    /// # Errors
    /// What cannot be read, or contradicts the clusters, with its place in the scenario.
    pub fn new(
        scenario: impl Into<Arc<Scenario>>,
        traces: &Traces,
        catalogue: Arc<Catalogue>,
    ) -> Result<Built, ScenarioError> {
        let scenario = scenario.into();
        let clusters = build(&scenario, traces)?;
        let grid = build_grid(&scenario, &clusters)?;
        let info = Arc::new(run_info(&scenario, &clusters, &grid.campaigns));
        let begins = clusters.iter().filter_map(|built| built.snapshot.as_ref());
        let snapshot = Snapshot::join(begins.map(|begins| begins.read.snapshot.clone()));
        let (clusters, snapshot) = (clusters.into(), snapshot.map(Arc::new));
        Ok(Built { scenario, clusters, grid, info, catalogue, baseline: None, snapshot })
    }

    /// Returns the same clusters and owners' jobs, without campaigns.
    #[must_use]
    pub fn without_campaigns(&self) -> Built {
        let setup = GridSetup { orders: Arc::default(), ..self.grid.setup.clone() };
        let config = self.grid.config.clone();
        Built {
            scenario: Arc::clone(&self.scenario),
            clusters: Arc::clone(&self.clusters),
            grid: BuiltGrid { config, setup, campaigns: Vec::new() },
            info: Arc::new(run_info(&self.scenario, &self.clusters, &[])),
            catalogue: Arc::clone(&self.catalogue),
            baseline: None,
            snapshot: self.snapshot.clone(),
        }
    }

    /// Returns the same, with its owners' jobs compared with those of a run without campaigns
    /// ([`crate::baseline::baseline`]).
    #[must_use]
    pub fn against(self, baseline: Arc<Baseline>) -> Built {
        Built { baseline: Some(baseline), ..self }
    }

    /// Returns the scenario that was built.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Returns the clusters, in the order of the scenario.
    pub fn clusters(&self) -> &[BuiltCluster] {
        &self.clusters
    }

    /// Returns the campaigns, in order of submission; the first has id 1.
    pub fn campaigns(&self) -> &[BuiltCampaign] {
        &self.grid.campaigns
    }

    /// Returns what reports say of the run before it begins.
    pub fn info(&self) -> &Arc<RunInfo> {
        &self.info
    }

    /// Returns how a report of a run is made: for `Recorder::create`, of who wants files.
    pub fn recorder_options(&self, plots: bool) -> RecorderOptions {
        RecorderOptions {
            plots,
            without_jobs: false,
            until_ms: self.scenario.until.map(SimTime::ms),
            baseline: self.baseline.clone(),
        }
    }

    /// Makes the clusters and the grid, as they begin; `until` may end the run earlier.
    pub(crate) fn backend<O: Observer>(&self, until: SimTime, observer: O) -> SimBackend<O> {
        let setups = self.clusters.iter().map(|cluster| cluster.setup.clone()).collect();
        let setup = self.grid.setup.clone();
        let grid = GridSetup { until: setup.until.min(until), ..setup };
        match &self.snapshot {
            None => SimBackend::new(setups, grid, observer),
            Some(snapshot) => SimBackend::from_snapshot(setups, snapshot, grid, observer),
        }
    }

    pub(crate) fn grid(&self) -> &BuiltGrid {
        &self.grid
    }

    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }
}

fn run_info(
    scenario: &Scenario,
    clusters: &[BuiltCluster],
    campaigns: &[BuiltCampaign],
) -> RunInfo {
    let cluster = |(plan, built): (&ClusterPlan, &BuiltCluster)| ClusterInfo {
        name: plan.name.clone(),
        cores: built.size.cores(),
        nodes: built.size.nodes,
        cores_per_node: built.size.cores_per_node,
        scheduler: plan.scheduler.name().to_owned(),
        resizes: plan.sizes.change(),
    };
    let campaign = |campaign: &BuiltCampaign| CampaignInfo {
        name: campaign.name.clone(),
        user: campaign.user.clone(),
        tasks: u64::from(campaign.tasks),
        submit_ms: campaign.submit.ms(),
    };
    RunInfo {
        title: scenario.title.clone(),
        clusters: scenario.clusters.iter().zip(clusters).map(cluster).collect(),
        campaigns: campaigns.iter().map(campaign).collect(),
        begin_ms: clusters
            .iter()
            .find_map(|built| Some(built.snapshot.as_ref()?.read.snapshot.now.ms())),
        // One calendar for all: that of the first trace which has one.
        unix_start_s: clusters.iter().find_map(|built| built.workload.unix_start_s),
        wait_causes: Cause::ALL.into_iter().map(|cause| (cause.word(), cause.meaning())).collect(),
        ..RunInfo::default()
    }
}
