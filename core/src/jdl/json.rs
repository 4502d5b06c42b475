//! The outermost layer of a JDL: its top-level keys in lower case, its parameters straight into their
//! arena (a million of them would be large as JSON values). Refuses keys given twice.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::jdl::error::{JdlError, JdlWarning};
use crate::jdl::params::made::Made;
use crate::jdl::params::{Parameters, ParametersBuilder, ParametersError};
use crate::jdl::ruby;

/// The most values of a JDL outside of its parameters, and the most text: each is held several times over, and once
/// for each cluster.
const VALUES_MAX: u32 = 10_000;
const TEXT_MAX: u32 = 256 * 1024;

/// A JDL as it was written.
#[derive(Debug)]
pub(super) struct Document {
    /// All top-level keys but `params`, in lower case.
    pub(super) keys: Map<String, Value>,
    /// `params`, unless missing.
    pub(super) params: Option<Result<Parameters, ParametersError>>,
}

/// Reads a JSON object with at most `max` parameters; what only Ruby's reader takes for one is noted.
pub(super) fn read(text: &str, max: u32) -> Result<(Document, Vec<JdlWarning>), JdlError> {
    let (text, mark) = ruby::without_mark(text);
    let mut notes = Vec::from_iter(mark);
    // Nearly all texts are plain.
    let strict = whole(text, TopLevel { max }, |line, column| (line, column));
    let Some(plain) = strict.is_err().then(|| ruby::plain(text)).flatten() else {
        return strict.map(|document| (document, notes));
    };
    let place = |line, column| plain.place(text, line, column);
    let document = whole(&plain.text, TopLevel { max }, place)?;
    notes.extend(plain.notes);
    Ok((document, notes))
}

/// Reads a JSON list of at most `max` parameters.
pub(super) fn read_params(
    text: &str,
    max: u32,
) -> Result<Result<Parameters, ParametersError>, JdlError> {
    let params = whole(text, Params { max }, |line, column| (line, column))?;
    Ok(params.unwrap_or_else(|| Ok(Parameters::none())))
}

/// Reads a text that holds one value and nothing behind it; `place` tells what to say of the line and column of an
/// error.
fn whole<'de, S: DeserializeSeed<'de>>(
    text: &'de str,
    seed: S,
    place: impl Fn(usize, usize) -> (usize, usize),
) -> Result<S::Value, JdlError> {
    let mut json = serde_json::Deserializer::from_str(text);
    let read = seed.deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    read.map_err(|error| {
        let message = error.to_string();
        let suffix = format!(" at line {} column {}", error.line(), error.column());
        let message = message.strip_suffix(&suffix).unwrap_or(&message).into();
        let (line, column) = place(error.line(), error.column());
        JdlError::Syntax { line: line.max(1), column: column.max(1), message }
    })
}

struct TopLevel {
    max: u32,
}

impl<'de> DeserializeSeed<'de> for TopLevel {
    type Value = Document;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Document, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for TopLevel {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
        let mut document = Document { keys: Map::new(), params: None };
        let mut params_seen = false;
        let room = Room { values: Cell::new(VALUES_MAX), text: Cell::new(TEXT_MAX) };
        while let Some(key) = map.next_key::<String>()? {
            let key = key.to_lowercase();
            if document.keys.contains_key(&key) || (key == "params" && params_seen) {
                return Err(twice(&key));
            }
            if key == "params" {
                params_seen = true;
                document.params = map.next_value_seed(Params { max: self.max })?;
            } else {
                room.text(&key)?;
                document.keys.insert(key, map.next_value_seed(Strict(&room))?);
            }
        }
        Ok(document)
    }
}

fn twice<E: Error>(key: &str) -> E {
    E::custom(format_args!("key `{key}` is given twice"))
}

/// `params`: a list of texts, a description that makes one, or something that counts as missing.
struct Params {
    max: u32,
}

impl<'de> DeserializeSeed<'de> for Params {
    type Value = Option<Result<Parameters, ParametersError>>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Params {
    type Value = Option<Result<Parameters, ParametersError>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts as `params`, or `range`, `cross` or `draw` in braces")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Ok(Some(Made::read(map)?.parameters(self.max)))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        if value {
            Err(E::invalid_type(serde::de::Unexpected::Bool(value), &self))
        } else {
            Ok(None)
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut builder = ParametersBuilder::new(self.max);
        for position in 0_usize.. {
            if list.next_element_seed(Param { builder: &mut builder, position })?.is_none() {
                break;
            }
        }
        Ok(Some(builder.finish()))
    }
}

/// One parameter. Numbers and booleans are taken as text.
struct Param<'a> {
    builder: &'a mut ParametersBuilder,
    position: usize,
}

impl Param<'_> {
    fn push<E: Error>(self, text: &str) -> Result<(), E> {
        self.builder.push(text).map_err(E::custom)
    }
}

impl<'de> DeserializeSeed<'de> for Param<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Param<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a text as `params[{}]`", self.position)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.push(text)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.push(if value { "true" } else { "false" })
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.push(&value.to_string())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.push(&value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.push(&Value::from(value).to_string())
    }
}

/// What may still come outside of the parameters.
struct Room {
    values: Cell<u32>,
    text: Cell<u32>,
}

impl Room {
    fn value<E: Error>(&self) -> Result<(), E> {
        let left = self.values.get().checked_sub(1);
        let left = left.ok_or_else(|| {
            E::custom(format_args!("more than {VALUES_MAX} values outside of `params`"))
        });
        left.map(|left| self.values.set(left))
    }

    fn text<E: Error>(&self, text: &str) -> Result<(), E> {
        let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let left = self.text.get().checked_sub(bytes);
        let left = left.ok_or_else(|| {
            E::custom(format_args!("more than {TEXT_MAX} bytes of text outside of `params`"))
        });
        left.map(|left| self.text.set(left))
    }
}

/// Any JSON value, but no object with a key given twice.
struct Strict<'a>(&'a Room);

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        self.0.value()?;
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        self.0.text(text)?;
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Strict(self.0))? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if values.contains_key(&key) {
                return Err(twice(&key));
            }
            self.0.text(&key)?;
            let value = map.next_value_seed(Strict(self.0))?;
            values.insert(key, value);
        }
        Ok(Value::Object(values))
    }
}
