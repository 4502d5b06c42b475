//! What the README tells a reader to paste: an emulator, a daemon, a campaign, a replay. It is pasted here,
//! at free ports, and must do what the README says.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use crate::executions;

/// Tasks of the campaign shown.
const TASKS: u64 = 200;

/// The longest that pasting may take, in seconds: a loop that waits in vain would never end.
const SECONDS_MAX: u32 = 240;

/// The blocks to be pasted, one after the other, from the heading on emulation to the one behind the daemon's.
fn blocks() -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let text = fs::read_to_string(readme).expect("there is a README");
    let from = text.find("\n## Emulate\n").expect("a heading");
    let to = text.find("\n## More\n").expect("a heading");
    let blocks = text[from..to].split("```sh\n").skip(1);
    blocks.map(|rest| rest.split("```").next().expect("a block has a beginning")).collect()
}

/// An address of this machine that is free now.
fn free() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").to_string()
}

#[test]
fn what_the_readme_tells_to_paste_does_what_it_says() {
    if Command::new("curl").arg("--version").output().is_err() {
        // Not `println!`: the test harness would keep it to itself.
        let _ =
            writeln!(std::io::stderr(), "SKIPPED: no `curl` to paste the README's commands with");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let emulator = free();
    // Told is each command that fails, as somebody who pastes would see it.
    let script = format!(
        "set -uE\ntrap 'echo \"exit code $?: $BASH_COMMAND\"' ERR\n\
         trap 'trap - ERR; kill $(jobs -p) 2> /dev/null; wait' EXIT\n{}",
        blocks().replace("127.0.0.1:7000", &emulator)
    );
    let built = Path::new(env!("CARGO_BIN_EXE_gleaner")).parent().unwrap();
    let path = format!("{}:{}", built.display(), std::env::var("PATH").unwrap());
    let done = Command::new("timeout")
        .args([&SECONDS_MAX.to_string(), "bash", "-c", &script])
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .env("PATH", path)
        .output()
        .unwrap();
    let (out, said) =
        (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{out}\n{said}");
    let failed: Vec<&str> = out.lines().filter(|line| line.starts_with("exit code ")).collect();
    // As its comment says.
    assert_eq!(
        failed,
        ["exit code 3: gleaner replay gleaner.db --policy tap:init=10"],
        "{out}\n{said}"
    );
    for shown in [
        "CAMPAIGN_ID=1",
        &format!("Progress: {TASKS}/{TASKS} (100%)"),
        "State: terminated",
        "every decision was made again",
        "copy.db",
    ] {
        assert!(out.contains(shown), "no {shown} in\n{out}\n{said}");
    }
    let socket = folder.path().join("api.sock");
    let url = format!("\"url\":\"unix:{}\"", socket.display());
    assert_eq!(out.matches(&url).count(), 2, "{out}\n{said}");
    assert!(!socket.exists(), "a daemon that has ended leaves no socket");
    assert!(folder.path().join("copy.db").exists());
    assert!(
        said.contains("kept what was there") && said.contains("0 are done, and counted"),
        "{said}"
    );
    let gone = TcpListener::bind(&emulator);
    assert!(gone.is_ok(), "somebody still listens at {emulator}\n{out}\n{said}");

    let ran = executions::read(&folder.path().join("executions.csv"));
    let tasks: Vec<String> = (0..TASKS).map(|task| task.to_string()).collect();
    let faults = executions::faults(&ran, "1", &tasks);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
