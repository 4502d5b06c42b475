//! Reads the body of a submission as OAR 2 does: JSON or plain YAML, every field an option of its
//! command, texts and numbers alike. Must not know what the fields mean.

use serde_json::{Map, Value};

/// The fields of a submission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) command: Option<String>,
    /// What stands for a command: a script of its own.
    pub(super) script: Option<String>,
    pub(super) resource: Vec<String>,
    pub(super) types: Vec<String>,
    pub(super) param_file: Option<String>,
    pub(super) array: Option<String>,
    pub(super) name: Option<String>,
    pub(super) project: Option<String>,
    pub(super) directory: Option<String>,
    pub(super) workdir: Option<String>,
    pub(super) queue: Option<String>,
    pub(super) property: Option<String>,
    pub(super) reservation: Option<String>,
    pub(super) checkpoint: Option<String>,
    /// Jobs that must be over first.
    pub(super) anterior: Vec<String>,
    pub(super) hold: bool,
    pub(super) interactive: bool,
    /// An option that the command does not have.
    pub(super) unknown: Option<(String, String)>,
    /// A resource that is neither a text nor a list of texts.
    pub(super) odd_resource: bool,
}

/// Options of the command that change nothing here.
const OTHERS: [&str; 9] = [
    "scanscript",
    "stdout",
    "stderr",
    "notify",
    "resubmit",
    "use_job_key",
    "import_job_key_inline",
    "signal",
    "array_param_file",
];

/// The fields of a body.
pub(super) fn fields(body: &Map<String, Value>) -> Fields {
    let mut fields = Fields::default();
    for (key, value) in body {
        let text = text(value);
        match key.as_str() {
            "command" => fields.command = text,
            "script" | "script_path" => fields.script = text,
            "resource" | "resources" => {
                fields.odd_resource |= value.is_object();
                if fields.resource.is_empty() || key == "resource" {
                    fields.resource = list(value);
                }
            }
            "type" | "types" => fields.types = list(value),
            "param_file" => fields.param_file = text,
            "array" => fields.array = text,
            "name" => fields.name = text,
            "project" => fields.project = text,
            "directory" => fields.directory = text,
            "workdir" => fields.workdir = text,
            "queue" => fields.queue = text,
            "property" | "properties" => fields.property = text,
            "reservation" => fields.reservation = text,
            "anterior" => fields.anterior = list(value),
            "checkpoint" => fields.checkpoint = text,
            "hold" => fields.hold = text.is_some_and(|text| text != "0" && !text.is_empty()),
            "interactive" => fields.interactive = true,
            other if OTHERS.contains(&other) => {}
            other => fields.unknown = Some((other.to_owned(), text.unwrap_or_default())),
        }
    }
    fields
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(if *flag { "1" } else { "0" }.to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(_) | Value::Object(_) => Some(value.to_string()),
    }
}

fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(text).collect(),
        other => text(other).into_iter().filter(|text| !text.is_empty()).collect(),
    }
}

/// A flat YAML map: `key: value` lines, and lists of `- value` below a key.
pub(super) fn yaml(text: &str) -> Option<Map<String, Value>> {
    let mut map = Map::new();
    let mut last: Option<String> = None;
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() || line == "---" || line.starts_with('#') {
            continue;
        }
        if let Some(item) = line.trim_start().strip_prefix("- ") {
            let list = map.get_mut(last.as_ref()?)?;
            match list {
                Value::Array(items) => items.push(unquoted(item)),
                _ => *list = Value::Array(vec![unquoted(item)]),
            }
            continue;
        }
        let (key, value) = line.split_once(':')?;
        if key.trim().is_empty() || key.starts_with(' ') {
            return None;
        }
        last = Some(key.trim().to_owned());
        map.insert(key.trim().to_owned(), unquoted(value.trim()));
    }
    (!map.is_empty()).then_some(map)
}

fn unquoted(text: &str) -> Value {
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    match inner('\'').or_else(|| inner('"')) {
        Some(inner) => Value::from(inner),
        None => Value::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_map_is_read_from_yaml() {
        let map = yaml(
            "---\nresource: /core=1,walltime=00:05:00\ncommand: '/bin/true'\ntype:\n  - a\n  - b\n",
        );
        let fields = fields(&map.unwrap());
        assert_eq!(fields.resource, ["/core=1,walltime=00:05:00"]);
        assert_eq!(fields.command.as_deref(), Some("/bin/true"));
        assert_eq!(fields.types, ["a", "b"]);
        assert_eq!(yaml("no map"), None);
        assert_eq!(yaml("- item"), None);
    }
}
