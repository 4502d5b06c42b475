//! OAR's rhythm: how often it passes, and how long everything takes. Decides nothing.

use crate::time::SimSpan;

/// The times of a simulated OAR server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OarRhythm {
    /// Least time between the end of a pass and the next
    /// (`SCHEDULER_MIN_TIME_BETWEEN_2_CALLS`).
    pub floor: SimSpan,
    /// Longest time between two passes while jobs wait.
    pub ceiling: SimSpan,
    /// How long a pass takes; what it launches begins after that.
    pub duration: SimSpan,
    /// Between two polls of walltimes (Sarko).
    pub poll: SimSpan,
    /// From taking the cores to the start of the command.
    pub launch: SimSpan,
    /// The same, for each node on top.
    pub launch_per_node: SimSpan,
    /// From the end of the command until the cores are clean.
    pub cleanup: SimSpan,
    /// From the order to kill to the death.
    pub kill: SimSpan,
    /// From there until the cores are clean.
    pub cleanup_killed: SimSpan,
    ideal: bool,
}

impl OarRhythm {
    /// The rhythm of a real server: `oar-scheduling.md`, section 9.
    pub fn real() -> OarRhythm {
        OarRhythm {
            floor: SimSpan::from_s(5),
            ceiling: SimSpan::from_s(60),
            duration: SimSpan::from_ms(500),
            poll: SimSpan::from_s(10),
            launch: SimSpan::from_ms(1_500),
            launch_per_node: SimSpan::from_ms(20),
            cleanup: SimSpan::from_s(1),
            kill: SimSpan::from_ms(2_500),
            cleanup_killed: SimSpan::from_s(1),
            ideal: false,
        }
    }

    /// A pass at every event and every predicted start, which takes no time; kills and launches in
    /// one instant.
    pub fn ideal() -> OarRhythm {
        OarRhythm {
            floor: SimSpan::ZERO,
            ceiling: SimSpan::ZERO,
            duration: SimSpan::ZERO,
            poll: SimSpan::from_s(1),
            launch: SimSpan::ZERO,
            launch_per_node: SimSpan::ZERO,
            cleanup: SimSpan::ZERO,
            kill: SimSpan::ZERO,
            cleanup_killed: SimSpan::ZERO,
            ideal: true,
        }
    }

    /// Whether this is the ideal rhythm.
    pub fn is_ideal(&self) -> bool {
        self.ideal
    }
}
