//! Snapshots that a run writes: a file a cluster, as they are at the time asked for.

use std::path::Path;

use gleaner_experiments::built::Built;
use gleaner_experiments::cancel::Cancel;
use gleaner_experiments::snapshot::{Reached, snapshot_at};
use gleaner_scenarios::duration::Duration;
use gleaner_scenarios::snapshot::write_snapshot;
use gleaner_sim::snapshot::Snapshot;
use gleaner_sim::time::SimTime;

use crate::failure::{BAD_INPUT, FAILED, Failure};
use crate::output;

/// Takes all clusters as they are at that time of the run.
pub(super) fn take(built: &Built, at: Duration, cancel: &Cancel) -> Result<Box<Snapshot>, Failure> {
    let at = SimTime::from_ms(at.ms());
    match snapshot_at(built, at, cancel)? {
        Reached::Instant(snapshot) => Ok(snapshot),
        Reached::Interrupted => Err(Failure::new(FAILED, "interrupted before the snapshot", None)),
        Reached::EndedBefore(end) => {
            let message = format!("there is no snapshot at {at}: the run is over at {end}");
            let hint = "ask for an earlier time with --snapshot-at".to_owned();
            Err(Failure::new(BAD_INPUT, message, Some(hint)))
        }
    }
}

/// Writes the state of each cluster into the folder of the run, which is there.
pub(super) fn write(snapshot: &Snapshot, built: &Built, folder: &Path) -> Result<(), Failure> {
    for (index, plan) in built.scenario().clusters.iter().enumerate() {
        let (text, left_out) = write_snapshot(snapshot, index, &plan.name);
        let path = folder.join(format!("snapshot-{}.json", plan.name));
        std::fs::write(&path, text).map_err(|error| Failure::file("write", &path, &error))?;
        if left_out > 0 {
            output::note(format!(
                "note: {}: {left_out} jobs of campaigns are not in the snapshot",
                plan.name
            ));
        }
    }
    Ok(())
}
