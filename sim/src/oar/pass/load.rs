//! Seeded loads to measure placement with: the `diverse` and `campaign` mixes on a cluster of
//! equal nodes, and the `mixed` one with all that requests and rules can say. Plain data, so that
//! other schedulers can be driven with the same instances.

mod jobs;
mod mixed;

pub use jobs::{Load, LoadJob, LoadRequest, Mix, RunningJob};

use crate::oar::model::config::Config;
use crate::oar::model::error::OarError;
use crate::oar::model::ids::{Date, JobId, ResourceId};
use crate::oar::model::job::Job;
use crate::oar::model::resource::Resource;
use crate::oar::model::resources::Resources;
use crate::oar::model::state::{Queue, State};
use crate::oar::pass::pass;
use gleaner_oar::states::JobState;
use gleaner_oar::value::Value;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

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

    /// The jobs under way, always the same for the same load; none but in a mixed load.
    #[must_use]
    pub fn running(&self) -> Vec<RunningJob> {
        match self.mix {
            Mix::Diverse | Mix::Campaign => Vec::new(),
            Mix::Mixed { .. } => {
                let mut rng = Pcg64Mcg::seed_from_u64(!self.seed);
                mixed::running(self, u64::from(self.jobs) + 1, &mut rng)
            }
        }
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
            Mix::Mixed { .. } => return mixed::job(self, id, rng),
        };
        LoadJob {
            id,
            queue: "default",
            user: "user1".to_owned(),
            project: "default".to_owned(),
            filter: "",
            requests: vec![LoadRequest { levels, walltime_s }],
        }
    }

    /// The cluster with its settings, resources ranked by a first pass, and no jobs.
    ///
    /// # Errors
    /// None for loads with at least one node and core.
    pub fn server(&self, now: Date) -> Result<(State, Config), OarError> {
        let labels = ["resource_id", "network_address", "core"].map(str::to_owned);
        let mut config = Config {
            hierarchy_labels: labels.into(),
            jobs_per_round_max: None,
            ..Config::default()
        };
        if let Mix::Mixed { quotas } = self.mix {
            config.hierarchy_labels.push(mixed::LABEL.to_owned());
            config.quotas = quotas.then(mixed::quotas);
        }
        let mut state = State::new(self.resources(), Queue::packaged(), &config)?;
        pass(&mut state, now, &config);
        Ok((state, config))
    }

    /// Submits the jobs, and puts those under way on their resources.
    ///
    /// # Errors
    /// None for the server of this load, if it has no jobs yet.
    pub fn submit(&self, state: &mut State, now: Date, config: &Config) -> Result<(), OarError> {
        for LoadJob { id, queue, user, project, filter, requests } in self.jobs() {
            let mut job = Job::new(JobId(id), now);
            for LoadRequest { levels, walltime_s } in requests {
                job = job.asking(&levels, walltime_s);
            }
            (job.user, job.project) = (user.into(), project.into());
            filter.clone_into(&mut job.properties);
            match queue {
                "besteffort" => job = job.besteffort(),
                queue => job.queue = queue.into(),
            }
            state.submit(job, config)?;
        }
        for RunningJob { id, user, besteffort, resources, walltime_s, since_s } in self.running() {
            let count = resources.end - resources.start;
            let start = Date(now.0 - since_s);
            let mut job = Job::new(JobId(id), start).asking(&[("resource_id", count)], walltime_s);
            job.user = user.into();
            if besteffort {
                job = job.besteffort();
            }
            (job.state, job.start) = (JobState::Running, start);
            job.assigned = resources.map(ResourceId).collect();
            state.submit(job, config)?;
        }
        Ok(())
    }

    fn resources(&self) -> Resources {
        let total = self.nodes.saturating_mul(self.cores);
        (1..=total)
            .map(|id| {
                let node = (id - 1) / self.cores.max(1) + 1;
                let resource = Resource::new(ResourceId(id), format!("node{node:06}"))
                    .with("core", Value::Int(i64::from(id)));
                match self.mix {
                    Mix::Diverse | Mix::Campaign => resource,
                    Mix::Mixed { .. } => mixed::with_properties(resource, node - 1, self.nodes),
                }
            })
            .collect()
    }
}
