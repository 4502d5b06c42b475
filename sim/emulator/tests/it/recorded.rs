//! Recorded exchanges with real servers, and how their requests are put to an emulated one: ids,
//! addresses, dates and tokens are those of the emulation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gleaner_emulator::calendar::unix_s;
use gleaner_emulator::engine::Engine;
use gleaner_emulator::engine::cluster::Dialect;
use gleaner_emulator::front::request::{Method, Request};
use gleaner_sim::job::ClusterIndex;
use gleaner_sim::time::SimSpan;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::one_cluster::SECRET;

/// Where the recordings are.
pub(crate) fn folder(part: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../oar/tests/data/transcripts").join(part)
}

/// A recording.
pub(crate) fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// What a recorded session and the emulation have in common.
pub(crate) struct Session {
    pub(crate) dialect: Dialect,
    /// Our number of each recorded job.
    ids: BTreeMap<u64, u64>,
}

impl Session {
    pub(crate) fn new(dialect: Dialect) -> Session {
        Session { dialect, ids: BTreeMap::new() }
    }

    /// The recorded array `theirs` is our `ours`; its other jobs follow.
    pub(crate) fn learn(&mut self, theirs: u64, ours: u64, count: u64) {
        for next in 0..count {
            self.ids.insert(theirs + next, ours + next);
        }
    }

    /// Our number of a recorded job. What nobody submitted in the recording is our first job; a
    /// number that no recorded job has stays.
    fn id(&self, theirs: u64) -> u64 {
        match self.ids.get(&theirs) {
            Some(ours) => *ours,
            None if theirs == 99_999 || theirs == 999 => theirs,
            None => 1,
        }
    }

    /// A recorded request as one to the emulation. `date_s` is when it was recorded.
    pub(crate) fn request(
        &self,
        engine: &Engine,
        label: &str,
        recorded: &Value,
        date_s: i64,
    ) -> Request {
        let method = match recorded["method"].as_str().unwrap() {
            "GET" => Method::Get,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            _ => Method::Other,
        };
        let path = recorded["path"].as_str().unwrap();
        let path = path.strip_prefix("/oarapi").unwrap_or(path);
        let mut request = Request::new(method, &self.rewritten(engine, path));
        let headers = recorded["headers"].as_object().unwrap();
        for (name, value) in headers {
            let value = value.as_str().unwrap().to_owned();
            match name.to_ascii_lowercase().as_str() {
                "authorization" => {
                    request.authorization = Some(self.token(engine, label, &value, date_s));
                }
                "x_remote_ident" | "x-remote-ident" if self.dialect == Dialect::Oar2 => {
                    request.ident = Some(value);
                }
                "accept" => request.accept = Some(value),
                "content-type" => request.content_type = Some(value),
                _ => {}
            }
        }
        request.body = match &recorded["body"] {
            Value::Null => Vec::new(),
            Value::String(text) => text.clone().into_bytes(),
            other => other.to_string().into_bytes(),
        };
        request
    }

