//! The same owners without campaigns, to see what harvesting costs them. Must not know how a run goes.

use std::sync::Arc;

use gleaner_reports::delay::Baseline;
use gleaner_sim::job::{Job, JobKind, JobSlot};
use gleaner_sim::observer::Observer;
use gleaner_sim::time::SimTime;

use crate::built::Built;
use crate::cancel::Cancel;
use crate::error::RunError;
use crate::observer::RunObserver;
use crate::result::Ending;
use crate::run::run;

/// Returns when each owner's job starts if the grid sends nothing; none if `cancel` stopped the run. Any
/// number of runs may be held [against](Built::against) it, whatever their campaigns and policies.
///
/// # Errors
/// As [`run`].
pub fn baseline(built: &Built, cancel: &Cancel) -> Result<Option<Arc<Baseline>>, RunError> {
    let mut starts = Starts { baseline: Baseline::default(), cancel };
    let result = run(&built.without_campaigns(), &mut starts)?;
    let whole = result.ending != Ending::Interrupted;
    Ok(whole.then(|| Arc::new(starts.baseline)))
}

struct Starts<'a> {
    baseline: Baseline,
    cancel: &'a Cancel,
}

impl Observer for Starts<'_> {
    fn job_started(&mut self, now: SimTime, _slot: JobSlot, job: &Job) {
        if job.spec.kind == JobKind::Local {
            self.baseline.started(job.cluster.0, job.spec.number, now.ms());
        }
    }

    fn go_on(&mut self, _now: SimTime) -> bool {
        !self.cancel.is_cancelled()
    }
}

impl RunObserver for Starts<'_> {}
