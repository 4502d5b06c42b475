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

/// The blocks to be pasted, from the heading on emulation to the one behind the daemon's.
fn blocks() -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let text = fs::read_to_string(readme).expect("there is a README");
    let from = text.find("\n## Emulate\n").expect("a heading");
    let to = text.find("\n## Traces\n").expect("a heading");
    let blocks = text[from..to].split("```sh\n").skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect()
}

/// An address of this machine that is free now.
fn free() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").to_string()
}

/// A script that pastes the blocks one after the other, as a reader does: the next when what the last
/// one has started is there.
fn script(blocks: &[String], emulator: &str, daemon: &str) -> String {
    let [emulate, serve, submit, after, restore] = blocks else {
        panic!("{} blocks", blocks.len())
    };
    let told = |block: &str| -> String {
        block.lines().map(|line| format!("{line}\necho \"exit code $?\"\n")).collect()
    };
    let (after, restore) = (told(after), told(restore));
    format!(
        r#"set -eu
until_it_works() {{
    for _ in $(seq 1200); do
        if "$@" > /dev/null 2>&1; then return 0; fi
        sleep 0.1
    done
    echo "not in time: $*" >&2
    exit 1
}}
terminated() {{ curl -sf http://{daemon}/campaigns/1 | grep -q '"state":"terminated"'; }}
trap 'kill $(jobs -p); wait' EXIT
{emulate}
until_it_works curl -sf http://{emulator}/_clock
{serve}
until_it_works curl -sf http://{daemon}/healthz
{submit}
until_it_works terminated
set +e
{after}
{restore}
until_it_works curl -sf http://{daemon}/healthz
curl -sf http://{daemon}/campaigns/1"#
    )
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
    let (emulator, daemon) = (free(), free());
    let script = script(&blocks(), &emulator, &daemon);
    let script = script.replace("127.0.0.1:7000", &emulator).replace("127.0.0.1:8090", &daemon);
    let built = Path::new(env!("CARGO_BIN_EXE_gleaner")).parent().unwrap();
    let path = format!("{}:{}", built.display(), std::env::var("PATH").unwrap());
    let done = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path())
        .envs([("PATH", &*path), ("GLEANER_LISTEN", &daemon)])
        .output()
        .unwrap();
    let (out, said) =
        (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{out}\n{said}");
    assert!(out.contains("New token registered"), "{out}\n{said}");
    assert!(out.contains(&format!("\"total_jobs\": {TASKS}")), "{out}\n{said}");
    let codes: Vec<&str> = out.lines().filter_map(|line| line.strip_prefix("exit code ")).collect();
    // The last three: stopped in order, restored, started again.
    assert_eq!(codes, ["0", "3", "0", "0", "0", "0"], "{out}\n{said}");
    assert!(folder.path().join("copy.db").exists());
    assert!(
        said.contains("kept what was there") && said.contains("0 are done, and counted"),
        "{said}"
    );
    assert!(out.ends_with("}\n") && out.contains("\"state\":\"terminated\""), "{out}\n{said}");

    let ran = executions::read(&folder.path().join("executions.csv"));
    let tasks: Vec<String> = (0..TASKS).map(|task| task.to_string()).collect();
    let faults = executions::faults(&ran, "1", &tasks);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
