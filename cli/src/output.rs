//! The only place that prints: data to standard output, everything else to standard error.

use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::OnceLock;

use comfy_table::{CellAlignment, ContentArrangement, Table};
use miette::MietteHandlerOpts;

use crate::args::form::OutputForm;
use crate::failure::{FAILED, Failure};
use crate::shown::{shown, shown_in_json};

/// A table of results: cells are shown as they are, in every form.
pub(crate) struct Rows {
    /// Names of the columns, as in JSON.
    pub(crate) columns: Vec<&'static str>,
    /// One row a thing; a missing value is `None`.
    pub(crate) rows: Vec<Vec<Option<serde_json::Value>>>,
}

/// The first failure to write to standard output. It is reported once, when all is done.
static WRITE_FAILED: OnceLock<std::io::Error> = OnceLock::new();

/// Remembers what writing to standard output came to.
fn remember(written: std::io::Result<()>) {
    if let Err(error) = written {
        // Of several failures the first one is the cause.
        let _ = WRITE_FAILED.set(error);
    }
}

/// Prints a line of data. Control characters are shown by their numbers.
pub(crate) fn line(text: impl Display) {
    remember(writeln!(std::io::stdout().lock(), "{}", shown(&text.to_string())));
}

/// Prints text that stands as it is, such as a completion script.
pub(crate) fn raw(text: &[u8]) {
    remember(std::io::stdout().lock().write_all(text));
}

/// Prints a text from somebody's program: as it is for other programs, and harmless on a terminal.
#[cfg(feature = "daemon")]
pub(crate) fn foreign(text: &str) {
    match std::io::stdout().is_terminal() {
        true => raw(shown(text).as_bytes()),
        false => raw(text.as_bytes()),
    }
}

/// Ends the output: an error if something that should have been printed was not. A closed pipe is the
/// reader's choice, not an error.
pub(crate) fn finish() -> Result<(), Failure> {
    remember(std::io::stdout().lock().flush());
    match WRITE_FAILED.get() {
        Some(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(FAILED, format!("cannot write to standard output: {error}"), None))
        }
        Some(_) | None => Ok(()),
    }
}

/// Prints a note for the user, which is not data. Control characters are shown by their numbers.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{}", shown(&text.to_string()));
}

/// Prints a line that is data with a table or alone, and a note where a document is the data.
pub(crate) fn beside(form: OutputForm, text: impl Display) {
    match form {
        OutputForm::Table | OutputForm::Quiet => line(text),
        OutputForm::Json | OutputForm::Csv => note(text),
    }
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

/// Prints why a command failed.
pub(crate) fn failure(failure: &Failure) {
    // Its texts have no control characters but the colours that it puts in itself.
    let _ = writeln!(std::io::stderr().lock(), "{:?}", failure.report());
}

/// A colour of letters on a terminal.
#[cfg(feature = "daemon")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    /// Letters of what waits for somebody.
    Red,
    /// Letters of what has stopped for a while.
    Yellow,
    /// Letters of what goes well.
    Green,
}

#[cfg(feature = "daemon")]
impl Colour {
    /// Its number in the terminal's language.
    fn code(self) -> u8 {
        match self {
            Colour::Red => 31,
            Colour::Yellow => 33,
            Colour::Green => 32,
        }
    }
}

/// Whether standard output takes colours: a terminal, and nobody says no.
#[cfg(feature = "daemon")]
pub(crate) fn in_colour() -> bool {
    let no = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    !no && !dumb && std::io::stdout().is_terminal()
}

/// A line of data of which parts are coloured, where colours are taken.
#[cfg(feature = "daemon")]
pub(crate) fn painted(parts: &[(Option<Colour>, &str)]) {
    let coloured = in_colour();
    let mut text = String::new();
    for (colour, part) in parts {
        match colour.filter(|_| coloured) {
            Some(colour) => text += &format!("\u{1b}[{}m{}\u{1b}[0m", colour.code(), shown(part)),
            None => text += &shown(part),
        }
    }
    remember(writeln!(std::io::stdout().lock(), "{text}"));
}

/// Prints JSON as it came, with its characters that a terminal would obey escaped.
#[cfg(feature = "daemon")]
pub(crate) fn json_text(text: &str) {
    as_text(Ok(text.trim_end().to_owned()));
}

/// Whether progress can be drawn.
pub(crate) fn can_draw() -> bool {
    std::io::stderr().is_terminal()
}

/// Prints one JSON value on a line of its own, and lets whoever waits for it see it at once.
#[cfg(feature = "daemon")]
pub(crate) fn json_line(value: &impl serde::Serialize) {
    as_text(serde_json::to_string(value));
    remember(std::io::stdout().lock().flush());
}

/// Goes up so many lines, to write over what is there: on a terminal only.
#[cfg(feature = "daemon")]
pub(crate) fn up(lines: usize) {
    if lines > 0 && std::io::stdout().is_terminal() {
        remember(write!(std::io::stdout().lock(), "\u{1b}[{lines}A\u{1b}[J"));
    }
}

/// Asks on the terminal; none where nobody can be asked.
#[cfg(feature = "daemon")]
pub(crate) fn confirmed(question: &str) -> Option<bool> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return None;
    }
    let _ = write!(std::io::stderr().lock(), "{} [y/N] ", shown(question));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).ok()?;
    Some(["y", "yes"].iter().any(|yes| answer.trim().eq_ignore_ascii_case(yes)))
}

/// Prints one JSON value over several lines.
pub(crate) fn json(value: &impl serde::Serialize) {
    as_text(serde_json::to_string_pretty(value));
}

/// Prints JSON.
fn as_text(json: serde_json::Result<String>) {
    let text = match json {
        Ok(text) => text,
        Err(error) => return remember(Err(error.into())),
    };
    remember(writeln!(std::io::stdout().lock(), "{}", shown_in_json(&text)));
}

/// Prints a table in the form asked for; `quiet` prints the first column alone.
pub(crate) fn rows(form: OutputForm, table: &Rows) {
    match form {
        OutputForm::Table => line(drawn(table)),
        OutputForm::Json => json(&as_json(table)),
        OutputForm::Csv => remember(write!(std::io::stdout().lock(), "{}", csv(table, true))),
        OutputForm::Quiet => quiet(table),
    }
}

/// Prints a part of a long table, in a form that needs no whole one; the first with the names of the columns.
#[cfg(feature = "daemon")]
pub(crate) fn part_of_rows(form: OutputForm, table: &Rows, first: bool) {
    match form {
        OutputForm::Quiet => quiet(table),
        OutputForm::Table | OutputForm::Json | OutputForm::Csv => {
            remember(write!(std::io::stdout().lock(), "{}", csv(table, first)));
        }
    }
}

fn quiet(table: &Rows) {
    for row in &table.rows {
        line(plain(row.first().and_then(Option::as_ref)));
    }
}

fn drawn(rows: &Rows) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(rows.columns.iter().map(|name| name.replace('_', " ")));
    for row in &rows.rows {
        table.add_row(row.iter().map(|cell| on_one_line(&plain(cell.as_ref()))));
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

/// A cell of a table for people.
fn on_one_line(cell: &str) -> String {
    shown(cell).replace('\n', "\\n").replace('\t', "\\t")
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

fn csv(rows: &Rows, header: bool) -> String {
    let mut text = String::new();
    if header {
        text += &rows.columns.join(",");
        text.push('\n');
    }
    for row in &rows.rows {
        let cells = row.iter().map(|cell| quoted(shown(&plain(cell.as_ref())).into_owned()));
        let cells: Vec<String> = cells.collect();
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