    /// A path with our ids and addresses.
    fn rewritten(&self, engine: &Engine, path: &str) -> String {
        let platform = &engine.cluster(ClusterIndex(0)).platform;
        let mut path = path.to_owned();
        for node in 0..4 {
            for network in ["127.0.0", "127.0.3"] {
                let theirs = format!("{network}.{}", node + 2);
                path = path.replace(&theirs, &platform.address(node));
            }
        }
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let is_job = path.contains("/jobs/") && !path.contains("/resources/");
        let parts = path.split('/').map(|part| match part.parse() {
            Ok(id) if is_job && !path.contains("/signal") => self.id(id).to_string(),
            Ok(id) if is_job && id > 20 => self.id(id).to_string(),
            _ if part.starts_with("OAR.") => self.file(part),
            _ => self.with_ending(part, is_job && !path.contains("/signal")),
        });
        let mut out = parts.collect::<Vec<_>>().join("/");
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some((key @ ("ids" | "job_ids" | "array"), ids)) => {
                let ours = ids
                    .split(':')
                    .map(|id| id.parse().map_or(id.to_owned(), |id| self.id(id).to_string()));
                format!("{key}={}", ours.collect::<Vec<_>>().join(":"))
            }
            Some((key @ "path_filename", path)) => {
                let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
                format!("{key}={folder}/{}", self.file(file))
            }
            Some(_) | None => pair.to_owned(),
        });
        if !query.is_empty() {
            out.push('?');
            out.push_str(&pairs.collect::<Vec<_>>().join("&"));
        }
        out
    }

    /// `31.json` of a job.
    fn with_ending(&self, part: &str, is_job: bool) -> String {
        match part.split_once('.') {
            Some((id, end)) if is_job && (end == "json" || end == "yaml") => match id.parse() {
                Ok(id) => format!("{}.{end}", self.id(id)),
                Err(_) => part.to_owned(),
            },
            Some(_) | None => part.to_owned(),
        }
    }

    /// `OAR.name.31.stdout` of a job.
    fn file(&self, name: &str) -> String {
        let mut parts: Vec<String> = name.split('.').map(str::to_owned).collect();
        let at = parts.len().saturating_sub(2);
        if let Some(id) = parts.get(at).and_then(|part| part.parse().ok()) {
            parts[at] = self.id(id).to_string();
        }
        parts.join(".")
    }

    /// A token with the recorded claims. Those of the past are as far in our past.
    fn token(&self, engine: &Engine, label: &str, header: &str, date_s: i64) -> String {
        let Some(claims) = header.strip_prefix("Bearer <").and_then(|t| t.strip_suffix('>')) else {
            return header.to_owned();
        };
        let value = |key: &str| {
            let rest = claims.split(&format!("'{key}': ")).nth(1)?;
            let end = rest.find([',', '}'])?;
            Some(rest[..end].trim_matches('\'').to_owned())
        };
        let mut token = json!({});
        if claims == "token" {
            token["user"] = json!("alice");
        }
        for key in ["user", "date"] {
            if let Some(text) = value(key) {
                token[key] = json!(text);
            }
        }
        if let Some(exp) = value("exp").and_then(|exp| exp.parse::<i64>().ok()) {
            token["exp"] = json!(exp - date_s + unix_s(engine.now()));
        }
        let algorithm = if label.contains("HS512") { Algorithm::HS512 } else { Algorithm::HS256 };
        let secret: &[u8] = if label == "wrong key" { b"another" } else { SECRET };
        let key = EncodingKey::from_secret(secret);
        format!("Bearer {}", encode(&Header::new(algorithm), &token, &key).unwrap())
    }
}

/// Seconds since 1970 of a header `Date`: `Fri, 20 Nov 2026 12:06:26 GMT`. All recordings are of
/// one month, so days and times are enough.
pub(crate) fn header_date_s(response: &Value) -> Option<i64> {
    let pairs = response["headers"].as_array()?;
    let date = pairs
        .iter()
        .find(|pair| pair[0].as_str().is_some_and(|n| n.eq_ignore_ascii_case("date")))?;
    let words: Vec<&str> = date[1].as_str()?.split(' ').collect();
    let time: Vec<i64> = words.get(4)?.split(':').filter_map(|part| part.parse().ok()).collect();
    let day: i64 = words.get(1)?.parse().ok()?;
    let noon_s = 1_795_176_386 - (12 * 3600 + 6 * 60 + 26) - 20 * 86_400;
    Some(noon_s + day * 86_400 + time.first()? * 3600 + time.get(1)? * 60 + time.get(2)?)
}

/// Longest time between two exchanges that is waited for, seconds: some were recorded anew later.
const PAUSE_MAX_S: i64 = 300;

/// Lets as much time pass as between two recorded exchanges; between two files, two minutes.
pub(crate) fn follow(engine: &mut Engine, before_s: Option<i64>, date_s: i64) {
    let pause_s = before_s.map_or(120, |before_s| (date_s - before_s).clamp(0, PAUSE_MAX_S));
    engine.advance(engine.now() + SimSpan::from_s(pause_s));
}
