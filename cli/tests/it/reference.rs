//! The reference pages: every column, key, reason, figure and exit code that users meet has its row. What there is
//! comes from runs and from the sources that list it, not from a list kept here.

use std::collections::BTreeSet;
use std::fs;

use gleaner_core::policy::reason::CODES_OF_THE_CORE;
use gleaner_reports::metrics::{CampaignMetrics, ClusterMetrics, GridMetrics};
use gleaner_reports::record::FinalState;
use serde::Serialize;
use serde_json::Value;

use crate::run::{Workdir, root, sample};

/// Nodes that come and leave, and a campaign: every optional column and key is there.
const SCENARIO: &str = r#"
title = "Everything"
[[cluster]]
name = "lab"
nodes = 8
nodes_at_start = 4
cores_per_node = 2
[cluster.owners.generate]
model = "lublin"
jobs = 30
load = 0.5
[[cluster.resize]]
at = "1h"
nodes = 8
[[campaign]]
name = "sweep"
user = "ann"
tasks = 10
walltime = "1h"
runtime = "fixed:600"
at = "1h"
"#;

/// The page, or its part below a heading up to the next of the same depth.
fn page(name: &str, heading: &str) -> String {
    let text = fs::read_to_string(root().join("docs").join(name)).expect("the page is there");
    if heading.is_empty() {
        return text;
    }
    let (_, below) = text.split_once(&format!("\n{heading}\n")).expect("the heading is there");
    let next = format!("\n{} ", heading.split(' ').next().expect("a heading has a depth"));
    below.split(&next).next().expect("a text has a beginning").to_owned()
}

/// What is in backquotes in the first cells of the tables of `text`.
fn rows(text: &str) -> BTreeSet<&str> {
    let cells = text.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

fn keys(value: &impl Serialize) -> Vec<String> {
    let value = serde_json::to_value(value).expect("figures are JSON");
    value.as_object().expect("they have names").keys().cloned().collect()
}

/// Every one of `names` has a row in `text`.
fn rows_for<'a>(what: &str, text: &str, names: impl IntoIterator<Item = &'a str>) {
    let rows = rows(text);
    let mut count = 0;
    for name in names {
        assert!(rows.contains(name), "{what}: no row for `{name}`, only {rows:?}");
        count += 1;
    }
    assert!(count > 1, "{what}: nothing was looked for");
}

/// A text between quotes that follows `before`, wherever that stands in a source.
fn named<'a>(source: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    let after = source.split(before).skip(1);
    after.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
}

fn source(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect("a source is there")
}

#[test]
fn every_file_column_and_key_of_a_run_has_a_row() {
    let workdir = Workdir::new();
    workdir.write("all.toml", SCENARIO);
    let summary = workdir.done(&[
        "simulate",
        "all.toml",
        "--snapshot-at",
        "2h",
        "--out",
        "out",
        "--output",
        "csv",
    ]);
    let files = page("files.md", "");
    for entry in fs::read_dir(workdir.path("out")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let name = name.replace("-lab", "-CLUSTER");
        let name = if name == "plots" { "plots/*.svg" } else { &name };
        assert!(rows(&files).contains(name), "docs/files.md: no row for `{name}`");
    }
    for (file, heading) in [("jobs.csv", "## `jobs.csv`"), ("series.csv", "## `series.csv`")] {
        let text = workdir.read(&format!("out/{file}"));
        let columns = text.lines().next().unwrap().split(',');
        let page = page("files.md", heading);
        rows_for(file, &page, columns.clone());
        // In the order of the file, so that nobody counts wrong.
        let order = columns.map(|column| page.find(&format!("| `{column}` |")));
        assert!(order.is_sorted(), "{file}: rows in another order than columns");
    }
    let manifest: Value = serde_json::from_str(&workdir.read("out/manifest.json")).unwrap();
    let part = page("files.md", "## `manifest.json`");
    rows_for("manifest.json", &part, manifest.as_object().unwrap().keys().map(String::as_str));
    for key in manifest["clusters"][0].as_object().unwrap().keys() {
        assert!(part.contains(&format!("`{key}`")), "manifest.json: nothing on `{key}`");
    }
    let part = page("files.md", "## The summary on the terminal");
    for column in summary.lines().next().unwrap().split(',').skip(1) {
        assert!(part.contains(&format!("`{column}`")), "summary: nothing on `{column}`");
    }
    let states = [
        FinalState::Submitted,
        FinalState::Running,
        FinalState::CompletedSuccessfully,
        FinalState::CompletedFailed,
        FinalState::CompletedWalltimeReached,
        FinalState::CompletedKilled,
        FinalState::Rejected,
    ];
    rows_for("final_state", &files, states.map(FinalState::word));
}

#[test]
fn every_figure_has_a_row() {
    let delay = Some(1.0);
    let clusters = ClusterMetrics {
        capacity_core_s: delay,
        owners_delay_mean_s: delay,
        owners_delay_max_s: delay,
        ..ClusterMetrics::default()
    };
    let grid = GridMetrics {
        owners_delay_mean_s: delay,
        owners_delay_max_s: delay,
        ..GridMetrics::default()
    };
    for (heading, keys) in [
        ("## Clusters", keys(&clusters)),
        ("## Campaigns", keys(&CampaignMetrics::default())),
        ("## Grid", keys(&grid)),
    ] {
        rows_for(heading, &page("metrics.md", heading), keys.iter().map(String::as_str));
    }
}

