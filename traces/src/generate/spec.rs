//! A generated workload from its parameters, and the command that makes it again.
//! Must not know files.

use std::fmt;
use std::io::{self, Write};

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::generate::cycle::DailyCycle;
use crate::generate::estimates::requested_s;
use crate::generate::lublin::{LublinClass, LublinParams};
use crate::generate::poisson::PoissonParams;
use crate::generate::problem::SpecError;
use crate::generate::sampler::Weighted;
use crate::swf;
use crate::swf::header::SwfHeader;
use crate::workload::{Dropped, LeftOut, SPAN_MAX_S, Workload, WorkloadJob};

/// Highest offered load: ten times what the machine can do. Who writes 75 means 75 %.
const LOAD_MAX: f64 = 10.0;

/// Most jobs made at once: 10 GB of memory.
pub const JOBS_MAX: u32 = 100_000_000;

/// Longest time of a generated trace, in seconds: thirty thousand years.
const TIME_S_MAX: f64 = SPAN_MAX_S as f64;

/// The model of arrivals, sizes and run times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Model {
    /// Lublin and Feitelson's, with the published parameters of a class of jobs.
    Lublin(LublinClass),
    /// Poisson arrivals.
    Poisson(PoissonParams),
}

/// All parameters of a generated workload.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GenerateSpec {
    /// The model.
    pub model: Model,
    /// Number of jobs, from 1 to [`JOBS_MAX`].
    pub jobs: u32,
    /// Machine size, at least 1.
    pub processors: u32,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Wanted load: core seconds of all jobs over those of the machine from the first submission
    /// to the last; positive. `None` leaves the model's arrivals as they are.
    pub load: Option<f64>,
    /// Requested times: mean excess over the run time as a share of it (see
    /// [`requested_s`]); `None` makes no requests.
    pub excess: Option<f64>,
    /// Number of users, of unequal activity (Zipf); 0 leaves the users unknown.
    pub users: u32,
}

impl GenerateSpec {
    /// Makes the workload with a generator (PCG-64-MCG) started from the seed.
    pub fn generate(&self) -> Result<Workload, SpecError> {
        self.generate_with(&mut Pcg64Mcg::seed_from_u64(self.seed))
    }

    /// Makes the workload with `rng`; the seed is not looked at. Users and requests
    /// are drawn last, so that asking for them does not change the other figures.
    pub fn generate_with<R: Rng + ?Sized>(&self, rng: &mut R) -> Result<Workload, SpecError> {
        self.validate()?;
        let mut jobs: Vec<WorkloadJob> = (1..=u64::from(self.jobs)).map(blank_job).collect();
        let source = self.source();
        for job in &mut jobs {
            let (procs, run_s) = source.size_and_runtime(rng, self.processors);
            job.procs = procs;
            job.run_ms = run_ms(run_s)?;
        }
        self.place_arrivals(rng, &source, &mut jobs)?;
        if self.users > 0 {
            let activity = Weighted::zipf(self.users);
            for job in &mut jobs {
                job.user = i32::try_from(activity.draw(rng)).expect("validated to be in range");
            }
        }
        if let Some(excess) = self.excess {
            for job in &mut jobs {
                job.walltime_ms = Some(requested_s(rng, job.run_ms / 1000, excess) * 1000);
            }
        }
        Ok(Workload { jobs, ..self.without_jobs() })
    }

    /// What the workload is but for its jobs.
    #[must_use]
    pub fn without_jobs(&self) -> Workload {
        Workload {
            name: "generated".to_owned(),
            jobs: Vec::new(),
            max_procs: Some(self.processors),
            max_nodes: Some(self.processors),
            unix_start_s: None,
            left_out: LeftOut::default(),
            dropped: Dropped { rows: u64::from(self.jobs), ..Dropped::default() },
            names: None,
        }
    }

