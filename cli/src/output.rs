//! The only place that prints: data to standard output, everything else to standard error.

use std::fmt::Display;
use std::io::{IsTerminal, Write};

use comfy_table::{CellAlignment, ContentArrangement, Table};
use miette::MietteHandlerOpts;

use crate::args::OutputForm;
use crate::failure::Failure;

/// A table of results: cells are shown as they are, in every form.
pub(crate) struct Rows {
    /// Names of the columns, as in JSON.
    pub(crate) columns: Vec<&'static str>,
    /// One row a thing; a missing value is `None`.
    pub(crate) rows: Vec<Vec<Option<serde_json::Value>>>,
}

/// Prints a line of data.
pub(crate) fn line(text: impl Display) {
    // A closed pipe is the reader's choice, not an error.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Prints text that stands as it is, such as a completion script.
pub(crate) fn raw(text: &[u8]) {
    let _ = std::io::stdout().lock().write_all(text);
}

/// Tells the user something that is not data.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Leaves colours out of errors if `NO_COLOR` says so, also where another variable asks for them.
/// To be called before the first error is made.
pub(crate) fn obey_no_color() {
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        let plain =
            miette::set_hook(Box::new(|_| Box::new(MietteHandlerOpts::new().color(false).build())));
        plain.expect("nobody has chosen how errors look before");
    }
}

/// Tells why a command failed.
pub(crate) fn failure(failure: &Failure) {
    note(format!("{:?}", failure.report()));
}

/// Whether progress can be drawn.
pub(crate) fn can_draw() -> bool {
    std::io::stderr().is_terminal()
}

/// Prints one JSON value on a line of its own, and lets whoever waits for it see it at once.
pub(crate) fn json_line(value: &impl serde::Serialize) {
    match serde_json::to_string(value) {
        Ok(text) => line(text),
        Err(error) => note(format!("cannot write as json: {error}")),
    }
    let _ = std::io::stdout().lock().flush();
}

/// Prints one JSON value over several lines.
pub(crate) fn json(value: &impl serde::Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => line(text),
        Err(error) => note(format!("cannot write as json: {error}")),
    }
}

/// Prints a table in the form asked for; `quiet` prints the first column alone.
pub(crate) fn rows(form: OutputForm, table: &Rows) {
    match form {
        OutputForm::Table => line(drawn(table)),
        OutputForm::Json => json(&as_json(table)),
        OutputForm::Csv => raw(csv(table).as_bytes()),
        OutputForm::Quiet => {
            for row in &table.rows {
                line(plain(row.first().and_then(Option::as_ref)));
            }
        }
    }
}

fn drawn(rows: &Rows) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(rows.columns.iter().map(|name| name.replace('_', " ")));
    for row in &rows.rows {
        table.add_row(row.iter().map(|cell| plain(cell.as_ref())));
    }
    for (number, column) in table.column_iter_mut().enumerate() {
        let numbers =
            rows.rows.iter().any(|row| row[number].as_ref().is_some_and(|v| v.is_number()));
        if numbers {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn as_json(rows: &Rows) -> serde_json::Value {
    let object = |row: &Vec<Option<serde_json::Value>>| {
        let cells = rows.columns.iter().zip(row);
        serde_json::Value::Object(
            cells
                .map(|(name, cell)| ((*name).to_owned(), cell.clone().unwrap_or_default()))
                .collect(),
        )
    };
    serde_json::Value::Array(rows.rows.iter().map(object).collect())
}

fn csv(rows: &Rows) -> String {
    let mut text = rows.columns.join(",");
    text.push('\n');
    for row in &rows.rows {
        let cells: Vec<String> = row.iter().map(|cell| quoted(plain(cell.as_ref()))).collect();
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

/// Quotes a cell of CSV where it must be (RFC 4180).
fn quoted(cell: String) -> String {
    if cell.contains(['"', ',', '\n', '\r']) {
        return format!("\"{}\"", cell.replace('"', "\"\""));
    }
    cell
}

/// A value as people read it: text without quotes, numbers with at most four decimals.
fn plain(value: Option<&serde_json::Value>) -> String {
    match value {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(serde_json::Value::Number(number)) => match number.as_f64() {
            Some(float) if number.is_f64() => {
                let text = format!("{float:.4}");
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
            Some(_) | None => number.to_string(),
        },
        Some(other) => other.to_string(),
    }
}
