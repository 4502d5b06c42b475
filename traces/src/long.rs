//! A trace with too many jobs to keep them: looked through once, then read again, job by job, in each run. Must
//! not know what the jobs are for.
//!
//! So only what comes by submission can be read, from a file that can be opened again. What is out of order, or
//! has parts of jobs in several rows, is kept whatever it takes.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use crate::bounded::Bounded;
use crate::error::TraceError;
use crate::hash::FileHash;
use crate::inflate::{Input, Stored};
use crate::open::{Text, read_within};
use crate::samples;
use crate::swf::workload::SwfJobs;
use crate::workload::{JobFacts, ReadOptions, Workload, WorkloadJob};

/// A trace, kept or to be read again.
#[derive(Debug)]
pub enum Read {
    /// All of it.
    Kept(Workload),
    /// All but its jobs.
    Long(LongTrace),
}

/// A trace whose jobs are not kept.
#[derive(Debug, Clone)]
pub struct LongTrace {
    path: PathBuf,
    options: ReadOptions,
    /// What is known of it; it has no jobs.
    pub about: Workload,
    /// What its jobs come to.
    pub facts: JobFacts,
}

/// Reads the trace at `path`, with the hash of its bytes; see [`crate::open::read_hashed`]. One of more than
/// `jobs_max` jobs is not kept if it can be read again, job by job.
///
/// # Errors
/// Those of reading it: also of what is read again every row has been looked at.
pub fn read_hashed(
    path: &Path,
    options: &ReadOptions,
    jobs_max: u64,
) -> Result<(Read, FileHash), TraceError> {
    // What is no file, such as a pipe, can be read only once.
    let again = samples::asked(path).is_some() || path.is_file();
    let jobs_max = if again { usize::try_from(jobs_max).unwrap_or(usize::MAX) } else { usize::MAX };
    Ok(match read_within(path, options, jobs_max)? {
        (workload, hash, None) => (Read::Kept(workload), hash),
        (about, hash, Some(facts)) if facts.in_order => {
            (Read::Long(LongTrace { path: path.to_owned(), options: *options, about, facts }), hash)
        }
        (_, _, Some(_)) => {
            let (workload, hash, _) = read_within(path, options, usize::MAX)?;
            (Read::Kept(workload), hash)
        }
    })
}

impl LongTrace {
    /// Its jobs by submission, from the first on.
    ///
    /// # Errors
    /// The file cannot be opened again.
    pub fn jobs(&self) -> Result<LongTraceJobs, TraceError> {
        let text = Text::new(Input::open(&self.path)?, &self.path)?;
        let text = Bounded::new(text, self.options.swf_bytes_max());
        let rows = SwfJobs::new(text, &self.path, &self.options)?;
        Ok(LongTraceJobs {
            rows,
            path: self.path.clone(),
            facts: self.facts,
            left: self.facts.count,
        })
    }
}

/// The jobs of a long trace. An error is the last item.
pub struct LongTraceJobs {
    rows: SwfJobs<Bounded<Text<BufReader<Stored>>>>,
    path: PathBuf,
    /// What was seen when the trace was looked through, with the submissions of those still to come.
    facts: JobFacts,
    left: u64,
}

impl Iterator for LongTraceJobs {
    type Item = Result<WorkloadJob, TraceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let next = self.rows.next_job().and_then(|job| {
            job.filter(|job| self.is_expected(job))
                .ok_or_else(|| TraceError::Changed { path: self.path.clone() })
        });
        match &next {
            Ok(job) => {
                self.left -= 1;
                self.facts.submit_ms[0] = job.submit_ms;
            }
            Err(_) => self.left = 0,
        }
        Some(next)
    }
}

impl LongTraceJobs {
    /// Whether a job may be the next one, by what was seen before.
    fn is_expected(&self, job: &WorkloadJob) -> bool {
        let JobFacts { submit_ms, ids, procs, .. } = self.facts;
        (submit_ms[0]..=submit_ms[1]).contains(&job.submit_ms)
            && (ids[0]..=ids[1]).contains(&job.id)
            && (procs[0]..=procs[1]).contains(&job.procs)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::fs;

    use super::*;

    /// A log of jobs submitted at those seconds.
    fn log(submits_s: &[i64]) -> String {
        submits_s.iter().zip(1..).fold(String::new(), |mut text, (submit_s, id)| {
            let rest = "0 10 2 -1 -1 2 20 -1 1 1 1 1 1 1 -1 -1";
            writeln!(text, "{id} {submit_s} {rest}").expect("a text takes lines");
            text
        })
    }

    fn read(path: &Path, jobs_max: u64) -> Read {
        read_hashed(path, &ReadOptions::default(), jobs_max).expect("a good log").0
    }

    fn long(path: &Path, jobs_max: u64) -> LongTrace {
        match read(path, jobs_max) {
            Read::Long(long) => long,
            Read::Kept(workload) => panic!("{} jobs were kept", workload.jobs.len()),
        }
    }

    #[test]
    fn jobs_read_again_are_those_that_would_be_kept() {
        let sample = Path::new("sample:month-128.swf.gz");
        let Read::Kept(kept) = read(sample, u64::MAX) else { panic!("there was room") };
        assert!(kept.jobs.len() > 100 && kept.jobs.is_sorted_by_key(|job| job.submit_ms));
        for jobs_max in [0, 1, kept.jobs.len() as u64 - 1] {
            let long = long(sample, jobs_max);
            let mut facts = JobFacts::default();
            kept.jobs.iter().for_each(|job| facts.add(job));
            assert_eq!(long.facts, facts);
            assert_eq!(Workload { jobs: kept.jobs.clone(), ..long.about.clone() }, kept);
            for _ in 0..2 {
                let again: Vec<WorkloadJob> = long.jobs().unwrap().map(Result::unwrap).collect();
                assert!(again == kept.jobs);
            }
        }
        assert!(matches!(read(sample, kept.jobs.len() as u64), Read::Kept(_)));
    }

    #[test]
    fn what_cannot_be_streamed_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log.swf");
        // Out of order behind the first that have no room; and a job in two parts.
        let parted = log(&[1, 2, 3, 4]) + "9 5 0 10 2 -1 -1 2 20 -1 2 1 1 1 1 1 -1 -1\n";
        for (text, count) in [(log(&[1, 2, 3, 2]), 4), (parted, 5)] {
            fs::write(&file, text).unwrap();
            let Read::Kept(kept) = read(&file, 2) else { panic!("it is not in order") };
            assert_eq!(kept.jobs.len(), count);
        }
    }

    #[test]
    fn a_file_that_changes_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log.swf");
        fs::write(&file, log(&[1, 2, 3, 4])).unwrap();
        let long = long(&file, 0);
        for changed in [log(&[1, 2]), log(&[1, 2, 9, 9]), log(&[1, 2, 1, 4])] {
            fs::write(&file, &changed).unwrap();
            let mut jobs = long.jobs().unwrap();
            let good = jobs.by_ref().take(2).filter(Result::is_ok).count();
            let error = jobs.next().unwrap().unwrap_err();
            assert!(matches!(error, TraceError::Changed { .. }), "{error}");
            assert!(error.hint().is_some() && jobs.next().is_none() && good == 2);
        }
        fs::remove_file(&file).unwrap();
        assert!(matches!(long.jobs(), Err(TraceError::Open { .. })));
    }
}
