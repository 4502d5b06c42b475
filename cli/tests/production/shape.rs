//! The shape of a JSON value: which keys there are and of what type, nothing of what they say.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Each place of a value with the types met there; items of a list share a place, and so do keys
/// that are numbers.
type Shape = BTreeMap<String, BTreeSet<&'static str>>;

fn shape(value: &Value) -> Shape {
    let mut shape = Shape::new();
    add(&mut shape, value, String::new());
    shape
}

fn add(shape: &mut Shape, value: &Value, at: String) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "flag",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "map",
    };
    match value {
        Value::Array(items) => items.iter().for_each(|item| add(shape, item, format!("{at}[]"))),
        Value::Object(map) => {
            for (key, value) in map {
                let number = key.bytes().all(|byte| byte.is_ascii_digit());
                let key = if number { "#" } else { key };
                add(shape, value, format!("{at}.{key}"));
            }
        }
        _ => {}
    }
    shape.entry(at).or_default().insert(kind);
}

/// Every place at which two values differ in shape: `PLACE missing`, `PLACE extra`, or `PLACE` with
/// the types of ours and theirs. What lies below such a place is not told.
pub(crate) fn differences(ours: &Value, theirs: &Value) -> Vec<String> {
    let (ours, theirs) = (shape(ours), shape(theirs));
    let places: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    let mut told: Vec<(&str, String)> = Vec::new();
    for place in places {
        let below = |(other, _): &(&str, String)| {
            place.strip_prefix(other).is_some_and(|rest| rest.starts_with(['.', '[']))
        };
        if told.iter().any(below) {
            continue;
        }
        let text = match (ours.get(place), theirs.get(place)) {
            (Some(ours), Some(theirs)) if ours == theirs => continue,
            (Some(ours), Some(theirs)) => {
                let words =
                    |kinds: &BTreeSet<&str>| kinds.iter().copied().collect::<Vec<_>>().join("/");
                format!("{place} {} for {}", words(ours), words(theirs))
            }
            (None, _) => format!("{place} missing"),
            (_, None) => format!("{place} extra"),
        };
        told.push((place, text));
    }
    told.into_iter().map(|(_, text)| text).collect()
}

#[test]
fn shapes_differ_by_keys_and_types_only() {
    use serde_json::json;
    let differ = |ours: Value, theirs: Value| differences(&ours, &theirs);
    assert!(differ(json!({"id": 1, "a": ["x"]}), json!({"id": 7, "a": ["y", "z"]})).is_empty());
    assert!(differ(json!({"7": {"a": 1}}), json!({"8": {"a": 2}})).is_empty());
    assert_eq!(differ(json!({"id": 1}), json!({"id": "1"})), [".id number for text"]);
    assert_eq!(differ(json!({}), json!({"a": {"b": 1}})), [".a missing"]);
    assert_eq!(differ(json!({"a": [{"b": 1}]}), json!({"a": []})), [".a[] extra"]);
    assert_eq!(differ(json!({"a": null}), json!({"a": {"b": 1}})), [".a null for map"]);
    let (ours, theirs) = (json!([{"a": 1}, {"a": 2, "b": 1}]), json!([{"a": 1}]));
    assert_eq!(differ(ours, theirs), ["[].b extra"]);
}
