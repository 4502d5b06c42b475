//! A cluster that fails as a test says, whatever its resource manager is: what fails is said in the words of the port,
//! and the same test runs over each. Knows no manager.

pub(crate) mod oar;

use gleaner_core::fact::{Outcome, Refusal};
use gleaner_core::ids::{CampaignId, RemoteJobId};
use gleaner_core::time::Timestamp;
use gleaner_runtime::command::opening;
use gleaner_runtime::order::WorkerStart;
use gleaner_runtime::sites::job::{ArrayId, Job, JobState};

use super::{Bench, NAME, NOW};

/// Makes tests, each over both kinds of clusters.
macro_rules! over_both {
    (oar2 too: $($everywhere:ident),+; $($name:ident),+ $(,)?) => {
        crate::worker::fake::over!(oar2, Oar2: $($everywhere),+);
        crate::worker::fake::over_both!($($everywhere,)+ $($name),+);
    };
    ($($name:ident),+ $(,)?) => {
        crate::worker::fake::over!(oar3, Oar3: $($name),+);
        crate::worker::fake::over!(lines, Lines: $($name),+);
    };
}

/// Makes tests over one kind of cluster.
macro_rules! over {
    ($module:ident, $kind:ident: $($name:ident),+ $(,)?) => {
        mod $module {
            $(#[test]
            fn $name() {
                super::$name::<crate::worker::$kind>();
            })+
        }
    };
}

pub(crate) use over;
pub(crate) use over_both;

/// A cluster.
pub(crate) trait Fake: Sized {
    /// Makes one with nothing on it, whose clock shows [`NOW`].
    fn new() -> Self;

    /// Begins a worker for it, with settings that say how it is known there.
    fn bench_known(&self, known: &str, now_s: i64, begin: WorkerStart) -> Bench;

    /// Begins a worker that everybody is known to.
    fn bench(&self, now_s: i64, begin: WorkerStart) -> Bench {
        self.bench_known("auth = \"none\"", now_s, begin)
    }

    /// Sets its clock; none: it keeps its time to itself.
    fn clock(&self, shows_s: Option<i64>);

    /// From now on, of each submission so many jobs are recorded, the first as number 100, 200 and so on; and then
    /// it says this.
    fn takes(&self, jobs: usize, then: Then);

    /// Submissions that have reached it.
    fn sent(&self) -> Vec<Sent>;

    /// The next answers go wrong, but for those to submissions.
    fn fails(&self, times: usize, how: Wrong);

    /// Lists do not end.
    fn endless(&self, endless: bool);

    /// It has these jobs, and lists them as long as they live.
    fn shows_all(&self, jobs: Vec<Job>);

    /// It has this job, and lists it as long as it lives.
    fn shows(&self, job: Job) {
        self.shows_all(vec![job]);
    }

    /// What it tells of a job that is over cannot be read.
    fn garbles(&self, job: u64);

    /// To whom jobs of submissions belong from now on.
    fn owner(&self, login: &'static str);

    /// Who somebody is to it, by a login or a token; none: it does not tell.
    fn knows(&self, who: Option<fn(&str) -> String>);

    /// By which logins and tokens it was asked who somebody is.
    fn asked_who(&self) -> Vec<String>;

    /// How it answers to deletions from now on.
    fn deletes(&self, how: Deletes);

    /// Deletions since this was asked last.
    fn deleted(&self) -> Vec<DeletionRequest>;
}

/// How a submission is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// As it should be.
    Answers,
    /// With nothing that says what became of it.
    Breaks,
    /// With half an answer.
    IsCut,
    /// Not at all.
    IsSilent,
    /// By whoever stands before it: it is out of order.
    IsAway,
    /// It refuses.
    Refuses(Refusal),
    /// With nothing that says what became of it, but something tells why that may be.
    BreaksFor(Refusal),
    /// As it should be, for the first of its jobs: it was sent ahead.
    TakesFirst,
}

/// How another question goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It is out of order.
    OutOfOrder,
    /// The answer cannot be understood.
    Cut,
    /// The answer does not end.
    TooLong,
    /// Nobody listens.
    Unheard,
}

/// How a deletion is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deletes {
    /// It is done.
    Well,
    /// Nobody knows.
    Unclear,
    /// The jobs are somebody else's.
    NotYours,
    /// Its user may delete nothing.
    NotAllowed,
}

/// What was deleted with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeletionRequest {
    /// One job.
    Job(u64),
    /// All jobs of a submission.
    Array(u64),
}

/// A submission as the cluster gets to see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    /// What each job's command begins with.
    pub(crate) opening: String,
    /// What each job goes on with.
    pub(crate) lines: Vec<String>,
}

/// A job of alice's that waits, of the submission whose first job has the next lower round number: the task of its
/// place there.
pub(crate) fn job(number: u64) -> Job {
    let (array, index) = (number / 100 * 100, (number % 100) as u32 + 1);
    let lease = Timestamp::from_seconds(9);
    Job {
        job: RemoteJobId(number),
        name: Some(NAME.to_owned()),
        owner: "alice".to_owned(),
        state: JobState::Waiting,
        array: ArrayId(array),
        index: Some(index),
        command: Some(format!("{} : task {index}; /bin/true p", opening(CampaignId(7), lease))),
        submitted_at: Timestamp::from_seconds(NOW),
        started_at: Some(Timestamp::from_seconds(NOW)),
        stopped_at: Some(Timestamp::from_seconds(NOW)),
        ended: None,
        cores: Some(1),
        copy: None,
        copy_of: None,
        copy_until: None,
        stdout: None,
        stderr: None,
        node: None,
        exit_status: None,
        events: Vec::new(),
    }
}

/// The same job, which runs.
pub(crate) fn running(number: u64) -> Job {
    Job { state: JobState::Running, ..job(number) }
}

/// The same job, over like this.
pub(crate) fn ended(number: u64, how: Outcome) -> Job {
    Job { state: JobState::Over, ended: Some(how), ..job(number) }
}

/// The same job, which has done the task that this line names.
pub(crate) fn did(number: u64, line: &str) -> Job {
    let lease = Timestamp::from_seconds(9);
    let command = format!("{} : task {line}", opening(CampaignId(7), lease));
    Job { command: Some(command), ..ended(number, Outcome::Exited(0)) }
}
