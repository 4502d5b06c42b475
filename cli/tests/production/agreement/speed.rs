//! One scenario in two worlds at many seconds a second, under OAR in its own rhythm: requests, polls
//! and cycles come a little later than in the simulator, so single decisions differ. The sums do not.

use std::path::Path;
use std::time::Duration;

use tempfile::tempdir;

use super::config;
use crate::daemon::Daemon;
use crate::emulator::{EPOCH_S, Emulator};
use crate::executions;
use crate::grid::jdl;
use crate::simulation::{self, simulate};

/// The longest the campaign may take on a busy machine: less than two minutes when it is quiet.
const PATIENCE: Duration = Duration::from_secs(600);
const CLUSTERS: usize = 4;
/// Simulations that the emulation is compared with.
const SIMULATIONS: u32 = 5;
const TASKS: u64 = 10_000;

/// Clusters whose owners' jobs kill dozens of harvested ones each: a kill is spared for each core that is
/// idle just then, so with small jobs a second of delay would change the number of kills by as much as
/// the policy does. No task is so long that one of them decides when the campaign ends.
fn scenario(campaign_at_s: f64) -> String {
    let cluster = |number: usize| {
        format!(
            r#"
[[cluster]]
name = "cluster-{number}"
nodes = 48
cores_per_node = 4
scheduler = "oar"
dialect = "oar2"

[cluster.owners.generate]
model = "poisson"
jobs = 200
mean_gap = "40s"
runtime = "exponential:60"
sizes = "16-32"
"#
        )
    };
    let clusters: String = (0..CLUSTERS).map(cluster).collect();
    format!(
        "title = \"At speed\"\nseed = 7\n{clusters}\n[[campaign]]\nname = \"agreed\"\nuser = \"alice\"\n\
         at = \"{campaign_at_s}s\"\ntasks = {TASKS}\nwalltime = \"30m\"\nruntime = \"lognormal:4.7,0.4\"\n"
    )
}

/// What a campaign came to: kills, and seconds from the first start to the last end.
#[derive(Debug)]
struct Sums {
    done: usize,
    killed: usize,
    makespan_s: f64,
}

impl Sums {
    /// Of `(start, end, was killed)` of every execution.
    fn of(runs: &[(f64, f64, bool)]) -> Sums {
        let first = runs.iter().map(|run| run.0).fold(f64::INFINITY, f64::min);
        let last = runs.iter().map(|run| run.1).fold(0.0, f64::max);
        let killed = runs.iter().filter(|run| run.2).count();
        Sums { done: runs.len() - killed, killed, makespan_s: last - first }
    }
}

/// The sums of a simulation with results in `out`.
fn simulated(out: &Path) -> Sums {
    let jobs = simulation::jobs(out);
    let ours = jobs.iter().filter(|job| !job.campaign.is_empty());
    let runs = ours.filter_map(|job| {
        Some((job.starting_time?, job.finish_time?, job.final_state != "COMPLETED_SUCCESSFULLY"))
    });
    Sums::of(&runs.collect::<Vec<_>>())
}

#[test]
fn at_speed_all_is_done_with_the_kills_and_the_makespan_of_the_simulator() {
    // A machine that is busy with other work answers late, and then nothing can be said.
    let Ok(speed) = std::env::var("GLEANER_AT_SPEED") else {
        println!(
            "SKIPPED at_speed_...: needs a machine with nothing else to do; GLEANER_AT_SPEED=30 says that it is one"
        );
        return;
    };
    let folder = tempdir().expect("a folder");
    let emulator = Emulator::start(folder.path(), &scenario(0.0), CLUSTERS, &speed);
    let config = config(&emulator.clusters);
    let daemon = Daemon::start(folder.path(), &config, &["--clock", &emulator.clock()]);
    let submitted_at_s = emulator.now_s() - EPOCH_S as f64;
    let campaign = daemon.submit(&jdl("agreed", TASKS, &emulator.clusters));
    daemon.wait_state(campaign, "terminated", PATIENCE);

    let runs = executions::read(&emulator.executions);
    let ours = runs.iter().filter(|run| executions::task(run).is_some());
    let ours = ours.map(|run| (run.start, run.end, run.state != "Terminated"));
    let emulated = Sums::of(&ours.collect::<Vec<_>>());
    println!("emulated: {emulated:?}, from {submitted_at_s} s on");
    assert_eq!(emulated.done, TASKS as usize);

    // A single simulation is off by up to 2 % of itself: a cycle earlier or later, other jobs are killed.
    let simulations = (0..SIMULATIONS).map(|cycle| {
        let at_s = submitted_at_s + f64::from(cycle) * 15.0;
        std::fs::write(folder.path().join("grid.toml"), scenario(at_s)).expect("a file");
        let out = simulate(folder.path());
        let sums = simulated(&out);
        std::fs::remove_dir_all(out).expect("the results are ours");
        println!("simulated: {sums:?}, from {at_s} s on");
        sums
    });
    let simulations: Vec<Sums> = simulations.collect();
    let mean =
        |of: fn(&Sums) -> f64| simulations.iter().map(of).sum::<f64>() / f64::from(SIMULATIONS);
    let apart = |of: fn(&Sums) -> f64| of(&emulated) / mean(of) - 1.0;
    let (makespan, kills) = (apart(|sums| sums.makespan_s), apart(|sums| sums.killed as f64));
    println!("makespan {:+.2} %, kills {:+.2} %", makespan * 100.0, kills * 100.0);
    assert!(makespan.abs() < 0.02 && kills.abs() < 0.05);
}
