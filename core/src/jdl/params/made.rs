//! Parameters that are described and not listed: ranges with a step, all combinations of values, and numbers drawn from a
//! seed. The same description makes the same parameters, everywhere and always.

mod chance;
mod column;
mod line;

use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;

use crate::jdl::params::made::chance::Chance;
use crate::jdl::params::made::column::Column;
use crate::jdl::params::made::line::Line;
use crate::jdl::params::{Parameters, ParametersBuilder, ParametersError};

/// The most columns that a description may have.
const COLUMNS_MAX: usize = 100;
/// The most text that a description may make, in bytes.
const MADE_BYTES_MAX: u32 = 512 * 1024 * 1024;

/// A description of parameters, as `params` of a JDL may have one: `{"cross": {"a": [1, 2], "n": "0..90:10"}}`.
#[derive(Debug)]
pub(in crate::jdl) struct Made {
    /// Columns whose values are all combined; the last turns fastest.
    cross: Vec<Column>,
    /// Columns whose values are drawn anew in each parameter.
    draw: Vec<Column>,
    /// Parameters for each combination.
    count: u64,
    seed: u64,
    line: Line,
}

/// An object whose keys keep their order.
struct Pairs(Vec<(String, Value)>);

impl<'de> serde::Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Pairs, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of names and values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs: Vec<(String, Value)> = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    if pairs.iter().any(|(other, _)| *other == key) {
                        return Err(A::Error::custom(format_args!("key `{key}` is given twice")));
                    }
                    if pairs.len() == COLUMNS_MAX {
                        return Err(A::Error::custom(format_args!("more than {COLUMNS_MAX} keys")));
                    }
                    pairs.push((key, map.next_value()?));
                }
                Ok(Pairs(pairs))
            }
        }
        json.deserialize_map(Keys)
    }
}

impl Made {
    /// Reads the keys of a description.
    pub(in crate::jdl) fn read<'de, A: MapAccess<'de>>(mut map: A) -> Result<Made, A::Error> {
        let wrong = A::Error::custom::<String>;
        let (mut range, mut cross, mut draw, mut line) = (None, None, None, None);
        while let Some(key) = map.next_key::<String>()? {
            let twice = match &*key {
                "range" => range.replace(map.next_value::<String>()?).is_some(),
                "cross" => cross.replace(map.next_value::<Pairs>()?).is_some(),
                "draw" => draw.replace(map.next_value::<Pairs>()?).is_some(),
                "line" => line.replace(map.next_value::<String>()?).is_some(),
                _ => {
                    let known = "expected `range`, `cross`, `draw` or `line`";
                    return Err(wrong(format!("`params` has no key `{key}`, {known}")));
                }
            };
            if twice {
                return Err(wrong(format!("key `{key}` is given twice")));
            }
        }
        let mut made =
            Made { cross: Vec::new(), draw: Vec::new(), count: 1, seed: 1, line: Line::default() };
        if let Some(range) = &range {
            made.cross.push(Column::range(range).map_err(wrong)?);
        }
        for (name, values) in cross.into_iter().flat_map(|Pairs(pairs)| pairs) {
            made.cross.push(Column::listed(&name, &values).map_err(wrong)?);
        }
        for (name, law) in draw.into_iter().flat_map(|Pairs(pairs)| pairs) {
            match (&*name, law.as_u64()) {
                ("count", Some(count)) => made.count = count,
                ("seed", Some(seed)) => made.seed = seed,
                ("count" | "seed", None) => {
                    return Err(wrong(format!(
                        "`draw.{name}` is `{law}`, expected a whole number from 0"
                    )));
                }
                _ => made.draw.push(Column::drawn(&name, &law).map_err(wrong)?),
            }
        }
        made.finish(line.as_deref(), range.is_some()).map_err(wrong)
    }

    /// Checks the names, and reads or makes the line.
    fn finish(mut self, line: Option<&str>, ranged: bool) -> Result<Made, String> {
        let columns = || self.cross.iter().chain(&self.draw);
        if columns().next().is_none() {
            return Err("`params` describes nothing: give `range`, `cross` or `draw`".to_owned());
        }
        let names: Vec<&str> = columns().map(|column| &*column.name).collect();
        for (place, name) in names.iter().enumerate() {
            if names[..place].contains(name) || *name == line::NUMBER {
                return Err(format!("`{name}` names two things in `params`"));
            }
        }
        let line = match line {
            Some(line) => Line::read(line, &names)?,
            // The values of one range differ, and are names enough.
            None if ranged && names.len() == 1 && self.count == 1 => Line::values(&names),
            None => Line::numbered(&names),
        };
        self.line = line;
        Ok(self)
    }

    /// Returns how many parameters it makes.
    fn len(&self) -> u64 {
        self.cross.iter().fold(self.count, |all, column| all.saturating_mul(column.len()))
    }

    /// Makes the parameters, of which there may be `max`.
    pub(in crate::jdl) fn parameters(&self, max: u32) -> Result<Parameters, ParametersError> {
        let count = self.len();
        if count > u64::from(max) {
            return Err(ParametersError::TooMany { count, max });
        }
        let mut builder = ParametersBuilder::new(max);
        let mut bytes = 0;
        let mut chance = Chance::new(self.seed);
        let mut values = vec![String::new(); self.cross.len() + self.draw.len()];
        for number in 0..count {
            // A combination stays for all draws that it gets.
            let mut rest = number / self.count;
            let crossed = self.cross.iter().zip(&mut values).rev();
            for (column, value) in crossed {
                column.write(rest % column.len(), value);
                rest /= column.len();
            }
            for (column, value) in self.draw.iter().zip(&mut values[self.cross.len()..]) {
                column.draw(&mut chance, value);
            }
            let line = self.line.filled(number, &values);
            // A short description may mean more than anybody could send.
            bytes += line.len();
            if bytes > MADE_BYTES_MAX as usize {
                return Err(ParametersError::TooMuchText { max: MADE_BYTES_MAX });
            }
            builder.push(&line)?;
        }
        builder.finish()
    }
}
