//! What can go wrong with a cluster's API, described once for scenarios, simulation and emulation. Must not know
//! how it is drawn, nor what is asked of an API.
//!
//! Simulation and emulation both take [`Outage`]s. Requests and answers have texts in emulation only, so all of
//! [`ApiFaults`] is for the emulator; what goes wrong on the way of a simulated command is in
//! [`crate::backend::NetworkSettings`].

use gleaner_core::fact::ClusterFault;

use crate::time::{SimSpan, SimTime};

/// What goes wrong with a cluster's API, and how often. Probabilities are per request (or as said), from 0 to 1;
/// latency and hanging pass in wall time, everything else in the cluster's time. By default nothing goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiFaults {
    /// Wall time before each answer.
    pub latency: SimSpan,
    /// At most so much more, drawn evenly.
    pub latency_spread: SimSpan,
    /// No answer, and no effect.
    pub timeout_before: f64,
    /// No answer, but the effect.
    pub timeout_after: f64,
    /// Wall time for which an unanswered connection is held.
    pub hang: SimSpan,
    /// A 500 without effect.
    pub error_before: f64,
    /// A 500 after the effect.
    pub error_after: f64,
    /// A 500 in HTML, with or without effect in equal parts.
    pub html_error: f64,
    /// Per submission of an array: only its first part is recorded, and the answer is a 500.
    pub partial_array: f64,
    /// An answer under a wrong content type.
    pub wrong_content_type: f64,
    /// An answer whose body breaks off.
    pub truncated_body: f64,
    /// A valid identity is refused as if it had expired.
    pub unauthorized: f64,
    /// A 502 of a proxy, without effect.
    pub bad_gateway: f64,
    /// A 503 of a proxy, without effect.
    pub unavailable: f64,
    /// The connection is closed without a byte, without effect.
    pub reset: f64,
    /// How long a token lives from its making; `None`: a year.
    pub token_life: Option<SimSpan>,
    /// Seconds by which the cluster's clock is ahead.
    pub clock_skew_s: i64,
    /// Per list: it shows the past.
    pub stale_list: f64,
    /// How far in the past.
    pub stale_by: SimSpan,
    /// Per job of a list: it is missing.
    pub missing_job: f64,
    /// Per submission: no answer, and the effect comes later.
    pub late_post: f64,
    /// How much later.
    pub late_by: SimSpan,
    /// Per event of a job: it is told twice.
    pub duplicate_event: f64,
    /// Per best-effort job that was killed: OAR submits a copy of its own.
    pub own_copy: f64,
    /// Requests that overlap spoil each other, as OAR 3's do.
    pub unsafe_concurrency: bool,
    /// A request that wedges a real API wedges this one: it answers 500 until it is restarted.
    pub wedge: bool,
    /// After this time somebody restarts a wedged API; `None`: only when told.
    pub restart_after: Option<SimSpan>,
    /// The API's process answers so many requests; the next one gets a 500 in HTML of the web server
    /// and finds a new process, and so does the one after a request of which a process dies. `None`:
    /// processes live for ever.
    pub process_life: Option<u32>,
    /// Times at which everything fails in one way.
    pub outages: Vec<Outage>,
}

impl Default for ApiFaults {
    fn default() -> ApiFaults {
        ApiFaults {
            latency: SimSpan::ZERO,
            latency_spread: SimSpan::ZERO,
            timeout_before: 0.0,
            timeout_after: 0.0,
            hang: SimSpan::from_s(60),
            error_before: 0.0,
            error_after: 0.0,
            html_error: 0.0,
            partial_array: 0.0,
            wrong_content_type: 0.0,
            truncated_body: 0.0,
            unauthorized: 0.0,
            bad_gateway: 0.0,
            unavailable: 0.0,
            reset: 0.0,
            token_life: None,
            clock_skew_s: 0,
            stale_list: 0.0,
            stale_by: SimSpan::from_s(30),
            missing_job: 0.0,
            late_post: 0.0,
            late_by: SimSpan::from_s(20),
            duplicate_event: 0.0,
            own_copy: 0.0,
            unsafe_concurrency: false,
            wedge: false,
            restart_after: None,
            process_life: None,
            outages: Vec::new(),
        }
    }
}

/// A time in which an API is out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// In which way.
    pub kind: OutageKind,
    /// From this instant on.
    pub from: SimTime,
    /// Until just before this one.
    pub to: SimTime,
}

impl Outage {
    /// Returns whether the API is out of order at `now`.
    pub fn covers(&self, now: SimTime) -> bool {
        self.from <= now && now < self.to
    }
}

/// A way in which an API is out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutageKind {
    /// Connections are closed without a byte.
    Refused,
    /// Nothing is answered.
    Silent,
    /// Everything is answered 500.
    Wedged,
    /// A proxy answers 502.
    BadGateway,
    /// A proxy answers 503.
    Unavailable,
    /// Nobody's identity is accepted.
    Unauthorized,
}

impl OutageKind {
    /// Returns what the grid makes of it.
    pub fn fault(self) -> ClusterFault {
        match self {
            OutageKind::Refused => ClusterFault::ConnectionRefused,
            OutageKind::Silent => ClusterFault::Timeout,
            OutageKind::Wedged | OutageKind::BadGateway | OutageKind::Unavailable => {
                ClusterFault::OutOfOrder
            }
            OutageKind::Unauthorized => ClusterFault::BadAnswers,
        }
    }
}
