//! The command that repeats a run, and whether two manifests tell of one run.

use std::path::Path;

use gleaner_scenarios::names::{estimates_word, word_of};
use serde_json::Value;

use crate::args::simulate::SimulateArgs;

/// The first key in which two manifests tell of different runs. Options that change only what is written
/// beside the figures, the folders in which files were found (their hashes are compared), and the version of
/// the program make no other run.
pub(crate) fn difference(one: &Value, other: &Value) -> Option<&'static str> {
    const KEYS: [&str; 7] =
        ["scenario", "title", "seed", "until_s", "clusters", "policy", "campaigns"];
    let differs = |key: &&&str| one.get(**key) != other.get(**key);
    if let Some(key) = KEYS.iter().find(differs) {
        return Some(key);
    }
    let words = |manifest: &Value| -> Vec<String> {
        let command = manifest.get("command").and_then(Value::as_str).unwrap_or_default();
        let beside =
            |word: &String| !["--no-plots", "--no-jobs", "--baseline"].contains(&word.as_str());
        let name = |word: String| word.rsplit('/').next().unwrap_or_default().to_owned();
        unquoted(command).into_iter().filter(beside).map(name).collect()
    };
    (words(one) != words(other)).then_some("command")
}

/// The command that repeats the run where it was started: files as they were named, and no `--out`, so that
/// the results come into a new folder.
pub(crate) fn command(options: &SimulateArgs) -> String {
    let mut words = vec!["gleaner".to_owned(), "simulate".to_owned()];
    let mut option = |name: &str, value: Option<String>| match value.map(quoted) {
        // After a blank it would be taken for an option.
        Some(value) if value.starts_with('-') => words.push(format!("--{name}={value}")),
        Some(value) => words.extend([format!("--{name}"), value]),
        None => {}
    };
    option("trace", options.trace.as_deref().map(typed));
    option("processors", options.processors.map(|n| n.to_string()));
    option("nodes", options.nodes.map(|n| n.to_string()));
    option("cores-per-node", options.cores_per_node.map(|n| n.to_string()));
    option("scheduler", options.scheduler.map(|kind| kind.name().to_owned()));
    option("events", options.events.map(|rhythm| word_of(&rhythm).to_owned()));
    option("clean", options.clean.map(|clean| word_of(&clean).to_owned()));
    option("estimates", options.estimates.map(estimates_word));
    option("until", options.until.map(|until| until.to_string()));
    option("snapshot-at", options.snapshot_at.map(|at| at.to_string()));
    option("policy", options.policy.clone());
    option("campaign", options.campaign.as_deref().map(typed));
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
    if options.no_jobs {
        words.push("--no-jobs".to_owned());
    }
    let scenario = options.scenario.as_deref().map(typed).map(quoted);
    if scenario.as_ref().is_some_and(|word| word.starts_with('-')) {
        words.push("--".to_owned());
    }
    words.extend(scenario);
    words.join(" ")
}

/// A path as it was typed.
fn typed(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A word as a shell takes it.
fn quoted(word: String) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.,:/+=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// The words of a command as [`quoted`] wrote them.
fn unquoted(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut chars = command.chars();
    let mut within = false;
    while let Some(c) = chars.next() {
        let last = words.last_mut().expect("there is a first word");
        match c {
            '\'' => within = !within,
            '\\' if !within => last.extend(chars.next()),
            ' ' if !within => words.push(String::new()),
            _ => last.push(c),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_gives_words_back_as_they_were() {
        let words =
            ["gleaner", "", "two words", "it's", "'", "\\", "a\\'b", "$HOME", "~", "x;y", "-n"];
        let command = words.map(|word| quoted(word.to_owned())).join(" ");
        assert_eq!(unquoted(&command), words);
        let printed = format!("printf '%s\\n' {command}");
        let shell = std::process::Command::new("sh").args(["-c", &printed]).output().unwrap();
        assert_eq!(String::from_utf8(shell.stdout).unwrap(), words.join("\n") + "\n");
    }
}
