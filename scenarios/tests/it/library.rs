//! Every scenario of the library is run, twice, to a limit; the guards watch inside the World.

use std::fs;
use std::path::{Path, PathBuf};

use gleaner_core::policy::injection;
use gleaner_scenarios::library;
use gleaner_scenarios::read::read_scenario;
use gleaner_sim::world::RunEnd;

use crate::run::{run, scenario};

/// Least number of scenarios that must be there: an empty folder is no success.
const FILES_MIN: usize = 6;

pub(crate) fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("library");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the library is here")
        .map(|entry| entry.expect("an entry of the library").path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    assert!(files.len() >= FILES_MIN, "{files:?}");
    files
}

#[test]
fn every_scenario_runs_twice_alike() {
    for file in files() {
        let scenario = read_scenario(&file, None, &injection::standard())
            .unwrap_or_else(|error| panic!("{error}"));
        if !scenario.grid.campaigns.is_empty() {
            continue; // run with its campaigns by `grid_library`
        }
        let (end, first) = run(&scenario, true);
        assert_eq!(end, RunEnd::Finished, "{}", file.display());
        assert!(!first.is_empty(), "{}: no job ended", file.display());
        let (_, second) = run(&scenario, true);
        assert!(first == second, "{}: two runs differ", file.display());
    }
}

#[test]
fn every_scenario_is_introduced_before_its_first_key() {
    for file in files() {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("# "), "{} does not say what it shows", file.display());
        let scenario = read_scenario(&file, None, &injection::standard())
            .unwrap_or_else(|error| panic!("{error}"));
        assert_ne!(scenario.title, scenario.name, "{} has no title", file.display());
    }
}

#[test]
fn seeds_of_generated_owners_do_not_shake_each_other() {
    let generate = "[cluster.owners.generate]\nmodel = \"lublin\"\njobs = 200\n";
    let first = format!("[[cluster]]\nname = \"a\"\nnodes = 16\n{generate}");
    let both = format!("{first}[[cluster]]\nname = \"b\"\nnodes = 16\n{generate}");
    let (_, alone) = run(&scenario(&first, Path::new("")), true);
    let (_, mut beside) = run(&scenario(&both, Path::new("")), true);
    let others = beside.len();
    beside.retain(|job| job.cluster == 0);
    assert_eq!((others, beside.len()), (400, 200));
    assert_eq!(alone, beside);
}

#[test]
fn the_template_with_every_option_switched_on_is_understood() {
    // The lines after the two "or" comments exclude what stands above them.
    let commented = |line: &str| !line.starts_with("# trace") && !line.starts_with("# clean");
    let mut text = String::new();
    let mut outage = false;
    for line in library::TEMPLATE.lines().filter(|line| commented(line)) {
        let key =
            line.strip_prefix("# ").filter(|rest| rest.contains(" = ") || rest.starts_with('['));
        outage |= key.is_some_and(|key| key.starts_with("[[cluster.outage"));
        match key {
            Some(key) if key != "[cluster.owners]" && !outage => text.push_str(key),
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    assert!(text.contains("\n[cluster.failures]") && text.contains("\n[cluster.node_failures]"));
    let scenario = scenario(&text, Path::new(""));
    assert!(scenario.until.is_some() && scenario.clusters[0].failures.is_some());
}
