//! Snapshots that a run writes: a file a cluster, as they are at the time asked for.

use std::path::Path;

use gleaner_experiments::built::Built;
use gleaner_experiments::cancel::Cancel;
use gleaner_experiments::snapshot::{Reached, snapshot_at};
use gleaner_scenarios::snapshot::write_snapshot;
use gleaner_sim::time::SimTime;

use crate::failure::{BAD_INPUT, FAILED, Failure};
use crate::output;

/// Writes the state of each cluster at `at` into the folder.
pub(super) fn write(
    built: &Built,
    at: SimTime,
    folder: &Path,
    cancel: &Cancel,
) -> Result<(), Failure> {
    let snapshot = match snapshot_at(built, at, cancel)? {
        Reached::Instant(snapshot) => snapshot,
        Reached::Interrupted => {
            return Err(Failure::new(FAILED, "interrupted before the snapshot", None));
        }
        Reached::EndedBefore(end) => {
            let message = format!("there is no snapshot at {at}: the run is over at {end}");
            let hint = "ask for an earlier time with --snapshot-at".to_owned();
            return Err(Failure::new(BAD_INPUT, message, Some(hint)));
        }
    };
    std::fs::create_dir_all(folder).map_err(|error| Failure::file("create", folder, &error))?;
    for (index, plan) in built.scenario().clusters.iter().enumerate() {
        let (text, left_out) = write_snapshot(&snapshot, index, &plan.name);
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
