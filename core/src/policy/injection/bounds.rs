//! `min` and `max`: as little as the most careful of several policies grants, or as much as the most generous.

use crate::ids::PairIndex;
use crate::policy::entry::Entry;
use crate::policy::error::PolicyStateError;
use crate::policy::reason::Wording;
use crate::policy::{ClusterPolicy, ClusterView, Offer, PairView, state};
use crate::time::Timestamp;

/// Describes `min` to a catalogue.
pub fn min() -> Entry {
    let summary = "what the most careful of the policies in brackets grants: min(tap; greedy)";
    Entry::combining("min", summary, |_, of| Ok(Box::new(Bounds::new(Bound::Least, of))))
}

/// Describes `max` to a catalogue.
pub fn max() -> Entry {
    let summary = "what the most generous of the policies in brackets grants: max(tap; greedy)";
    Entry::combining("max", summary, |_, of| Ok(Box::new(Bounds::new(Bound::Most, of))))
}

/// Which of several grants holds.
#[derive(Clone, Copy, Debug)]
enum Bound {
    Least,
    Most,
}

impl Bound {
    /// Returns the one of several that counts by its rank: of equal ranks, the first.
    fn holds<T, R: PartialOrd>(self, all: impl Iterator<Item = T>, rank: impl Fn(&T) -> R) -> T {
        let held = all.reduce(|held, next| {
            let preferred = match self {
                Bound::Least => rank(&next) < rank(&held),
                Bound::Most => rank(&next) > rank(&held),
            };
            if preferred { next } else { held }
        });
        held.expect("it is made of at least one policy")
    }
}

/// Several policies on one cluster, each of which sees all that happens there. Of equal grants, that of the first
/// holds, with its reason.
#[derive(Debug)]
struct Bounds {
    bound: Bound,
    /// At least one: the catalogue sees to it.
    operands: Vec<Box<dyn ClusterPolicy>>,
    wordings: Vec<Wording>,
}

impl Bounds {
    fn new(bound: Bound, operands: Vec<Box<dyn ClusterPolicy>>) -> Bounds {
        let wordings = operands.iter().flat_map(|operand| operand.wordings().to_vec()).collect();
        Bounds { bound, operands, wordings }
    }

    /// Returns the figure of the policy whose figure holds.
    fn figure<T: PartialOrd + Copy>(&self, of: impl Fn(&dyn ClusterPolicy) -> T) -> T {
        self.bound.holds(self.operands.iter().map(|operand| of(&**operand)), |figure| *figure)
    }
}

/// Orders what is granted: holding others up is less than granting nothing.
fn grant(offer: &Offer) -> (bool, u32) {
    match offer {
        Offer::Stop(_) => (false, 0),
        Offer::Skip(_) => (true, 0),
        Offer::Take(jobs, _) => (true, *jobs),
    }
}

impl ClusterPolicy for Bounds {
    fn name(&self) -> &str {
        match self.bound {
            Bound::Least => "min",
            Bound::Most => "max",
        }
    }

    fn add_pair(&mut self, pair_index: PairIndex) {
        self.operands.iter_mut().for_each(|operand| operand.add_pair(pair_index));
    }

    fn accepted(&mut self, pair_index: PairIndex, jobs: u32, now: Timestamp) {
        self.operands.iter_mut().for_each(|operand| operand.accepted(pair_index, jobs, now));
    }

    fn refused(&mut self, pair_index: PairIndex, now: Timestamp) {
        self.operands.iter_mut().for_each(|operand| operand.refused(pair_index, now));
    }

    fn begin(&mut self, view: &ClusterView<'_>) {
        self.operands.iter_mut().for_each(|operand| operand.begin(view));
    }

    fn depth(&self, pair_index: PairIndex) -> u32 {
        self.figure(|operand| operand.depth(pair_index))
    }

    fn offer(&mut self, pair: &PairView) -> Offer {
        let Bounds { bound, operands, .. } = self;
        // All are asked: a policy may remember that it was.
        bound.holds(operands.iter_mut().map(|operand| operand.offer(pair)), grant)
    }

    fn rate(&self, pair_index: PairIndex) -> f64 {
        self.figure(|operand| operand.rate(pair_index))
    }

    fn wordings(&self) -> &[Wording] {
        &self.wordings
    }

    fn save(&self) -> serde_json::Value {
        self.operands.iter().map(|operand| operand.save()).collect()
    }

    fn load(
        &mut self,
        state: serde_json::Value,
        pair_index_bound: usize,
    ) -> Result<(), PolicyStateError> {
        let states: Vec<serde_json::Value> = state::read(self.name(), state)?;
        let (found, expected) = (states.len(), self.operands.len());
        if found != expected {
            return Err(PolicyStateError::Operands { policy: self.name().into(), found, expected });
        }
        let mut each = self.operands.iter_mut().zip(states);
        each.try_for_each(|(operand, state)| operand.load(state, pair_index_bound))
    }

    /// Returns the earliest of all: what one of them decides otherwise may change which of them
    /// holds.
    fn wake(&self, view: &ClusterView<'_>) -> Timestamp {
        let wakes = self.operands.iter().map(|operand| operand.wake(view));
        wakes.min().unwrap_or(Timestamp::NEVER)
    }
}
