//! The way from a path to a figure, and to what the writer may have meant. Must not know how
//! figures are compared.

use gleaner_core::suggest::edit_distance;
use serde_json::{Map, Value};

use crate::assertion::error::{AssertionError, NULL, Nearest};

/// Names offered in a hint at most.
const OFFERED: usize = 4;

/// A path as written, and its parts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path {
    pub(super) text: String,
    /// Column of its first character.
    pub(super) column: usize,
    pub(super) parts: Vec<String>,
}

/// Returns the number that a path leads to.
pub(super) fn number(figures: &Value, path: &Path) -> Result<f64, AssertionError> {
    let mut deepest = (figures, 0);
    match walk(figures, &path.parts, 0, &mut deepest) {
        Some(Value::Number(number)) => {
            Ok(number.as_f64().expect("a json number reads as a double"))
        }
        Some(other) => Err(AssertionError::NotANumber {
            path: path.text.clone(),
            column: path.column,
            kind: kind(other),
            nearest: nearest(other, ""),
        }),
        None => {
            let (reached, used) = deepest;
            let missing = path.parts[used..].join(".");
            Err(AssertionError::UnknownPath {
                path: path.text.clone(),
                column: path.column,
                nearest: nearest(reached, &missing),
                missing,
            })
        }
    }
}

/// Follows `parts[used..]` from `at`, longest names first, and remembers how far any way led.
fn walk<'v>(
    at: &'v Value,
    parts: &[String],
    used: usize,
    deepest: &mut (&'v Value, usize),
) -> Option<&'v Value> {
    if used == parts.len() {
        return Some(at);
    }
    if used > deepest.1 {
        *deepest = (at, used);
    }
    let keys = at.as_object()?;
    let longest = keys.keys().map(|key| key.matches('.').count() + 1).max()?;
    (used + 1..=parts.len().min(used + longest)).rev().find_map(|end| {
        let next = keys.get(parts[used..end].join(".").as_str())?;
        walk(next, parts, end, deepest)
    })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => NULL,
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a group of figures",
    }
}

/// Returns the keys of a group that look most like `wanted`, or its first ones.
fn nearest(group: &Value, wanted: &str) -> Nearest {
    let empty = Map::new();
    let keys = group.as_object().unwrap_or(&empty);
    // A path that goes on after the missing name must not hide what the name looks like.
    let first = wanted.split('.').next().unwrap_or(wanted);
    let mut ranked: Vec<(usize, &String)> = keys
        .keys()
        .map(|key| (edit_distance(key, first).min(edit_distance(key, wanted)), key))
        .collect();
    if !wanted.is_empty() {
        ranked.sort_by_key(|&(far, _)| far);
    }
    Nearest(ranked.into_iter().take(OFFERED).map(|(_, key)| key.clone()).collect())
}
