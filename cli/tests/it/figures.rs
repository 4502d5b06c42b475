//! What a run says about its jobs: counts, horizons and notes that are true.

use crate::run::Place;

/// A file of the traces' test data.
fn case(name: &str) -> String {
    format!("{}/../traces/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn batsims_return_code_makes_a_failed_job() {
    for scheduler in ["easy", "oar"] {
        let place = Place::new();
        let trace = case("batsim-ret.json");
        let args = ["simulate", "--trace", &trace, "--scheduler", scheduler, "--no-plots"];
        place.done(&[&args[..], &["--out", "out"]].concat());
        let jobs = place.read("out/jobs.csv");
        let fields: Vec<&str> = jobs.lines().nth(1).unwrap().split(',').collect();
        let last = fields.len() - 1;
        assert_eq!((fields[6], fields[7], fields[last]), ("0", "COMPLETED_FAILED", "3"));
    }
}

#[test]
fn parts_of_a_job_are_not_simulated_beside_their_summary() {
    let place = Place::new();
    let trace = case("partial-executions.swf");
    let args = ["simulate", "--trace", &trace, "--scheduler", "easy", "--no-plots", "--out", "out"];
    let answer = place.gleaner(&args);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.err.contains("3 of 5 rows dropped (3 parts of jobs"), "{}", answer.err);
    assert_eq!(place.read("out/jobs.csv").lines().count(), 1 + 2);
    let all = place.gleaner(&[&args[..], &["--clean", "none"]].concat());
    assert!(all.err.contains("3 rows of status 2 to 4 are parts of jobs"), "{}", all.err);
}
