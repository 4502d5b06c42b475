//! Compares the shape of two JSON values: keys, types, nothing of what they say.

use serde_json::Value;

/// Keys of a job that come and go with its state.
const WITH_STATE: [&str; 3] = ["exit_code", "exit_status_code", "walltime"];

/// Keys that OAR 3 leaves out of a job which has none; the jobs of a list are not all alike.
const OF_SOME: [&str; 2] = ["name", "types"];

/// The first difference in shape, with its place; none if there is none. A null fits every type; of
/// two lists, each item of ours must be like one of theirs, and an empty list is like any.
pub(crate) fn difference(ours: &Value, theirs: &Value, at: &str) -> Option<String> {
    match (ours, theirs) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Object(ours), Value::Object(theirs)) => {
            let other_state = ours.get("state") != theirs.get("state");
            let excused = |key: &str| {
                (other_state && WITH_STATE.contains(&key))
                    || (at.ends_with("[]") && OF_SOME.contains(&key))
            };
            for key in theirs.keys() {
                if !ours.contains_key(key) && !excused(key) && !is_number(key) {
                    return Some(format!("{at}.{key} is missing"));
                }
            }
            for (key, value) in ours {
                match theirs.get(key) {
                    None if excused(key) || is_number(key) => {}
                    None => return Some(format!("{at}.{key} is not recorded")),
                    Some(recorded) => {
                        if let Some(wrong) = difference(value, recorded, &format!("{at}.{key}")) {
                            return Some(wrong);
                        }
                    }
                }
            }
            None
        }
        (Value::Array(ours), Value::Array(theirs)) => ours.iter().find_map(|item| {
            let wrong =
                theirs.iter().map(|recorded| difference(item, recorded, &format!("{at}[]")));
            let wrong: Vec<Option<String>> = wrong.collect();
            if wrong.iter().any(Option::is_none) {
                None
            } else {
                wrong.into_iter().flatten().next()
            }
        }),
        (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_)) => None,
        (ours, theirs) => Some(format!("{at} is {ours}, recorded was {theirs}")),
    }
}

/// Keys that are ids say nothing about the shape.
fn is_number(key: &str) -> bool {
    key.bytes().all(|byte| byte.is_ascii_digit())
}

#[test]
fn shapes_differ_by_keys_and_types_only() {
    use serde_json::json;
    let differs = |a: Value, b: Value| difference(&a, &b, "").is_some();
    assert!(!differs(json!({"id": 1, "items": []}), json!({"id": 7, "items": [{"a": 1}]})));
    assert!(differs(json!({"id": 1}), json!({"id": "1"})));
    assert!(differs(json!({"id": 1, "x": 2}), json!({"id": 1})));
    assert!(differs(json!({"id": 1}), json!({"id": 1, "x": 2})));
    assert!(differs(json!([{"a": 1}]), json!([{"b": 1}, {"c": 1}])));
    assert!(!differs(json!([{"b": 1}]), json!([{"a": 1}, {"b": 2}])));
    let (ours, theirs) = (json!({"state": "Running", "walltime": 3}), json!({"state": "Waiting"}));
    assert!(!differs(ours, theirs));
}
