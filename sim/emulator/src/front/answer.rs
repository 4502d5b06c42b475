//! An answer as a dialect writes it. Must not know sockets.

use serde::Serialize;
use serde_json::Value;

use crate::body::Body;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The media type; none where there is no body.
    pub content_type: Option<&'static str>,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Body,
}

/// A web server's page for an error of its own.
pub const HTML_500: &str = "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\" \
\"http://www.w3.org/TR/html4/strict.dtd\">\n<html><head>\n<title>500 Internal Server Error</title>\n\
</head><body>\n<h1>Internal Server Error</h1>\n<p>The emulated web server could not answer.</p>\n\
</body></html>\n";

impl Answer {
    /// JSON.
    pub fn json(status: u16, value: &impl Serialize) -> Answer {
        let bytes = serde_json::to_vec(value).expect("answers are maps with texts for keys");
        Answer::bytes(status, "application/json", bytes)
    }

    /// Bytes of a media type.
    pub fn bytes(status: u16, content_type: &'static str, bytes: Vec<u8>) -> Answer {
        let content_type = Some(content_type);
        Answer { status, content_type, headers: Vec::new(), body: Body::Bytes(bytes) }
    }

    /// A plain text.
    pub fn text(status: u16, text: &str) -> Answer {
        Answer::bytes(status, "text/plain; charset=utf-8", text.as_bytes().to_vec())
    }

    /// A page in HTML.
    pub fn html(status: u16, text: &str) -> Answer {
        Answer::bytes(status, "text/html; charset=iso-8859-1", text.as_bytes().to_vec())
    }

    /// No body.
    pub fn empty(status: u16) -> Answer {
        Answer { status, content_type: None, headers: Vec::new(), body: Body::Bytes(Vec::new()) }
    }

    /// With one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }

    /// The body as JSON, if it is. Latin-1 is read where it is declared and UTF-8 makes no sense.
    pub fn value(&self) -> Option<Value> {
        match &self.body {
            Body::Bytes(bytes) => serde_json::from_slice(bytes).ok().or_else(|| {
                let latin1 = self.content_type.is_some_and(|kind| kind.ends_with("ISO-8859-1"));
                let text: String = bytes.iter().copied().map(char::from).collect();
                latin1.then(|| serde_json::from_str(&text).ok())?
            }),
            Body::Local { .. } => None,
        }
    }
}

/// The value of a resource's property as JSON.
pub fn property(value: &gleaner_oar::value::Value) -> Value {
    use gleaner_oar::value::Value as Property;
    match value {
        Property::Null => Value::Null,
        Property::Int(number) => Value::from(*number),
        Property::Real(number) => Value::from(*number),
        Property::Text(text) => Value::from(text.as_str()),
    }
}