#[test]
fn every_line_of_decisions_is_explained() {
    let page = page("decisions.md", "");
    let lines = source("experiments/src/decisions.rs");
    let actions: Vec<&str> =
        lines.split('"').skip(1).step_by(2).filter(|text| text.starts_with("submit ")).collect();
    assert_eq!(actions.len(), 4, "{actions:?}");
    for action in actions.into_iter().chain(["cancel"]) {
        assert!(page.contains(&format!("`{action}`")), "nothing on `{action}`");
    }
    // Sentences of the core's reasons and notices, as their sources write them: values stand for others.
    let reasons = source("core/src/report.rs");
    let (_, reasons) = reasons.split_once("impl fmt::Display for Reason").unwrap();
    let (reasons, _) = reasons.split_once("Reason::Policy(").unwrap();
    explained(&page, reasons, CODES_OF_THE_CORE.len());
    let notices = source("core/src/report/text.rs");
    let (_, notices) = notices.split_once("impl Notice").unwrap();
    let (notices, _) = notices.split_once("impl EventCause").unwrap();
    explained(&page, notices, 14);
}

/// Every text of a source, up to values and colons, stands in the page: at least `count` of them.
fn explained(page: &str, source: &str, count: usize) {
    let texts: Vec<&str> = source.split('"').skip(1).step_by(2).collect();
    assert!(texts.len() >= count, "{texts:?}");
    for text in texts {
        let parts = text.split(['{', '}']).step_by(2);
        let parts = parts.map(|part| part.trim_matches([' ', ':', ',']));
        for part in parts.filter(|part| part.len() > 2) {
            assert!(page.contains(part), "docs/decisions.md: nothing on `{part}` of `{text}`");
        }
    }
}

#[test]
fn every_column_of_other_commands_has_a_row() {
    let workdir = Workdir::new();
    let csv = workdir.done(&["trace", "info", &sample("quickstart.swf"), "--output", "csv"]);
    let figures = csv.lines().skip(1).filter_map(|line| line.split(',').next());
    rows_for("docs/workloads.md", &page("workloads.md", ""), figures);
    let log = source("sim/emulator/src/serve/log.rs");
    let header = named(&log, "const HEADER: &str =").next().expect("a header");
    let columns = header.trim_end_matches("\\n").split(',');
    rows_for("docs/emulation.md", &page("emulation.md", ""), columns);
    let generate = workdir.done(&["trace", "generate", "lublin", "--help"]);
    let poisson = workdir.done(&["trace", "generate", "poisson", "--help"]);
    let options = [&generate, &poisson].into_iter().flat_map(|help| help.split_whitespace());
    let options: BTreeSet<&str> = options.filter(|word| word.starts_with("--")).collect();
    let text = page("workloads.md", "");
    let others =
        ["--help", "--version", "--out", "--force", "--runtime", "--sizes", "--daily-cycle"];
    for option in options.into_iter().filter(|option| !others.contains(option)) {
        assert!(text.contains(option), "docs/workloads.md: nothing on {option}");
    }
}

#[test]
fn every_figure_for_monitoring_has_a_row() {
    let page = page("monitoring.md", "");
    let source = source("runtime/src/api/metrics.rs");
    let gauges = named(&source, "&mut registry,").chain(named(&source, "registry.register("));
    let all: BTreeSet<&str> = gauges.collect();
    assert!(all.len() > 8 && all.contains("cluster_usable"), "{all:?}");
    let rows = rows(&page);
    for name in all {
        let name = format!("gleaner_{name}");
        let found = rows.contains(&*name) || rows.contains(&*format!("{name}_total"));
        assert!(found, "docs/monitoring.md: no row for `{name}`");
    }
}

/// The names of the codes from 0 on, as the sources write them.
const CODES: [&str; 6] = ["", "FAILED", "BAD_INPUT", "NOT_MET", "REFUSED", "AWAY"];

#[test]
fn every_command_has_a_row_of_exit_codes() {
    let workdir = Workdir::new();
    let help = workdir.done(&["--help"]);
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    let page = page("exit-codes.md", "");
    let mut checked = 0;
    for command in commands.lines().filter_map(|line| line.split_whitespace().next()) {
        if command == "help" {
            continue;
        }
        let row = page.lines().find_map(|line| line.strip_prefix(&format!("| `{command}` | ")));
        let row = row.unwrap_or_else(|| panic!("docs/exit-codes.md: no row for `{command}`"));
        let cells: Vec<&str> = row.trim_end_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), CODES.len(), "{row}");
        let text = sources(command);
        for (code, name) in CODES.iter().enumerate().skip(1) {
            let said = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|w| w == *name);
            assert!(!said || !cells[code].is_empty(), "`{command}` may end with {code}: no text");
            checked += usize::from(said);
        }
    }
    assert!(checked > 20, "only {checked} codes were found");
}

/// The sources of a command, without the lines that only import: a file or a folder of its name, wherever among the
/// sources it stands, but not with the options.
fn sources(command: &str) -> String {
    // As modules are written.
    let command = command.replace('-', "_");
    let mut folders = vec![root().join("cli/src")];
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            let named = path.file_stem().is_some_and(|name| name == &*command)
                || folder.file_name().is_some_and(|name| name == &*command);
            if path.is_dir() && !path.ends_with("args") {
                folders.push(path);
            } else if path.is_file() && named {
                texts.push(fs::read_to_string(&path).expect("a source"));
            }
        }
    }
    assert!(!texts.is_empty(), "no source of `{command}`");
    let lines = texts.iter().flat_map(|text| text.lines());
    lines.filter(|line| !line.starts_with("use ")).collect::<Vec<_>>().join("\n")
}