    /// Makes the workload and writes it as SWF, with the command that makes it in the header.
    pub fn to_swf<W: Write>(&self, out: W) -> Result<(), WriteGenerated> {
        let workload = self.generate()?;
        let made_by = format!("made by `{}`", self.command());
        let model = match self.model {
            Model::Lublin(_) => {
                "model of Lublin and Feitelson, JPDC 63(11), 2003; no job of this file ever ran"
            }
            Model::Poisson(_) => "Poisson model; no job of this file ever ran",
        };
        swf::workload::write(out, &workload, &SwfHeader::default(), &[&made_by, model])?;
        Ok(())
    }

    /// The command that makes this workload.
    #[must_use]
    pub fn command(&self) -> String {
        self.to_string()
    }

    /// Checks that every parameter is in its range.
    pub fn validate(&self) -> Result<(), SpecError> {
        let range = |key, value, expected, ok| {
            if ok { Ok(()) } else { Err(SpecError::Range { key, value, expected }) }
        };
        let (jobs, processors) = (f64::from(self.jobs), f64::from(self.processors));
        range("jobs", jobs, "1 to 100000000", (1..=JOBS_MAX).contains(&self.jobs))?;
        range("processors", processors, "1 to 2^31", (1..=1 << 31).contains(&self.processors))?;
        range("users", f64::from(self.users), "0 to 10000000", self.users <= 10_000_000)?;
        if let Some(load) = self.load {
            let ok = load > 0.0 && load <= LOAD_MAX;
            range("load", load, "a share of the machine above 0, up to 10 (0.75 is 75 %)", ok)?;
        }
        if let Some(excess) = self.excess {
            let ok = (0.0..=1000.0).contains(&excess);
            range("estimate excess", excess, "a number from 0 to 1000", ok)?;
        }
        if let Model::Poisson(params) = self.model {
            let gap_s = params.mean_gap_s;
            range("mean gap", gap_s, "a number above 0", gap_s > 0.0 && gap_s <= TIME_S_MAX)?;
            if !params.runtime.is_valid() {
                return Err(SpecError::TimeLaw { text: params.runtime.to_string() });
            }
            if !params.sizes.is_valid() {
                return Err(SpecError::SizeLaw { text: params.sizes.to_string() });
            }
            let size = params.sizes.high();
            if size > self.processors {
                return Err(SpecError::Sizes { size, processors: self.processors });
            }
        }
        Ok(())
    }

    pub(super) fn source(&self) -> Source {
        match self.model {
            Model::Lublin(class) => Source::Lublin(LublinParams::published(class, self.processors)),
            Model::Poisson(params) => Source::Poisson(params),
        }
    }

    /// Draws the gaps, scales them to the wanted load, and maps them onto the hours of the day:
    /// the load changes how many jobs a day has, not the shape of the day.
    fn place_arrivals<R: Rng + ?Sized>(
        &self,
        rng: &mut R,
        source: &Source,
        jobs: &mut [WorkloadJob],
    ) -> Result<(), SpecError> {
        let cycle = source.cycle();
        let mut passed_s = 0.0;
        let mut next = |_: &WorkloadJob| {
            passed_s += source.gap_s(rng);
            passed_s
        };
        let arrivals_s: Vec<f64> = jobs.iter().map(&mut next).collect();
        let area: f64 = jobs.iter().map(area_of).sum();
        let factor = match arrivals_s.as_slice() {
            [first_s, .., last_s] => self.factor(area, [*first_s, *last_s], &cycle),
            _ => 1.0,
        };
        for (job, arrival_s) in jobs.iter_mut().zip(&arrivals_s) {
            job.submit_ms = milliseconds(libm::floor(cycle.time_s(arrival_s * factor)))?;
        }
        Ok(())
    }

