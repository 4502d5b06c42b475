//! The file: a line a job, its columns parted by tabs. What lists show stands first, so that a line whose end cannot
//! be read is listed all the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gleaner_core::fact::Outcome;
use gleaner_core::ids::RemoteJobId;
use gleaner_core::time::Timestamp;
use gleaner_runtime::sites::job::{ArrayId, Job, JobState, Row};

/// What stands in a column without a value.
const NONE: &str = "-";

/// A file of jobs.
#[derive(Debug)]
pub(crate) struct File {
    path: PathBuf,
}

/// What a line tells.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) row: Row,
    pub(crate) array: Option<ArrayId>,
    /// All of it, or why it cannot be read.
    pub(crate) job: Result<Job, String>,
}

impl File {
    /// An empty file.
    pub(crate) fn new(path: &Path) -> File {
        std::fs::write(path, "").expect("the file can be written");
        File { path: path.to_owned() }
    }

    /// All lines, in the order of their numbers.
    pub(crate) fn read(&self) -> Vec<Line> {
        let lines = self.lines();
        lines.values().map(|text| parse(text).expect("nobody else writes it")).collect()
    }

    /// Writes jobs in the place of what stands there under their numbers.
    pub(crate) fn write(&self, jobs: &[Job]) {
        let mut lines = self.lines();
        lines.extend(jobs.iter().map(|job| (job.job, print(job))));
        self.put(&lines);
    }

    /// Makes the end of a line unreadable.
    pub(crate) fn spoil(&self, job: RemoteJobId) {
        let mut lines = self.lines();
        let line = lines.get_mut(&job).expect("it is there");
        let (shown, _) = line.rsplit_once('\t').expect("a line has columns");
        *line = shown.to_owned();
        self.put(&lines);
    }

    fn lines(&self) -> BTreeMap<RemoteJobId, String> {
        let text = std::fs::read_to_string(&self.path).expect("the file can be read");
        let number = |line: &str| line.split('\t').next().and_then(|number| number.parse().ok());
        let line = |line: &str| {
            let number = number(line).expect("a line begins with a number");
            (RemoteJobId(number), line.to_owned())
        };
        text.lines().map(line).collect()
    }

    fn put(&self, lines: &BTreeMap<RemoteJobId, String>) {
        let text: String = lines.values().flat_map(|line| [line, "\n"]).collect();
        std::fs::write(&self.path, text).expect("the file can be written");
    }
}

const STATES: [(JobState, &str); 7] = [
    (JobState::Waiting, "waiting"),
    (JobState::Starting, "starting"),
    (JobState::Running, "running"),
    (JobState::Finishing, "finishing"),
    (JobState::Unclear, "unclear"),
    (JobState::Dying, "dying"),
    (JobState::Over, "over"),
];

const ENDS: [(Outcome, &str); 5] = [
    (Outcome::KilledBestEffort, "owner"),
    (Outcome::KilledWalltime, "walltime"),
    (Outcome::Deleted, "deleted"),
    (Outcome::NotStarted, "not started"),
    (Outcome::Unknown, "unknown"),
];

fn parse(line: &str) -> Option<Line> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [number, name, owner, state, array, ..] = columns[..] else { return None };
    let state = STATES.into_iter().find(|(_, word)| *word == state)?.0;
    let job = RemoteJobId(number.parse().ok()?);
    let row = Row { job, name: some(name).map(str::to_owned), owner: owner.to_owned(), state };
    let array = array.parse().ok().map(ArrayId);
    let job = whole(&row, &columns).ok_or_else(|| format!("{} columns", columns.len()));
    Some(Line { row, array, job })
}

fn whole(row: &Row, columns: &[&str]) -> Option<Job> {
    let [_, _, _, _, array, index, submitted, started, stopped, how, copy, copy_of, until, command] =
        columns[..]
    else {
        return None;
    };
    let number = |text: &str| some(text).map(|text| text.parse().ok());
    let time = |text: &str| some(text).and_then(|text| text.parse().ok());
    let time = |text: &str| time(text).map(Timestamp::from_seconds);
    Some(Job {
        job: row.job,
        name: row.name.clone(),
        owner: row.owner.clone(),
        state: row.state,
        array: ArrayId(array.parse().ok()?),
        index: some(index).and_then(|index| index.parse().ok()),
        command: some(command).map(|command| command.replace("\\n", "\n")),
        submitted_at: time(submitted)?,
        started_at: time(started),
        stopped_at: time(stopped),
        ended: match some(how) {
            None => None,
            Some(how) => Some(end(how)?),
        },
        cores: Some(1),
        copy: number(copy).flatten().map(RemoteJobId),
        copy_of: number(copy_of).flatten().map(RemoteJobId),
        copy_until: time(until),
        stdout: None,
        stderr: None,
        node: None,
        exit_status: None,
        events: Vec::new(),
    })
}

fn print(job: &Job) -> String {
    let text = |value: Option<String>| value.unwrap_or_else(|| NONE.to_owned());
    let number = |job: Option<RemoteJobId>| text(job.map(|job| job.0.to_string()));
    let time = |time: Option<Timestamp>| text(time.map(|time| time.seconds().to_string()));
    let state = STATES.into_iter().find(|(state, _)| *state == job.state).map(|(_, word)| word);
    [
        job.job.0.to_string(),
        text(job.name.clone()),
        job.owner.clone(),
        state.expect("all states have a word").to_owned(),
        job.array.0.to_string(),
        text(job.index.map(|index| index.to_string())),
        time(Some(job.submitted_at)),
        time(job.started_at),
        time(job.stopped_at),
        text(job.ended.map(word)),
        number(job.copy),
        number(job.copy_of),
        time(job.copy_until),
        text(job.command.as_ref().map(|command| command.replace('\n', "\\n"))),
    ]
    .join("\t")
}

fn some(column: &str) -> Option<&str> {
    Some(column).filter(|text| *text != NONE)
}

fn word(end: Outcome) -> String {
    match end {
        Outcome::Exited(code) => format!("exit {code}"),
        Outcome::Signalled(signal) => format!("signal {signal}"),
        other => {
            let known = ENDS.into_iter().find(|(end, _)| *end == other);
            known.expect("no test ends a job otherwise").1.to_owned()
        }
    }
}

fn end(word: &str) -> Option<Outcome> {
    match word.split_once(' ') {
        Some(("exit", code)) => code.parse().ok().map(Outcome::Exited),
        Some(("signal", signal)) => signal.parse().ok().map(Outcome::Signalled),
        _ => ENDS.into_iter().find(|(_, known)| *known == word).map(|(end, _)| end),
    }
}
