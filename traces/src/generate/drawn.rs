//! A generated workload that is drawn job by job whenever somebody wants it, in the memory of a few numbers.
//! The jobs are those of [`GenerateSpec::generate_with`]. Must not know files.
//!
//! That one draws the sizes and run times of all jobs, then all gaps, then all users, then all requests, from
//! one stream of chance. So does this, without keeping them: it goes through the stream once, remembers where
//! each of the four begins, and what load and span come to; then four copies of the stream, each from its
//! place, give what the next job needs.

use std::sync::Arc;

use rand::Rng;

use crate::generate::cycle::DailyCycle;
use crate::generate::estimates::requested_s;
use crate::generate::problem::SpecError;
use crate::generate::sampler::Weighted;
use crate::generate::spec::{GenerateSpec, Source, area_of, blank_job, milliseconds, run_ms};
use crate::workload::WorkloadJob;

/// A workload that can be drawn as often as somebody wants it.
#[derive(Debug, Clone)]
pub struct Drawn<R> {
    first: DrawnJobs<R>,
    procs: [u32; 2],
}

/// What all jobs have in common.
#[derive(Debug)]
struct Plan {
    spec: GenerateSpec,
    source: Source,
    cycle: DailyCycle,
    activity: Option<Weighted>,
    /// Of all gaps.
    factor: f64,
}

/// The jobs of a drawn workload, one after the other.
#[derive(Debug, Clone)]
pub struct DrawnJobs<R> {
    plan: Arc<Plan>,
    /// How many have been drawn.
    drawn: u32,
    passed_s: f64,
    sizes: R,
    gaps: R,
    users: R,
    requests: R,
}

impl<R: Rng + Clone> Drawn<R> {
    /// Looks through the workload of `spec` once; its seed is not looked at.
    ///
    /// # Errors
    /// As [`GenerateSpec::generate_with`].
    pub fn new(spec: &GenerateSpec, mut rng: R) -> Result<Drawn<R>, SpecError> {
        spec.validate()?;
        let source = spec.source();
        let cycle = source.cycle();
        let sizes = rng.clone();
        let mut area = 0.0;
        let mut procs = [u32::MAX, 0];
        for id in 1..=u64::from(spec.jobs) {
            let (size, run_s) = source.size_and_runtime(&mut rng, spec.processors);
            area += area_of(&WorkloadJob { procs: size, run_ms: run_ms(run_s)?, ..blank_job(id) });
            procs = [procs[0].min(size), procs[1].max(size)];
        }
        let gaps = rng.clone();
        let first_s = source.gap_s(&mut rng);
        let last_s = (1..spec.jobs).fold(first_s, |passed_s, _| passed_s + source.gap_s(&mut rng));
        let factor = match spec.jobs {
            1 => 1.0,
            _ => spec.factor(area, [first_s, last_s], &cycle),
        };
        // Times only grow, so that the last one is the one to look at.
        milliseconds(libm::floor(cycle.time_s(last_s * factor)))?;
        let users = rng.clone();
        let activity = (spec.users > 0).then(|| Weighted::zipf(spec.users));
        if let Some(activity) = &activity {
            (0..spec.jobs).for_each(|_| activity.pass(&mut rng));
        }
        let plan = Arc::new(Plan { spec: *spec, source, cycle, activity, factor });
        let first = DrawnJobs { plan, drawn: 0, passed_s: 0.0, sizes, gaps, users, requests: rng };
        Ok(Drawn { first, procs })
    }

    /// How many jobs there are.
    pub fn count(&self) -> u32 {
        self.first.plan.spec.jobs
    }

    /// The fewest and the most processors that a job needs.
    pub fn procs(&self) -> [u32; 2] {
        self.procs
    }

    /// The jobs, from the first on.
    pub fn jobs(&self) -> DrawnJobs<R> {
        self.first.clone()
    }
}

impl<R: Rng> Iterator for DrawnJobs<R> {
    type Item = WorkloadJob;

