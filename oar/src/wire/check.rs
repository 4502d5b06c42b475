//! What must not be sent to an OAR server, since it would do harm: one bad name makes OAR 3's API
//! answer 500 to everybody until its administrators restart it. Checks the text, not the sense.

use super::Dialect;
use super::call::{Call, JobQuery};
use super::submission::Submission;
use crate::error::ParseError;
use crate::filter::Filter;
use crate::texts::{self, TextError};

/// The longest name OAR's database holds, in characters.
pub const NAME_MAX: usize = 100;
/// The longest command, in bytes: the system takes 128 KiB as one argument of a command.
pub const COMMAND_MAX: usize = 125_000;
/// The most ids in one request: its line stays below what web servers accept.
pub const IDS_MAX: usize = 500;

/// Why a call is not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Harmful {
    /// A text is too long for OAR's database.
    #[error("`{field}` has {length} characters, OAR accepts {limit}\n  hint: shorten it")]
    TooLong {
        /// The field.
        field: &'static str,
        /// Characters it has.
        length: usize,
        /// Characters accepted.
        limit: usize,
    },
    /// Only ASCII letters, digits and signs are safe.
    #[error(
        "`{field}` holds the character `{character}`\n  hint: use ASCII, without control characters"
    )]
    Character {
        /// The field.
        field: &'static str,
        /// The first bad one, escaped.
        character: String,
    },
    /// A filter or request that OAR's grammar does not know; it would reach the database as it is.
    #[error("`{field}` cannot be read: {source}")]
    Grammar {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        source: ParseError,
    },
    /// The site's resources have no such column.
    #[error(
        "no resource of the cluster has the property `{name}`\n  hint: `oarnodes` lists the properties"
    )]
    Property {
        /// The name as written.
        name: String,
    },
    /// A property is named, and nothing is known of the site's resources.
    #[error(
        "the property `{name}` is named, and the cluster has not listed its resources yet\n  hint: it is sent when \
         they are listed"
    )]
    Unlisted {
        /// The name as written.
        name: String,
    },
    /// A text that could do harm.
    #[error("`{field}`: {source}\n  hint: {}", .source.hint())]
    Text {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        source: TextError,
    },
    /// A type that crashes OAR's scheduler.
    #[error("type `{name}` cannot be used here: {why}")]
    Type {
        /// The type.
        name: &'static str,
        /// Why not.
        why: &'static str,
    },
    /// A line that OAR would drop, cut, or write in other letters.
    #[error("line {line} of `param_file` {why}\n  hint: spell it in ASCII, without `#`")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A number out of its range.
    #[error("`{field}` must be between {least} and {most}")]
    Range {
        /// The field.
        field: &'static str,
        /// The least accepted.
        least: u64,
        /// The most accepted.
        most: u64,
    },
    /// A field that the dialect does not have.
    #[error("OAR has no field `{0}` in a submission")]
    Field(String),
    /// The dialect has no such route.
    #[error("this OAR has no such route")]
    NoRoute,
}

/// Refuses a call that could do harm.
///
/// `properties` are the columns of the cluster's resources, where known: an unknown one in a filter
/// is an error of SQL, and these are what breaks OAR 3. Where they are not known, nothing is sent that names one.
///
/// # Errors
/// [`Harmful`].
pub fn check(dialect: Dialect, call: &Call, properties: Option<&[String]>) -> Result<(), Harmful> {
    match call {
        Call::Submit(submission) => check_submission(dialect, submission, properties),
        Call::Jobs(query) => check_query(query),
        Call::Resources { limit, .. } => check_limit(*limit),
        Call::Signal(_, signal) => range("signal", u64::from(*signal), 1, 64),
        Call::ReadFile { path, .. }
        | Call::WriteFile { path, .. }
        | Call::DeleteFile { path }
        | Call::ListFiles { path } => no_control("path", path, false),
        _ => Ok(()),
    }
    .and_then(|()| super::render::render(dialect, call).map(drop).ok_or(Harmful::NoRoute))
}

fn check_query(query: &JobQuery) -> Result<(), Harmful> {
    check_limit(query.limit)?;
    if let Some(user) = &query.user {
        ascii("user", user, NAME_MAX)?;
    }
    range("ids", query.ids.len() as u64, 0, IDS_MAX as u64)
}

fn check_limit(limit: Option<u32>) -> Result<(), Harmful> {
    // A limit of 0 is an empty page in one dialect and no limit in the other.
    limit.map_or(Ok(()), |limit| range("limit", u64::from(limit), 1, i32::MAX as u64))
}

