//! Jobs that were checkpointed or swapped out: SWF gives them a row of their own for each part
//! (status 2, the last one 3 or 4) beside the row that sums them up (status 0 or 1).
//! Must not know files.
//!
//! The standard says that workloads are made of the summaries alone. So parts are left out where
//! the summary of their job is in the file; where it is not, they are added up as the standard adds
//! them up: the submission of the first, and the sum of the run times.

use std::collections::BTreeMap;

use crate::error::swf::RowProblem;
use crate::swf::SwfRecord;

/// Whether a row is a part of a job.
#[inline]
pub(crate) fn is_part(record: &SwfRecord) -> bool {
    (2..=4).contains(&record.status)
}

/// The parts of one job.
#[derive(Debug)]
pub(crate) struct Parted {
    /// What they add up to: the first one, with the run time of all, and the status of a summary.
    pub(crate) sum: SwfRecord,
    /// Line of the first.
    pub(crate) line: u64,
    /// How many jobs of the file were kept before it.
    pub(crate) place: usize,
    /// How many there are.
    pub(crate) rows: u64,
    /// The file has the summary, too.
    pub(crate) summed_up: bool,
}

/// The parts of a file, kept aside until it is known which summaries it has.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    jobs: Vec<Parted>,
    by_number: BTreeMap<i64, usize>,
    /// Summaries that the reading rules dropped: their parts are dropped with them.
    dropped: Vec<i64>,
}

impl Parts {
    /// Keeps a part that stands in `line`, behind `place` jobs.
    pub(crate) fn hold(
        &mut self,
        record: &SwfRecord,
        line: u64,
        place: usize,
    ) -> Result<(), RowProblem> {
        let Some(&index) = self.by_number.get(&record.job) else {
            self.by_number.insert(record.job, self.jobs.len());
            let sum = SwfRecord { status: outcome(record.status), ..*record };
            self.jobs.push(Parted { sum, line, place, rows: 1, summed_up: false });
            return Ok(());
        };
        let job = &mut self.jobs[index];
        let (so_far_s, part_s) = (job.sum.run_s.max(0), record.run_s.max(0));
        let out_of_range = || RowProblem::OutOfRange { field: 4, text: record.run_s.to_string() };
        job.sum.run_s = so_far_s.checked_add(part_s).ok_or_else(out_of_range)?;
        job.sum.status = outcome(record.status);
        job.rows += 1;
        Ok(())
    }

    /// Whether no row was a part.
    pub(crate) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Notes a row that is no part and was dropped.
    pub(crate) fn summary_dropped(&mut self, number: i64) {
        self.dropped.push(number);
    }

    /// The jobs in the order of their first parts, with what is known of their summaries; `kept`
    /// are the numbers of all rows that became jobs.
    pub(crate) fn settle(self, kept: impl Iterator<Item = u64>) -> Vec<Parted> {
        let Parts { mut jobs, by_number, dropped } = self;
        if jobs.is_empty() {
            return jobs;
        }
        let kept = kept.filter_map(|number| i64::try_from(number).ok());
        for number in kept.chain(dropped) {
            if let Some(&index) = by_number.get(&number) {
                jobs[index].summed_up = true;
            }
        }
        jobs
    }
}

/// The status of a summary whose last part has this one: 3 is completed, 4 is killed.
fn outcome(status: i64) -> i64 {
    match status {
        3 => 1,
        4 => 0,
        _ => -1,
    }
}
