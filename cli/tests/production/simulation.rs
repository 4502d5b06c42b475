//! The simulator, for comparison with what an emulator or the daemon does.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A row of `jobs.csv`; times in seconds of the scenario.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct SimulatedJob {
    /// Its number on its cluster, or that of the trace.
    pub(crate) job_id: u64,
    /// The campaign that it is of; empty for owners' jobs.
    pub(crate) campaign: String,
    /// How it ended, in Batsim's words.
    pub(crate) final_state: String,
    /// When it began, if it did.
    pub(crate) starting_time: Option<f64>,
    /// When it was over, if it was.
    pub(crate) finish_time: Option<f64>,
}

/// Simulates the scenario `grid.toml` in `folder`, and answers where the results are.
pub(crate) fn simulate(folder: &Path) -> PathBuf {
    let done = Command::new(env!("CARGO_BIN_EXE_gleaner"))
        .args(["simulate", "grid.toml", "--no-plots", "--out", "simulated"])
        .current_dir(folder)
        .output()
        .expect("the built command starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    folder.join("simulated")
}

/// The jobs of a simulation with results in `out`.
pub(crate) fn jobs(out: &Path) -> Vec<SimulatedJob> {
    let mut reader = csv::Reader::from_path(out.join("jobs.csv")).expect("jobs were written");
    reader.deserialize().map(|row| row.expect("a row of a job")).collect()
}
