//! `gleaner simulate --why`: what a job waited for is told, or why it cannot be.

use crate::run::{Answer, Workdir};

/// Four cores: job 2 needs more than job 1 leaves, job 3 would delay it, job 4 would not.
const LOG: &str = "; MaxProcs: 4
1 0 -1 100 2 -1 -1 2 100 -1 1 1 1 -1 1 1 -1 -1
2 10 -1 50 4 -1 -1 4 50 -1 1 1 1 -1 1 1 -1 -1
3 20 -1 90 1 -1 -1 1 90 -1 1 1 1 -1 1 1 -1 -1
4 30 -1 60 1 -1 -1 1 60 -1 1 1 1 -1 1 1 -1 -1
";

const TWO: &str = r#"
[[cluster]]
name = "first"
nodes = 4
cores_per_node = 1
scheduler = "fcfs"
owners.trace = "lab.swf"

[[cluster]]
name = "easy.going"
nodes = 4
cores_per_node = 1
scheduler = "easy"
owners.trace = "lab.swf"
"#;

fn simulate(more: &[&str]) -> (Workdir, Answer) {
    let workdir = Workdir::new();
    workdir.write("lab.swf", LOG);
    workdir.write("two.toml", TWO);
    let answer = workdir.gleaner(&[&["simulate", "--no-plots", "--out", "out"], more].concat());
    (workdir, answer)
}

#[test]
fn a_wait_is_told_phase_by_phase_on_each_cluster() {
    let (_, answer) = simulate(&["two.toml", "--why", "3", "--why", "easy.going.4"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let told = "\
job 3 of cluster `first` (an owner's, 1 core): submitted at 20 s
  20 s to 100 s: order, job 2 (2 cores free)
  100 s to 150 s: cores (0 cores free)
  started at 150 s; overtook 0 jobs, was overtaken by 0
  in all: order 80 s, cores 50 s
job 3 of cluster `easy.going` (an owner's, 1 core): submitted at 20 s
  20 s to 100 s: reservation, job 2 (1 to 2 cores free)
  100 s to 150 s: cores (0 cores free, planned for 150 s)
  started at 150 s; overtook 0 jobs, was overtaken by 1
  in all: reservation 80 s, cores 50 s
job 4 of cluster `easy.going` (an owner's, 1 core): submitted at 30 s
  started at 30 s, without waiting; overtook 2 jobs, was overtaken by 0
";
    assert!(answer.out.contains(told), "{}", answer.out);
}

#[test]
fn a_document_on_standard_output_stays_alone() {
    let args = ["two.toml", "--output", "json", "--why", "first.2"];
    let (workdir, answer) = simulate(&args);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert_eq!(answer.out, workdir.read("out/metrics.json"));
    assert!(answer.err.contains("10 s to 100 s: cores (2 cores free)"), "{}", answer.err);
}

#[test]
fn a_job_that_is_not_there_ends_with_3() {
    let (workdir, answer) = simulate(&["two.toml", "--why", "2", "--why", "5"]);
    answer.fails(3, &["no job 5", "owners' jobs of `first` have numbers from 1 to 4", "job_id"]);
    assert!(!workdir.path("out").exists(), "it is known before the run");
    let (_, answer) = simulate(&["two.toml", "--why", "second.2"]);
    answer.fails(3, &["no cluster `second`", "clusters: first, easy.going"]);
    let (_, answer) = simulate(&["two.toml", "--why", "first"]);
    answer.fails(2, &["--why", "the number of a job"]);
}

#[test]
fn jobs_of_campaigns_are_told_too() {
    let campaign = "[[campaign]]
name = \"sweep\"
clusters = [\"easy.going\"]
tasks = 2
walltime = \"1h\"
runtime = \"fixed:60\"
at = \"40s\"
";
    let workdir = Workdir::new();
    workdir.write("lab.swf", LOG);
    workdir.write("three.toml", format!("{TWO}\n{campaign}"));
    let args = ["simulate", "three.toml", "--no-plots", "--out", "out", "--why"];
    let told = workdir.done(&[&args[..], &["5"]].concat());
    assert!(told.contains("job 5 of cluster `easy.going` (best-effort, 1 core)"), "{told}");
    let answer = workdir.gleaner(&[&args[..], &["17", "--force"]].concat());
    answer.fails(3, &["no job 17", "job_id"]);
}
