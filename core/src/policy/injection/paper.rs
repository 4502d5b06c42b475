//! The tap as the paper has it: submit `rate` jobs when none is running, then let the rate grow.
//! Source: Guilloteau, "Minimizing Cluster Under-use using a Control-Based Approach" (MSc thesis,
//! 2020), algorithm 1; its table 2.1 gives makespans of 14, 28, 68, 135 and 672 job times.

use crate::ids::PairIndex;
use crate::policy::error::PolicyStateError;
use crate::policy::injection::settings::{RATE_REACHED, TapSettings};
use crate::policy::reason::Wording;
use crate::policy::state;
use crate::policy::{ClusterPolicy, ClusterView, Offer, PairView};
use crate::time::Timestamp;

/// The loop waits for the jobs under way to end.
const BATCH_RUNNING: Wording =
    Wording::new("batch_running", "{active} jobs of the last batch are still there");
static WORDINGS: [Wording; 2] = [RATE_REACHED, BATCH_RUNNING];

/// How a rate, which is a real number, becomes a number of jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest, halves up: the published table.
    Nearest,
    /// Towards zero: one job time more in every case of the table.
    Truncate,
}

/// The paper's loop for each campaign on one cluster.
#[derive(Debug)]
pub struct PaperLoop {
    settings: TapSettings,
    rounding: Rounding,
    rates: Vec<f64>,
    /// Whether a campaign has jobs, and therefore has to wait; by [`PairIndex`].
    busy: Vec<bool>,
}

impl PaperLoop {
    /// Makes the policy for one cluster. Grace period and depth have no meaning here.
    pub fn new(settings: TapSettings, rounding: Rounding) -> PaperLoop {
        PaperLoop { settings, rounding, rates: Vec::new(), busy: Vec::new() }
    }

    fn jobs(&self, pair_index: PairIndex) -> u32 {
        let rate = self.rates[pair_index.index()];
        let jobs = match self.rounding {
            Rounding::Nearest => libm::floor(rate + 0.5),
            Rounding::Truncate => libm::trunc(rate),
        };
        // Between `init`, at least 1, and `max`.
        jobs as u32
    }
}

impl ClusterPolicy for PaperLoop {
    fn name(&self) -> &str {
        "tap"
    }

    fn add_pair(&mut self, pair_index: PairIndex) {
        let init = f64::from(self.settings.init);
        if self.rates.len() <= pair_index.index() {
            self.rates.resize(pair_index.index() + 1, init);
            self.busy.resize(pair_index.index() + 1, false);
        }
        self.rates[pair_index.index()] = init;
        self.busy[pair_index.index()] = false;
    }

    fn accepted(&mut self, pair_index: PairIndex, _jobs: u32, _now: Timestamp) {
        let rate = &mut self.rates[pair_index.index()];
        *rate = (*rate * self.settings.factor).min(f64::from(self.settings.max));
    }

    fn refused(&mut self, _pair_index: PairIndex, _now: Timestamp) {}

    fn begin(&mut self, view: &ClusterView<'_>) {
        for pair in view.pairs {
            self.busy[pair.pair_index.index()] = pair.jobs.total() > 0;
        }
    }

    fn depth(&self, pair_index: PairIndex) -> u32 {
        // Tasks are taken from the bag when they can be sent: a batch may run for longer than a task
        // may be queued.
        if self.busy[pair_index.index()] { 0 } else { self.jobs(pair_index) }
    }

    fn offer(&mut self, pair: &PairView) -> Offer {
        match pair.jobs.total() {
            0 => {
                let rate = self.jobs(pair.pair_index);
                Offer::Take(rate, RATE_REACHED.with("rate", rate))
            }
            active => Offer::Skip(BATCH_RUNNING.with("active", active)),
        }
    }

    fn rate(&self, pair_index: PairIndex) -> f64 {
        self.rates[pair_index.index()]
    }

    fn wordings(&self) -> &[Wording] {
        &WORDINGS
    }

    fn save(&self) -> serde_json::Value {
        let PaperLoop { settings: _, rounding: _, rates, busy } = self;
        state::write(&(rates, busy))
    }

    fn load(
        &mut self,
        state: serde_json::Value,
        pair_index_bound: usize,
    ) -> Result<(), PolicyStateError> {
        let (rates, busy): (Vec<f64>, Vec<bool>) = state::read("tap", state)?;
        state::check_entries("tap", rates.len().min(busy.len()), pair_index_bound)?;
        (self.rates, self.busy) = (rates, busy);
        Ok(())
    }

    fn wake(&self, view: &ClusterView<'_>) -> Timestamp {
        let ready = |pair: &PairView| pair.has_work && pair.jobs.total() == 0;
        if view.pairs.iter().any(ready) { view.now } else { Timestamp::NEVER }
    }
}
