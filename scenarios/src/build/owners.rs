//! The owners' jobs of a cluster as its World takes them: those of its trace or model, of which some fail, and
//! listed ones among them. What is kept in memory stays so, what is streamed is made again in each run. Must not
//! know schedulers, nor where jobs come from.

use std::collections::VecDeque;
use std::iter::Fuse;
use std::sync::Arc;

use gleaner_sim::arrivals::{ArrivalError, ArrivalSource, ArrivalStream, Arrivals};
use gleaner_sim::job::JobSpec;
use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use crate::failures::JobFailures;
use crate::traces::{JobIterator, OwnersJobs};

/// Jobs that are made at a time: what they are made from is then touched less often, and few wait for their
/// time.
const MADE_AT_ONCE: usize = 16;

/// Draws which owners' jobs fail, by a stream of chance of the cluster's own.
#[derive(Clone)]
pub(super) struct Failing {
    pub(super) failures: JobFailures,
    pub(super) rng: Pcg64Mcg,
}

impl Failing {
    /// The next job, as it will end.
    fn drawn(&mut self, job: JobSpec) -> JobSpec {
        let drawn: f64 = self.rng.random();
        let fails = drawn < self.failures.probability;
        JobSpec {
            exit_code: if fails { i32::from(self.failures.exit_code) } else { job.exit_code },
            ..job
        }
    }
}

/// `jobs` as they end, with those of `listed` among them; of one instant these come last.
pub(super) fn arrivals(
    jobs: &OwnersJobs,
    mut failing: Option<Failing>,
    mut listed: Vec<JobSpec>,
) -> Arrivals {
    match jobs {
        OwnersJobs::Kept(jobs) if failing.is_none() && listed.is_empty() => {
            Arrivals::kept(Arc::clone(jobs))
        }
        OwnersJobs::Kept(jobs) => {
            let ends = |job: &JobSpec| match &mut failing {
                Some(failing) => failing.drawn(job.clone()),
                None => job.clone(),
            };
            let mut all: Vec<JobSpec> = jobs.iter().map(ends).collect();
            all.extend(listed);
            all.sort_by_key(|job| job.submit);
            all.into()
        }
        OwnersJobs::Streamed { facts, begin } => {
            let mut facts = *facts;
            listed.sort_by_key(|job| job.submit);
            listed.iter().for_each(|job| facts.add(job));
            let (begin, listed) = (Arc::clone(begin), listed.into());
            Arrivals::streamed(facts, Arc::new(Source { begin, failing, listed }))
        }
    }
}

/// Makes the same jobs as often as they are wanted.
struct Source {
    begin: Arc<dyn Fn() -> JobIterator + Send + Sync>,
    failing: Option<Failing>,
    listed: Arc<[JobSpec]>,
}

impl ArrivalSource for Source {
    fn stream(&self) -> Box<dyn ArrivalStream> {
        Box::new(Merged {
            jobs: (self.begin)().fuse(),
            failing: self.failing.clone(),
            next: None,
            listed: Arc::clone(&self.listed),
            passed: 0,
        })
    }
}

/// Jobs as they are made, and listed ones.
struct Merged {
    jobs: Fuse<JobIterator>,
    failing: Option<Failing>,
    /// Made, while a listed one comes first.
    next: Option<JobSpec>,
    listed: Arc<[JobSpec]>,
    /// How many of the listed ones have come.
    passed: usize,
}

impl Merged {
    fn made(&mut self) -> Result<Option<JobSpec>, ArrivalError> {
        let Some(job) = self.jobs.next().transpose()? else { return Ok(None) };
        Ok(Some(match &mut self.failing {
            Some(failing) => failing.drawn(job),
            None => job,
        }))
    }
}

impl ArrivalStream for Merged {
    fn next_jobs(&mut self, into: &mut VecDeque<JobSpec>) -> Result<(), ArrivalError> {
        while into.len() < MADE_AT_ONCE {
            let next = match self.next.take() {
                Some(next) => Some(next),
                None => self.made()?,
            };
            let listed = self.listed.get(self.passed);
            match (next, listed) {
                (Some(next), Some(listed)) if listed.submit < next.submit => {
                    into.push_back(listed.clone());
                    self.passed += 1;
                    self.next = Some(next);
                }
                (Some(next), _) => into.push_back(next),
                (None, Some(listed)) => {
                    into.push_back(listed.clone());
                    self.passed += 1;
                }
                (None, None) => break,
            }
        }
        Ok(())
    }
}
