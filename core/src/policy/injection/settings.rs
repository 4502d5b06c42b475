//! What both modes of the tap share: its constants, and the reason that they give alike.

use crate::policy::reason::Wording;
use crate::time::Duration;

/// The tap's constants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TapSettings {
    /// Jobs of the first submission, at least 1.
    pub init: u32,
    /// Growth of the rate, from 1 to 100.
    pub factor: f64,
    /// The largest rate, at least `init`.
    pub max: u32,
    /// Time after its closing in which a tap keeps its rate and holds back other campaigns.
    pub grace: Duration,
    /// Queued tasks for each job of the rate.
    pub depth: u32,
}

/// As many as the rate allows were sent.
pub(super) const RATE_REACHED: Wording =
    Wording::new("rate_reached", "the rate is {rate} jobs a cycle");
