//! A check of one cluster for `gleaner doctor`: by which settings it is made, and what was found. Asks nothing itself.

use std::fmt;

use gleaner_core::time::Timestamp;

use crate::config::ClusterConfig;
use crate::config::inspect::{Finding, Level};
use crate::secrets::Secret;

/// A token that a user has handed in.
#[derive(Clone, Debug)]
pub struct StoredToken {
    /// Whose.
    pub user: String,
    /// For which cluster.
    pub cluster: String,
    /// The token, or why it cannot be used.
    pub token: Result<Secret, String>,
}

/// A check of one cluster.
pub struct ClusterCheck {
    /// The cluster's settings.
    pub cluster: ClusterConfig,
    /// Tokens that users have handed in for it.
    pub tokens: Vec<StoredToken>,
    /// What was found, in the order in which it was asked for.
    pub findings: Vec<Finding>,
    /// Whether the cluster could not be reached.
    pub away: bool,
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

impl ClusterCheck {
    /// Begins a check. `now` returns what our clock shows.
    pub fn new(
        cluster: ClusterConfig,
        tokens: Vec<StoredToken>,
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> ClusterCheck {
        ClusterCheck { cluster, tokens, findings: Vec::new(), away: false, now: Box::new(now) }
    }

    /// Returns what our clock shows.
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

impl fmt::Debug for ClusterCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ClusterCheck { cluster, findings, away, .. } = self;
        let mut check = f.debug_struct("ClusterCheck");
        check.field("cluster", &cluster.name).field("findings", findings).field("away", away);
        check.finish_non_exhaustive()
    }
}
