//! The command that repeats a run, and whether two manifests tell of one run.

use gleaner_experiments::manifest::file_name;
use gleaner_scenarios::names::{estimates_word, word_of};
use serde_json::Value;

use crate::args::simulate::SimulateArgs;

/// The first key in which two manifests tell of different runs. Options that change only what is written
/// beside the figures, and the version of the program, make no other run.
pub(crate) fn difference(one: &Value, other: &Value) -> Option<&'static str> {
    const KEYS: [&str; 7] =
        ["scenario", "title", "seed", "until_s", "clusters", "policy", "campaigns"];
    let differs = |key: &&&str| one.get(**key) != other.get(**key);
    if let Some(key) = KEYS.iter().find(differs) {
        return Some(key);
    }
    let words = |manifest: &Value| -> Vec<String> {
        let command = manifest.get("command").and_then(Value::as_str).unwrap_or_default();
        let beside = |word: &&str| !["--no-plots", "--baseline"].contains(word);
        command.split(' ').filter(beside).map(str::to_owned).collect()
    };
    (words(one) != words(other)).then_some("command")
}

/// The command that repeats the run, with file names in place of paths and without `--out`.
pub(crate) fn command(options: &SimulateArgs) -> String {
    let mut words = vec!["gleaner".to_owned(), "simulate".to_owned()];
    let mut option = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            words.push(format!("--{name}"));
            words.push(quoted(value));
        }
    };
    option("trace", options.trace.as_deref().map(file_name));
    option("processors", options.processors.map(|n| n.to_string()));
    option("nodes", options.nodes.map(|n| n.to_string()));
    option("cores-per-node", options.cores_per_node.map(|n| n.to_string()));
    option("scheduler", options.scheduler.map(|kind| kind.name().to_owned()));
    option("events", options.events.map(|rhythm| word_of(&rhythm).to_owned()));
    option("clean", options.clean.map(|clean| clean.to_string()));
    option("estimates", options.estimates.map(estimates_word));
    option("until", options.until.map(|until| until.to_string()));
    option("snapshot-at", options.snapshot_at.map(|at| at.to_string()));
    option("policy", options.policy.clone());
    option("campaign", options.campaign.as_deref().map(file_name));
    if options.campaign.is_some() {
        option("task-runtime", Some(options.task_runtime.clone()));
    }
    option("seed", options.seed.map(|seed| seed.to_string()));
    option("max-rows", options.max_rows.map(|rows| rows.to_string()));
    if options.lenient {
        words.push("--lenient".to_owned());
    }
    if options.baseline {
        words.push("--baseline".to_owned());
    }
    if options.no_plots {
        words.push("--no-plots".to_owned());
    }
    words.extend(options.scenario.as_deref().map(file_name).map(quoted));
    words.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: String) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.,:/+=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
