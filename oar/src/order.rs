//! The resource order (`SCHEDULER_RESOURCE_ORDER`): SQL's ORDER BY over plain columns. Knows the
//! words only; what a row holds is asked of the caller.

use crate::error::ParseError;
use crate::value::Value;
use std::cmp::Ordering;
use std::fmt;

/// Longest order text accepted, in bytes.
const LENGTH_MAX: usize = 4096;

/// One column of the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderKey {
    /// Property, in the case given.
    pub property: String,
    /// Whether larger values come first.
    pub descending: bool,
}

/// A resource order: columns, most significant first. NULL sorts before every value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceOrder {
    keys: Vec<OrderKey>,
}

impl ResourceOrder {
    /// Reads `column [ASC|DESC], …`.
    ///
    /// # Errors
    /// An empty column, or a word other than `ASC` and `DESC` after it.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if text.len() > LENGTH_MAX {
            return Err(ParseError::TooLong { length: text.len(), limit: LENGTH_MAX });
        }
        let mut keys = Vec::new();
        let mut column = 1;
        for part in text.split(',') {
            keys.push(parse_key(part, column)?);
            column += part.chars().count() + 1;
        }
        Ok(Self { keys })
    }

    /// The columns, most significant first.
    #[must_use]
    pub fn keys(&self) -> &[OrderKey] {
        &self.keys
    }

    /// Compares two rows given as a function from column to value.
    pub fn compare<'a>(
        &self,
        a: impl Fn(&str) -> &'a Value,
        b: impl Fn(&str) -> &'a Value,
    ) -> Ordering {
        for key in &self.keys {
            let order = a(&key.property).sort_order(b(&key.property));
            let order = if key.descending { order.reverse() } else { order };
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }
}

fn parse_key(part: &str, column: usize) -> Result<OrderKey, ParseError> {
    let mut words = part.split_whitespace();
    let unexpected = |expected, found: Option<&str>| ParseError::Unexpected {
        column,
        expected,
        found: found.map_or_else(|| "the end".to_owned(), |word| format!("`{word}`")),
    };
    let property = words.next().ok_or_else(|| unexpected("a property", None))?;
    let named = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !property.chars().all(named) || property.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(unexpected("a property", Some(property)));
    }
    let descending = match words.next() {
        None => false,
        Some(word) if word.eq_ignore_ascii_case("asc") => false,
        Some(word) if word.eq_ignore_ascii_case("desc") => true,
        Some(word) => return Err(unexpected("`ASC` or `DESC`", Some(word))),
    };
    if let Some(word) = words.next() {
        return Err(unexpected("`,`", Some(word)));
    }
    Ok(OrderKey { property: property.to_owned(), descending })
}

impl fmt::Display for ResourceOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, key) in self.keys.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let direction = if key.descending { "DESC" } else { "ASC" };
            write!(f, "{comma}{} {direction}", key.property)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packaged_order_survives_a_round_trip() {
        let text = "scheduler_priority ASC, state_num ASC, available_upto DESC, resource_id ASC";
        assert_eq!(ResourceOrder::parse(text).unwrap().to_string(), text);
        assert_eq!(
            ResourceOrder::parse("cpu,core desc").unwrap().to_string(),
            "cpu ASC, core DESC"
        );
    }

    #[test]
    fn errors_name_the_column() {
        let error = |text| ResourceOrder::parse(text).unwrap_err().to_string();
        assert_eq!(error(""), "column 1: expected a property, found the end");
        assert_eq!(error("cpu, core down"), "column 5: expected `ASC` or `DESC`, found `down`");
        assert_eq!(error("1cpu"), "column 1: expected a property, found `1cpu`");
    }
}
