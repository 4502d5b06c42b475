//! Workload traces that are read once, whoever asks for them and how often, and the owners' jobs in them.
//! Must not know clusters.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use gleaner_sim::job::{JobKind, JobSpec};
use gleaner_sim::time::{SimSpan, SimTime};
use gleaner_traces::error::TraceError;
use gleaner_traces::hash::FileHash;
use gleaner_traces::open::read_hashed;
use gleaner_traces::workload::{Dropped, ReadOptions, Workload, WorkloadJob};

/// The owners' jobs of a trace or of a model, and what is known beside them.
#[derive(Clone, Debug)]
pub struct OwnersTrace {
    /// Name of the trace or of the model.
    pub name: String,
    /// The jobs by submission; those of one instant in the order of their log.
    pub jobs: Arc<[JobSpec]>,
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
            jobs: workload.jobs.iter().map(arrival).collect(),
            processors: workload.max_procs,
            unix_start_s: workload.unix_start_s,
            dropped: workload.dropped,
            job_names: workload.names.map(Arc::from),
            hash,
        }
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
/// file that changes meanwhile is not read again. Threads that want different traces do not wait for each
/// other.
#[derive(Debug, Default)]
pub struct Traces {
    known: Mutex<BTreeMap<(PathBuf, ReadOptions), Arc<Cached>>>,
}

/// A trace, once it has been read.
type Cached = Mutex<Option<Arc<OwnersTrace>>>;

impl Traces {
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
        let (workload, hash) = read_hashed(path, options)?;
        let read = Arc::new(OwnersTrace::new(workload, Some(hash)));
        Ok(Arc::clone(trace.insert(read)))
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
        assert_eq!((first.jobs.len(), first.hash), (1, Some(FileHash::of(ROW.as_bytes()))));
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
        assert_eq!(traces.read(&file, &ReadOptions::default()).unwrap().jobs.len(), 1);
    }
}
