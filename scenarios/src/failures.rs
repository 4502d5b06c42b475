//! Jobs and tasks that fail at random. Must not know whose they are.

/// Jobs that end with an exit code other than 0, at random.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JobFailures {
    /// Probability that a job fails, from 0 to 1.
    pub probability: f64,
    /// Its exit code, from 1 to 255.
    pub exit_code: u8,
}
