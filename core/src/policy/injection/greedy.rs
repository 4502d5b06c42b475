//! Fill whatever is idle: as many cores as the snapshot shows free, and a small reserve that waits in
//! the cluster's queue for the next free core.

use crate::ids::PairIndex;
use crate::job::JobState;
use crate::policy::entry::Entry;
use crate::policy::error::{PolicyError, PolicyStateError};
use crate::policy::parameters::PolicyParameters;
use crate::policy::reason::Wording;
use crate::policy::state;
use crate::policy::{ClusterPolicy, ClusterView, Offer, PairView};
use crate::time::Timestamp;

/// As many as the cluster's idle cores take were sent, or are: `cores`, the reserve included.
const CORES_REACHED: Wording =
    Wording::new("cores_reached", "the policy counts on {cores} idle cores");
/// The cluster's state has not been seen yet.
const NOT_OBSERVED: Wording = Wording::new("not_observed", "the cluster has not been observed yet");
static WORDINGS: [Wording; 2] = [CORES_REACHED, NOT_OBSERVED];

/// Describes `greedy` to a catalogue.
pub fn entry() -> Entry {
    Entry::new("greedy", "fill all idle cores, and keep a small reserve waiting", build)
        .key("reserve", "cores' worth of jobs kept waiting beyond the idle cores (4)")
        .key("max", "most jobs of a submission (1000)")
}

fn build(given: &PolicyParameters<'_>) -> Result<Box<dyn ClusterPolicy>, PolicyError> {
    Ok(Box::new(Greedy::new(
        given.whole("reserve", 4, 0..=1_000_000, "whole cores from 0 to 1000000")?,
        given.whole("max", 1000, 1..=1_000_000, "a whole number from 1 to 1000000")?,
    )))
}

/// The greedy policy on one cluster.
#[derive(Debug)]
pub struct Greedy {
    reserve_cores: u32,
    max: u32,
    /// Cores to fill in this cycle; none without a snapshot.
    budget_cores: Option<u32>,
    cores: Vec<u32>,
}

impl Greedy {
    /// Makes the policy for one cluster: a reserve in cores, and the most jobs of a submission.
    pub fn new(reserve_cores: u32, max: u32) -> Greedy {
        Greedy { reserve_cores, max, budget_cores: None, cores: Vec::new() }
    }

    fn jobs(&self, pair_index: PairIndex) -> u32 {
        let cores = self.cores[pair_index.index()].max(1);
        (self.budget_cores.unwrap_or(0) / cores).min(self.max)
    }
}

impl ClusterPolicy for Greedy {
    fn name(&self) -> &str {
        "greedy"
    }

    fn add_pair(&mut self, pair_index: PairIndex) {
        if self.cores.len() <= pair_index.index() {
            self.cores.resize(pair_index.index() + 1, 1);
        }
    }

    fn accepted(&mut self, _pair_index: PairIndex, _jobs: u32, _now: Timestamp) {}

    fn refused(&mut self, _pair_index: PairIndex, _now: Timestamp) {}

    fn begin(&mut self, view: &ClusterView<'_>) {
        let (mut coming, mut running) = (0_u32, 0_u32);
        for pair in view.pairs {
            self.cores[pair.pair_index.index()] = pair.cores;
            let started = pair.jobs.of(JobState::Running);
            let others = pair.jobs.total() - started;
            coming = coming.saturating_add(others.saturating_mul(pair.cores));
            running = running.saturating_add(started.saturating_mul(pair.cores));
        }
        self.budget_cores = view.snapshot.filter(|_| view.usable).map(|snapshot| {
            // What has started since the snapshot still looks idle in it.
            let since = running.saturating_sub(snapshot.ours.running_cores);
            let idle = snapshot.free_cores().saturating_add(self.reserve_cores);
            idle.saturating_sub(coming).saturating_sub(since)
        });
    }

    fn depth(&self, pair_index: PairIndex) -> u32 {
        self.jobs(pair_index)
    }

    fn offer(&mut self, pair: &PairView) -> Offer {
        let Some(cores) = self.budget_cores else {
            return Offer::Skip(NOT_OBSERVED.reason());
        };
        let reason = CORES_REACHED.with("cores", cores);
        match self.jobs(pair.pair_index) {
            0 => Offer::Skip(reason),
            jobs => Offer::Take(jobs, reason),
        }
    }

    fn rate(&self, pair_index: PairIndex) -> f64 {
        f64::from(self.jobs(pair_index))
    }

    fn wordings(&self) -> &[Wording] {
        &WORDINGS
    }

    fn save(&self) -> serde_json::Value {
        let Greedy { reserve_cores: _, max: _, budget_cores, cores } = self;
        state::write(&(budget_cores, cores))
    }

    fn load(
        &mut self,
        state: serde_json::Value,
        pair_index_bound: usize,
    ) -> Result<(), PolicyStateError> {
        let (budget_cores, cores): (Option<u32>, Vec<u32>) = state::read("greedy", state)?;
        state::check_entries("greedy", cores.len(), pair_index_bound)?;
        (self.budget_cores, self.cores) = (budget_cores, cores);
        Ok(())
    }
}
