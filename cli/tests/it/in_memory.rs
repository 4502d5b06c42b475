//! The command and the library on one scenario: the figures in the file are those in memory.

use std::fs;
use std::sync::Arc;

use gleaner_core::policy::injection;
use gleaner_experiments::built::Built;
use gleaner_experiments::run::run;
use gleaner_scenarios::read::read_scenario;
use gleaner_scenarios::traces::Traces;
use gleaner_sim::observer::Unobserved;

use crate::run::{Workdir, root};

#[test]
fn the_command_writes_the_figures_that_the_library_has() {
    let (workdir, catalogue) = (Workdir::new(), Arc::new(injection::standard()));
    // Owners alone from a trace; a grid under textbook schedulers; a grid under OAR.
    for name in ["quickstart", "two-unequal-clusters", "oar-preemption"] {
        let path = root().join(format!("scenarios/library/{name}.toml"));
        let file = path.display().to_string();
        workdir.done(&["simulate", &file, "--no-plots", "--out", name, "--output", "quiet"]);
        let written = fs::read_to_string(workdir.path(name).join("metrics.json")).unwrap();
        let scenario = read_scenario(&path, None, &catalogue).unwrap();
        let built = Built::new(scenario, &Traces::default(), Arc::clone(&catalogue)).unwrap();
        let metrics = run(&built, &mut Unobserved).unwrap().metrics;
        assert_eq!(serde_json::to_string_pretty(&metrics).unwrap() + "\n", written, "{name}");
    }
}
