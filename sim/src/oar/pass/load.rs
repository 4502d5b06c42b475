//! Seeded loads to measure placement with: the `diverse` and `campaign` mixes on a cluster of
//! equal nodes. Plain data, so that other schedulers can be driven with the same instances.

use crate::oar::model::config::Config;
use crate::oar::model::error::OarError;
use crate::oar::model::ids::{Date, JobId, ResourceId};
use crate::oar::model::job::Job;
use crate::oar::model::resource::Resource;
use crate::oar::model::state::{Queue, State};
use crate::oar::pass::pass;
use gleaner_oar::value::Value;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// Which mix of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// Half `/nodes=1..32`, a quarter `/nodes=1..4/core=1..8`, a quarter `/core=1..64`, walltimes
    /// of 5 minutes to 24 hours: hardly two jobs alike.
    Diverse,
    /// Four shapes and three walltimes: many jobs alike.
    Campaign,
}

/// One job to place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadJob {
    /// Its number, from 1, in order of submission.
    pub id: u64,
    /// Levels with counts, from the outermost to the innermost.
    pub levels: Vec<(&'static str, u32)>,
    /// Walltime in seconds, without security time.
    pub walltime_s: i64,
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

impl Load {
    /// The cluster the figures are given for: 125 nodes of 8 cores.
    #[must_use]
    pub fn standard(mix: Mix, jobs: u32) -> Self {
        Self { mix, jobs, nodes: 125, cores: 8, seed: 1 }
    }

    /// The jobs, always the same for the same load. Counts stay within the cluster.
    #[must_use]
    pub fn jobs(&self) -> Vec<LoadJob> {
        let mut rng = Pcg64Mcg::seed_from_u64(self.seed);
        (1..=u64::from(self.jobs)).map(|id| self.job(id, &mut rng)).collect()
    }

    fn job(&self, id: u64, rng: &mut Pcg64Mcg) -> LoadJob {
        let (nodes, cores) = (self.nodes, self.cores);
        let total = nodes.saturating_mul(cores);
        let (levels, walltime_s) = match self.mix {
            Mix::Diverse => {
                let levels = match rng.random_range(0..4) {
                    0 | 1 => vec![("network_address", rng.random_range(1..=nodes.min(32)))],
                    2 => vec![
                        ("network_address", rng.random_range(1..=nodes.min(4))),
                        ("core", rng.random_range(1..=cores)),
                    ],
                    _ => vec![("core", rng.random_range(1..=total.min(64)))],
                };
                (levels, rng.random_range(300..=86_400))
            }
            Mix::Campaign => {
                let levels = match rng.random_range(0..4) {
                    0 => vec![("core", 1)],
                    1 => vec![("core", total.min(16))],
                    2 => vec![("network_address", 1)],
                    _ => vec![("network_address", nodes.min(2)), ("core", cores.min(4))],
                };
                (levels, [600, 3600, 7200][rng.random_range(0..3)])
            }
        };
        LoadJob { id, levels, walltime_s }
    }

    /// The cluster with its settings, resources ranked by a first pass, and no jobs.
    ///
    /// # Errors
    /// None for loads with at least one node and core.
    pub fn server(&self, now: Date) -> Result<(State, Config), OarError> {
        let labels = ["resource_id", "network_address", "core"].map(str::to_owned);
        let hierarchy_labels = labels.into();
        let config = Config { hierarchy_labels, jobs_per_round_max: None, ..Config::default() };
        let mut state = State::new(self.resources(), Queue::packaged(), &config)?;
        pass(&mut state, now, &config);
        Ok((state, config))
    }

    /// Submits the jobs to the default queue.
    ///
    /// # Errors
    /// None for the server of this load, if it has no jobs yet.
    pub fn submit(&self, state: &mut State, now: Date, config: &Config) -> Result<(), OarError> {
        for LoadJob { id, levels, walltime_s } in self.jobs() {
            state.submit(Job::new(JobId(id), now).asking(&levels, walltime_s), config)?;
        }
        Ok(())
    }

    fn resources(&self) -> Vec<Resource> {
        let total = self.nodes.saturating_mul(self.cores);
        (1..=total)
            .map(|id| {
                let node = (id - 1) / self.cores.max(1) + 1;
                Resource::new(ResourceId(id), format!("node{node:06}"))
                    .with("core", Value::Int(i64::from(id)))
            })
            .collect()
    }
}
