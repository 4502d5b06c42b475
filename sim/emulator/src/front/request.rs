//! A request as a dialect sees it: method, decoded path below the cluster, query, the few headers
//! that matter, body. Must not know routes.

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`, and `HEAD`.
    Get,
    /// `POST`.
    Post,
    /// `PUT`.
    Put,
    /// `DELETE`.
    Delete,
    /// Any other.
    Other,
}

/// A request to one cluster.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is to be done.
    pub method: Method,
    /// The path below the cluster, decoded, beginning with `/` or empty.
    pub path: String,
    /// The query as it came, without `?`.
    pub query_text: String,
    /// Its pairs, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// The header by which OAR 2 is told who calls.
    pub ident: Option<String>,
    /// The header `Accept`.
    pub accept: Option<String>,
    /// The header `Content-Type`.
    pub content_type: Option<String>,
    /// The header `Host`.
    pub host: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// A request without headers or body, of a path with its query, still encoded.
    pub fn new(method: Method, path_and_query: &str) -> Request {
        let (path, query_text) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        Request {
            method,
            path: decode(path, false),
            query_text: query_text.to_owned(),
            query: pairs(query_text),
            authorization: None,
            ident: None,
            accept: None,
            content_type: None,
            host: None,
            body: Vec::new(),
        }
    }

    /// The parts of the path between its slashes.
    pub fn segments(&self) -> Vec<&str> {
        let path = self.path.strip_prefix('/').unwrap_or(&self.path);
        if path.is_empty() { Vec::new() } else { path.split('/').collect() }
    }

    /// The last value of a key of the query.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.query.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// All values of a key of the query.
    pub fn values<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let parts = query.split(['&', ';']).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(key, true), decode(value, true))
        })
        .collect()
}

/// Decodes `%XX`, and `+` where it stands for a blank. What is no code stays as it is; what is not
/// UTF-8 is replaced, as a web server does.
fn decode(text: &str, plus: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = match (byte, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(h, l)| h * 16 + l),
            _ => None,
        };
        match code {
            Some(code) => {
                bytes.push(code);
                rest = &after[2..];
            }
            None => {
                bytes.push(if plus && byte == b'+' { b' ' } else { byte });
                rest = after;
            }
        }
    }
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn hex(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_queries_are_decoded() {
        let request = Request::new(Method::Get, "/media/%7E/a%2Fb?ids=1%3A2&x=a+b&x=%zz&flag");
        assert_eq!(request.segments(), ["media", "~", "a", "b"]);
        assert_eq!(request.value("ids"), Some("1:2"));
        assert_eq!(request.values("x").collect::<Vec<_>>(), ["a b", "%zz"]);
        assert_eq!(request.value("flag"), Some(""));
        assert_eq!(Request::new(Method::Get, "/%ff%fe").path, "/\u{fffd}\u{fffd}");
        assert!(Request::new(Method::Get, "/").segments().is_empty());
    }
}
