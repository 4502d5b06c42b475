//! The REST API against its own description, by schemathesis: requests that the description allows, and many that
//! it does not, get answers that it tells of. Opt-in, since it installs a Python package:
//! `GLEANER_SCHEMATHESIS=1 cargo test -p gleaner --test production schemathesis -- --nocapture`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::daemon::{Daemon, SECRET, SECRET_HEADER};
use crate::emulator::Emulator;
use crate::grid;

/// The release of schemathesis, from PyPI.
const VERSION: &str = "4.32.5";
/// All its chance comes from this.
const SEED: &str = "14";
/// Examples for each operation, at most, beside those that cover each word of the description.
const EXAMPLES: &str = "200";
/// No 5xx, no status and no body that is not described. Whether each body that the description allows is taken is
/// not asked: what a JDL means is more than a schema can tell.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";

/// The command, installed into a folder below `target`.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("schemathesis-{VERSION}"));
    let command = folder.join("bin/schemathesis");
    if command.exists() {
        return command;
    }
    let run = |program: &Path, arguments: &[&str]| {
        let done = Command::new(program).args(arguments).status().expect("it can be called");
        assert!(done.success(), "{} {arguments:?}", program.display());
    };
    let place = folder.to_str().expect("a path of a test is text");
    run(Path::new("python3"), &["-m", "venv", place]);
    let package = format!("schemathesis=={VERSION}");
    run(&folder.join("bin/pip"), &["install", "--quiet", "--disable-pip-version-check", &package]);
    command
}

#[test]
fn schemathesis_finds_nothing_that_the_description_does_not_tell() {
    if std::env::var_os("GLEANER_SCHEMATHESIS").is_none() {
        println!(
            "SKIPPED schemathesis_...: set GLEANER_SCHEMATHESIS=1 to install and run schemathesis {VERSION}"
        );
        return;
    }
    let command = installed();
    let folder = tempfile::tempdir().unwrap();
    let cluster = |name: &str, dialect: &str| {
        format!(
            "[[cluster]]\nname = \"{name}\"\nnodes = 2\ncores_per_node = 4\ndialect = \"{dialect}\"\n\
             task_runtime = \"fixed:5\"\n"
        )
    };
    let scenario = cluster("terre", "oar2") + &cluster("lune", "oar3");
    let emulator = Emulator::start(folder.path(), &scenario, 2, "20");
    let config = grid::config(&emulator.clusters);
    let mut daemon = Daemon::start(folder.path(), &config, &["--clock", &emulator.clock()]);
    grid::give_tokens(&daemon, &emulator.clusters);
    // Something to be asked about: done, under way, and failed.
    let first = daemon.submit(&grid::jdl("first", 5, &emulator.clusters));
    daemon.wait_state(first, "terminated", std::time::Duration::from_secs(120));
    daemon.submit(&grid::jdl("long", 5000, &emulator.clusters));
    for user in ["alice", "root"] {
        let done = Command::new(&command)
            .current_dir(folder.path())
            .args(["run", &format!("{}/openapi.json", daemon.url())])
            .args(["--checks", CHECKS, "--seed", SEED, "--max-examples", EXAMPLES])
            .args(["--continue-on-failure", "--no-shrink", "--warnings", "off"])
            .args(["--header", &format!("X-CIGRI-USER: {user}")])
            .args(["--header", &format!("{SECRET_HEADER}: {SECRET}")])
            .status()
            .expect("it can be called");
        let log = daemon.log();
        assert!(done.success(), "as `{user}`; the daemon said:\n{log}");
    }
    assert!(daemon.server().ended().is_none(), "{}", daemon.log());
    assert!(daemon.server().stop().success(), "{}", daemon.log());
}
