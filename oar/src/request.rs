//! Resource requests (`-l`): `{gpu>0}/nodes=2/core=4+/licence=1,walltime=1:30:00`. Knows the words
//! only: what a level is, which is the default walltime, and who gets what is said elsewhere.

use crate::error::ParseError;
use crate::filter::Filter;
use crate::walltime;
use std::fmt;

/// Longest request accepted, in bytes.
const LENGTH_MAX: usize = 1 << 16;
/// Most groups, and most levels of a group.
const PARTS_MAX: usize = 256;

/// One alternative of a moldable request: groups that are all needed, and the walltime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The groups; empty if only a walltime was given (the site's default resources are meant).
    pub groups: Vec<Group>,
    /// Walltime in seconds, if given.
    pub walltime_s: Option<i64>,
}

/// Resources of one kind: levels from the outermost to the innermost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// SQL filter of this group as written, empty if none.
    pub filter: String,
    /// Levels with their amounts, at least one.
    pub levels: Vec<(String, Amount)>,
}

/// How many blocks of a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Amount {
    /// This many.
    Count(u32),
    /// Every block of the platform.
    All,
    /// All blocks that are free.
    Best,
    /// Half of the blocks that are free.
    HalfBest,
}

impl Amount {
    /// The number in OAR's database: the count, or -1, -2, -3.
    #[must_use]
    pub fn code(self) -> i64 {
        match self {
            Self::Count(count) => i64::from(count),
            Self::All => -1,
            Self::Best => -2,
            Self::HalfBest => -3,
        }
    }

    /// The amount behind a number of OAR's database.
    #[must_use]
    pub fn from_code(code: i64) -> Option<Self> {
        match code {
            -1 => Some(Self::All),
            -2 => Some(Self::Best),
            -3 => Some(Self::HalfBest),
            count => u32::try_from(count).ok().map(Self::Count),
        }
    }
}

impl Request {
    /// Reads one alternative (one `-l`). The filter of a group is checked too. Unlike OAR's own
    /// command, commas, slashes and plus signs may stand inside `{…}`.
    ///
    /// # Errors
    /// What the grammar does not know, with its column.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if text.len() > LENGTH_MAX {
            return Err(ParseError::TooLong { length: text.len(), limit: LENGTH_MAX });
        }
        let (resources, time) = split_walltime(text)?;
        let mut groups = Vec::new();
        if !resources.text.trim().is_empty() {
            for part in resources.split('+')? {
                groups.push(parse_group(part)?);
            }
        } else if time.is_none() {
            return Err(unexpected(1, "a level", ""));
        }
        if groups.len() > PARTS_MAX {
            return Err(ParseError::TooLong { length: groups.len(), limit: PARTS_MAX });
        }
        let walltime_s = time.map(|time| walltime::parse(time.text, time.column)).transpose()?;
        Ok(Self { groups, walltime_s })
    }
}

/// A piece of the request with the column of its first character.
#[derive(Clone, Copy)]
struct Piece<'a> {
    text: &'a str,
    column: usize,
}

impl<'a> Piece<'a> {
    /// Splits at a character, except inside braces and quotes within braces.
    fn split(self, at: char) -> Result<Vec<Piece<'a>>, ParseError> {
        let mut pieces = Vec::new();
        let (mut start, mut start_column) = (0, self.column);
        let (mut brace, mut quoted) = (None, false);
        for (index, (offset, c)) in self.text.char_indices().enumerate() {
            let column = self.column + index;
            match c {
                '{' if brace.is_none() => brace = Some(column),
                '\'' if brace.is_some() => quoted = !quoted,
                '}' if !quoted => brace = None,
                c if c == at && brace.is_none() => {
                    pieces.push(Piece { text: &self.text[start..offset], column: start_column });
                    start = offset + c.len_utf8();
                    start_column = column + 1;
                }
                _ => {}
            }
        }
        if let Some(column) = brace {
            return Err(ParseError::Unclosed { column, open: '{' });
        }
        pieces.push(Piece { text: &self.text[start..], column: start_column });
        Ok(pieces)
    }

    fn trimmed(self) -> Self {
        let text = self.text.trim_start();
        let skipped = self.text[..self.text.len() - text.len()].chars().count();
        Piece { text: text.trim_end(), column: self.column + skipped }
    }
}

fn unexpected(column: usize, expected: &'static str, found: &str) -> ParseError {
    let found = if found.is_empty() { "the end".to_owned() } else { format!("`{found}`") };
    ParseError::Unexpected { column, expected, found }
}

