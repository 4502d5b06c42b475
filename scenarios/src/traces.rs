//! Workload traces that are read once, whoever asks for them and how often, and the owners' jobs in them.
//! Must not know clusters.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gleaner_sim::arrivals::{ArrivalError, ArrivalFacts};
use gleaner_sim::job::{JobKind, JobSpec};
use gleaner_sim::time::{SimSpan, SimTime};
use gleaner_traces::error::TraceError;
use gleaner_traces::generate::drawn::Drawn;
use gleaner_traces::generate::problem::SpecError;
use gleaner_traces::generate::spec::GenerateSpec;
use gleaner_traces::hash::FileHash;
use gleaner_traces::long::{LongTrace, Read, read_hashed};
use gleaner_traces::workload::{Dropped, JobFacts, ReadOptions, Workload, WorkloadJob};
use rand_pcg::Pcg64Mcg;

/// The owners' jobs of a trace or of a model, and what is known beside them.
#[derive(Clone, Debug)]
pub struct OwnersTrace {
    /// Name of the trace or of the model.
    pub name: String,
    /// The jobs by submission; those of one instant in the order of their log.
    pub jobs: OwnersJobs,
    /// The machine's size, if the header tells.
    pub processors: Option<u32>,
    /// Time zero of the trace, seconds since 1970, if its header tells.
    pub unix_start_s: Option<i64>,
    /// What reading dropped, cut and skipped.
    pub dropped: Dropped,
    /// Names of jobs where these are not numbers; then a job's number is the index here.
    pub job_names: Option<Arc<[Box<str>]>>,
    /// The SHA-256 of the file, if there is one.
    pub hash: Option<FileHash>,
}

impl OwnersTrace {
    /// The jobs of `workload`, which was read from a file with that hash, if from any.
    pub fn new(workload: Workload, hash: Option<FileHash>) -> OwnersTrace {
        OwnersTrace {
            name: workload.name,
            jobs: OwnersJobs::Kept(workload.jobs.iter().map(arrival).collect()),
            processors: workload.max_procs,
            unix_start_s: workload.unix_start_s,
            dropped: workload.dropped,
            job_names: workload.names.map(Arc::from),
            hash,
        }
    }

    /// The jobs of a model: kept if there is room for them, which they take; else drawn when they are needed.
    ///
    /// # Errors
    /// Parameters with which nothing can be drawn.
    pub fn generated(
        spec: &GenerateSpec,
        mut rng: Pcg64Mcg,
        room: &mut u64,
    ) -> Result<OwnersTrace, SpecError> {
        if let Some(left) = room.checked_sub(u64::from(spec.jobs)) {
            *room = left;
            return Ok(OwnersTrace::new(spec.generate_with(&mut rng)?, None));
        }
        let drawn = Drawn::new(spec, rng)?;
        let count = u64::from(drawn.count());
        let facts = ArrivalFacts {
            count,
            first: drawn.jobs().next().map(|job| arrival(&job).submit),
            numbers: (1, count),
            cores: drawn.procs().into(),
            requests: false,
        };
        let begin = move || -> JobIterator { Box::new(drawn.jobs().map(|job| Ok(arrival(&job)))) };
        let jobs = OwnersJobs::Streamed { facts, begin: Arc::new(begin) };
        Ok(OwnersTrace { jobs, ..OwnersTrace::new(spec.without_jobs(), None) })
    }

    /// The jobs of a trace that is too long to be kept, from a file with that hash.
    fn long(trace: LongTrace, hash: FileHash) -> OwnersTrace {
        let JobFacts { count, submit_ms, ids, procs, .. } = trace.facts;
        let facts = ArrivalFacts {
            count,
            first: Some(SimTime::from_ms(submit_ms[0])),
            numbers: ids.into(),
            cores: procs.into(),
            requests: false,
        };
        let about = OwnersTrace::new(trace.about.clone(), Some(hash));
        let begin = move || -> JobIterator {
            match trace.jobs() {
                Ok(jobs) => Box::new(jobs.map(|job| Ok(arrival(&job?)))),
                Err(error) => Box::new(std::iter::once(Err(error.into()))),
            }
        };
        OwnersTrace { jobs: OwnersJobs::Streamed { facts, begin: Arc::new(begin) }, ..about }
    }
}

/// The owners' jobs of a trace or of a model.
#[derive(Clone)]
pub enum OwnersJobs {
    /// All are in memory.
    Kept(Arc<[JobSpec]>),
    /// They are made when they are needed.
    Streamed {
        /// What is known of them beforehand.
        facts: ArrivalFacts,
        /// Begins with the first; gives the same jobs each time.
        begin: Arc<dyn Fn() -> JobIterator + Send + Sync>,
    },
}

/// Jobs one after the other, or why there are no more.
pub type JobIterator = Box<dyn Iterator<Item = Result<JobSpec, ArrivalError>> + Send>;