    /// The factor of all gaps that gives the wanted load, for jobs that together hold so many core
    /// milliseconds. The load falls as the factor grows, so halving finds it; the first and last
    /// arrivals fix it, since only they bound the span.
    pub(super) fn factor(&self, area: f64, [first_s, last_s]: [f64; 2], cycle: &DailyCycle) -> f64 {
        let Some(load) = self.load else {
            return 1.0;
        };
        let wanted_s = area / 1000.0 / (f64::from(self.processors) * load);
        let span_s = |factor: f64| cycle.time_s(last_s * factor) - cycle.time_s(first_s * factor);
        let (mut low, mut high) = (0.0, 1.0);
        while span_s(high) < wanted_s && high < 1e18 {
            high *= 2.0;
        }
        for _ in 0..100 {
            let middle = (low + high) / 2.0;
            if span_s(middle) < wanted_s {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    }
}

/// A model with its parameters looked up.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Lublin(LublinParams),
    Poisson(PoissonParams),
}

impl Source {
    pub(super) fn size_and_runtime<R: Rng + ?Sized>(
        &self,
        rng: &mut R,
        processors: u32,
    ) -> (u32, f64) {
        match self {
            Source::Lublin(params) => {
                let procs = params.size(rng, processors);
                (procs, params.run_s(rng, procs))
            }
            Source::Poisson(params) => {
                let procs = params.sizes.draw(rng);
                (procs, params.runtime.draw_s(rng))
            }
        }
    }

    pub(super) fn gap_s<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        match self {
            Source::Lublin(params) => params.gap_s(rng),
            Source::Poisson(params) => params.gap_s(rng),
        }
    }

    pub(super) fn cycle(&self) -> DailyCycle {
        match self {
            Source::Lublin(params) => params.daily_cycle(),
            Source::Poisson(params) => params.daily_cycle(),
        }
    }
}

impl fmt::Display for GenerateSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("gleaner trace generate ")?;
        match self.model {
            Model::Lublin(class) => {
                let class = match class {
                    LublinClass::Batch => "batch",
                    LublinClass::Interactive => "interactive",
                    LublinClass::Combined => "combined",
                };
                write!(f, "lublin --class {class}")?;
            }
            Model::Poisson(params) => {
                let PoissonParams { mean_gap_s, daily, runtime, sizes } = params;
                write!(f, "poisson --mean-gap {mean_gap_s} --runtime {runtime} --sizes {sizes}")?;
                if daily {
                    f.write_str(" --daily-cycle")?;
                }
            }
        }
        write!(f, " --jobs {} --processors {}", self.jobs, self.processors)?;
        if let Some(load) = self.load {
            write!(f, " --load {load}")?;
        }
        if let Some(excess) = self.excess {
            write!(f, " --estimates {excess}")?;
        }
        if self.users > 0 {
            write!(f, " --users {}", self.users)?;
        }
        write!(f, " --seed {}", self.seed)
    }
}

/// A generated workload that could not be made or written.
#[derive(Debug, thiserror::Error)]
pub enum WriteGenerated {
    /// The parameters are wrong.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The file could not be written.
    #[error("cannot write the generated trace")]
    Io(#[from] io::Error),
}

/// A job of that number that ended well, of which no more is known.
pub(super) fn blank_job(id: u64) -> WorkloadJob {
    WorkloadJob { status: 1, ..WorkloadJob::blank(id) }
}

/// The core milliseconds that a job holds.
pub(super) fn area_of(job: &WorkloadJob) -> f64 {
    job.run_ms as f64 * f64::from(job.procs)
}

/// A run time that was drawn, as jobs have it.
pub(super) fn run_ms(run_s: f64) -> Result<i64, SpecError> {
    milliseconds(libm::fmax(1.0, libm::round(run_s)))
}

/// Whole seconds in milliseconds.
pub(super) fn milliseconds(time_s: f64) -> Result<i64, SpecError> {
    if time_s <= TIME_S_MAX { Ok(time_s as i64 * 1000) } else { Err(SpecError::Overflow) }
}