    fn next(&mut self) -> Option<WorkloadJob> {
        let Plan { spec, source, cycle, activity, factor } = &*self.plan;
        if self.drawn == spec.jobs {
            return None;
        }
        self.drawn += 1;
        let known = "every time of the workload was looked at before";
        let mut job = blank_job(u64::from(self.drawn));
        let (procs, run_s) = source.size_and_runtime(&mut self.sizes, spec.processors);
        job.procs = procs;
        job.run_ms = run_ms(run_s).expect(known);
        self.passed_s += source.gap_s(&mut self.gaps);
        let submit_s = libm::floor(cycle.time_s(self.passed_s * factor));
        job.submit_ms = milliseconds(submit_s).expect(known);
        if let Some(activity) = activity {
            job.user = activity.draw(&mut self.users) as i32;
        }
        if let Some(excess) = spec.excess {
            let requested_s = requested_s(&mut self.requests, job.run_ms / 1000, excess);
            job.walltime_ms = Some(requested_s * 1000);
        }
        Some(job)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.plan.spec.jobs - self.drawn) as usize;
        (left, Some(left))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_pcg::Pcg64Mcg;

    use super::*;
    use crate::generate::lublin::LublinClass;
    use crate::generate::poisson::PoissonParams;
    use crate::generate::spec::Model;

    fn models() -> impl Strategy<Value = Model> {
        let class = prop_oneof![
            Just(LublinClass::Batch),
            Just(LublinClass::Interactive),
            Just(LublinClass::Combined)
        ];
        let runtime = prop::sample::select(&["fixed:60", "exponential:900", "lognormal:5,2"][..]);
        let sizes = prop::sample::select(&["1-16", "pow2:1-8", "3"][..]);
        let poisson = (1.0f64..1e4, any::<bool>(), runtime, sizes).prop_map(
            |(mean_gap_s, daily, runtime, sizes)| {
                let (runtime, sizes) = (runtime.parse(), sizes.parse());
                let runtime = runtime.expect("a law of times");
                let sizes = sizes.expect("a law of sizes");
                Model::Poisson(PoissonParams { mean_gap_s, daily, runtime, sizes })
            },
        );
        prop_oneof![class.prop_map(Model::Lublin), poisson]
    }

    proptest! {
        #[test]
        fn jobs_drawn_one_by_one_are_those_drawn_together(
            (model, jobs, processors) in (models(), 1u32..300, 16u32..500),
            load in prop::option::of(0.1f64..2.0),
            excess in prop::option::of(0.0f64..5.0),
            (users, seed) in (0u32..20, any::<u64>()),
        ) {
            let spec = GenerateSpec { model, jobs, processors, seed, load, excess, users };
            let together = spec.generate();
            let drawn = Drawn::new(&spec, Pcg64Mcg::seed_from_u64(seed));
            prop_assert_eq!(together.is_ok(), drawn.is_ok());
            let (Ok(together), Ok(drawn)) = (together, drawn) else { return Ok(()) };
            for _ in 0..2 {
                let one_by_one: Vec<WorkloadJob> = drawn.jobs().collect();
                prop_assert_eq!(&one_by_one, &together.jobs);
            }
            let sizes = together.jobs.iter().map(|job| job.procs);
            let procs = [sizes.clone().min(), sizes.max()].map(|size| size.unwrap_or(0));
            prop_assert_eq!((drawn.count(), drawn.procs()), (jobs, procs));
        }
    }

    #[test]
    fn what_would_last_too_long_is_refused_beforehand() {
        let model = Model::Poisson(PoissonParams {
            mean_gap_s: 2e9,
            daily: false,
            runtime: "fixed:60".parse().unwrap(),
            sizes: "1".parse().unwrap(),
        });
        let (load, excess) = (None, None);
        let spec = GenerateSpec { model, jobs: 9, processors: 1, seed: 1, load, excess, users: 0 };
        let error = Drawn::new(&spec, Pcg64Mcg::seed_from_u64(1)).unwrap_err();
        assert_eq!(Err(error), spec.generate().map(|_| ()));
    }
}
