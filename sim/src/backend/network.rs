//! The way to a cluster: how long commands and answers take, how often its jobs are listed, and
//! what goes wrong, by a random stream of its own. Must not know what is sent.

use gleaner_core::fact::Fact;
use gleaner_core::ids::ClusterId;
use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use crate::api_faults::Outage;
use crate::time::{SimSpan, SimTime};

/// The way to one cluster, and what goes wrong on it.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkSettings {
    /// From sending a command to its effect, and from there to its answer.
    pub latency: SimSpan,
    /// Between two listings of the cluster's jobs; zero: whatever happens is seen at once.
    pub poll_period: SimSpan,
    /// Probability that a listing shows the state of the one before, from 0 to 1.
    pub stale: f64,
    /// Probability that a submission is refused because the cluster is busy, from 0 to 1.
    pub refused: f64,
    /// Probability that the answer to a command is lost, from 0 to 1. In half of these cases the
    /// command is lost, too.
    pub lost: f64,
    /// After this time without an answer, it counts as lost.
    pub answer_limit: SimSpan,
    /// From then until it is known what became of the command.
    pub lookup: SimSpan,
    /// Times in which the cluster's API is out of order, one after the other and apart. Jobs go on, and every command
    /// fails in the same way, whatever the kind.
    pub outages: Vec<Outage>,
}

impl Default for NetworkSettings {
    /// A perfect way, on which an answer would be waited for and looked up for half a minute each.
    fn default() -> NetworkSettings {
        NetworkSettings {
            latency: SimSpan::ZERO,
            poll_period: SimSpan::ZERO,
            stale: 0.0,
            refused: 0.0,
            lost: 0.0,
            answer_limit: SimSpan::from_s(30),
            lookup: SimSpan::from_s(30),
            outages: Vec::new(),
        }
    }
}

/// The way to one cluster as a run goes on.
#[derive(Clone, Debug)]
pub struct Network {
    /// What it is like.
    pub(crate) settings: NetworkSettings,
    /// Outages whose beginning and end have been reported.
    reported: usize,
    /// Whether the beginning of the next one has been reported.
    reported_down: bool,
    rng: Pcg64Mcg,
    /// When the cluster was last listed.
    looked: Option<SimTime>,
}

/// What becomes of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// It arrives, and so does its answer.
    Arrives,
    /// It arrives and is refused.
    Refused,
    /// It arrives, and its answer is lost.
    AnswerLost,
    /// It is lost.
    Lost,
}

impl Network {
    /// Creates a way with a random stream of its own.
    pub fn new(settings: NetworkSettings, rng: Pcg64Mcg) -> Network {
        Network { settings, reported: 0, reported_down: false, rng, looked: None }
    }

    /// When the cluster is listed next, seen from `now`.
    pub(crate) fn next_look(&self, now: SimTime) -> SimTime {
        let period = self.settings.poll_period;
        let due = match self.looked {
            Some(looked) if period > SimSpan::ZERO => now.max(looked + period),
            Some(_) | None => now,
        };
        let outage = self.settings.outages.iter().find(|outage| outage.covers(due));
        outage.map_or(due, |outage| outage.to)
    }

    /// Returns whether the cluster's server does not answer.
    pub(crate) fn is_down(&self, now: SimTime) -> bool {
        self.settings.outages.iter().any(|outage| outage.covers(now))
    }

    /// When it is next to be reported that the server answers again. That it does not is noticed when
    /// something else happens.
    pub(crate) fn next_return(&self) -> Option<SimTime> {
        self.reported_down.then(|| self.settings.outages[self.reported].to)
    }

    /// Appends a fact for each outage that has begun or ended since the last time.
    pub(crate) fn report_outages(
        &mut self,
        now: SimTime,
        cluster: ClusterId,
        facts: &mut Vec<Fact>,
    ) {
        while let Some(Outage { kind, from, to }) =
            self.settings.outages.get(self.reported).copied()
            && from <= now
        {
            if !std::mem::replace(&mut self.reported_down, true) {
                facts.push(Fact::ClusterLost { cluster, fault: kind.fault() });
            }
            if to > now {
                return;
            }
            facts.push(Fact::ClusterBack { cluster });
            self.reported_down = false;
            self.reported += 1;
        }
    }

    /// Lists the cluster if it is time. Returns whether there is a new listing.
    pub(crate) fn look(&mut self, now: SimTime) -> bool {
        if self.is_down(now) || self.next_look(now) > now {
            return false;
        }
        self.looked = Some(now);
        !self.happens(self.settings.stale)
    }

    /// Draws what becomes of a command.
    pub(crate) fn draw_delivery(&mut self, is_submission: bool) -> Delivery {
        if is_submission && self.happens(self.settings.refused) {
            return Delivery::Refused;
        }
        if !self.happens(self.settings.lost) {
            return Delivery::Arrives;
        }
        if self.happens(0.5) { Delivery::AnswerLost } else { Delivery::Lost }
    }

    /// Random numbers are drawn only where something may happen: a perfect network draws nothing.
    fn happens(&mut self, probability: f64) -> bool {
        probability > 0.0 && self.rng.random::<f64>() < probability
    }
}
