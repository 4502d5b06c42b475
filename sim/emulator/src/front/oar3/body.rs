//! Reads the body of a submission as OAR 3 does: JSON only, each field of one type, unknown fields
//! ignored. Must not know what the fields mean.

use serde_json::{Map, Value, json};

use crate::front::answer::Answer;
use crate::front::oar3::{invalid, not_an_integer};
use crate::front::request::Request;

/// The fields of a submission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) command: String,
    pub(super) resource: Vec<String>,
    pub(super) types: Vec<String>,
    pub(super) param_file: Option<String>,
    pub(super) array: Option<i64>,
    pub(super) name: Option<String>,
    pub(super) project: Option<String>,
    pub(super) directory: Option<String>,
    pub(super) queue: Option<String>,
    pub(super) property: Option<String>,
    pub(super) reservation: Option<String>,
    pub(super) checkpoint: i64,
    /// Jobs that must be over first.
    pub(super) after: Vec<u64>,
    pub(super) hold: bool,
}

/// The body as JSON, before anybody asks who sends it.
pub(super) fn json_of(request: &Request) -> Result<Map<String, Value>, Answer> {
    let no_dict = || invalid(&[json!("body")], "value is not a valid dict", "type_error.dict");
    if request.body.is_empty() {
        return Err(invalid(&[json!("body")], "field required", "value_error.missing"));
    }
    let kind = request.content_type.as_deref().unwrap_or("application/json");
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind != "application/json" && !kind.ends_with("+json") {
        return Err(no_dict());
    }
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(fields)) => Ok(fields),
        // A list of nothing passes for a map of nothing.
        Ok(Value::Array(list)) if list.is_empty() => Ok(Map::new()),
        Ok(_) => Err(no_dict()),
        Err(error) => Err(syntax(request, &error)),
    }
}

fn syntax(request: &Request, error: &serde_json::Error) -> Answer {
    let doc = String::from_utf8_lossy(&request.body).into_owned();
    let (line, column) = (error.line(), error.column());
    let before: usize = doc.lines().take(line.saturating_sub(1)).map(|l| l.len() + 1).sum();
    let position = (before + column).saturating_sub(1);
    let words = match error.is_eof() {
        true => "Expecting value",
        false => "Expecting property name enclosed in double quotes",
    };
    Answer::json(
        422,
        &json!({ "detail": [{
        "loc": ["body", position],
        "msg": format!("{words}: line {line} column {column} (char {position})"),
        "type": "value_error.jsondecode",
        "ctx": {
            "msg": words, "doc": doc, "pos": position, "lineno": line, "colno": column,
        },
    }] }),
    )
}

/// The fields of a body, each checked.
pub(super) fn fields(body: &Map<String, Value>) -> Result<Fields, Answer> {
    let reader = Reader { body };
    let Some(command) = reader.text("command")? else {
        let location = [json!("body"), json!("command")];
        return Err(invalid(&location, "field required", "value_error.missing"));
    };
    Ok(Fields {
        command,
        resource: reader.list("resource")?,
        types: reader.list("type")?,
        param_file: reader.text("param_file")?,
        array: reader.number("array")?,
        name: reader.text("name")?,
        project: reader.text("project")?,
        directory: reader.text("directory")?,
        queue: reader.text("queue")?,
        property: reader.text("property")?,
        reservation: reader.text("reservation")?,
        after: reader.numbers("after")?,
        checkpoint: reader.number("checkpoint")?.unwrap_or(0),
        hold: reader.flag("hold")?,
    })
}

struct Reader<'a> {
    body: &'a Map<String, Value>,
}

impl Reader<'_> {
    fn text(&self, key: &str) -> Result<Option<String>, Answer> {
        match self.body.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(invalid(&location(key), "str type expected", "type_error.str")),
        }
    }

    fn list(&self, key: &str) -> Result<Vec<String>, Answer> {
        let items = match self.body.get(key) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(_) => {
                return Err(invalid(
                    &location(key),
                    "value is not a valid list",
                    "type_error.list",
                ));
            }
        };
        let text = |(at, item): (usize, &Value)| match item {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            _ => {
                let location = [json!("body"), json!(key), json!(at)];
                Err(invalid(&location, "str type expected", "type_error.str"))
            }
        };
        items.iter().enumerate().map(text).collect()
    }

    fn numbers(&self, key: &str) -> Result<Vec<u64>, Answer> {
        let number = |(at, text): (usize, String)| {
            let location = [json!("body"), json!(key), json!(at)];
            text.trim().parse::<i64>().map_err(|_| not_an_integer(&location))
        };
        let numbers = self.list(key)?.into_iter().enumerate().map(number);
        let numbers: Vec<i64> = numbers.collect::<Result<_, Answer>>()?;
        Ok(numbers.into_iter().filter_map(|number| u64::try_from(number).ok()).collect())
    }

    fn number(&self, key: &str) -> Result<Option<i64>, Answer> {
        match self.body.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) if number.is_i64() => Ok(number.as_i64()),
            Some(Value::String(text)) => match text.trim().parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(not_an_integer(&location(key))),
            },
            Some(_) => Err(not_an_integer(&location(key))),
        }
    }

    fn flag(&self, key: &str) -> Result<bool, Answer> {
        match self.body.get(key) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::Number(number)) => Ok(number.as_i64() == Some(1)),
            Some(Value::String(text)) if matches!(text.as_str(), "1" | "true" | "yes") => Ok(true),
            Some(Value::String(text)) if matches!(text.as_str(), "0" | "false" | "no") => Ok(false),
            Some(_) => Err(invalid(
                &location(key),
                "value could not be parsed to a boolean",
                "type_error.bool",
            )),
        }
    }
}

fn location(key: &str) -> [Value; 2] {
    [json!("body"), json!(key)]
}
