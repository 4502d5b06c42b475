//! A thousand runs of two hours of a small cluster, each with a seed of its own, with nothing but memory under
//! them: says how long a run takes, and how much memory all of them needed at most.
//!
//! `cargo run --release -p gleaner-benches --example many_runs -- [RUNS] [THREADS]`
//!
//! That no file is touched is a matter of walls, not of trust: the scenario is in the program, its owners are
//! drawn, and neither the core nor the simulator nor the crate of runs may say `std::fs` (`ARCHITECTURE.md`).
#![expect(clippy::print_stdout, reason = "this is what it is for")]

use std::error::Error;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use gleaner_benches::two_hours;
use gleaner_core::policy::injection;
use gleaner_experiments::batch::{BatchEvent, BatchOptions, batch};
use gleaner_experiments::built::Built;
use gleaner_experiments::cancel::Cancel;
use gleaner_experiments::run::run;
use gleaner_scenarios::traces::Traces;

const RUNS: usize = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let runs = arguments.next().map_or(Ok(RUNS), |text| text.parse())?;
    let mut options = BatchOptions::default();
    if let Some(threads) = arguments.next() {
        options.threads = threads.parse::<NonZeroUsize>()?;
    }
    let (traces, catalogue) = (Traces::default(), Arc::new(injection::standard()));
    let cancel = Cancel::default();
    let work = |index: usize| -> Result<u64, Box<dyn Error + Send + Sync>> {
        let scenario = two_hours::scenario(index as u64 + 1, &catalogue)?;
        let built = Built::new(scenario, &traces, Arc::clone(&catalogue))?;
        Ok(run(&built, &mut cancel.clone())?.metrics.grid.done)
    };
    let (mut done, mut failed) = (0, Vec::new());
    let began = Instant::now();
    let told = batch(runs, options, &cancel, work, |event| match event {
        BatchEvent::Result { result: Ok(tasks), .. } => done += tasks,
        BatchEvent::Result { index, result: Err(failure) } => {
            failed.push(format!("run {index}: {failure}"));
        }
        BatchEvent::Began { .. } | BatchEvent::Ended { .. } => {}
    })?;
    let took = began.elapsed();
    if let Some(first) = failed.first() {
        return Err(format!("{} of {told} runs failed; {first}", failed.len()).into());
    }
    let each_ms = took.as_secs_f64() * 1000.0 / told.max(1) as f64;
    println!("{told} runs on {} threads: {:.2} s in all", options.threads, took.as_secs_f64());
    println!("{each_ms:.3} ms a run, building included; {done} tasks done in all");
    println!("at most {} of memory", peak()?);
    Ok(())
}

/// The most memory that this process has had.
fn peak() -> Result<String, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(line.ok_or("the system does not tell the peak of memory")?.trim().to_owned())
}
