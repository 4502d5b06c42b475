//! Answers to submissions, deletions and other requests about jobs. Does not know the requests.

use super::field::{both, oar2, oar3, record};
use super::page::Link;
use super::values::{ApiTime, EchoedId, JobId};

record! {
    /// A submission was taken.
    pub struct Submitted {
        /// The first job, which is also the id of the array.
        id: JobId = both("id"),
        /// What `oarsub` printed (OAR 2).
        cmd_output: Option<String> = oar2("cmd_output").dropped(),
        /// `submitted`, for a job submitted again (OAR 2).
        status: Option<String> = oar2("status").dropped(),
        /// The server's clock.
        api_timestamp: Option<ApiTime> = oar2("api_timestamp").dropped(),
        /// Links of OAR 2.
        links: Option<Vec<Link>> = oar2("links").dropped(),
    }
}

impl Submitted {
    /// All jobs of the submission, where the answer tells them: OAR 2 prints each; OAR 3 does not,
    /// and the array must be listed.
    #[must_use]
    pub fn jobs(&self) -> Option<Vec<JobId>> {
        let printed = self.cmd_output.as_deref()?;
        let ids = printed.lines().filter_map(|line| line.strip_prefix("OAR_JOB_ID="));
        // A line that is no number is no job of ours: then the list is not to be trusted.
        ids.map(|id| id.trim().parse().map(JobId)).collect::<Result<Vec<_>, _>>().ok()
    }
}

record! {
    /// A request about a job was taken, or refused: OAR 3 refuses with status 200.
    pub struct Done {
        /// The job, or the array.
        id: EchoedId = both("id"),
        /// For people (OAR 2).
        status: Option<String> = oar2("status").dropped(),
        /// What the command printed.
        cmd_output: Option<String> = both("cmd_output").dropped(),
        /// The same, for the deletion of one job in OAR 2.
        oardel_output: Option<String> = oar2("oardel_output").dropped(),
        /// The command's exit code (OAR 3): 0 is well.
        exit_status: Option<i32> = oar3("exit_status"),
        /// The server's clock.
        api_timestamp: Option<ApiTime> = oar2("api_timestamp").dropped(),
        /// Links of OAR 2.
        links: Option<Vec<Link>> = oar2("links").dropped(),
    }
}

/// What became of the deletion of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It will be deleted soon.
    Registered,
    /// It belongs to somebody else.
    NotYours,
    /// It is being killed already, or over.
    AlreadyKilled,
    /// There is no such job.
    NoSuchJob,
    /// None of these.
    Unclear,
}

impl Done {
    /// What the command printed.
    #[must_use]
    pub fn output(&self) -> &str {
        self.cmd_output.as_deref().or(self.oardel_output.as_deref()).unwrap_or("")
    }

    /// What became of a deletion. OAR 2 answers refusals with an error instead.
    #[must_use]
    pub fn deletion(&self) -> Deletion {
        match self.exit_status {
            None | Some(0) => Deletion::Registered,
            Some(1) => Deletion::NotYours,
            Some(6) => Deletion::AlreadyKilled,
            Some(7) => Deletion::NoSuchJob,
            Some(_) => Deletion::Unclear,
        }
    }
}
