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
        outage &= key != Some("[grid]");
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
    assert!(scenario.grid.cycle.is_some() && scenario.grid.campaigns.len() == 11);
}

/// The keys of the tables that a scenario is read by, with the names that they have in files.
fn keys(source: &str) -> Vec<&str> {
    let mut keys = Vec::new();
    let mut renamed = None;
    for line in source.lines().map(str::trim) {
        if let Some((_, rest)) = line.split_once("rename = \"") {
            renamed = rest.split('"').next();
        } else if let Some(rest) = line.strip_prefix("pub(crate) ") {
            let Some((field, _)) = rest.split_once(": ") else { continue };
            keys.push(renamed.take().unwrap_or(field));
        }
    }
    keys
}

#[test]
fn the_template_has_every_key() {
    let says = |text: &str, key: &str| {
        let key_of = |line: &str| -> bool {
            let line = line.trim_start_matches(['#', ' ']);
            let table = line.trim_start_matches('[').split(']').next().unwrap_or_default();
            line.starts_with(&format!("{key} ="))
                || table.split('.').any(|part| part == key)
                || line.contains(&format!("{{ {key} ="))
                || line.contains(&format!(", {key} ="))
                || line.starts_with(&format!("{key}."))
        };
        text.lines().any(key_of)
    };
    let faults = library::named("api-out-of-order").unwrap().text;
    let sources = [
        (include_str!("../../src/format.rs"), library::TEMPLATE),
        (include_str!("../../src/format/campaign.rs"), library::TEMPLATE),
        (include_str!("../../src/format/generate.rs"), library::TEMPLATE),
        (include_str!("../../src/format/oar.rs"), library::TEMPLATE),
        // The template says where these are.
        (include_str!("../../src/format/api.rs"), faults),
    ];
    let mut count = 0;
    for (source, text) in sources {
        for key in keys(source) {
            // As it was written before; a setting of the whole scenario that clusters have, too.
            if ["estimates", "compat"].contains(&key) {
                continue;
            }
            assert!(says(text, key), "the template has no key `{key}`");
            count += 1;
        }
    }
    assert!(count > 150, "only {count} keys were found");
}
