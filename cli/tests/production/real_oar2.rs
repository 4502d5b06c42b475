//! The daemon against a real OAR 2.5 (`oar2.rs` says where there is one). Bringing it up takes its
//! time, so most scenes are played one after the other in one test.

mod scenes;
mod thousand;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::oar2::Oar2;

/// As long as a scene may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(420);

/// Settings for the cluster at `api_url`, with more lines for the grid and for the cluster, `poll`
/// among these.
fn settings(api_url: &str, policy: &str, grid: &str, more: &str) -> String {
    format!(
        "[grid]\ncycle = \"2s\"\n{grid}\n[[cluster]]\nname = \"real\"\napi_url = \"{api_url}\"\n\
         dialect = \"oar2\"\npolicy = \"{policy}\"\n{more}"
    )
}

/// Those of the scenes.
fn config(api_url: &str, grid: &str, more: &str) -> String {
    let policy = "tap:init=20,factor=2,max=1000,grace=10";
    settings(api_url, policy, grid, &format!("poll = \"2s\"\n{more}"))
}

/// A campaign on the real cluster: keys of `more` replace the usual.
fn jdl(name: &str, tasks: u64, exec: &str, more: Value) -> Value {
    let mut jdl = json!({
        "name": name,
        "nb_jobs": tasks,
        "exec_file": exec,
        "walltime": "00:05:00",
        "resources": "/core=1",
        "clusters": { "real": {} },
    });
    let more = more.as_object().expect("more keys are an object").clone();
    jdl.as_object_mut().expect("a JDL is an object").extend(more);
    jdl
}

/// Lines that the tasks of a campaign wrote, sorted.
fn written(file: &Path) -> Vec<String> {
    let mut lines: Vec<String> =
        fs::read_to_string(file).unwrap_or_default().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// A folder in which alice's jobs may write.
fn open_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("a path of a test is text").to_owned();
    let opened = Command::new("chmod").args(["1777", &path]).status().expect("`chmod` runs");
    assert!(opened.success());
    folder
}

#[test]
fn campaigns_on_a_real_oar2() {
    let Some(oar2) = Oar2::up(&[]) else { return };
    let folder = open_folder();
    let mut daemon = Daemon::start(folder.path(), &config(oar2.api_url(), "", ""), &[]);
    scenes::runs_to_its_end(&daemon, folder.path());
    scenes::is_preempted_and_done_again(&daemon, &oar2, folder.path());
    scenes::a_failing_task_blocks_until_fixed(&daemon, folder.path());
    scenes::a_failing_prologue_lets_no_task_start(&daemon, folder.path());
    scenes::held_and_resumed(&daemon, folder.path());
    scenes::cancelled_with_all_its_jobs(&daemon, &oar2);
    scenes::an_array(&daemon, folder.path());
    scenes::awkward_parameters_arrive(&daemon, &oar2, folder.path());
    scenes::a_stressed_cluster_gets_nothing(&daemon, &oar2);
    scenes::a_dead_api_and_back(&daemon, &oar2, folder.path());
    assert!(daemon.server().stop().success(), "{}", daemon.log());
    crate::grid::replays(folder.path());
}

#[test]
fn a_flaky_api_loses_nothing_and_runs_nothing_twice() {
    let Some(oar2) = Oar2::up(&[("OAR2_FLAKY", "1")]) else { return };
    let folder = open_folder();
    // A page in the place of an answer to a submission holds its tasks back until their lease is over.
    let short = "waiting_limit = \"2m\"\nlease_margin = \"10s\"\n";
    let mut daemon = Daemon::start(folder.path(), &config(oar2.api_url(), short, ""), &[]);
    let before = oar2.answers_500();
    scenes::runs_to_its_end(&daemon, folder.path());
    scenes::held_and_resumed(&daemon, folder.path());
    scenes::cancelled_with_all_its_jobs(&daemon, &oar2);
    // Each of its eight processes ends after fifty requests: the scenes go on until two have.
    let mut round = 0;
    while oar2.answers_500() < before + 2 {
        round += 1;
        scenes::runs_each_once(&daemon, folder.path(), &format!("flaky-{round}"), 40);
    }
    println!("scene: {} pages of a flaky API", oar2.answers_500() - before);
    assert!(daemon.server().stop().success(), "{}", daemon.log());
    crate::grid::replays(folder.path());
}

#[test]
fn behind_mutual_tls_our_certificate_opens_and_nothing_else_does() {
    let Some(oar2) = Oar2::up(&[]) else { return };
    let tls = |name: &str| oar2.state_folder().join("tls").join(name);
    // Everybody may read the key that `up` makes, and such a key the daemon refuses.
    let keys = tempfile::tempdir().expect("a folder");
    let key = keys.path().join("client.key");
    fs::copy(tls("client.key"), &key).expect("the key is there");
    fs::set_permissions(&key, Permissions::from_mode(0o600)).expect("the key is ours");
    let ours = format!("ca_file = {:?}\n", tls("ca.pem"));
    let certificate = format!(
        "auth = \"certificate\"\ncertificate_file = {:?}\nprivate_key_file = {:?}\n",
        tls("client.pem"),
        key
    );
    // The server is not ours, or we are nobody to it: the cluster is lost, and nothing is sent.
    for half in [&ours, &certificate] {
        let folder = open_folder();
        let mut daemon = Daemon::start(folder.path(), &config(oar2.tls_url(), "", half), &[]);
        scenes::is_closed(&daemon);
        assert!(daemon.server().stop().success(), "{}", daemon.log());
    }
    let folder = open_folder();
    let both = ours + &certificate;
    let mut daemon = Daemon::start(folder.path(), &config(oar2.tls_url(), "", &both), &[]);
    scenes::runs_to_its_end(&daemon, folder.path());
    scenes::a_failing_task_blocks_until_fixed(&daemon, folder.path());
    scenes::cancelled_with_all_its_jobs(&daemon, &oar2);
    assert!(daemon.server().stop().success(), "{}", daemon.log());
    crate::grid::replays(folder.path());
}
