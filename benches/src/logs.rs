//! Generated logs for want of ones that may be shipped: the same for equal numbers of jobs, whatever the
//! machine. Must not know any scheduler.

pub mod deep;
pub mod made;
pub mod wide;

use made::GeneratedLog;

/// All of them.
pub const LOGS: [GeneratedLog; 2] = [deep::LOG, wide::LOG];

/// The log of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static GeneratedLog> {
    LOGS.iter().find(|log| log.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_the_same_every_time() {
        for log in &LOGS {
            let jobs = log.generate(20_000).jobs;
            assert_eq!(jobs, log.generate(20_000).jobs);
            assert_eq!(jobs.len(), 20_000);
            assert!(jobs.windows(2).all(|pair| pair[0].submit_ms <= pair[1].submit_ms));
            assert!(jobs.iter().all(|job| job.procs <= log.processors && job.run_ms > 0));
        }
    }
}
