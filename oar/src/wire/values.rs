//! The plain values of OAR's objects in JSON: numbers, texts, lists, states, ids, types of jobs and
//! names of events, with what the dialects do to each. Knows no record.

use std::fmt;

use serde_json::{Number, Value};
use serde_json_borrow::Value as Json;

use super::Dialect;
use super::error::{Fault, WireError};
use super::field::{Field, kind};
use crate::states::{JobState, ReservationState, ResourceState};

macro_rules! integers {
    ($($type:ty),+) => {$(
        impl Field for $type {
            fn read(_: Dialect, value: &Json<'_>) -> Result<Self, WireError> {
                let Json::Number(number) = value else { return Err(kind("a whole number", value)) };
                let wide = number.as_i64().map(i128::from).or(number.as_u64().map(i128::from));
                wide.and_then(|wide| wide.try_into().ok())
                    .ok_or_else(|| WireError::new(Fault::Range))
            }

            fn write(&self, _: Dialect) -> Value {
                Value::from(*self)
            }
        }
    )+};
}
integers!(u16, i32, u32, i64, u64);

impl Field for String {
    fn read(_: Dialect, value: &Json<'_>) -> Result<Self, WireError> {
        value.as_str().map(str::to_owned).ok_or_else(|| kind("a text", value))
    }

    fn write(&self, _: Dialect) -> Value {
        Value::String(self.clone())
    }
}

impl Field for Value {
    fn read(_: Dialect, value: &Json<'_>) -> Result<Self, WireError> {
        Ok(value.into())
    }

    fn write(&self, _: Dialect) -> Value {
        self.clone()
    }
}

impl<T: Field> Field for Option<T> {
    fn read(dialect: Dialect, value: &Json<'_>) -> Result<Self, WireError> {
        T::read(dialect, value).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn write(&self, dialect: Dialect) -> Value {
        self.as_ref().map_or(Value::Null, |value| value.write(dialect))
    }
}

impl<T: Field> Field for Box<T> {
    fn read(dialect: Dialect, value: &Json<'_>) -> Result<Self, WireError> {
        T::read(dialect, value).map(Box::new)
    }

    fn write(&self, dialect: Dialect) -> Value {
        (**self).write(dialect)
    }
}

impl<T: Field> Field for Vec<T> {
    fn read(dialect: Dialect, value: &Json<'_>) -> Result<Self, WireError> {
        let list = value.as_array().ok_or_else(|| kind("a list", value))?;
        let item = |(index, value)| T::read(dialect, value).map_err(|e| e.in_item(index));
        list.iter().enumerate().map(item).collect()
    }

    fn write(&self, dialect: Dialect) -> Value {
        self.iter().map(|item| item.write(dialect)).collect()
    }
}

macro_rules! words {
    ($($type:ty, $what:literal;)+) => {$(
        impl Field for $type {
            fn read(_: Dialect, value: &Json<'_>) -> Result<Self, WireError> {
                let word = value.as_str().ok_or_else(|| kind("a text", value))?;
                word.parse().map_err(|_| WireError::word($what, word))
            }

            fn write(&self, _: Dialect) -> Value {
                Value::from(self.as_str())
            }
        }
    )+};
}
words! {
    JobState, "job state";
    ReservationState, "reservation state";
    ResourceState, "resource state";
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl Field for $name {
            fn read(dialect: Dialect, value: &Json<'_>) -> Result<Self, WireError> {
                u64::read(dialect, value).map(Self)
            }

            fn write(&self, _: Dialect) -> Value {
                Value::from(self.0)
            }
        }
    )+};
}
ids! {
    /// A job, counted from 1. Also an array of jobs: it has the id of its first job.
    JobId;
    /// A resource, counted from 1.
    ResourceId;
}

/// The id of a job or a resource in an answer about a request: OAR 2 gives it back as the text that
/// stood in the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EchoedId(pub u64);

impl Field for EchoedId {
    fn read(dialect: Dialect, value: &Json<'_>) -> Result<Self, WireError> {
        match value {
            Json::Str(text) => text.parse().map(Self).map_err(|_| WireError::word("id", text)),
            _ => u64::read(dialect, value).map(Self),
        }
    }

    fn write(&self, dialect: Dialect) -> Value {
        match dialect {
            Dialect::Oar2 => Value::from(self.0.to_string()),
            Dialect::Oar3 => Value::from(self.0),
        }
    }
}

/// The server's clock, in seconds since 1970: whole ones in OAR 2, with a fraction in OAR 3.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct ApiTime(pub f64);

impl Field for ApiTime {
    fn read(_: Dialect, value: &Json<'_>) -> Result<Self, WireError> {
        value.as_f64().map(Self).ok_or_else(|| kind("a number", value))
    }

    fn write(&self, dialect: Dialect) -> Value {
        match dialect {
            // A cast of a float saturates, which is right for a clock.
            #[expect(clippy::cast_possible_truncation, reason = "whole seconds are what is asked")]
            Dialect::Oar2 => Value::from(self.0 as i64),
            Dialect::Oar3 => Number::from_f64(self.0).map_or(Value::Null, Value::Number),
        }
    }
}

/// The types of a job, such as `besteffort` or `inner=12`: OAR 2 gives a list of these, OAR 3 an
/// object with true for types without a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Types(pub Vec<String>);

impl Types {
    /// Whether the type is among them, whatever its value.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.0.iter().any(|one| one.split('=').next() == Some(word))
    }
}

impl Field for Types {
    fn read(dialect: Dialect, value: &Json<'_>) -> Result<Self, WireError> {
        let Json::Object(map) = value else { return Vec::read(dialect, value).map(Self) };
        let one = |(word, value): (&str, &Json<'_>)| match value {
            Json::Bool(true) => Ok(word.to_owned()),
            Json::Str(text) => Ok(format!("{word}={text}")),
            Json::Number(number) => Ok(format!("{word}={number}")),
            other => Err(kind("true or a text", other).in_key(word)),
        };
        map.iter().map(one).collect::<Result<_, _>>().map(Self)
    }

    fn write(&self, dialect: Dialect) -> Value {
        match dialect {
            Dialect::Oar2 => self.0.write(dialect),
            Dialect::Oar3 => Value::Object(
                self.0
                    .iter()
                    .map(|one| match one.split_once('=') {
                        None => (one.clone(), Value::Bool(true)),
                        Some((word, value)) => (word.to_owned(), Value::from(value)),
                    })
                    .collect(),
            ),
        }
    }
}

/// The name of an event, such as `BESTEFFORT_KILL`, as OAR 2 spells it: OAR 3 writes
/// `WORKING_DIRECTORY` without its last letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventName(pub String);

const DIRECTORY: (&str, &str) = ("WORKING_DIRECTORY", "WORKING_DIRECTOR");

impl Field for EventName {
    fn read(dialect: Dialect, value: &Json<'_>) -> Result<Self, WireError> {
        let word = String::read(dialect, value)?;
        Ok(Self(if word == DIRECTORY.1 { DIRECTORY.0.to_owned() } else { word }))
    }

    fn write(&self, dialect: Dialect) -> Value {
        match dialect {
            Dialect::Oar3 if self.0 == DIRECTORY.0 => Value::from(DIRECTORY.1),
            Dialect::Oar2 | Dialect::Oar3 => Value::from(self.0.as_str()),
        }
    }
}
