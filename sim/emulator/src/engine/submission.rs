//! A submission, whatever dialect it was written in.

use std::sync::Arc;

use gleaner_sim::time::SimTime;

use crate::table::row::JobDescription;

/// A submission that has been understood and accepted.
#[derive(Clone, Debug)]
pub struct Submission {
    /// What its jobs share.
    pub description: Arc<JobDescription>,
    /// Parameters of each job, one text a job; a job without any is one empty text.
    pub parameters: Vec<String>,
    /// The start of an advance reservation.
    pub reserved: Option<SimTime>,
}
