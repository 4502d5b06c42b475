//! "How to repeat this run": the command of a page and its manifest, pasted into a shell, makes the same files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::run::{Workdir, sample, search_path};

const SCENARIO: &str = "title = \"Repeated\"\n[[cluster]]\nname = \"lab\"\nnodes = 4\ncores_per_node = 4\n\
                        [cluster.owners.generate]\nmodel = \"lublin\"\njobs = 40\nload = 0.5\n";

/// A JDL of ten tasks.
const JDL: &str = r#"{"name": "ten", "nb_jobs": 10, "exec_file": "x", "walltime": "1:00:00", "clusters": {"lab": {}}}"#;

/// The command on a page, as a browser shows it.
fn shown(page: &str) -> String {
    let (_, rest) = page.split_once("How to repeat this run").expect("the page tells it");
    let (_, rest) = rest.split_once("<pre>").expect("there is a command");
    let (command, _) = rest.split_once("</pre>").expect("it ends");
    let signs = [("&#39;", "'"), ("&#x27;", "'"), ("&#34;", "\""), ("&quot;", "\"")];
    let signs = signs.into_iter().chain([("&#60;", "<"), ("&lt;", "<"), ("&#62;", ">")]);
    let signs = signs.chain([("&gt;", ">"), ("&#38;", "&"), ("&amp;", "&")]);
    signs.fold(command.to_owned(), |text, (sign, c)| text.replace(sign, c))
}

/// Pastes `command` in `folder`. Returns the folder with the results.
fn pasted(folder: &Path, command: &str) -> PathBuf {
    // How the summary is printed is the reader's choice, and no part of the run.
    let done = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .envs([("PATH", search_path().as_str()), ("GLEANER_OUTPUT", "table")])
        .output()
        .expect("there is a shell");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command}\n{said}");
    let out = String::from_utf8_lossy(&done.stdout);
    folder.join(out.lines().next().expect("the folder is printed"))
}

/// Runs `gleaner simulate` with `args` and `--out first`, pastes what its page shows, and compares all files.
fn repeat(workdir: &Workdir, args: &[&str]) -> String {
    let args = [&["simulate", "--out", "first"], args].concat();
    let answer = workdir.gleaner_with(&args, &[("GLEANER_OUTPUT", "json")]);
    assert_eq!(answer.code, 0, "{args:?}\n{}", answer.err);
    let manifest: Value =
        serde_json::from_str(&workdir.read("first/manifest.json")).expect("it is JSON");
    let command = manifest["command"].as_str().expect("it tells the command").to_owned();
    assert_eq!(shown(&workdir.read("first/report.html")), command);
    let second = pasted(&workdir.path("."), &command);
    for name in ["jobs.csv", "metrics.json", "series.csv", "manifest.json", "report.html"] {
        let bytes = |folder: &Path| fs::read(folder.join(name)).expect("the file is there");
        assert!(bytes(&workdir.path("first")) == bytes(&second), "{command}: {name}");
    }
    fs::remove_dir_all(workdir.path("first")).expect("the first results");
    command
}

#[test]
fn the_command_on_the_page_repeats_the_run() {
    let workdir = Workdir::new();
    fs::create_dir(workdir.path("it's mine")).unwrap();
    workdir.write("it's mine/my lab.toml", SCENARIO);
    workdir.write("it's mine/ten & more.json", JDL);
    workdir.write("lab.toml", SCENARIO);
    workdir.write("-lab.toml", SCENARIO);
    let absolute = workdir.path("it's mine/my lab.toml");
    let log = sample("quickstart.swf");

    assert_eq!(repeat(&workdir, &["lab.toml"]), "gleaner simulate lab.toml");
    repeat(&workdir, &["./it's mine/../lab.toml", "--until", "1h30m", "--no-plots"]);
    repeat(&workdir, &[absolute.to_str().unwrap(), "--seed", "3", "--scheduler", "easy-sjbf"]);
    repeat(
        &workdir,
        &[
            "it's mine/my lab.toml",
            "--campaign",
            "it's mine/ten & more.json",
            "--task-runtime",
            "lognormal:4.1,2.5",
            "--policy",
            "min(tap:init=5; greedy)",
            "--estimates",
            "x1.5",
            "--baseline",
        ],
    );
    repeat(&workdir, &["--trace", &log, "--processors", "64", "--clean", "none", "--lenient"]);
    assert_eq!(repeat(&workdir, &["teaching-basics"]), "gleaner simulate teaching-basics");
    let dashed = repeat(&workdir, &["--no-plots", "--", "-lab.toml"]);
    assert_eq!(dashed, "gleaner simulate --no-plots -- -lab.toml");
}

#[test]
fn a_folder_takes_the_same_run_however_its_files_are_named() {
    let workdir = Workdir::new();
    workdir.write("lab.toml", SCENARIO);
    workdir.done(&["simulate", "lab.toml", "--no-plots", "--out", "out"]);
    let absolute = workdir.path("lab.toml");
    for file in ["./lab.toml", absolute.to_str().unwrap()] {
        workdir.done(&["simulate", file, "--no-plots", "--out", "out"]);
    }
    workdir.write("lab.toml", format!("{SCENARIO}load = 0.6\n").replacen("load = 0.5\n", "", 1));
    let answer = workdir.gleaner(&["simulate", "lab.toml", "--no-plots", "--out", "out"]);
    answer.fails(4, &["another run (another `scenario`)"]);
}
