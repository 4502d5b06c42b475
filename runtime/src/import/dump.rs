//! Plain dumps of PostgreSQL: the rows of their `COPY` blocks, one after the other, with the lines they stand in. Knows no
//! table.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

/// The longest line, bytes: a JDL with millions of parameters is one.
const LINE_MAX: u64 = 1 << 30;

/// Why a dump cannot be read. The text says what and where; [`DumpError::hint`] what to do.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The system gives it not.
    #[error("cannot read the dump `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It says something that cannot be.
    #[error("{}:{line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        problem: Problem,
    },
}

/// What is wrong with a line of a dump.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// PostgreSQL's own format.
    #[error("this is no plain dump, but one in PostgreSQL's own format")]
    Custom,
    /// Compressed.
    #[error("this is compressed")]
    Compressed,
    /// Rows as statements.
    #[error("the rows of `{0}` are written as INSERT statements")]
    Inserts(String),
    /// The beginning of a block that is not understood.
    #[error("this COPY cannot be understood")]
    Copy,
    /// A row with too few or too many values.
    #[error("a row of `{table}` has {found} values, but there are {expected} columns")]
    Width {
        /// The table.
        table: String,
        /// Values.
        found: usize,
        /// Columns.
        expected: usize,
    },
    /// Not UTF-8.
    #[error("this line is not UTF-8")]
    Encoding,
    /// A line beyond all measure.
    #[error("this line is too long")]
    TooLong,
    /// The end of the file within a block.
    #[error("the dump ends within the rows of `{0}`")]
    Truncated(String),
    /// A column that is needed.
    #[error("table `{table}` has no column `{column}`")]
    NoColumn {
        /// The table.
        table: String,
        /// The column.
        column: &'static str,
    },
    /// A value that its column cannot have.
    #[error("`{column}` of `{table}` is {value}, expected {expected}")]
    Value {
        /// The table.
        table: String,
        /// The column.
        column: &'static str,
        /// What stands there, shortened.
        value: String,
        /// What may stand there.
        expected: &'static str,
    },
    /// Not CiGri's.
    #[error("there is no table `{0}` in it: this is no database of CiGri 3")]
    NoTable(&'static str),
}

impl DumpError {
    /// Returns what can be done about it.
    pub fn hint(&self) -> &'static str {
        let DumpError::Line { problem, .. } = self else {
            return "`pg_dump cigri3 > cigri.sql` on CiGri's server writes one";
        };
        match problem {
            Problem::Custom => "`pg_restore -f cigri.sql FILE` makes a plain one of it",
            Problem::Compressed => "unpack it first, as with `gunzip`",
            Problem::Inserts(_) => "dump it without `--inserts` and `--column-inserts`",
            Problem::Encoding => "dump it with `--encoding=UTF8`",
            Problem::Truncated(_) => "the copy of the file is not whole: fetch it again",
            Problem::NoTable(_) | Problem::NoColumn { .. } => {
                "dump the whole database of CiGri 3: `pg_dump cigri3 > cigri.sql`"
            }
            Problem::Copy | Problem::Width { .. } | Problem::TooLong | Problem::Value { .. } => {
                "dump it again, and change nothing in the file"
            }
        }
    }
}

/// A row of a table.
#[derive(Debug)]
pub struct Row<'a> {
    table: &'a str,
    columns: &'a [String],
    fields: &'a [Option<String>],
    path: &'a Path,
    line: u64,
}

impl Row<'_> {
    /// Returns the text of a column; none for SQL's null.
    ///
    /// # Errors
    /// [`Problem::NoColumn`].
    pub fn text(&self, column: &'static str) -> Result<Option<&str>, DumpError> {
        match self.columns.iter().position(|name| name == column) {
            Some(index) => Ok(self.fields[index].as_deref()),
            None => Err(self.wrong(Problem::NoColumn { table: self.table.to_owned(), column })),
        }
    }

    /// Returns the text of a column that is never null.
    ///
    /// # Errors
    /// [`DumpError::Line`] where there is none.
    pub fn given(&self, column: &'static str) -> Result<&str, DumpError> {
        self.text(column)?.ok_or_else(|| self.value(column, "nothing", "a value"))
    }

    /// Returns the number of a column; none for SQL's null.
    ///
    /// # Errors
    /// [`DumpError::Line`] where there is no such number.
    pub fn number<T: std::str::FromStr>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, DumpError> {
        let Some(text) = self.text(column)? else { return Ok(None) };
        let number = text.parse().map_err(|_| self.value(column, text, "a number in its range"))?;
        Ok(Some(number))
    }

    /// Returns the number of a column that is never null.
    ///
    /// # Errors
    /// [`DumpError::Line`] where there is none.
    pub fn id<T: std::str::FromStr>(&self, column: &'static str) -> Result<T, DumpError> {
        self.number(column)?.ok_or_else(|| self.value(column, "nothing", "a number"))
    }

    /// Says that a value cannot be.
    pub fn value(&self, column: &'static str, value: &str, expected: &'static str) -> DumpError {
        let value: String = value.chars().take(40).collect();
        let value = format!("`{value}`");
        self.wrong(Problem::Value { table: self.table.to_owned(), column, value, expected })
    }

    fn wrong(&self, problem: Problem) -> DumpError {
        DumpError::Line { path: self.path.to_owned(), line: self.line, problem }
    }
}

