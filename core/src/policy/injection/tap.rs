//! CiGri's tap, production arithmetic: grow by a factor after each submission as long as none of the
//! campaign's jobs waits in the cluster; close at the first that does; shrink when it stays so.
//! Source: the behaviour of CiGri 3.2's runner. Whole numbers throughout.

use serde::{Deserialize, Serialize};

use crate::job::JobState;
use crate::policy::campaign::{CampaignPolicy, PerCampaign};
use crate::policy::entry::Entry;
use crate::policy::error::PolicyError;
use crate::policy::injection::paper::{PaperLoop, Rounding};
use crate::policy::injection::settings::{RATE_REACHED, TapSettings};
use crate::policy::parameters::PolicyParameters;
use crate::policy::reason::Wording;
use crate::policy::{ClusterPolicy, ClusterView, Offer, PairView};
use crate::time::{Duration, Timestamp};

/// Jobs wait in the cluster's queue, or nobody knows what they do.
const TAP_CLOSED: Wording = Wording::new(
    "tap_closed",
    "tap closed since {since}, jobs wait or are unclear{grace_over?; others may go first}",
);
/// Jobs were accepted whose state is not known yet.
const NOT_SEEN_YET: Wording =
    Wording::new("not_seen_yet", "{jobs} accepted jobs have not been seen in the cluster yet");
static WORDINGS: [Wording; 3] = [RATE_REACHED, TAP_CLOSED, NOT_SEEN_YET];

/// Describes `tap` to a catalogue.
pub fn entry() -> Entry {
    Entry::new(
        "tap",
        "CiGri's tap: grow while nothing waits, close at the first waiting job",
        build,
    )
    .key("mode", "production (default) or paper: submit only when none is running")
    .key("init", "jobs of the first submission (3)")
    .key("factor", "growth and shrinking (1.5)")
    .key("max", "most jobs of a submission (100)")
    .key("grace", "seconds a closed tap keeps others waiting and its rate (60; production only)")
    .key("depth", "queued tasks for each job of the rate (10; production only)")
    .key("rounding", "nearest (default) or trunc (paper only)")
}

fn build(given: &PolicyParameters<'_>) -> Result<Box<dyn ClusterPolicy>, PolicyError> {
    const COUNT: &str = "a whole number from 1 to 1000000";
    let paper = given.choice(
        "mode",
        false,
        &[("production", false), ("paper", true)],
        "`production` or `paper`",
    )?;
    let settings = TapSettings {
        init: given.whole("init", 3, 1..=1_000_000, COUNT)?,
        factor: given.number("factor", 1.5, 1.0..=100.0, "a number from 1 to 100")?,
        max: given.whole("max", 100, 1..=1_000_000, COUNT)?,
        grace: Duration::from_seconds(u64::from(given.whole(
            "grace",
            60,
            0..=86_400,
            "whole seconds from 0 to 86400",
        )?)),
        depth: given.whole("depth", 10, 1..=1000, "a whole number from 1 to 1000")?,
    };
    let rounding = given.choice(
        "rounding",
        Rounding::Nearest,
        &[("nearest", Rounding::Nearest), ("trunc", Rounding::Truncate)],
        "`nearest` or `trunc`",
    )?;
    if settings.init > settings.max {
        return Err(given.contradiction("`init` is larger than `max`"));
    }
    if paper && given.has("grace") {
        return Err(given.contradiction("`grace` has no meaning with `mode=paper`"));
    }
    if paper && given.has("depth") {
        return Err(given.contradiction("`depth` has no meaning with `mode=paper`"));
    }
    if !paper && given.has("rounding") {
        return Err(given.contradiction("`rounding` has no meaning without `mode=paper`"));
    }
    Ok(if paper {
        Box::new(PaperLoop::new(settings, rounding))
    } else {
        Box::new(PerCampaign::new(Tap::new(settings)))
    })
}

/// The tap of a campaign on a cluster.
#[derive(Debug)]
pub struct Tap {
    settings: TapSettings,
}

/// How a tap stands.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct TapState {
    open: bool,
    rate: u32,
    /// When it was last closed from open.
    closed_at: Option<Timestamp>,
    /// Whether the last cycle could open it.
    opened: bool,
    /// When jobs were last accepted.
    accepted_at: Option<Timestamp>,
}

impl Tap {
    /// Makes the policy.
    pub fn new(settings: TapSettings) -> Tap {
        Tap { settings }
    }
}

