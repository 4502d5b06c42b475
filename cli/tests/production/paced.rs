//! Under the load of a trace, an emulated cluster does what a simulated one does: in scaled wall time
//! within the lag, by hand to the second that clients are told.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::emulator::{EPOCH_S, Emulator};
use crate::process::wait_for;
use crate::simulation::{self, SimulatedJob};

/// Jobs of the sample that are played.
const JOBS: usize = 60;

/// All times of the sample are divided by this, so that a quarter of an hour is a busy day.
const DENSER: i64 = 40;

/// Emulated seconds a second.
const SPEED: i64 = 60;

const SCENARIO: &str = "[[cluster]]\nname = \"lune\"\nnodes = 16\ncores_per_node = 4\n\
                        dialect = \"oar2\"\n[cluster.owners]\ntrace = \"denser.swf\"\n";

/// Every state, so that a list tells of all jobs.
const ALL: &str = "/jobs.json?limit=0&state=Waiting,toLaunch,Launching,Running,Finishing,\
                   Terminated,Error";

/// Writes the first jobs of a sample, all times shorter.
fn denser_sample(folder: &Path) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../traces/samples/quickstart.swf");
    let sample = fs::read_to_string(sample).expect("the sample is there");
    let jobs = sample.lines().filter(|line| !line.starts_with(';')).take(JOBS);
    let mut text = String::from("; MaxProcs: 64\n; MaxNodes: 16\n");
    for job in jobs {
        let mut fields: Vec<String> = job.split_whitespace().map(str::to_owned).collect();
        // Submission, run time, and the time that was asked for.
        for at in [1, 3, 8] {
            let seconds: i64 = fields[at].parse().expect("a field of the sample is a number");
            fields[at] = (seconds / DENSER).max(i64::from(at > 1)).to_string();
        }
        text.push_str(&fields.join(" "));
        text.push('\n');
    }
    fs::write(folder.join("denser.swf"), text).expect("the trace is written");
}

/// When each job starts if simulated, as the date that clients are told.
fn simulated(folder: &Path) -> BTreeMap<u64, i64> {
    fs::write(folder.join("grid.toml"), SCENARIO).expect("the scenario is written");
    let jobs = simulation::jobs(&simulation::simulate(folder)).into_iter();
    let start = |job: SimulatedJob| {
        let start_s = job.starting_time.expect("each job starts");
        (job.job_id, EPOCH_S + start_s.floor() as i64)
    };
    jobs.map(start).collect()
}

fn get(url: &str) -> Value {
    let request = Client::new().get(url).header("Accept", "application/json");
    let answer = request.header("X_REMOTE_IDENT", "alice").send().expect("the emulator answers");
    answer.json().expect("the emulator answers in JSON")
}

/// The starts that an emulated cluster tells, of those jobs that have one.
fn told(api_url: &str) -> BTreeMap<u64, i64> {
    let list = get(&format!("{api_url}{}", ALL.replace("/jobs.json", "/jobs/details.json")));
    let items = list["items"].as_array().cloned().unwrap_or_default();
    let start = |job: &Value| Some((job["id"].as_u64()?, job["start_time"].as_i64()?));
    let held = |job: &&Value| job["nodes"].as_array().is_some_and(|nodes| !nodes.is_empty());
    let began = |job: &&Value| job["state"] != "Waiting" && job["state"] != "toLaunch";
    items.iter().filter(held).filter(began).filter_map(start).collect()
}

#[test]
fn a_paced_cluster_does_what_the_simulated_one_does() {
    let folder = tempfile::tempdir().expect("a folder");
    denser_sample(folder.path());
    let want = simulated(folder.path());
    assert_eq!(want.len(), JOBS);
    let enough = JOBS * 2 / 3;
    let emulator = Emulator::start(folder.path(), SCENARIO, 1, &SPEED.to_string());
    let api_url = &emulator.clusters[0].api_url;
    let mut looks = 0;
    wait_for("two thirds of the jobs have begun", Duration::from_secs(120), || {
        let list = get(&format!("{api_url}{ALL}"));
        let now = list["api_timestamp"].as_i64()?;
        let lag_ms = get(&emulator.clock())["lag_ms_max"].as_f64().expect("the lag is told");
        let lag_s = (lag_ms / 1000.0 * SPEED as f64).ceil() as i64;
        let mut begun = 0;
        for job in list["items"].as_array()? {
            let (id, state) = (job["id"].as_u64()?, job["state"].as_str()?);
            let begins = want[&id];
            if ["Waiting", "toLaunch"].contains(&state) {
                assert!(begins + lag_s >= now, "job {id} begins at {begins}, not at {now}");
            } else {
                begun += 1;
                assert!(begins <= now, "job {id} begins at {begins}, has begun at {now}");
            }
        }
        looks += 1;
        (begun >= enough).then_some(())
    });
    let seen = told(api_url);
    assert!(seen.len() >= enough && looks > 3, "{} jobs, {looks} looks", seen.len());
    for (id, start) in seen {
        assert_eq!(start, want[&id], "the start of job {id}");
    }
}

#[test]
fn by_hand_a_cluster_does_exactly_what_the_simulated_one_does() {
    let folder = tempfile::tempdir().expect("a folder");
    denser_sample(folder.path());
    let want = simulated(folder.path());
    let emulator = Emulator::start(folder.path(), SCENARIO, 1, "hand");
    let last = want.values().max().expect("a job") + 10;
    for turn in 1..=7 {
        // Steps that fall on no event in particular.
        let to = EPOCH_S as f64 + (last - EPOCH_S) as f64 * f64::from(turn) / 7.0;
        let turned = Client::new().post(emulator.clock()).json(&json!({ "to": to })).send();
        assert_eq!(turned.expect("the emulator answers").status(), 200);
    }
    assert_eq!(told(&emulator.clusters[0].api_url), want);
}
