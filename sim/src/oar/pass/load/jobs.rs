//! What a load consists of, as plain data: a cluster, its waiting jobs and those under way.

use std::ops::Range;

/// Which mix of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// Half `/nodes=1..32`, a quarter `/nodes=1..4/core=1..8`, a quarter `/core=1..64`, walltimes
    /// of 5 minutes to 24 hours: hardly two jobs alike.
    Diverse,
    /// Four shapes and three walltimes: many jobs alike.
    Campaign,
    /// Filters, hierarchies, one to three alternatives, three queues, best-effort jobs under way.
    Mixed {
        /// Whether five quota rules hold.
        quotas: bool,
    },
}

/// One alternative of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadRequest {
    /// Levels with counts, from the outermost to the innermost.
    pub levels: Vec<(&'static str, u32)>,
    /// Walltime in seconds, without security time.
    pub walltime_s: i64,
}

/// One job to place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadJob {
    /// Its number, from 1, in order of submission.
    pub id: u64,
    /// Queue.
    pub queue: &'static str,
    /// Owner.
    pub user: String,
    /// Project.
    pub project: String,
    /// Filter over resources, may be empty.
    pub filter: &'static str,
    /// Alternatives, at least one.
    pub requests: Vec<LoadRequest>,
}

/// One job under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningJob {
    /// Its number, behind those of the waiting jobs.
    pub id: u64,
    /// Owner.
    pub user: String,
    /// Whether it is a best-effort job; an owner's job of queue `default` otherwise.
    pub besteffort: bool,
    /// Numbers of the resources it holds.
    pub resources: Range<u32>,
    /// Walltime in seconds, without security time.
    pub walltime_s: i64,
    /// How long it has run, in seconds.
    pub since_s: i64,
}

/// A cluster and its waiting jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Mix of requests.
    pub mix: Mix,
    /// Waiting jobs.
    pub jobs: u32,
    /// Nodes.
    pub nodes: u32,
    /// Cores of each node.
    pub cores: u32,
    /// Seed of the mix.
    pub seed: u64,
}
