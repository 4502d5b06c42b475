//! A visit to one cluster by whom wants to know how it is: by what it is made, and what was found. Asks nothing
//! itself.

use std::fmt;

use gleaner_core::time::Timestamp;

use crate::config::ClusterConfig;
use crate::config::inspect::{Finding, Level};
use crate::secrets::Secret;

/// A token that a user has handed in.
#[derive(Clone, Debug)]
pub struct HeldToken {
    /// Whose.
    pub user: String,
    /// For which cluster.
    pub cluster: String,
    /// The token, or why it cannot be used.
    pub token: Result<Secret, String>,
}

/// A visit.
pub struct Visit {
    /// The cluster's settings.
    pub cluster: ClusterConfig,
    /// Tokens that users have handed in for it.
    pub tokens: Vec<HeldToken>,
    /// What was found, in the order in which it was asked for.
    pub findings: Vec<Finding>,
    /// Whether the cluster could not be reached.
    pub away: bool,
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Visit {
    /// Begins a visit. `now` tells what our clock says.
    pub fn new(
        cluster: ClusterConfig,
        tokens: Vec<HeldToken>,
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Visit {
        Visit { cluster, tokens, findings: Vec::new(), away: false, now: Box::new(now) }
    }

    /// Returns what our clock says.
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// Notes what was found of a part.
    pub fn add(
        &mut self,
        part: &'static str,
        level: Level,
        message: String,
        hint: Option<&'static str>,
    ) {
        let subject = self.cluster.name.clone();
        self.findings.push(Finding { subject, part, level, message, hint });
    }
}

impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Visit { cluster, findings, away, .. } = self;
        let mut visit = f.debug_struct("Visit");
        visit.field("cluster", &cluster.name).field("findings", findings).field("away", away);
        visit.finish_non_exhaustive()
    }
}
