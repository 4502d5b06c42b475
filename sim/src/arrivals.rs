//! The owners' jobs of a cluster, by submission: kept in memory, or made one after the other as a World comes to
//! them, so that its memory grows with what is alive and not with what is over. Must not know where jobs
//! come from.

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::job::JobSpec;
use crate::time::SimTime;

/// Why jobs that were to come cannot be had.
pub type ArrivalError = Box<dyn Error + Send + Sync>;

/// Jobs that are made when they are wanted, as often as somebody begins with the first.
pub trait ArrivalSource: Send + Sync {
    /// Begins with the first job. Every stream gives the same jobs.
    fn stream(&self) -> Box<dyn ArrivalStream>;
}

/// Jobs by submission, those of one instant in the order of their log.
pub trait ArrivalStream: Send {
    /// Appends the next jobs to `into`, as many as are made well at once; none if there are no more.
    ///
    /// # Errors
    /// They cannot be had: a file that was read before is another now. There are no further ones then.
    fn next_jobs(&mut self, into: &mut VecDeque<JobSpec>) -> Result<(), ArrivalError>;
}

/// What is known of a cluster's owners' jobs before the first of them comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArrivalFacts {
    /// How many there are.
    pub count: u64,
    /// The first submission, if there is one.
    pub first: Option<SimTime>,
    /// The least and the highest number of a job; upside down if there is none.
    pub numbers: (u64, u64),
    /// The fewest and the most cores that one asks for; upside down if there is none.
    pub cores: (u32, u32),
    /// Whether some ask for more than cores: such jobs may be copied under other numbers.
    pub requests: bool,
}

impl Default for ArrivalFacts {
    fn default() -> ArrivalFacts {
        ArrivalFacts {
            count: 0,
            first: None,
            numbers: (u64::MAX, 0),
            cores: (u32::MAX, 0),
            requests: false,
        }
    }
}

impl ArrivalFacts {
    /// Counts one more job, in any order.
    pub fn add(&mut self, job: &JobSpec) {
        self.count += 1;
        self.first = Some(self.first.map_or(job.submit, |first| first.min(job.submit)));
        self.numbers = (self.numbers.0.min(job.number), self.numbers.1.max(job.number));
        self.cores = (self.cores.0.min(job.cores), self.cores.1.max(job.cores));
        self.requests |= job.request.is_some();
    }

    /// The highest number of a job, 0 if there is none.
    pub fn number_max(&self) -> u64 {
        self.numbers.1
    }
}

/// The owners' jobs of a cluster. A copy shares what is kept.
#[derive(Clone)]
pub struct Arrivals {
    facts: ArrivalFacts,
    jobs: Jobs,
}

#[derive(Clone)]
enum Jobs {
    Kept(Arc<[JobSpec]>),
    Streamed(Arc<dyn ArrivalSource>),
}

impl Arrivals {
    /// Jobs that are in memory, by submission.
    ///
    /// # Panics
    /// If they are in another order.
    pub fn kept(jobs: Arc<[JobSpec]>) -> Arrivals {
        assert!(jobs.is_sorted_by_key(|job| job.submit), "jobs are not sorted by submission");
        let mut facts = ArrivalFacts::default();
        jobs.iter().for_each(|job| facts.add(job));
        Arrivals { facts, jobs: Jobs::Kept(jobs) }
    }

    /// Jobs that `source` makes, of which those facts are known.
    pub fn streamed(facts: ArrivalFacts, source: Arc<dyn ArrivalSource>) -> Arrivals {
        Arrivals { facts, jobs: Jobs::Streamed(source) }
    }

    /// What is known of them.
    pub fn facts(&self) -> &ArrivalFacts {
        &self.facts
    }

    /// Whether there may be a job of that number: of kept ones it is known, of others only from where to
    /// where their numbers go.
    pub fn may_have(&self, number: u64) -> bool {
        let (least, most) = self.facts.numbers;
        match &self.jobs {
            Jobs::Kept(jobs) => jobs.iter().any(|job| job.number == number),
            Jobs::Streamed(_) => (least..=most).contains(&number),
        }
    }

    /// Begins with the first of them.
    pub fn cursor(&self) -> ArrivalCursor {
        let jobs = match &self.jobs {
            Jobs::Kept(jobs) => Next::Kept { jobs: Arc::clone(jobs), at: 0 },
            Jobs::Streamed(source) => Next::Made { made: VecDeque::new(), stream: source.stream() },
        };
        let mut cursor = ArrivalCursor { left: self.facts.count, jobs, failed: None };
        cursor.make(SimTime::from_ms(i64::MIN));
        cursor
    }
}

impl Default for Arrivals {
    fn default() -> Arrivals {
        Arrivals::kept(Arc::default())
    }
}

impl From<Vec<JobSpec>> for Arrivals {
    fn from(jobs: Vec<JobSpec>) -> Arrivals {
        Arrivals::kept(jobs.into())
    }
}

impl fmt::Debug for Arrivals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.facts.fmt(f)
    }
}

/// Goes through a cluster's owners' jobs once.
pub struct ArrivalCursor {
    /// How many are still to come.
    left: u64,
    jobs: Next,
    failed: Option<ArrivalError>,
}

