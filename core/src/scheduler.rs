//! The grid scheduler: from an observation to a decision. Knows no clock, no chance and no I/O.

use crate::config::SchedulerConfig;
use crate::decision::Decision;
use crate::observation::Observation;

/// The grid scheduler and all it remembers.
#[derive(Debug)]
pub struct Scheduler {
    config: SchedulerConfig,
}

impl Scheduler {
    /// Makes a scheduler that knows no campaign.
    pub fn new(config: SchedulerConfig) -> Scheduler {
        Scheduler { config }
    }

    /// Takes in an observation and decides.
    pub fn step(&mut self, observation: &Observation, decision: &mut Decision) {
        decision.commands.clear();
        decision.report.clear();
        decision.not_before = observation.now + self.config.min_cycle;
        decision.next_wake = decision.not_before;
    }
}