fn check_submission(
    dialect: Dialect,
    submission: &Submission,
    properties: Option<&[String]>,
) -> Result<(), Harmful> {
    let s = submission;
    if let Some(other) = s.others.keys().next() {
        return Err(Harmful::Field(other.clone()));
    }
    for (field, text, limit) in [
        ("name", &s.name, NAME_MAX),
        ("queue", &s.queue, NAME_MAX),
        ("stdout", &s.stdout, 255),
        ("stderr", &s.stderr, 255),
        ("anterior", &s.anterior, 20),
        ("reservation", &s.reservation, 30),
    ] {
        if let Some(text) = text {
            ascii(field, text, limit)?;
        }
    }
    let text = |field| move |source| Harmful::Text { field, source };
    texts::project(s.project.as_deref().unwrap_or("")).map_err(text("project"))?;
    texts::directory(s.directory.as_deref().unwrap_or("")).map_err(text("directory"))?;
    s.types.iter().try_for_each(|one| texts::job_type(one)).map_err(text("type"))?;
    no_control("command", s.command.as_deref().unwrap_or(""), true)?;
    let length = s.command.as_deref().map_or(0, str::len);
    if length > COMMAND_MAX {
        return Err(Harmful::TooLong { field: "command", length, limit: COMMAND_MAX });
    }
    s.param_file.as_deref().map_or(Ok(()), check_lines)?;
    check_types(dialect, s)?;
    if let Some(size) = s.array {
        range("array", u64::from(size), 1, 100_000)?;
    }
    if let Some(property) = &s.property
        && let Some(filter) = texts::filter(property).map_err(text("property"))?
    {
        known(properties, &filter.properties())?;
    }
    for wanted in &s.resources {
        let request = texts::request(wanted).map_err(text("resource"))?;
        for group in &request.groups {
            if !group.filter.is_empty() {
                let filter = Filter::parse(&group.filter)
                    .map_err(|source| Harmful::Grammar { field: "resource", source })?;
                known(properties, &filter.properties())?;
            }
        }
    }
    Ok(())
}

fn check_types(dialect: Dialect, submission: &Submission) -> Result<(), Harmful> {
    let has = |word: &str| submission.types.iter().any(|one| one.split('=').next() == Some(word));
    if dialect == Dialect::Oar3 && has("besteffort") && submission.checkpoint.is_some_and(|s| s > 0)
    {
        let why = "together with a checkpoint it stops the whole scheduler of OAR 3";
        return Err(Harmful::Type { name: "besteffort", why });
    }
    Ok(())
}

fn known(properties: Option<&[String]>, names: &[&str]) -> Result<(), Harmful> {
    let Some(properties) = properties else {
        return match names.first() {
            Some(name) => Err(Harmful::Unlisted { name: (*name).to_owned() }),
            None => Ok(()),
        };
    };
    let unknown =
        names.iter().find(|name| !properties.iter().any(|known| known.eq_ignore_ascii_case(name)));
    match unknown {
        Some(name) => Err(Harmful::Property { name: (*name).to_owned() }),
        None => Ok(()),
    }
}

fn ascii(field: &'static str, text: &str, limit: usize) -> Result<(), Harmful> {
    let length = text.chars().count();
    if length > limit {
        return Err(Harmful::TooLong { field, length, limit });
    }
    match text.chars().find(|c| !c.is_ascii() || c.is_ascii_control()) {
        Some(bad) => Err(Harmful::Character { field, character: bad.escape_default().to_string() }),
        None => Ok(()),
    }
}

fn no_control(field: &'static str, text: &str, lines: bool) -> Result<(), Harmful> {
    let bad = |c: &char| *c == '\0' || (c.is_control() && !(lines && matches!(c, '\n' | '\t')));
    match text.chars().find(bad) {
        Some(bad) => Err(Harmful::Character { field, character: bad.escape_default().to_string() }),
        None => Ok(()),
    }
}

/// Every line must become one job, and reach it as it is. OAR 2.5 cuts lines at `#`, drops blank ones, and
/// writes Latin-1.
fn check_lines(text: &str) -> Result<(), Harmful> {
    for (line, text) in (1..).zip(text.split('\n')) {
        let why = if text.trim().is_empty() {
            "is blank"
        } else if text.contains('#') {
            "holds a `#`"
        } else if !text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
            "holds more than ASCII that can be seen"
        } else {
            continue;
        };
        return Err(Harmful::Line { line, why });
    }
    Ok(())
}

fn range(field: &'static str, value: u64, least: u64, most: u64) -> Result<(), Harmful> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(Harmful::Range { field, least, most })
    }
}
