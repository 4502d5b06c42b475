//! A policy of another crate, as docs/policies.md describes one: so many jobs of a campaign at once, whatever
//! the cluster is like.

use gleaner_core::policy::campaign::{CampaignPolicy, PerCampaign};
use gleaner_core::policy::entry::Entry;
use gleaner_core::policy::error::PolicyError;
use gleaner_core::policy::parameters::PolicyParameters;
use gleaner_core::policy::reason::Wording;
use gleaner_core::policy::{ClusterPolicy, ClusterView, Offer, PairView};
use gleaner_core::time::Timestamp;
use serde::{Deserialize, Serialize};

const STEADY_FULL: Wording = Wording::new(
    "steady_full",
    "{alive} jobs are alive, and {jobs} may be{ever_refused?; some were refused once}",
);
const STEADY_ROOM: Wording =
    Wording::new("steady_room", "there is room for {room} of {jobs} steady jobs");
static WORDINGS: [Wording; 2] = [STEADY_FULL, STEADY_ROOM];

/// Describes it to a catalogue.
pub(crate) fn entry() -> Entry {
    Entry::new("steady", "so many jobs of a campaign at once", build)
        .key("jobs", "jobs of a campaign on the cluster at once (2)")
}

fn build(given: &PolicyParameters<'_>) -> Result<Box<dyn ClusterPolicy>, PolicyError> {
    let jobs = given.whole("jobs", 2, 1..=1000, "a whole number from 1 to 1000")?;
    Ok(Box::new(PerCampaign::new(Steady { jobs })))
}

#[derive(Debug)]
struct Steady {
    jobs: u32,
}

/// What it remembers of a campaign.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Remembered {
    alive: u32,
    accepted: u64,
    ever_refused: bool,
}

impl CampaignPolicy for Steady {
    type State = Remembered;

    fn name(&self) -> &str {
        "steady"
    }

    fn arrived(&self) -> Remembered {
        Remembered::default()
    }

    fn accepted(&self, state: &mut Remembered, jobs: u32, _now: Timestamp) {
        state.accepted += u64::from(jobs);
    }

    fn refused(&self, state: &mut Remembered, _now: Timestamp) {
        state.ever_refused = true;
    }

    fn begin(&self, state: &mut Remembered, pair: &PairView, _cluster: &ClusterView<'_>) {
        state.alive = pair.jobs.total();
    }

    fn depth(&self, _state: &Remembered) -> u32 {
        self.jobs.saturating_mul(2)
    }

    fn offer(&self, state: &mut Remembered, _pair: &PairView, _now: Timestamp) -> Offer {
        let jobs = self.jobs;
        match jobs.saturating_sub(state.alive) {
            0 => Offer::Skip(
                STEADY_FULL
                    .with("alive", state.alive)
                    .with("jobs", jobs)
                    .with("ever_refused", state.ever_refused),
            ),
            room => Offer::Take(room, STEADY_ROOM.with("room", room).with("jobs", jobs)),
        }
    }

    fn rate(&self, _state: &Remembered) -> f64 {
        f64::from(self.jobs)
    }

    fn wordings(&self) -> &[Wording] {
        &WORDINGS
    }
}
