//! kill -9 at random instants and at fail-points, under faults of the clusters, while somebody sets the
//! machine's clock forward and back and gives the clusters other names: no task lost, none done twice, never
//! two live attempts of one, as counted from the clusters' side.
//!
//! `GLEANER_CHAOS_TASKS`, `GLEANER_CHAOS_KILLS` and `GLEANER_SEED` make it longer or another one:
//! the full measure is 10000 tasks and 100 kills.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::clock::ClockFile;
use crate::daemon::Daemon;
use crate::emulator::Emulator;
use crate::executions;
use crate::grid;
use crate::process::hang_up;

/// The windows between intent, send, reply and commit in which the daemon is made to die.
const WINDOWS: [&str; 4] = ["after-intent", "before-send", "after-reply", "before-commit"];

/// By how many seconds the date is wrong: most often not at all.
const STEPS_S: [i64; 8] = [0, 0, 0, -300, 300, -7200, 7200, 365 * 86_400];

/// A cluster gets another name before every so many deaths.
const RENAMED_EVERY: u64 = 3;

/// An environment variable as a number.
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn killed_at_any_instant_no_task_is_lost_and_none_is_done_twice() {
    let tasks = number("GLEANER_CHAOS_TASKS", 400);
    let kills = number("GLEANER_CHAOS_KILLS", 12);
    let seed = number("GLEANER_SEED", 1);
    println!(
        "repeat with GLEANER_SEED={seed} GLEANER_CHAOS_TASKS={tasks} GLEANER_CHAOS_KILLS={kills} \
         cargo test -p gleaner --test production killed_at_any_instant"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let emulator = Emulator::start(folder.path(), &grid::faulty(seed), grid::FAULTY_CLUSTERS, "20");
    let config = grid::config(&emulator.clusters);
    let clock = ClockFile::new(folder.path());
    let by = emulator.clock();
    let mut daemon = Daemon::start_in(folder.path(), &config, &["--clock", &by], &clock.env());
    grid::give_tokens(&daemon, &emulator.clusters);
    let campaign = daemon.submit(&grid::jdl("chaos", tasks, &emulator.clusters));

    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let mut names = Names::new(folder.path(), &emulator);
    let mut deaths: BTreeMap<&str, u64> = BTreeMap::new();
    let limit = Duration::from_secs(300 + tasks / 5 + kills * 5);
    let since = Instant::now();
    loop {
        assert!(since.elapsed() < limit, "not done within {limit:?}:\n{}", daemon.log());
        let dead: u64 = deaths.values().sum();
        if dead < kills {
            let window = deaths_window(&mut rng, &deaths);
            clock.set(STEPS_S[rng.random_range(0..STEPS_S.len())]);
            if dead.is_multiple_of(RENAMED_EVERY) {
                names.change(&mut daemon, &mut rng);
            }
            die(&mut daemon, &mut rng, window);
            *deaths.entry(window).or_default() += 1;
            continue;
        }
        if daemon.server().ended().is_some() {
            daemon.wake(&[]);
        }
        let state = daemon.json(&format!("/campaigns/{campaign}"));
        if state["state"] == "terminated" {
            break;
        }
        if since.elapsed().as_secs().is_multiple_of(5) {
            clock.set(STEPS_S[rng.random_range(0..STEPS_S.len())]);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    println!("deaths by window: {deaths:?}, {} renames", names.changes);
    assert_eq!(names.shown(&daemon), names.now, "each has kept its number");
    assert!(WINDOWS.iter().all(|window| deaths.contains_key(window)), "{deaths:?}");
    assert!(daemon.server().stop().success(), "{}", daemon.log());
    let parameters: Vec<String> = (0..tasks).map(|task| task.to_string()).collect();
    let ran = executions::read(&emulator.executions);
    let faults = executions::faults(&ran, &campaign.to_string(), &parameters);
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    grid::replays(folder.path());
}

/// The clusters' names in the configuration, which change.
struct Names {
    file: PathBuf,
    first: Vec<String>,
    now: Vec<String>,
    changes: u64,
}

impl Names {
    fn new(folder: &Path, emulator: &Emulator) -> Names {
        let first: Vec<String> =
            emulator.clusters.iter().map(|cluster| cluster.name.clone()).collect();
        Names { file: folder.join("gleaner.toml"), now: first.clone(), first, changes: 0 }
    }

    /// Gives one of them another name, or its first one back. The daemon is told at once, or finds it when it
    /// starts.
    fn change(&mut self, daemon: &mut Daemon, rng: &mut Pcg64Mcg) {
        let which = rng.random_range(0..self.now.len());
        self.changes += 1;
        let name = match self.now[which] == self.first[which] {
            true => format!("{}-{}", self.first[which], self.changes),
            false => self.first[which].clone(),
        };
        let line = |name: &str| format!("name = \"{name}\"\n");
        let text = fs::read_to_string(&self.file).expect("the configuration is there");
        let changed = text.replace(&line(&self.now[which]), &line(&name));
        assert_ne!(changed, text);
        fs::write(&self.file, changed).expect("the configuration is written");
        self.now[which] = name;
        if rng.random_range(0..2) == 0 && daemon.server().ended().is_none() {
            hang_up(daemon.server().pid());
            std::thread::sleep(Duration::from_millis(rng.random_range(0..500)));
        }
    }

    /// What the daemon says, by number.
    fn shown(&self, daemon: &Daemon) -> Vec<String> {
        let told = daemon.json("/clusters");
        let items = told["items"].as_array().expect("clusters are listed").clone();
        let name = |item: &serde_json::Value| item["name"].as_str().unwrap_or_default().to_owned();
        items.iter().map(name).collect()
    }
}

/// The next window to die in: those that had no death yet first, else any, or at random.
fn deaths_window(rng: &mut Pcg64Mcg, deaths: &BTreeMap<&str, u64>) -> &'static str {
    let never = WINDOWS.iter().find(|window| !deaths.contains_key(*window));
    match never {
        Some(window) => window,
        None if rng.random_range(0..2) == 0 => "random instant",
        None => WINDOWS[rng.random_range(0..WINDOWS.len())],
    }
}

/// Lets the daemon die in a window and brings it back.
fn die(daemon: &mut Daemon, rng: &mut Pcg64Mcg, window: &str) {
    let after = Duration::from_millis(rng.random_range(50..1500));
    if window == "random instant" {
        std::thread::sleep(after);
        daemon.server().kill();
        daemon.wake(&[]);
        return;
    }
    daemon.server().kill();
    let point = format!("{window}:{}", rng.random_range(1..4));
    if daemon.wake(&[("GLEANER_FAILPOINT", &point)]) {
        crate::process::wait_for(&point, Duration::from_secs(120), || daemon.server().ended());
    }
    daemon.wake(&[]);
}

#[test]
fn the_count_of_executions_sees_what_must_not_be() {
    let run = |command: &str, start: f64, end: f64, state: &str| executions::Execution {
        name: "gleaner.7.a-1".to_owned(),
        command: command.to_owned(),
        start,
        end,
        state: state.to_owned(),
    };
    let told =
        |runs: &[executions::Execution]| executions::faults(runs, "7", &["a".to_owned()]).len();
    assert_eq!(told(&[run("x a", 0.0, 1.0, "Error"), run("x a", 1.0, 2.0, "Terminated")]), 0);
    assert_eq!(told(&[]), 1);
    assert_eq!(told(&[run("x a", 0.0, 1.0, "Terminated"), run("x a", 1.0, 2.0, "Terminated")]), 1);
    assert_eq!(told(&[run("x a", 0.0, 2.0, "Error"), run("x a", 1.0, 2.0, "Terminated")]), 1);
    assert_eq!(told(&[run("x a", 0.0, 1.0, "Terminated"), run("x b", 0.0, 1.0, "Terminated")]), 1);
}
