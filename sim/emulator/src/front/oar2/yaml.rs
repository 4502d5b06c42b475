//! JSON values as YAML, in the block form that OAR 2 writes. Must not know what they mean.

use serde_json::Value;

/// A value as a YAML document.
pub(super) fn text(value: &Value) -> String {
    let mut out = String::from("---");
    write(value, 0, &mut out);
    out
}

fn write(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            for key in keys {
                indent(depth, out);
                out.push_str(&scalar(key));
                out.push(':');
                write(&map[key], depth + 1, out);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            out.push('\n');
            for item in list {
                indent(depth, out);
                out.push('-');
                item_in_list(item, depth, out);
            }
        }
        Value::Object(_) => out.push_str(" {}\n"),
        Value::Array(_) => out.push_str(" []\n"),
        Value::Null => out.push_str(" ~\n"),
        Value::Bool(flag) => out.push_str(if *flag { " true\n" } else { " false\n" }),
        Value::Number(number) => out.push_str(&format!(" {number}\n")),
        Value::String(text) => out.push_str(&format!(" {}\n", scalar(text))),
    }
}

/// The first key of a map stands behind the dash.
fn item_in_list(item: &Value, depth: usize, out: &mut String) {
    match item {
        Value::Object(map) if !map.is_empty() => {
            let mut inner = String::new();
            write(item, depth + 1, &mut inner);
            out.push(' ');
            out.push_str(inner.trim_start());
        }
        other => write(other, depth + 1, out),
    }
}

fn indent(depth: usize, out: &mut String) {
    out.extend(std::iter::repeat_n("  ", depth));
}

/// A text, quoted where a reader would take it for something else.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./ =-(),%+".contains(c);
    let odd_start = |c: char| !(c.is_ascii_alphabetic() || c == '/' || c == '_');
    let is_plain = !text.is_empty()
        && text.chars().all(plain)
        && !text.starts_with(odd_start)
        && !text.ends_with(' ')
        && !["true", "false", "null", "yes", "no"].contains(&text.to_ascii_lowercase().as_str());
    if is_plain {
        return text.to_owned();
    }
    if text.chars().any(char::is_control) {
        return Value::from(text).to_string();
    }
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_written_as_oar_writes_them() {
        let value = serde_json::json!({
            "total": 39, "name": null, "events": [],
            "items": [{ "links": [{ "rel": "self", "href": "/oarapi/jobs/1" }], "id": 1 }],
            "text": "it's", "flag": "no",
        });
        let want = "---\nevents: []\nflag: 'no'\nitems:\n  - id: 1\n    links:\n      - href: \
                    /oarapi/jobs/1\n        rel: self\nname: ~\ntext: 'it''s'\ntotal: 39\n";
        assert_eq!(text(&value), want);
    }
}