enum Next {
    /// All are there, and so many are over.
    Kept { jobs: Arc<[JobSpec]>, at: usize },
    /// The next few are there.
    Made { made: VecDeque<JobSpec>, stream: Box<dyn ArrivalStream> },
}

impl ArrivalCursor {
    /// When the next job is submitted; none if there is none, or it cannot be had.
    #[inline]
    pub fn next_submit(&self) -> Option<SimTime> {
        match &self.jobs {
            Next::Kept { jobs, at } => Some(jobs.get(*at)?.submit),
            Next::Made { made, .. } => Some(made.front()?.submit),
        }
    }

    /// How many jobs are still to come.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// The next job.
    ///
    /// # Panics
    /// If a stream gives jobs in a wrong order, or not as many of them as it told.
    #[inline]
    pub fn take(&mut self) -> Option<JobSpec> {
        let (job, last) = match &mut self.jobs {
            Next::Kept { jobs, at } => {
                let job = jobs.get(*at)?.clone();
                *at += 1;
                (job, false)
            }
            Next::Made { made, .. } => (made.pop_front()?, made.is_empty()),
        };
        self.left -= 1;
        if last {
            self.make(job.submit);
        }
        Some(job)
    }

    /// Leaves out the jobs up to `until`.
    pub fn skip(&mut self, until: SimTime) {
        if let Next::Kept { jobs, at } = &mut self.jobs {
            *at = jobs.partition_point(|job| job.submit <= until);
            self.left = (jobs.len() - *at) as u64;
            return;
        }
        while self.next_submit().is_some_and(|submit| submit <= until) {
            self.take();
        }
    }

    /// What went wrong, if something did: told once.
    pub fn failure(&mut self) -> Option<ArrivalError> {
        self.failed.take()
    }

    /// Makes further jobs, none of them submitted before `last`, where they are not in memory.
    fn make(&mut self, last: SimTime) {
        let Next::Made { made, stream } = &mut self.jobs else { return };
        if self.left == 0 {
            return;
        }
        if let Err(error) = stream.next_jobs(made) {
            made.clear();
            self.failed = Some(error);
            return;
        }
        let submits = || made.iter().map(|job| job.submit);
        assert!(
            submits().next().is_none_or(|first| last <= first) && submits().is_sorted(),
            "a stream of jobs goes back in time"
        );
        let (made, left) = (made.len() as u64, self.left);
        assert!(made > 0 && made <= left, "{left} jobs are left, not {made}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::JobKind;
    use crate::time::SimSpan;

    fn job(number: u64, submit_s: i64) -> JobSpec {
        JobSpec {
            number,
            submit: SimTime::from_s(submit_s),
            cores: 1,
            run: SimSpan::from_s(1),
            walltime: None,
            user: -1,
            queue: -1,
            kind: JobKind::Local,
            exit_code: 0,
            origin: None,
            request: None,
        }
    }

    /// Gives its jobs three at a time, and fails where it should have more.
    struct Threes(Vec<JobSpec>);

    struct Three(std::vec::IntoIter<JobSpec>);

    impl ArrivalSource for Threes {
        fn stream(&self) -> Box<dyn ArrivalStream> {
            Box::new(Three(self.0.clone().into_iter()))
        }
    }

    impl ArrivalStream for Three {
        fn next_jobs(&mut self, into: &mut VecDeque<JobSpec>) -> Result<(), ArrivalError> {
            into.extend(self.0.by_ref().take(3));
            if into.is_empty() { Err("there are no more".into()) } else { Ok(()) }
        }
    }

    /// As they are given; and what went wrong.
    fn all(cursor: &mut ArrivalCursor) -> (Vec<u64>, Option<String>) {
        let numbers = std::iter::from_fn(|| cursor.take()).map(|job| job.number).collect();
        (numbers, cursor.failure().map(|error| error.to_string()))
    }

    fn jobs() -> Vec<JobSpec> {
        [0, 0, 5, 5, 5, 9, 12, 12].iter().zip(3..).map(|(at, number)| job(number, *at)).collect()
    }

    #[test]
    fn streamed_jobs_are_those_that_would_be_kept() {
        let kept = Arrivals::from(jobs());
        let facts = *kept.facts();
        assert_eq!((facts.count, facts.numbers, facts.cores), (8, (3, 10), (1, 1)));
        let streamed = Arrivals::streamed(facts, Arc::new(Threes(jobs())));
        for until in [-1, 0, 4, 5, 11, 12] {
            let mut cursors = [kept.cursor(), streamed.cursor()];
            for cursor in &mut cursors {
                cursor.skip(SimTime::from_s(until));
            }
            let [kept, streamed] = &mut cursors;
            assert_eq!(kept.left(), streamed.left(), "{until}");
            assert_eq!(kept.next_submit(), streamed.next_submit(), "{until}");
            assert_eq!(all(kept), all(streamed), "{until}");
        }
    }

    #[test]
    fn a_stream_that_fails_says_why() {
        let more = ArrivalFacts { count: 9, ..*Arrivals::from(jobs()).facts() };
        let mut cursor = Arrivals::streamed(more, Arc::new(Threes(jobs()))).cursor();
        let (numbers, failure) = all(&mut cursor);
        assert_eq!((numbers.len(), cursor.left()), (8, 1));
        assert_eq!(failure.as_deref(), Some("there are no more"));
    }
}
