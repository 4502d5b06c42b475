//! The library and the template as texts: introduced, and understood.

use std::fs;
use std::path::{Path, PathBuf};

use gleaner_core::policy::injection;
use gleaner_scenarios::library;
use gleaner_scenarios::read::{parse_scenario, read_scenario};

/// Least number of scenarios that must be there: an empty folder is no success.
const FILES_MIN: usize = 6;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("library");
    let entries = fs::read_dir(folder).expect("the library is here");
    let files: Vec<_> = entries
        .map(|entry| entry.expect("an entry of the library").path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    assert!(files.len() >= FILES_MIN, "{files:?}");
    files
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
    let standard = injection::standard();
    let folder = Path::new("");
    let scenario = parse_scenario("test", "test.toml", &text, folder, None, &standard).unwrap();
    assert!(scenario.until.is_some() && scenario.clusters[0].failures.is_some());
}