/// Reads the rows of the tables that `wanted` names, in the order of the file; returns the tables that are there.
///
/// # Errors
/// [`DumpError`], of the file or of what `each` finds.
pub fn read(
    path: &Path,
    wanted: &[&str],
    mut each: impl FnMut(&str, &Row<'_>) -> Result<(), DumpError>,
) -> Result<Vec<String>, DumpError> {
    let failed = |source| DumpError::Read { path: path.to_owned(), source };
    let mut lines =
        Lines { file: BufReader::new(File::open(path).map_err(failed)?), path, line: 0 };
    let mut tables = Vec::new();
    while let Some(text) = lines.next()? {
        let head = match text {
            Text::Line(head) => head,
            // Such a line is none of the head of a block.
            Text::Bytes => continue,
        };
        if let Some(rest) = head.strip_prefix("INSERT INTO ") {
            let table = bare(rest.split([' ', '(']).next().unwrap_or_default());
            if wanted.contains(&&*table) {
                return Err(lines.wrong(Problem::Inserts(table)));
            }
        }
        let Some(rest) = head.strip_prefix("COPY ") else { continue };
        let (table, columns) = block(rest).ok_or_else(|| lines.wrong(Problem::Copy))?;
        let used = wanted.contains(&&*table);
        loop {
            let Some(text) = lines.next()? else {
                return Err(lines.wrong(Problem::Truncated(table)));
            };
            let text = match text {
                Text::Line(text) if text == "\\." => break,
                _ if !used => continue,
                Text::Line(text) => text,
                Text::Bytes => return Err(lines.wrong(Problem::Encoding)),
            };
            let fields: Vec<Option<String>> = text.split('\t').map(unescaped).collect();
            let (found, expected) = (fields.len(), columns.len());
            if found != expected {
                let table = table.clone();
                return Err(lines.wrong(Problem::Width { table, found, expected }));
            }
            let (columns, fields) = (&columns[..], &fields[..]);
            let row = Row { table: &table, columns, fields, path, line: lines.line };
            each(&table, &row)?;
        }
        tables.push(table);
    }
    Ok(tables)
}

/// Says that a table is missing.
pub fn no_table(path: &Path, table: &'static str) -> DumpError {
    DumpError::Line { path: path.to_owned(), line: 1, problem: Problem::NoTable(table) }
}

/// A line, or that it is not UTF-8.
enum Text {
    Line(String),
    Bytes,
}

struct Lines<'a> {
    file: BufReader<File>,
    path: &'a Path,
    line: u64,
}

impl Lines<'_> {
    fn next(&mut self) -> Result<Option<Text>, DumpError> {
        let mut bytes = Vec::new();
        let limited = &mut io::Read::take(&mut self.file, LINE_MAX);
        let read = limited.read_until(b'\n', &mut bytes);
        let read = read.map_err(|source| DumpError::Read { path: self.path.to_owned(), source })?;
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
            if bytes.last() == Some(&b'\r') {
                bytes.pop();
            }
        } else if bytes.len() as u64 == LINE_MAX {
            return Err(self.wrong(Problem::TooLong));
        }
        if self.line == 1 && bytes.starts_with(&[0x1f, 0x8b]) {
            return Err(self.wrong(Problem::Compressed));
        }
        if self.line == 1 && bytes.starts_with(b"PGDMP") {
            return Err(self.wrong(Problem::Custom));
        }
        Ok(Some(match String::from_utf8(bytes) {
            Ok(text) => Text::Line(text),
            Err(_) => Text::Bytes,
        }))
    }

    fn wrong(&self, problem: Problem) -> DumpError {
        DumpError::Line { path: self.path.to_owned(), line: self.line, problem }
    }
}

/// A table and its columns, as they stand behind `COPY`.
fn block(text: &str) -> Option<(String, Vec<String>)> {
    let (table, rest) = text.split_once(" (")?;
    let (columns, rest) = rest.split_once(')')?;
    (rest.trim() == "FROM stdin;").then_some(())?;
    Some((bare(table), columns.split(", ").map(bare).collect()))
}

/// A name without its schema and its quotes.
fn bare(name: &str) -> String {
    let name = name.rsplit('.').next().unwrap_or(name);
    name.trim_matches('"').to_owned()
}

/// A value as it was before `COPY` wrote it; none for null.
fn unescaped(text: &str) -> Option<String> {
    if text == "\\N" {
        return None;
    }
    if !text.contains('\\') {
        return Some(text.to_owned());
    }
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        plain.push(match characters.next() {
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('v') => '\u{b}',
            Some(other) => other,
            None => '\\',
        });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::{block, unescaped};

    #[test]
    fn values_are_as_they_were_before_they_were_written() {
        assert_eq!(unescaped("\\N"), None);
        assert_eq!(unescaped("").as_deref(), Some(""));
        assert_eq!(unescaped("a\\tb\\\\N\\n").as_deref(), Some("a\tb\\N\n"));
    }

    #[test]
    fn heads_of_blocks_are_understood() {
        let (table, columns) = block("public.jobs (id, \"order\", state) FROM stdin;").unwrap();
        assert_eq!((&*table, columns.len(), &*columns[1]), ("jobs", 3, "order"));
        assert!(block("jobs FROM stdin;").is_none() && block("jobs (id) TO stdout;").is_none());
    }
}
