//! Awkward parameters, compared argument by argument: what the jobs of a campaign found against what a shell here
//! makes of the same command. On emulated clusters of both dialects whose commands really run; `real_oar2/` plays the
//! same to a real OAR 2.5.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::emulator::Emulator;
use crate::grid;

/// As long as a campaign may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// Pieces that parameters are made of by chance.
const PIECES: [&str; 40] = [
    "a",
    "a#b",
    "'#'",
    "\"# #\"",
    "\\#",
    "#",
    "${HOME#/}",
    "$HOME",
    "'$HOME'",
    "\\$HOME",
    "$HOME_OF",
    "${HOME}x",
    "é",
    "'€ 😀'",
    "\\é",
    "a\tb",
    "'a\tb'",
    "''",
    "\"\"",
    "'a  b'",
    "\"a 'b'\"",
    "it\\'s",
    "\\\"",
    "\\\\",
    "\\\\\\\\",
    "'\\'",
    "\"\\\\\"",
    "`echo q`",
    "$(echo \"r s\")",
    "\\`",
    "%d",
    "%%",
    "'*'",
    "/no/such/*?",
    "';'",
    "\\;",
    "'&|<>'",
    "~",
    "-n",
    "\\0101",
];

/// Parameters that were found awkward, and some more by chance; each begins with a number of its own.
pub(crate) fn awkward(seed: u64, by_chance: usize) -> Vec<String> {
    let known = [
        "",
        "#",
        "x # y",
        "'x # y'",
        "é",
        "caf\u{e9} 'na\u{ef}ve  \u{2028}'",
        "a\\",
        "a\\ ",
        "a   ",
        "'a'\\''b'",
        "\"$HOME\" $HOME",
        "'%s' %s \\n '\\n' \\\\n",
        "; echo hidden",
        "$(echo '#')",
        "a#b#c",
        "; : task 99; true",
    ];
    let long = ["x".repeat(5_000), "é ".repeat(2_000)];
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut rng = || {
        let pieces = random.random_range(1..6);
        (0..pieces).fold(String::new(), |mut text, _| {
            text.push_str(PIECES[random.random_range(0..PIECES.len())]);
            text.push_str(["", " ", "  "][random.random_range(0..3)]);
            text
        })
    };
    let rng: Vec<String> = (0..by_chance).map(|_| rng()).collect();
    let all = known.into_iter().map(str::to_owned).chain(long).chain(rng);
    (0..).zip(all).map(|(number, text): (u32, _)| format!("{number} {text}")).collect()
}

/// A script that writes its arguments, NUL after each, into the file in `into` that its first one names.
fn script(folder: &Path, into: &str) -> String {
    let out = folder.join(into);
    fs::create_dir(&out).expect("a folder for arguments");
    let script = folder.join(format!("{into}.sh"));
    let out = out.to_str().expect("a path of a test is text");
    fs::write(&script, format!("printf '%s\\0' \"$@\" > {out}/\"$1\"\n")).expect("a script");
    format!("/bin/bash {}", script.to_str().expect("a path of a test is text"))
}

/// All files of a folder.
fn read(folder: &Path) -> BTreeMap<String, String> {
    let files = fs::read_dir(folder).expect("the folder is there").map(|entry| {
        let entry = entry.expect("an entry of a folder");
        let bytes = fs::read(entry.path()).expect("arguments were written");
        (entry.file_name().to_string_lossy().into_owned(), bytes.escape_ascii().to_string())
    });
    files.collect()
}

/// What a shell here hands to the script for each parameter.
fn expected(folder: &Path, parameters: &[String], home: &Path) -> BTreeMap<String, String> {
    let command = script(folder, "here");
    for parameter in parameters {
        let shell = Command::new("/bin/bash")
            .args(["-c", &format!("{command} {parameter}")])
            .env("HOME", home)
            .current_dir("/")
            .stdout(std::process::Stdio::null())
            .status();
        assert!(shell.expect("a shell").success(), "{parameter}");
    }
    read(&folder.join("here"))
}

/// Lets a campaign of these parameters run on the cluster, and compares.
pub(crate) fn arrive_unharmed(
    daemon: &Daemon,
    folder: &Path,
    cluster: &str,
    home: &Path,
    parameters: &[String],
) {
    let there = format!("there-{cluster}");
    let exec_file = script(folder, &there);
    opened(&folder.join(&there));
    let want = {
        let place = tempfile::tempdir().expect("a folder");
        expected(place.path(), parameters, home)
    };
    let campaign = daemon.submit(&json!({
        "name": there, "params": parameters, "exec_file": exec_file, "walltime": "00:05:00",
        "resources": "/core=1", "clusters": { cluster: {} },
    }));
    let end = daemon.wait_state(campaign, "terminated", PATIENCE);
    assert_eq!(end["finished_jobs"], parameters.len(), "{end}");
    let got = read(&folder.join(&there));
    for (number, parameter) in parameters.iter().enumerate() {
        let number = number.to_string();
        assert_eq!(got.get(&number), want.get(&number), "{cluster}: {parameter:?}");
    }
    assert_eq!(got.len(), want.len());
}

/// Everybody may write there.
fn opened(folder: &Path) {
    let done = Command::new("chmod").arg("1777").arg(folder).status().expect("`chmod` runs");
    assert!(done.success());
}

/// Where the emulator puts `alice`'s home.
fn emulated_home(folder: &Path) -> PathBuf {
    folder.join("emulator/files/home/alice")
}

#[test]
fn awkward_parameters_reach_jobs_of_emulated_clusters_unharmed() {
    let seed = std::env::var("GLEANER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(14);
    println!("GLEANER_SEED={seed} cargo test -p gleaner --test production awkward_parameters");
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let cluster = |name: &str, dialect: &str| {
        format!(
            "[[cluster]]\nname = \"{name}\"\nnodes = 8\ncores_per_node = 8\nscheduler = \"easy\"\n\
             dialect = \"{dialect}\"\nexecute = \"local\"\n"
        )
    };
    let scenario = cluster("old", "oar2") + &cluster("new", "oar3");
    let emulator = Emulator::start(here, &scenario, 2, "10");
    let config = grid::config(&emulator.clusters)
        .replace("poll =", "policy = \"tap:init=100,factor=2,max=100,grace=10\"\npoll =");
    let mut daemon = Daemon::start(here, &config, &["--clock", &emulator.clock()]);
    grid::give_tokens(&daemon, &emulator.clusters);
    // Somebody else's letters make lists Latin-1.
    latin1_beside(&emulator.clusters[0].api_url);
    let parameters = awkward(seed, 60);
    for cluster in ["old", "new"] {
        arrive_unharmed(&daemon, here, cluster, &emulated_home(here), &parameters);
    }
    let events = daemon.get("alice", "/events").expect("the daemon answers");
    assert_eq!(events.status(), 404, "{:?}", events.text());
    assert!(daemon.server().stop().success(), "{}", daemon.log());
    grid::replays(here);
}

/// A job of `bob`'s whose details OAR 2 writes in Latin-1.
pub(crate) fn latin1_beside(api_url: &str) {
    let body: Value = json!({ "resource": "/core=1,walltime=00:05:00", "command": "sleep 100; :", "param_file": "'\u{e9}'" });
    let url = format!("{}/jobs.json", api_url.trim_end_matches('/'));
    let request = reqwest::blocking::Client::new().post(url).header("X_REMOTE_IDENT", "bob");
    let answer = request.json(&body).send().expect("the cluster answers");
    assert_eq!(answer.status(), 201, "{:?}", answer.text());
}
