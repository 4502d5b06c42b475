//! Commands that really run: their output, exit codes and death.

use gleaner_emulator::engine::cluster::Execute;
use gleaner_emulator::pacing::Pace;
use gleaner_sim::api_faults::ApiFaults;
use serde_json::{Value, json};

use crate::socket::Running;

/// Waits until a job is in a state; answers it.
fn wait(server: &Running, id: u64, state: &str) -> Value {
    for _ in 0..20_000 {
        let (status, text) = server.send("GET", &format!("/lune/jobs/{id}"), "");
        assert_eq!(status, 200);
        let job: Value = serde_json::from_str(&text).unwrap();
        if job["state"] == state {
            return job;
        }
    }
    panic!("job {id} never became {state}");
}

fn submit(server: &Running, command: &str, walltime: &str) -> u64 {
    let resource = format!("/core=1,walltime={walltime}");
    let body = json!({ "command": command, "resource": resource }).to_string();
    let (status, text) = server.send("POST", "/lune/jobs", &body);
    assert_eq!(status, 201, "{text}");
    serde_json::from_str::<Value>(&text).unwrap()["id"].as_u64().unwrap()
}

#[test]
fn commands_really_run_if_asked() {
    let server = Running::start(Pace::Speed(200.0), Execute::Local, ApiFaults::default());
    let script = "echo out of \\$OAR_JOB_ID; echo err >&2; echo ran >> \\$HOME/count; exit 3";
    let id = submit(&server, script, "1");
    let job = wait(&server, id, "Terminated");
    assert_eq!(job["exit_code"], 3 << 8);
    let file = |name: &str| server.send("GET", &format!("/lune/media/~/OAR.{id}.{name}"), "").1;
    assert_eq!(file("stdout"), format!("out of {id}\n"));
    assert_eq!(file("stderr"), "err\n");
    let count = server.folder.path().join("files/home/alice/count");
    assert_eq!(std::fs::read_to_string(count).unwrap(), "ran\n");
    let killed = submit(&server, "kill -9 \\$\\$", "1");
    assert_eq!(wait(&server, killed, "Terminated")["exit_code"], 9);
    let log = server.stop();
    assert_eq!(log.lines().count(), 3, "{log}");
}

#[test]
fn a_deleted_command_and_its_children_die() {
    let server = Running::start(Pace::Speed(200.0), Execute::Local, ApiFaults::default());
    let id = submit(&server, "(sleep 600; echo alive >> \\$HOME/alive) & echo \\$! ; wait", "99");
    wait(&server, id, "Running");
    let child = (0..20_000).find_map(|_| {
        let text = server.send("GET", &format!("/lune/media/~/OAR.{id}.stdout"), "").1;
        text.trim().parse::<u32>().ok()
    });
    let child = child.expect("the command tells its child");
    assert_eq!(server.send("DELETE", &format!("/lune/jobs/{id}"), "").0, 202);
    assert_eq!(wait(&server, id, "Error")["exit_code"], Value::Null);
    // Dead is enough: its entry stays until the system's first process has asked for it.
    let dead = || {
        let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        stat.rsplit(") ").next().is_none_or(|rest| rest.is_empty() || rest.starts_with('Z'))
    };
    let gone = (0..2_000_000).any(|_| dead());
    assert!(gone, "process {child} is still there");
    server.stop();
}

#[test]
fn a_command_ends_at_its_walltime() {
    let server = Running::start(Pace::Speed(200.0), Execute::Local, ApiFaults::default());
    let id = submit(&server, "sleep 600", "0:0:30");
    let job = wait(&server, id, "Error");
    let events = job["events"].as_array().unwrap().iter();
    assert!(events.clone().any(|event| event["type"] == "WALLTIME"), "{job}");
    server.stop();
}