impl OwnersJobs {
    /// The highest number of a job, 0 if there is none.
    pub fn number_max(&self) -> u64 {
        match self {
            OwnersJobs::Kept(jobs) => jobs.iter().map(|job| job.number).max().unwrap_or(0),
            OwnersJobs::Streamed { facts, .. } => facts.number_max(),
        }
    }

    /// How many jobs there are.
    pub fn count(&self) -> u64 {
        match self {
            OwnersJobs::Kept(jobs) => jobs.len() as u64,
            OwnersJobs::Streamed { facts, .. } => facts.count,
        }
    }
}

impl Default for OwnersJobs {
    fn default() -> OwnersJobs {
        OwnersJobs::Kept(Arc::default())
    }
}

impl fmt::Debug for OwnersJobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} jobs", self.count())
    }
}

fn arrival(job: &WorkloadJob) -> JobSpec {
    JobSpec {
        number: job.id,
        submit: SimTime::from_ms(job.submit_ms),
        cores: job.procs,
        run: SimSpan::from_ms(job.run_ms),
        walltime: job.walltime_ms.map(SimSpan::from_ms),
        user: job.user,
        queue: job.queue,
        kind: JobKind::Local,
        exit_code: job.exit_code,
        origin: None,
        request: None,
    }
}

/// Traces by path and reading rules, each read when it is first asked for and kept as long as this lives: a
/// file that changes meanwhile is not read again. But of one that is too long to be kept every run reads the
/// jobs again. Threads that want different traces do not wait for each
/// other.
#[derive(Debug)]
pub struct Traces {
    known: Mutex<BTreeMap<(PathBuf, ReadOptions), Arc<Cached>>>,
    jobs_kept_max: u64,
    /// For how many more jobs of traces there is room.
    room: AtomicU64,
}

/// The most jobs that are kept in memory, some 100 MB of it; further ones are streamed.
pub const JOBS_KEPT_MAX: u64 = 1_000_000;

impl Default for Traces {
    fn default() -> Traces {
        Traces::keeping(JOBS_KEPT_MAX)
    }
}

/// A trace, once it has been read.
type Cached = Mutex<Option<Arc<OwnersTrace>>>;

impl Traces {
    /// None yet; as many jobs may be kept in memory, of traces and of drawn workloads each. No result depends
    /// on it.
    pub fn keeping(jobs_kept_max: u64) -> Traces {
        Traces { known: Mutex::default(), jobs_kept_max, room: AtomicU64::new(jobs_kept_max) }
    }

    /// The most jobs that are kept.
    pub fn jobs_kept_max(&self) -> u64 {
        self.jobs_kept_max
    }

    /// The owners' jobs of the trace at `path`.
    ///
    /// # Errors
    /// Those of reading it; they are not kept, and the next call tries again.
    pub fn read(&self, path: &Path, options: &ReadOptions) -> Result<Arc<OwnersTrace>, TraceError> {
        let cached = {
            // A thread that panicked while it held the lock has left the map as it was, or with an empty entry.
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(known.entry((path.to_owned(), *options)).or_default())
        };
        let mut trace = cached.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(trace) = &*trace {
            return Ok(Arc::clone(trace));
        }
        let read = match read_hashed(path, options, self.room.load(Ordering::Relaxed))? {
            (Read::Kept(workload), hash) => {
                let jobs = workload.jobs.len() as u64;
                // Threads that read at the same time may keep more together; no result depends on it.
                let left = |room: u64| Some(room.saturating_sub(jobs));
                let _ = self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
                OwnersTrace::new(workload, Some(hash))
            }
            (Read::Long(long), hash) => OwnersTrace::long(long, hash),
        };
        Ok(Arc::clone(trace.insert(Arc::new(read))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "1 0 0 10 1 -1 -1 1 20 -1 1 1 1 1 1 1 -1 -1\n";

    #[test]
    fn a_trace_is_read_once_and_hashed_as_it_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log.swf");
        std::fs::write(&file, ROW).unwrap();
        let traces = Traces::default();
        let first = traces.read(&file, &ReadOptions::default()).unwrap();
        assert_eq!((first.jobs.count(), first.hash), (1, Some(FileHash::of(ROW.as_bytes()))));
        std::fs::remove_file(&file).unwrap();
        let second = traces.read(&file, &ReadOptions::default()).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        // By other rules it is another trace.
        let lenient = ReadOptions { lenient: true, ..ReadOptions::default() };
        assert!(traces.read(&file, &lenient).is_err());
    }

    #[test]
    fn many_threads_read_it_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log.swf");
        std::fs::write(&file, ROW.repeat(10_000)).unwrap();
        let traces = Traces::default();
        let read = || traces.read(&file, &ReadOptions::default()).unwrap();
        let all: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(read)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(all.iter().all(|one| Arc::ptr_eq(one, &all[0])));
    }

    #[test]
    fn what_could_not_be_read_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log.swf");
        let traces = Traces::default();
        assert!(traces.read(&file, &ReadOptions::default()).is_err());
        std::fs::write(&file, ROW).unwrap();
        assert_eq!(traces.read(&file, &ReadOptions::default()).unwrap().jobs.count(), 1);
    }
}
