//! A policy as a file gives it: a text, or a table that says the same. Knows no file format beyond that.
//!
//! `{ name = "tap", init = 5 }` is `tap:init=5`, and `{ name = "min", of = ["tap", { name = "greedy" }] }` is
//! `min(tap; greedy)`. So a policy can have no keys `name` and `of`.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use crate::policy::error::PolicyError;
use crate::policy::spec::PolicySpec;

/// A policy as a file gives it, not yet understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GivenPolicy {
    /// As a text.
    Text(String),
    /// As a table.
    Table {
        /// Its name.
        name: String,
        /// Its parameters, as texts.
        parameters: Vec<(Box<str>, Box<str>)>,
        /// What it is made of.
        of: Vec<GivenPolicy>,
    },
}

impl GivenPolicy {
    /// Understands it.
    ///
    /// # Errors
    /// [`PolicyError`] as the text of a policy; the catalogue still has to be asked.
    pub fn spec(&self) -> Result<PolicySpec, PolicyError> {
        match self {
            GivenPolicy::Text(text) => text.parse(),
            GivenPolicy::Table { name, parameters, of } => {
                let of = of.iter().map(GivenPolicy::spec).collect::<Result<_, _>>()?;
                PolicySpec::of(name, parameters.clone(), of)
            }
        }
    }
}

impl<'de> Deserialize<'de> for GivenPolicy {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<GivenPolicy, D::Error> {
        from.deserialize_any(TextOrTable)
    }
}

struct TextOrTable;

impl<'de> Visitor<'de> for TextOrTable {
    type Value = GivenPolicy;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a policy: a text like \"tap:init=5\", or a table like { name = \"tap\", init = 5 }",
        )
    }

    fn visit_str<E>(self, text: &str) -> Result<GivenPolicy, E> {
        Ok(GivenPolicy::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<GivenPolicy, A::Error> {
        let (mut name, mut of, mut parameters) = (None, Vec::new(), Vec::new());
        while let Some(key) = table.next_key::<String>()? {
            match key.as_str() {
                "name" => name = Some(table.next_value()?),
                "of" => of = table.next_value()?,
                _ => parameters.push((key.into(), table.next_value::<Scalar>()?.0)),
            }
        }
        let name = name.ok_or_else(|| de::Error::custom("a policy's table needs a `name`"))?;
        Ok(GivenPolicy::Table { name, parameters, of })
    }
}

/// The value of a parameter, as its text.
struct Scalar(Box<str>);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Scalar, D::Error> {
        from.deserialize_any(AnyScalar)
    }
}

struct AnyScalar;

impl Visitor<'_> for AnyScalar {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a parameter of a policy: a number, a text in quotes, `true` or `false`")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar(value.to_string().into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar(value.to_string().into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar(value.to_string().into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar(value.to_string().into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
        Ok(Scalar(value.into()))
    }
}
