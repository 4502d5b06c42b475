//! Every scenario of the library is run, twice, to a limit; the guards watch inside the World.

use std::fs;
use std::path::{Path, PathBuf};

use gleaner_core::policy::injection;
use gleaner_experiments::result::Ending;
use gleaner_scenarios::read::read_scenario;

use crate::run::{Ends, jobs, scenario, watched};

/// Least number of scenarios that must be there: an empty folder is no success.
const FILES_MIN: usize = 6;

pub(crate) fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/library");
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
        let (result, Ends { jobs: first, .. }) = watched(&scenario, Ends::with_cores());
        assert_eq!(result.ending, Ending::Finished, "{}", file.display());
        assert!(!first.is_empty(), "{}: no job ended", file.display());
        let second = jobs(&scenario);
        assert!(first == second, "{}: two runs differ", file.display());
    }
}

#[test]
fn seeds_of_generated_owners_do_not_shake_each_other() {
    let generate = "[cluster.owners.generate]\nmodel = \"lublin\"\njobs = 200\n";
    let first = format!("[[cluster]]\nname = \"a\"\nnodes = 16\n{generate}");
    let both = format!("{first}[[cluster]]\nname = \"b\"\nnodes = 16\n{generate}");
    let alone = jobs(&scenario(&first, Path::new("")));
    let mut beside = jobs(&scenario(&both, Path::new("")));
    let others = beside.len();
    beside.retain(|job| job.cluster == 0);
    assert_eq!((others, beside.len()), (400, 200));
    assert_eq!(alone, beside);
}
