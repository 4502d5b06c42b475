//! What can be wrong with a job of a Batsim workload. Must not know files or lines.

/// A job that is not one, or that cannot be simulated.
#[derive(Debug, thiserror::Error)]
pub enum BatsimProblem {
    /// The job's object has a missing or wrong member.
    #[error("the job is not valid: {0}")]
    Job(String),
    /// The profile's object has a missing or wrong member.
    #[error("profile `{name}` is not valid: {reason}")]
    Profile {
        /// Name of the profile.
        name: String,
        /// Why not.
        reason: String,
    },
    /// The job names a profile that is not there.
    #[error("job `{job}` names profile `{name}`, which does not exist")]
    NoProfile {
        /// The job.
        job: String,
        /// Name of the profile.
        name: String,
    },
    /// Two profiles of one name.
    #[error("profile `{name}` is defined twice")]
    TwoProfiles {
        /// Name of the profile.
        name: String,
    },
    /// Two jobs of one name.
    #[error("job `{job}` is defined twice")]
    TwoJobs {
        /// The job.
        job: String,
    },
    /// A kind of profile that no run time can be derived from.
    #[error("profile `{name}` is of type `{kind}`, which is not supported")]
    Kind {
        /// Name of the profile.
        name: String,
        /// Its type.
        kind: String,
    },
    /// An unknown generation strategy.
    #[error("profile `{name}` has the unknown generation strategy `{strategy}`")]
    Strategy {
        /// Name of the profile.
        name: String,
        /// The strategy.
        strategy: String,
    },
    /// An amount that is negative or not finite.
    #[error("profile `{name}`: `{key}` is {value}, expected a number from 0")]
    Amount {
        /// Name of the profile.
        name: String,
        /// The member.
        key: &'static str,
        /// What stands there.
        value: f64,
    },
    /// A profile of communications alone: its run time depends on a network.
    #[error("profile `{name}` only communicates, so it has no run time of its own")]
    OnlyCommunications {
        /// Name of the profile.
        name: String,
    },
    /// A figure of the job that is out of range.
    #[error("job `{job}`: `{key}` is {value}, expected {}", range(key))]
    OutOfRange {
        /// The job.
        job: String,
        /// The member.
        key: &'static str,
        /// What stands there.
        value: f64,
    },
    /// A job that the rules `none` cannot drop.
    #[error("job `{job}` needs {procs} processors and the machine has {machine}")]
    TooLarge {
        /// The job.
        job: String,
        /// Processors needed.
        procs: i64,
        /// Processors of the machine.
        machine: u32,
    },
}

/// What a member of a job may hold.
fn range(key: &str) -> &'static str {
    match key {
        "res" => "1 to 4294967295 processors",
        "walltime" => "more than 0 seconds, or -1 for none",
        "subtime" => "0 to 2147483647 seconds (68 years)",
        _ => "at most 2147483647 seconds (68 years)",
    }
}

impl BatsimProblem {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            BatsimProblem::Job(_) => {
                "a job has `id`, `subtime`, `res` and `profile`; `walltime` is optional"
            }
            BatsimProblem::Profile { .. }
            | BatsimProblem::Amount { .. }
            | BatsimProblem::Strategy { .. } => {
                "see the profile types in the documentation of Batsim's workloads"
            }
            BatsimProblem::NoProfile { .. } => "names are compared letter by letter",
            BatsimProblem::TwoProfiles { .. } | BatsimProblem::TwoJobs { .. } => {
                "rename one of the two"
            }
            BatsimProblem::Kind { .. } | BatsimProblem::OnlyCommunications { .. } => {
                "only delay and homogeneous parallel profiles have a run time without a platform"
            }
            BatsimProblem::OutOfRange { .. } => "correct the job, or skip it with `--lenient`",
            BatsimProblem::TooLarge { .. } => "drop such jobs with `--clean archive`",
        }
    }
}
