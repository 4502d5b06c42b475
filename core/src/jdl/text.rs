//! JSON values as the texts that CiGri's keys are.

use serde_json::Value;

use crate::jdl::error::JdlError;

/// Returns the path of a key of a cluster, for people.
pub(super) fn path(cluster: &str, key: Option<&str>) -> Box<str> {
    match key {
        Some(key) => format!("clusters.{cluster}.{key}").into(),
        None => format!("clusters.{cluster}").into(),
    }
}

/// Absent, null and false are the same to CiGri.
pub(super) fn missing(value: Option<&Value>) -> bool {
    matches!(value, None | Some(Value::Null | Value::Bool(false)))
}

/// Takes a text, a number or a boolean as text.
pub(super) fn scalar(key: &str, value: &Value) -> Result<String, JdlError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(JdlError::Kind { key: key.into(), expected: "a text", found: kind(value) })
        }
    }
}

/// Takes a list of texts, or one text, as lines.
pub(super) fn lines(key: &str, value: &Value) -> Result<String, JdlError> {
    let Value::Array(values) = value else {
        return scalar(key, value);
    };
    let lines = values.iter().zip(0_usize..);
    let lines = lines.map(|(line, position)| scalar(&format!("{key}[{position}]"), line));
    Ok(lines.collect::<Result<Vec<_>, _>>()?.join("\n"))
}

/// Returns the name of a value's JSON type.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
