//! What a run says about its jobs: counts, horizons and notes that are true.

use serde_json::Value;

use crate::run::{Workdir, root};
use crate::tables::Tables;

/// A file of the traces' test data.
fn case(name: &str) -> String {
    format!("{}/../traces/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn batsims_return_code_makes_a_failed_job() {
    for scheduler in ["easy", "oar"] {
        let workdir = Workdir::new();
        let trace = case("batsim-ret.json");
        let args = ["simulate", "--trace", &trace, "--scheduler", scheduler, "--no-plots"];
        workdir.done(&[&args[..], &["--out", "out"]].concat());
        let jobs = workdir.read("out/jobs.csv");
        let fields: Vec<&str> = jobs.lines().nth(1).unwrap().split(',').collect();
        let exit_code = jobs.split([',', '\n']).position(|name| name == "exit_code").unwrap();
        assert_eq!((fields[6], fields[7], fields[exit_code]), ("0", "COMPLETED_FAILED", "3"));
    }
}

#[test]
fn parts_of_a_job_are_not_simulated_beside_their_summary() {
    let workdir = Workdir::new();
    let trace = case("partial-executions.swf");
    let args = ["simulate", "--trace", &trace, "--scheduler", "easy", "--no-plots", "--out", "out"];
    let answer = workdir.gleaner(&args);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.err.contains("3 of 5 rows dropped (3 parts of jobs"), "{}", answer.err);
    assert_eq!(workdir.read("out/jobs.csv").lines().count(), 1 + 2);
    let all = workdir.gleaner(&[&args[..], &["--clean", "none"]].concat());
    assert!(all.err.contains("3 rows of status 2 to 4 are parts of jobs"), "{}", all.err);
}

/// The scenarios of the library, each with a stop that makes it short enough for a test, if any.
fn library() -> Vec<(String, Option<&'static str>)> {
    let folder = root().join("scenarios/library");
    let files = std::fs::read_dir(folder).expect("the library is a folder");
    let stem = |file: std::io::Result<std::fs::DirEntry>| {
        let path = file.expect("an entry of a folder can be read").path();
        path.file_stem().expect("a scenario has a name").to_string_lossy().into_owned()
    };
    let mut names: Vec<String> = files.map(stem).collect();
    names.sort();
    let stop = |name: &str| match name {
        "a-million-tasks" => Some("2h"),
        "gricad-like-month" | "kth-like-year" => Some("2d"),
        "deep-queue" | "kill-storm" | "template" => Some("12h"),
        _ => None,
    };
    names.into_iter().map(|name| (name.clone(), stop(&name))).collect()
}

/// Runs a scenario and holds its figures against its tables.
fn check(name: &str, stop: Option<&str>, scheduler: Option<&str>) {
    let workdir = Workdir::new();
    let file = root().join(format!("scenarios/library/{name}.toml"));
    let file = file.to_str().expect("a path of a test is text");
    let mut args = vec!["simulate", file, "--no-plots", "--out", "out"];
    args.extend(stop.into_iter().flat_map(|stop| ["--until", stop]));
    args.extend(scheduler.into_iter().flat_map(|scheduler| ["--scheduler", scheduler]));
    workdir.done(&args);
    let run = format!("{name} {stop:?} {scheduler:?}");
    Tables::read(&workdir).check(&run);
}

#[test]
fn figures_are_what_the_tables_add_up_to_in_every_scenario() {
    for (name, stop) in library() {
        check(&name, stop, None);
    }
}

#[test]
fn figures_are_what_the_tables_add_up_to_under_oar() {
    for (name, stop) in library() {
        check(&name, stop, Some("oar"));
    }
}

#[test]
fn figures_are_what_the_tables_add_up_to_when_a_run_is_stopped() {
    for name in ["oar-containers", "oar-preemption", "node-failures", "two-unequal-clusters"] {
        for stop in ["0s", "7m", "50m", "3h", "1d"] {
            check(name, Some(stop), None);
        }
    }
}

#[test]
fn a_core_in_a_container_counts_once() {
    let workdir = Workdir::new();
    let file = root().join("scenarios/library/oar-containers.toml");
    workdir.done(&["simulate", file.to_str().unwrap(), "--out", "out"]);
    let metrics: Value = serde_json::from_str(&workdir.read("out/metrics.json")).unwrap();
    let lab = &metrics["clusters"]["lab"];
    assert!(lab["utilisation"].as_f64().unwrap() <= 1.0, "{lab}");
    assert!(lab["idle_core_s"].as_f64().unwrap() >= 0.0, "{lab}");
    // The container's own colour, and after it in the drawing that of the jobs inside.
    let gantt = workdir.read("out/plots/gantt.svg");
    let container = gantt.rfind("#B8D6E9").expect("the container is drawn");
    assert!(gantt[container..].matches("<rect").count() >= 9, "the inner jobs lie upon it");
    assert!(gantt.contains("containers"));
}

#[test]
fn a_run_with_failed_tasks_and_jobs_says_so() {
    let workdir = Workdir::new();
    let failing = "[[cluster]]\nname = \"lab\"\nnodes = 8\ncores_per_node = 4\nscheduler = \"easy\"\n\
                   failures = { probability = 0.2, exit_code = 3 }\n\n[cluster.owners.generate]\n\
                   model = \"lublin\"\njobs = 100\nload = 0.5\n\n[grid]\non_failure = \"ignore\"\n\n\
                   [[campaign]]\nname = \"sweep\"\nuser = \"ada\"\ntasks = 200\n\
                   runtime = \"fixed:60\"\nwalltime = \"10m\"\n\
                   failure_probability = 0.1\n";
    workdir.write("failing.toml", failing);
    let answer = workdir.gleaner(&["simulate", "failing.toml", "--no-plots", "--out", "out"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let metrics: Value = serde_json::from_str(&workdir.read("out/metrics.json")).unwrap();
    let jobs = metrics["clusters"]["lab"]["failed_jobs"].as_u64().unwrap();
    let tasks = metrics["campaigns"]["sweep"]["failed"].as_u64().unwrap();
    assert!(jobs > 0 && tasks > 0, "{metrics}");
    for said in [
        format!("lab: of 100 owners' jobs {jobs} failed"),
        format!("campaign sweep: of 200 tasks {tasks} failed"),
    ] {
        assert!(answer.err.contains(&said), "`{said}` is not in\n{}", answer.err);
    }
    assert!(answer.out.contains("failed jobs") && answer.out.contains("failed "), "{}", answer.out);
    let page = workdir.read("out/report.html");
    assert!(page.contains(&format!("{jobs} failed")), "the page tells of owners' failed jobs");
    assert!(page.contains(&format!("{tasks} failed")), "the page tells of failed tasks");
}

#[test]
fn the_chart_tells_why_nodes_could_not_be_used() {
    let workdir = Workdir::new();
    for (name, word) in [("node-failures", "broken"), ("oar-energy-saving", "switched off")] {
        let file = root().join(format!("scenarios/library/{name}.toml"));
        workdir.done(&["simulate", file.to_str().unwrap(), "--out", name]);
        let gantt = workdir.read(&format!("{name}/plots/gantt.svg"));
        assert!(gantt.contains(&format!("{word}\n</text>")), "{name}: {word} is in the legend");
        // Lines across the nodes: a path of many short ones.
        assert!(gantt.contains("<path d=\"M"), "{name}");
    }
}