/// Separates the resources from the walltime.
fn split_walltime(text: &str) -> Result<(Piece<'_>, Option<Piece<'_>>), ParseError> {
    let pieces = Piece { text, column: 1 }.split(',')?;
    let time = |piece: Piece<'_>| {
        let piece = piece.trimmed();
        let value = piece.text.strip_prefix("walltime")?.trim_start().strip_prefix('=')?;
        let skipped = piece.text[..piece.text.len() - value.len()].chars().count();
        Some((value.len(), piece.column + skipped))
    };
    let as_piece = |piece: Piece<'_>, (length, column): (usize, usize)| {
        let trimmed = piece.trimmed().text;
        (trimmed.len() - length, column)
    };
    match pieces[..] {
        [only] => match time(only) {
            None => Ok((only, None)),
            Some(found) => {
                let (from, column) = as_piece(only, found);
                let text = &only.trimmed().text[from..];
                Ok((Piece { text: "", column: 1 }, Some(Piece { text, column })))
            }
        },
        [resources, last] => {
            let found = time(last).ok_or_else(|| {
                let last = last.trimmed();
                unexpected(last.column, "`walltime=`", last.text)
            })?;
            let (from, column) = as_piece(last, found);
            Ok((resources, Some(Piece { text: &last.trimmed().text[from..], column })))
        }
        _ => Err(unexpected(pieces[2].column.saturating_sub(1), "the end", ",")),
    }
}

fn parse_group(piece: Piece<'_>) -> Result<Group, ParseError> {
    let mut piece = piece.trimmed();
    let mut filter = String::new();
    if piece.text.starts_with('{') {
        let end = filter_end(piece)?;
        piece.text[1..end].trim().clone_into(&mut filter);
        let start_column = piece.column + 1;
        Filter::parse(&piece.text[1..end]).map_err(|error| shifted(error, start_column - 1))?;
        let skipped = piece.text[..=end].chars().count();
        piece = Piece { text: &piece.text[end + 1..], column: piece.column + skipped }.trimmed();
    }
    let mut levels = Vec::new();
    for part in piece.split('/')? {
        let part = part.trimmed();
        // A leading and a trailing slash are usual.
        if !part.text.is_empty() {
            levels.push((part.column, parse_level(part)?));
        }
    }
    if levels.is_empty() {
        return Err(unexpected(piece.column, "a level", piece.text));
    }
    if levels.len() > PARTS_MAX {
        return Err(ParseError::TooLong { length: levels.len(), limit: PARTS_MAX });
    }
    if levels.len() > 1 {
        for (column, (_, amount)) in &levels {
            if let Some(word) = special_word(*amount) {
                return Err(ParseError::SpecialInHierarchy { column: *column, amount: word });
            }
        }
    }
    Ok(Group { filter, levels: levels.into_iter().map(|(_, level)| level).collect() })
}

/// Byte offset of the brace that closes the one the piece starts with.
fn filter_end(piece: Piece<'_>) -> Result<usize, ParseError> {
    let mut quoted = false;
    for (offset, c) in piece.text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '}' if !quoted => return Ok(offset),
            _ => {}
        }
    }
    Err(ParseError::Unclosed { column: piece.column, open: '{' })
}

/// An error of the filter, its column counted in the whole request.
fn shifted(error: ParseError, by: usize) -> ParseError {
    match error {
        ParseError::TooDeep { column, limit } => ParseError::TooDeep { column: column + by, limit },
        ParseError::Unexpected { column, expected, found } => {
            ParseError::Unexpected { column: column + by, expected, found }
        }
        ParseError::Unclosed { column, open } => ParseError::Unclosed { column: column + by, open },
        ParseError::Number { column, text } => ParseError::Number { column: column + by, text },
        other => other,
    }
}

fn parse_level(piece: Piece<'_>) -> Result<(String, Amount), ParseError> {
    let Some((name, amount)) = piece.text.split_once('=') else {
        return Err(unexpected(piece.column, "a level", piece.text));
    };
    let name_ok = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (name, amount_text) = (name.trim(), amount.trim());
    if name.is_empty() || !name.chars().all(name_ok) {
        return Err(unexpected(piece.column, "a level", piece.text));
    }
    let column = piece.column + piece.text.find('=').map_or(0, |at| at + 1);
    let amount = match amount_text {
        "ALL" => Amount::All,
        "BEST" => Amount::Best,
        "HALF_BEST" => Amount::HalfBest,
        digits if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            let count = digits.parse().ok().filter(|count| *count > 0);
            let error = || ParseError::Number { column, text: digits.to_owned() };
            Amount::Count(count.ok_or_else(error)?)
        }
        other => {
            return Err(unexpected(column, "a count, `ALL`, `BEST` or `HALF_BEST`", other));
        }
    };
    Ok((name.to_owned(), amount))
}

fn special_word(amount: Amount) -> Option<&'static str> {
    match amount {
        Amount::Count(_) => None,
        Amount::All => Some("ALL"),
        Amount::Best => Some("BEST"),
        Amount::HalfBest => Some("HALF_BEST"),
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (special_word(*self), self.code()) {
            (Some(word), _) => f.write_str(word),
            (None, count) => write!(f, "{count}"),
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, group) in self.groups.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "+" })?;
            if !group.filter.is_empty() {
                write!(f, "{{{}}}", group.filter)?;
            }
            for (name, amount) in &group.levels {
                write!(f, "/{name}={amount}")?;
            }
        }
        if let Some(walltime_s) = self.walltime_s {
            let comma = if self.groups.is_empty() { "" } else { "," };
            write!(f, "{comma}walltime={}", walltime::format(walltime_s))?;
        }
        Ok(())
    }
}
