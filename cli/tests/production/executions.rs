//! What ran, as an outsider counts it from the emulated clusters' log of executions.

use std::collections::BTreeMap;
use std::path::Path;

/// One execution of a command on a cluster.
#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct Execution {
    /// The job's name.
    pub(crate) name: String,
    /// What it ran.
    pub(crate) command: String,
    /// When it began, in seconds.
    pub(crate) start: f64,
    /// When it ended, in seconds.
    pub(crate) end: f64,
    /// How: `Terminated` is the end of the command by itself.
    pub(crate) state: String,
}

/// All executions of a log.
pub(crate) fn read(log: &Path) -> Vec<Execution> {
    let mut reader = csv::Reader::from_path(log).expect("the log of executions is there");
    reader.deserialize().map(|row| row.expect("a row of executions")).collect()
}

/// The task that an execution was of: campaign and parameter, told from the job's name and the end
/// of its command; `None` for jobs that are not the grid's.
pub(crate) fn task(execution: &Execution) -> Option<(String, String)> {
    let campaign = execution.name.strip_prefix("gleaner.")?.split('.').next()?.to_owned();
    let parameter = execution.command.split_whitespace().last()?.to_owned();
    Some((campaign, parameter))
}

/// What must not be, told in words: tasks that did not succeed exactly once, and tasks of which two
/// attempts were alive at the same time.
pub(crate) fn faults(
    executions: &[Execution],
    campaign: &str,
    parameters: &[String],
) -> Vec<String> {
    let mut tasks: BTreeMap<String, Vec<&Execution>> = BTreeMap::new();
    for execution in executions {
        if let Some((of, parameter)) = task(execution)
            && of == campaign
        {
            tasks.entry(parameter).or_default().push(execution);
        }
    }
    let mut faults = Vec::new();
    for parameter in parameters {
        let mut runs = tasks.remove(parameter).unwrap_or_default();
        let successes = runs.iter().filter(|run| run.state == "Terminated").count();
        if successes != 1 {
            faults.push(format!("task {parameter}: {successes} successes in {runs:?}"));
        }
        runs.sort_by(|a, b| a.start.total_cmp(&b.start));
        for pair in runs.windows(2) {
            if pair[1].start < pair[0].end {
                faults.push(format!("task {parameter}: two attempts alive at once: {pair:?}"));
            }
        }
    }
    faults.extend(tasks.keys().map(|task| format!("task {task} was never asked for")));
    faults
}
