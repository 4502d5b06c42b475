//! The tap as the paper has it: submit `rate` jobs when none is running, then let the rate grow.
//! Source: Guilloteau, "Minimizing Cluster Under-use using a Control-Based Approach" (MSc thesis,
//! 2020), algorithm 1; its table 2.1 gives makespans of 14, 28, 68, 135 and 672 job times.

use crate::ids::Seat;
use crate::policy::error::PolicyStateError;
use crate::policy::injection::settings::TapSettings;
use crate::policy::injection::tap::RATE_REACHED;
use crate::policy::reason::Wording;
use crate::policy::state;
use crate::policy::{ClusterPolicy, ClusterView, CoupleView, Offer};
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
    /// Whether a seat has jobs, and therefore has to wait.
    busy: Vec<bool>,
}

impl PaperLoop {
    /// Makes the policy for one cluster. Grace period and depth have no meaning here.
    pub fn new(settings: TapSettings, rounding: Rounding) -> PaperLoop {
        PaperLoop { settings, rounding, rates: Vec::new(), busy: Vec::new() }
    }

    fn jobs(&self, seat: Seat) -> u32 {
        let rate = self.rates[seat.index()];
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

    fn seated(&mut self, seat: Seat) {
        let init = f64::from(self.settings.init);
        if self.rates.len() <= seat.index() {
            self.rates.resize(seat.index() + 1, init);
            self.busy.resize(seat.index() + 1, false);
        }
        self.rates[seat.index()] = init;
        self.busy[seat.index()] = false;
    }

    fn accepted(&mut self, seat: Seat, _jobs: u32, _now: Timestamp) {
        let rate = &mut self.rates[seat.index()];
        *rate = (*rate * self.settings.factor).min(f64::from(self.settings.max));
    }

    fn refused(&mut self, _seat: Seat, _now: Timestamp) {}

    fn begin(&mut self, view: &ClusterView<'_>) {
        for couple in view.couples {
            self.busy[couple.seat.index()] = couple.jobs.total() > 0;
        }
    }

    fn depth(&self, seat: Seat) -> u32 {
        // Tasks are taken from the bag when they can be sent: a batch may run for longer than a task
        // may be queued.
        if self.busy[seat.index()] { 0 } else { self.jobs(seat) }
    }

    fn offer(&mut self, couple: &CoupleView) -> Offer {
        match couple.jobs.total() {
            0 => {
                let rate = self.jobs(couple.seat);
                Offer::Take(rate, RATE_REACHED.with("rate", rate))
            }
            active => Offer::Skip(BATCH_RUNNING.with("active", active)),
        }
    }

    fn rate(&self, seat: Seat) -> f64 {
        self.rates[seat.index()]
    }

    fn wordings(&self) -> &[Wording] {
        &WORDINGS
    }

    fn save(&self) -> serde_json::Value {
        let PaperLoop { settings: _, rounding: _, rates, busy } = self;
        state::write(&(rates, busy))
    }

    fn load(&mut self, state: serde_json::Value, seats: usize) -> Result<(), PolicyStateError> {
        let (rates, busy): (Vec<f64>, Vec<bool>) = state::read("tap", state)?;
        state::for_seats("tap", rates.len().min(busy.len()), seats)?;
        (self.rates, self.busy) = (rates, busy);
        Ok(())
    }

    fn wake(&self, view: &ClusterView<'_>) -> Timestamp {
        let ready = |couple: &CoupleView| couple.has_work && couple.jobs.total() == 0;
        if view.couples.iter().any(ready) { view.now } else { Timestamp::NEVER }
    }
}
