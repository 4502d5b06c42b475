//! Campaigns as a grid sees them: who sends how many tasks of which mean run time, and when.
//! Must not know JDLs, clusters or policies.

pub mod generate;
pub mod laws;
pub mod problem;
pub mod runtimes;
pub mod table;

/// One campaign.
#[derive(Debug, Clone, PartialEq)]
pub struct Campaign {
    /// Its name, unique in a list.
    pub name: String,
    /// Who sent it.
    pub user: String,
    /// Submission, seconds since the start; 0 or more.
    pub submission_s: f64,
    /// Number of tasks, at least 1.
    pub tasks: u64,
    /// Mean run time of its tasks, seconds; above 0.
    pub mean_runtime_s: f64,
}

impl Campaign {
    /// Work of all tasks, seconds of one processor.
    #[must_use]
    pub fn total_work_s(&self) -> f64 {
        self.tasks as f64 * self.mean_runtime_s
    }
}
