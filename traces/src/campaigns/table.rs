//! Lists of campaigns as CSV: `name,user,submission_s,tasks,mean_runtime_s`, in any order.
//! Must not know how the lists were made.

use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::path::Path;

use csv::StringRecord;

use crate::campaigns::Campaign;
use crate::error::TraceError;
use crate::error::campaigns::ListProblem;
use crate::finish::{place_of, without_mark};
use crate::inflate::read_error;

/// The columns, in the order they are written.
pub const COLUMNS: [&str; 5] = ["name", "user", "submission_s", "tasks", "mean_runtime_s"];

/// Largest file read, in bytes: some million campaigns.
pub const CSV_BYTES_MAX: u64 = 1 << 26;

/// Most tasks that a row may give.
const TASKS_MAX: u64 = 1 << 40;

/// Reads a list of campaigns, in the order of the file; `path` is its name in messages.
pub fn read<R: Read>(input: R, path: &Path) -> Result<Vec<Campaign>, TraceError> {
    let mut bytes = Vec::new();
    input
        .take(CSV_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| read_error(path, source))?;
    if bytes.len() as u64 > CSV_BYTES_MAX {
        let (path, what) = (path.to_path_buf(), "the text");
        return Err(TraceError::TooLong { path, what, limit: CSV_BYTES_MAX });
    }
    if let Err(error) = std::str::from_utf8(&bytes) {
        let good = &bytes[..error.valid_up_to()];
        let (line, column) = place_of(&bytes, good.len());
        return Err(TraceError::NotUtf8 { path: path.to_path_buf(), line, column });
    }
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(without_mark(&bytes));
    let failed = |line, problem| TraceError::Campaign { path: path.to_path_buf(), line, problem };
    let csv_failed = |source| TraceError::Csv { path: path.to_path_buf(), source };
    let headers = reader.headers().map_err(csv_failed)?.clone();
    let places = places(&headers).map_err(|problem| failed(1, problem))?;
    let mut names = HashSet::new();
    let mut campaigns = Vec::new();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(csv_failed)? {
        let line = record.position().map_or(0, |position| line_of(&bytes, position));
        let campaign = campaign(&record, &headers, places).map_err(|p| failed(line, p))?;
        if !names.insert(campaign.name.clone()) {
            return Err(failed(line, ListProblem::TwoCampaigns(campaign.name)));
        }
        campaigns.push(campaign);
    }
    Ok(campaigns)
}

/// Writes a list of campaigns. What it writes reads back equal.
pub fn write<W: Write>(out: W, campaigns: &[Campaign]) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    for Campaign { name, user, submission_s, tasks, mean_runtime_s } in campaigns {
        let numbers = [submission_s.to_string(), tasks.to_string(), mean_runtime_s.to_string()];
        let [submission, tasks, mean] = &numbers;
        writer.write_record([name, user, submission, tasks, mean])?;
    }
    writer.flush()
}

/// Line of the record at `position`, which the parser puts before the blank lines above it.
fn line_of(bytes: &[u8], position: &csv::Position) -> u64 {
    let from = usize::try_from(position.byte()).unwrap_or(usize::MAX).min(bytes.len());
    let blank = bytes[from..].iter().take_while(|byte| b"\r\n".contains(*byte));
    position.line() + blank.filter(|byte| **byte == b'\n').count() as u64
}

/// Where each of [`COLUMNS`] stands.
fn places(headers: &StringRecord) -> Result<[usize; 5], ListProblem> {
    for (index, name) in headers.iter().enumerate() {
        if !COLUMNS.contains(&name) {
            return Err(ListProblem::UnknownColumn(name.chars().take(40).collect()));
        }
        if headers.iter().take(index).any(|earlier| earlier == name) {
            return Err(ListProblem::TwoColumns(name.to_owned()));
        }
    }
    let mut places = [0; 5];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        *place =
            headers.iter().position(|name| name == column).ok_or(ListProblem::NoColumn(column))?;
    }
    Ok(places)
}

fn campaign(
    record: &StringRecord,
    headers: &StringRecord,
    places: [usize; 5],
) -> Result<Campaign, ListProblem> {
    if record.len() != headers.len() {
        let (found, expected) = (record.len(), headers.len());
        return Err(ListProblem::ValueCount { found, expected });
    }
    let text = |column: usize| &record[places[column]];
    let wrong = |column: usize, expected| ListProblem::Value {
        column: COLUMNS[column],
        text: text(column).chars().take(40).collect(),
        expected,
    };
    let named = |column: usize| match text(column) {
        "" => Err(wrong(column, "a name")),
        name => Ok(name.to_owned()),
    };
    let time_s = |column: usize, positive: bool, expected| {
        let value = text(column).parse::<f64>().ok().filter(|value| *value <= 1e12);
        let fits = |value: &f64| *value > 0.0 || (!positive && *value == 0.0);
        value.filter(fits).ok_or_else(|| wrong(column, expected))
    };
    let tasks = text(3).parse::<u64>().ok().filter(|tasks| (1..=TASKS_MAX).contains(tasks));
    Ok(Campaign {
        name: named(0)?,
        user: named(1)?,
        submission_s: time_s(2, false, "seconds, 0 or more")?,
        tasks: tasks.ok_or_else(|| wrong(3, "a whole number from 1"))?,
        mean_runtime_s: time_s(4, true, "seconds, above 0")?,
    })
}
