//! What a submission asks for, read and written in both dialects: OAR 2 takes one text or a list,
//! and numbers as texts; OAR 3 takes lists and numbers. Does not judge it; see `check`.

use serde_json::{Map, Value};
use serde_json_borrow::Value as Json;

use super::Dialect;
use super::error::{Fault, WireError};
use super::field::{Field, kind, object};

/// A job or an array of jobs to submit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Submission {
    /// Requests as after `oarsub -l`; several are alternatives. None: the site's default.
    pub resources: Vec<String>,
    /// The command; a script may stand in its place in OAR 2.
    pub command: Option<String>,
    /// Parameters, one job a line.
    pub param_file: Option<String>,
    /// The size of an array without parameters.
    pub array: Option<u32>,
    /// Types, such as `besteffort`.
    pub types: Vec<String>,
    /// A name.
    pub name: Option<String>,
    /// A project.
    pub project: Option<String>,
    /// Where to start the command.
    pub directory: Option<String>,
    /// A filter on resources, in SQL.
    pub property: Option<String>,
    /// A queue.
    pub queue: Option<String>,
    /// Seconds between signal and kill.
    pub checkpoint: Option<u32>,
    /// The signal sent before a kill.
    pub signal: Option<u32>,
    /// Submit it held.
    pub hold: bool,
    /// Start of an advance reservation, `YYYY-MM-DD HH:MM:SS`.
    pub reservation: Option<String>,
    /// The job to wait for.
    pub anterior: Option<String>,
    /// File for its output.
    pub stdout: Option<String>,
    /// File for its errors.
    pub stderr: Option<String>,
    /// Every other field, as given: OAR 2 refuses what it does not know, OAR 3 ignores it.
    pub others: Map<String, Value>,
}

impl Submission {
    /// Reads the body of a submission.
    ///
    /// # Errors
    /// What the dialect's server would not accept in its place: wrong kinds, numbers out of range.
    pub(super) fn decode(dialect: Dialect, value: &Json<'_>) -> Result<Self, WireError> {
        let mut out = Self::default();
        for (key, value) in object(value)?.iter() {
            if !value.is_null() {
                out.take(dialect, key, value).map_err(|error| error.in_key(key))?;
            }
        }
        Ok(out)
    }

    fn take(&mut self, dialect: Dialect, key: &str, value: &Json<'_>) -> Result<(), WireError> {
        let text = || String::read(dialect, value).map(Some);
        match (key, dialect) {
            ("resource", _) => self.resources.splice(0..0, texts(dialect, value)?).for_each(drop),
            ("resources", Dialect::Oar2) => self.resources.extend(texts(dialect, value)?),
            ("type", _) => self.types.splice(0..0, texts(dialect, value)?).for_each(drop),
            ("types", Dialect::Oar2) => self.types.extend(texts(dialect, value)?),
            ("command", _) => self.command = text()?,
            ("param_file", _) => self.param_file = text()?,
            ("array", _) => self.array = Some(count(value)?),
            ("name", _) => self.name = text()?,
            ("project", _) => self.project = text()?,
            ("directory", _) => self.directory = text()?,
            ("property", _) => self.property = text()?,
            ("queue", _) => self.queue = text()?,
            ("checkpoint", _) => self.checkpoint = Some(count(value)?),
            ("signal", _) => self.signal = Some(count(value)?),
            ("hold", _) => self.hold = flag(value)?,
            ("reservation", _) => self.reservation = text()?,
            ("anterior", Dialect::Oar2) => self.anterior = text()?,
            ("stdout", _) => self.stdout = text()?,
            ("stderr", _) => self.stderr = text()?,
            (_, Dialect::Oar2 | Dialect::Oar3) => {
                self.others.insert(key.to_owned(), value.into());
            }
        }
        Ok(())
    }

    /// Writes the body of a submission.
    #[must_use]
    pub fn encode(&self, dialect: Dialect) -> Value {
        let mut map = self.others.clone();
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                map.insert(key.to_owned(), value);
            }
        };
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        let number = |number: Option<u32>| {
            number.map(|number| match dialect {
                Dialect::Oar2 => Value::from(number.to_string()),
                Dialect::Oar3 => Value::from(number),
            })
        };
        put("resource", list(dialect, &self.resources));
        put("type", list(dialect, &self.types));
        put("command", text(&self.command));
        put("param_file", text(&self.param_file));
        put("array", number(self.array));
        put("name", text(&self.name));
        put("project", text(&self.project));
        put("directory", text(&self.directory));
        put("property", text(&self.property));
        put("queue", text(&self.queue));
        put("checkpoint", number(self.checkpoint));
        put("signal", number(self.signal));
        put(
            "hold",
            self.hold.then(|| match dialect {
                Dialect::Oar2 => Value::from("1"),
                Dialect::Oar3 => Value::from(true),
            }),
        );
        put("reservation", text(&self.reservation));
        put("anterior", text(&self.anterior));
        put("stdout", text(&self.stdout));
        put("stderr", text(&self.stderr));
        Value::Object(map)
    }
}

fn texts(dialect: Dialect, value: &Json<'_>) -> Result<Vec<String>, WireError> {
    match (value, dialect) {
        (Json::Str(text), Dialect::Oar2) => Ok(vec![text.clone().into_owned()]),
        _ => Vec::read(dialect, value),
    }
}

fn count(value: &Json<'_>) -> Result<u32, WireError> {
    match value {
        // Both servers turn texts into numbers.
        Json::Str(text) => text.trim().parse().map_err(|_| WireError::new(Fault::Range)),
        _ => u32::read(Dialect::Oar3, value),
    }
}

fn flag(value: &Json<'_>) -> Result<bool, WireError> {
    match value {
        Json::Bool(flag) => Ok(*flag),
        Json::Str(text) => Ok(!matches!(&**text, "" | "0" | "false")),
        Json::Number(number) => Ok(number.as_f64() != Some(0.0)),
        other => Err(kind("true or false", other)),
    }
}

fn list(dialect: Dialect, texts: &[String]) -> Option<Value> {
    match (texts, dialect) {
        ([], _) => None,
        ([one], Dialect::Oar2) => Some(Value::from(one.as_str())),
        (many, _) => Some(many.iter().map(|text| Value::from(text.as_str())).collect()),
    }
}
