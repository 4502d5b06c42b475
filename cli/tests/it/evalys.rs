//! `jobs.csv` in the hands of evalys, which draws and counts what Batsim writes. Opt-in, since it installs a Python
//! package: `GLEANER_EVALYS=1 cargo test -p gleaner --test it evalys -- --nocapture`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

use crate::run::{Workdir, root};

/// The release of evalys, from PyPI.
const VERSION: &str = "4.0.7";

/// What evalys counts of the owners' jobs in a file, and of all jobs: a line of JSON.
const COUNT: &str = r#"
import json, sys
import pandas as pd
from evalys.jobset import JobSet
file, cores = sys.argv[1], int(sys.argv[2])
jobs = JobSet.from_csv(file, resource_bounds=(0, cores - 1))
jobs.plot(with_details=True)
pd.read_csv(file).query("kind == 'local'").to_csv("owners.csv", index=False)
owners = JobSet.from_csv("owners.csv", resource_bounds=(0, cores - 1))
print(json.dumps({
    "jobs": len(jobs.df),
    "owners": len(owners.df),
    "cores": jobs.MaxProcs,
    "highest": max(job.max for job in jobs.df.allocated_resources),
    "mean_wait_s": owners.df.waiting_time.mean(),
    "core_s": (owners.df.execution_time * owners.df.proc_alloc).sum(),
    "utilisation": owners.mean_utilisation() / cores,
}))
"#;

/// The interpreter of an environment with evalys, below `target`.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("evalys-{VERSION}"));
    let python = folder.join("bin/python");
    if folder.join("installed").exists() {
        return python;
    }
    let run = |program: &Path, arguments: &[&str]| {
        let done = Command::new(program).args(arguments).status().expect("it can be called");
        assert!(done.success(), "{} {arguments:?}", program.display());
    };
    let place = folder.to_str().expect("a path of a test is text");
    run(Path::new("python3"), &["-m", "venv", place]);
    let package = format!("evalys=={VERSION}");
    run(&folder.join("bin/pip"), &["install", "--quiet", "--disable-pip-version-check", &package]);
    fs::write(folder.join("installed"), &package).expect("a mark");
    python
}

fn python(folder: &Path, arguments: &[&str]) -> String {
    let done = Command::new(installed())
        .args(arguments)
        .current_dir(folder)
        .env("MPLBACKEND", "Agg")
        .output()
        .expect("python can be called");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    String::from_utf8(done.stdout).expect("it prints text")
}

/// A cluster with owners and its part of a campaign.
fn cluster(name: &str, nodes: u32) -> String {
    format!(
        "[[cluster]]\nname = \"{name}\"\nnodes = {nodes}\ncores_per_node = 4\nscheduler = \"easy\"\n\
         [cluster.owners.generate]\nmodel = \"lublin\"\njobs = 100\nload = 0.6\nrequest_factor = 2.0\n"
    )
}

/// Runs the clusters, and holds what evalys counts in `file` of the folder against the figures of `terre`. Returns
/// what it counted.
fn compare(
    workdir: &Workdir,
    clusters: &str,
    folder: &str,
    file: &str,
    prepare: Option<&str>,
) -> String {
    let campaign = "[[campaign]]\nname = \"sweep\"\nuser = \"ann\"\ntasks = 100\nwalltime = \"1h\"\n\
                    runtime = \"exponential:600\"\n";
    workdir.write("all.toml", format!("{clusters}{campaign}"));
    workdir.done(&["simulate", "all.toml", "--no-plots", "--out", folder]);
    let folder = workdir.path(folder);
    if let Some(lines) = prepare {
        python(&folder, &["-c", lines]);
    }
    let counted: Value =
        serde_json::from_str(&python(&folder, &["-c", COUNT, file, "64"])).expect("JSON");
    let text = fs::read_to_string(folder.join("metrics.json")).expect("figures");
    let metrics: Value = serde_json::from_str(&text).expect("it is JSON");
    let (terre, grid) = (&metrics["clusters"]["terre"], &metrics["grid"]);
    let figure = |value: &Value| value.as_f64().expect("a number");
    let near = |what: &str, found: f64, expected: f64| {
        let close = (found - expected).abs() <= 1e-9 * expected.abs().max(1.0);
        assert!(close, "{what}: {found} by evalys, {expected} by us");
    };
    assert_eq!(counted["owners"], terre["jobs"], "{counted}");
    assert_eq!(counted["cores"], 64);
    assert!(counted["jobs"].as_u64() > counted["owners"].as_u64(), "no campaign: {counted}");
    assert!(counted["highest"].as_u64() < Some(64), "{counted}");
    near("mean wait", figure(&counted["mean_wait_s"]), figure(&terre["mean_wait_s"]));
    let horizon_s = figure(&grid["horizon_end_s"]) - figure(&grid["horizon_start_s"]);
    let core_s = figure(&terre["utilisation"]) * horizon_s * 64.0;
    near("core time", figure(&counted["core_s"]), core_s);
    if grid["clusters"] == 1 {
        near("utilisation", figure(&counted["utilisation"]), figure(&terre["utilisation"]));
    }
    format!("evalys {VERSION} on {file}, {} clusters: {counted}", grid["clusters"])
}

#[test]
fn evalys_reads_the_jobs_of_a_cluster() {
    if env::var_os("GLEANER_EVALYS").is_none() {
        println!("SKIPPED evalys_...: set GLEANER_EVALYS=1 to install and run evalys {VERSION}");
        return;
    }
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let lines = readme.split("```python\n").nth(1).and_then(|rest| rest.split("```").next());
    let lines = lines.expect("README filters by cluster");
    let workdir = Workdir::new();
    let terre = cluster("terre", 16);
    println!("{}", compare(&workdir, &terre, "one", "jobs.csv", None));
    let both = cluster("lune", 32) + &terre;
    println!("{}", compare(&workdir, &both, "two", "terre.csv", Some(lines)));
}