impl TapState {
    fn in_grace(&self, now: Timestamp, grace: Duration) -> bool {
        self.closed_at.is_some_and(|closed_at| now.since(closed_at) < grace)
    }

    fn close(&mut self, now: Timestamp) {
        if self.open {
            self.open = false;
            self.closed_at = Some(now);
        }
        self.opened = false;
    }

    fn grow(&mut self, settings: &TapSettings, submitted: u32) {
        let guard = f64::from(submitted) * settings.factor + 1.0;
        if self.open && f64::from(self.rate) < guard && self.rate < settings.max {
            let grown = libm::floor(f64::from(self.rate) * settings.factor) as u32;
            // CiGri's INIT = 1 never grows, since floor(1.5) is 1; a factor above 1 shall always grow.
            let least = self.rate + u32::from(settings.factor > 1.0);
            self.rate = grown.max(least).min(settings.max);
        }
    }

    fn shrink(&mut self, settings: &TapSettings, now: Timestamp) {
        if !self.in_grace(now, settings.grace) && self.rate > settings.init {
            let shrunk = libm::floor(f64::from(self.rate) / settings.factor) as u32;
            self.rate = shrunk.max(settings.init);
        }
    }
}

impl CampaignPolicy for Tap {
    type State = TapState;

    fn name(&self) -> &str {
        "tap"
    }

    fn arrived(&self) -> TapState {
        TapState {
            open: true,
            rate: self.settings.init,
            closed_at: None,
            opened: true,
            accepted_at: None,
        }
    }

    fn accepted(&self, tap: &mut TapState, jobs: u32, now: Timestamp) {
        tap.accepted_at = Some(now);
        tap.grow(&self.settings, jobs);
    }

    fn refused(&self, tap: &mut TapState, now: Timestamp) {
        tap.close(now);
    }

    fn begin(&self, tap: &mut TapState, pair: &PairView, cluster: &ClusterView<'_>) {
        if !cluster.usable {
            tap.rate = self.settings.init;
            tap.close(cluster.now);
            return;
        }
        if !tap.opened {
            tap.shrink(&self.settings, cluster.now);
            tap.opened = true;
        }
        let stuck = [JobState::Waiting, JobState::Unclear, JobState::Unknown];
        if stuck.iter().any(|&state| pair.jobs.of(state) > 0) {
            tap.close(cluster.now);
        } else {
            tap.open = true;
        }
    }

    fn depth(&self, tap: &TapState) -> u32 {
        tap.rate.saturating_mul(self.settings.depth)
    }

    fn offer(&self, tap: &mut TapState, pair: &PairView, now: Timestamp) -> Offer {
        if !tap.open {
            let since = tap.closed_at.unwrap_or(now);
            let grace_over = !tap.in_grace(now, self.settings.grace);
            let reason = TAP_CLOSED.with("since", since).with("grace_over", grace_over);
            return if grace_over { Offer::Skip(reason) } else { Offer::Stop(reason) };
        }
        // CiGri polls every job before it submits again; here the poll may be slower than the cycle,
        // and jobs not yet seen may turn out to wait.
        let unseen = pair.jobs.of(JobState::Accepted);
        if unseen > 0 {
            let reason = NOT_SEEN_YET.with("jobs", unseen);
            let recent = tap.accepted_at.is_some_and(|at| now.since(at) < self.settings.grace);
            return if recent { Offer::Stop(reason) } else { Offer::Skip(reason) };
        }
        Offer::Take(tap.rate, RATE_REACHED.with("rate", tap.rate))
    }

    fn rate(&self, tap: &TapState) -> f64 {
        f64::from(tap.rate)
    }

    fn wordings(&self) -> &[Wording] {
        &WORDINGS
    }

    fn wake(&self, tap: &TapState, pair: &PairView, now: Timestamp) -> Timestamp {
        let unseen = pair.jobs.of(JobState::Accepted) > 0;
        let held_since = match (tap.open, unseen) {
            (false, _) => tap.closed_at,
            (true, true) => tap.accepted_at,
            (true, false) => return now,
        };
        let grace_ends = held_since.map_or(now, |since| since + self.settings.grace);
        if now < grace_ends {
            grace_ends
        } else if !tap.open && tap.rate > self.settings.init {
            now
        } else {
            Timestamp::NEVER
        }
    }
}
