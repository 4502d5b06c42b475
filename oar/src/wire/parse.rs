//! From method, path, query and body back to the call: what a server that answers like OAR needs.
//! The path begins below the API's base.

use serde_json_borrow::Value as Json;

use super::Dialect;
use super::call::{Call, JobQuery};
use super::error::WireError;
use super::escape::{decode, pairs};
use super::job::JobId;
use super::render::Method;
use super::resource::ResourceId;
use super::submission::Submission;
use crate::states::{JobState, ResourceState};

/// Why a request is none that the API knows. How a server answers it is up to the server: the real
/// ones differ, and OAR 3 never recovers from some.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CallError {
    /// No such path.
    #[error("no such route")]
    NoRoute,
    /// The path exists with another method.
    #[error("method not allowed here")]
    Method,
    /// A place for a number holds something else.
    #[error("`{0}` is not a number")]
    Number(String),
    /// A negative limit. Real OAR 3 answers 500 to everything until it is restarted.
    #[error("negative number in `{0}`")]
    Negative(String),
    /// A word that is no state, or several with commas. Real OAR 3 answers 500 to everything until
    /// it is restarted.
    #[error("unknown state `{0}`")]
    State(String),
    /// Broken percent-encoding.
    #[error("broken percent-encoding")]
    Encoding,
    /// The body is not JSON.
    #[error("body is not JSON: {0}")]
    NotJson(String),
    /// The body is JSON of another shape.
    #[error(transparent)]
    Body(#[from] WireError),
}

/// Splits the wished format off a path of OAR 2: `/jobs/5.yaml` is `/jobs/5` in `yaml`. Paths of
/// files keep their names.
#[must_use]
pub fn split_format(path: &str) -> (&str, Option<&str>) {
    match path.rsplit_once('.') {
        Some((rest, format @ ("json" | "yaml" | "html"))) if !path.starts_with("/media") => {
            (rest, Some(format))
        }
        _ => (path, None),
    }
}

/// Reads a request. The path may end with a format, as OAR 2 allows, or with a slash.
///
/// # Errors
/// [`CallError`].
pub fn parse(
    dialect: Dialect,
    method: Method,
    path: &str,
    query: Option<&str>,
    body: &[u8],
) -> Result<Call, CallError> {
    let query = Fields(pairs(query.unwrap_or("")).ok_or(CallError::Encoding)?);
    if let Some(rest) = path.strip_prefix("/media") {
        return media(dialect, method, rest, &query, body);
    }
    let path = match dialect {
        Dialect::Oar2 => split_format(path).0,
        Dialect::Oar3 => path,
    };
    let path = decode(path, false).ok_or(CallError::Encoding)?;
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match parts.split_first() {
        None => get(method, Call::Root),
        Some((&"jobs", rest)) => jobs(dialect, method, rest, &query, body),
        Some((&"resources", rest)) => resources(dialect, method, rest, &query, body),
        Some((&word, [])) => get(method, service(dialect, word)?),
        Some(_) => Err(CallError::NoRoute),
    }
}

fn get(method: Method, call: Call) -> Result<Call, CallError> {
    expect(method, Method::Get, call)
}

fn expect(method: Method, wanted: Method, call: Call) -> Result<Call, CallError> {
    if method == wanted { Ok(call) } else { Err(CallError::Method) }
}

fn service(dialect: Dialect, word: &str) -> Result<Call, CallError> {
    Ok(match (word, dialect) {
        ("version", _) => Call::Version,
        ("timezone", _) => Call::Timezone,
        ("whoami", _) => Call::WhoAmI,
        ("stress_factor", _) => Call::Stress,
        ("check_token", Dialect::Oar3) => Call::CheckToken,
        ("get_new_token", Dialect::Oar3) => Call::NewToken,
        _ => return Err(CallError::NoRoute),
    })
}

fn jobs(
    dialect: Dialect,
    method: Method,
    rest: &[&str],
    query: &Fields,
    body: &[u8],
) -> Result<Call, CallError> {
    use Dialect::{Oar2, Oar3};
    let job = |text: &str| number(text).map(JobId);
    match (rest, method, dialect) {
        ([], Method::Get, _) => job_query(dialect, false, query),
        (["details"], Method::Get, Oar2) => job_query(dialect, true, query),
        ([], Method::Post, _) => {
            Ok(Call::Submit(Box::new(Submission::decode(dialect, &json(body)?)?)))
        }
        (["array", id, "deletions", "new"], Method::Post, Oar2) => Ok(Call::DeleteArray(job(id)?)),
        ([id], Method::Get, _) => {
            let details = dialect == Oar3 && query.flag("details");
            Ok(Call::Job { id: job(id)?, details })
        }
        ([id, "details"], Method::Get, Oar2) => Ok(Call::Job { id: job(id)?, details: true }),
        ([id, "resources"], Method::Get, _) => Ok(Call::JobResources(job(id)?)),
        ([id, "nodes"], Method::Get, _) => Ok(Call::JobNodes(job(id)?)),
        ([id, "events"], Method::Get, Oar3) => Ok(Call::JobEvents(job(id)?)),
        ([id], Method::Delete, Oar3) if query.flag("array") => Ok(Call::DeleteArray(job(id)?)),
        ([id], Method::Delete, _) => Ok(Call::Delete(job(id)?)),
        ([id, "holds", "new"], Method::Post, Oar2) => Ok(Call::Hold(job(id)?)),
        ([id, "hold", "new"], Method::Post, Oar3) => Ok(Call::Hold(job(id)?)),
        ([id, "resumptions", "new"], Method::Post, _) => Ok(Call::Resume(job(id)?)),
        ([id, "checkpoints", "new"], Method::Post, _) => Ok(Call::Checkpoint(job(id)?)),
        ([id, "resubmissions", "new"], Method::Post, Oar2) => Ok(Call::Resubmit(job(id)?)),
        ([id, "deletions", "new"], Method::Post, _) => Ok(Call::Delete(job(id)?)),
        ([id, "signals", signal], Method::Post, Oar2)
        | ([id, "signal", signal], Method::Post, Oar3) => {
            Ok(Call::Signal(job(id)?, number(signal)?))
        }
        ([] | [_], ..) => Err(CallError::Method),
        _ => Err(CallError::NoRoute),
    }
}

fn job_query(dialect: Dialect, details: bool, query: &Fields) -> Result<Call, CallError> {
    let mut out = JobQuery {
        // Any text asks for details in a list of OAR 3, `false` too.
        details: details
            || (dialect == Dialect::Oar3 && query.get("details").is_some_and(|t| !t.is_empty())),
        user: query.get("user").map(str::to_owned),
        array: query.number("array")?.map(JobId),
        limit: query.number("limit")?,
        offset: query.number("offset")?,
        ..JobQuery::default()
    };
    let state = |word: &str| -> Result<JobState, CallError> {
        word.parse().map_err(|_| CallError::State(word.to_owned()))
    };
    let words: Vec<&str> = match dialect {
        Dialect::Oar2 => query.get("state").into_iter().flat_map(|all| all.split(',')).collect(),
        Dialect::Oar3 => query.all("states").collect(),
    };
    out.states = words.into_iter().map(state).collect::<Result<_, _>>()?;
    let ids: Vec<&str> = match dialect {
        Dialect::Oar2 => query.get("ids").into_iter().flat_map(|all| all.split(':')).collect(),
        Dialect::Oar3 => query.all("job_ids").collect(),
    };
    out.ids = ids.into_iter().map(|id| number(id).map(JobId)).collect::<Result<_, _>>()?;
    let (from, to) = match dialect {
        Dialect::Oar2 => ("from", "to"),
        Dialect::Oar3 => ("start_time", "stop_time"),
    };
    out.from = query.number(from)?;
    out.to = query.number(to)?;
    Ok(Call::Jobs(out))
}

fn resources(
    dialect: Dialect,
    method: Method,
    rest: &[&str],
    query: &Fields,
    body: &[u8],
) -> Result<Call, CallError> {
    let list = |details| {
        Ok(Call::Resources {
            details,
            limit: query.number("limit")?,
            offset: query.number("offset")?,
        })
    };
    match (rest, method, dialect) {
        ([], Method::Get, Dialect::Oar2) => list(false),
        ([], Method::Get, Dialect::Oar3) => list(query.flag("detailed")),
        (["full" | "details"], Method::Get, Dialect::Oar2) => list(true),
        (["busy"], Method::Get, Dialect::Oar3) => Ok(Call::Busy),
        ([id], Method::Get, _) => Ok(Call::Resource(ResourceId(number(id)?))),
        ([id, "jobs"], Method::Get, _) => Ok(Call::ResourceJobs(ResourceId(number(id)?))),
        ([id, "state"], Method::Post, _) => {
            let body = json(body)?;
            let word = body.get("state").as_str().unwrap_or("");
            let state: ResourceState =
                word.parse().map_err(|_| CallError::State(word.to_owned()))?;
            Ok(Call::SetResourceState { id: ResourceId(number(id)?), state })
        }
        ([] | [_], ..) => Err(CallError::Method),
        _ => Err(CallError::NoRoute),
    }
}

fn media(
    dialect: Dialect,
    method: Method,
    rest: &str,
    query: &Fields,
    body: &[u8],
) -> Result<Call, CallError> {
    let rest = decode(rest, false).ok_or(CallError::Encoding)?;
    if let Some(path) = rest.strip_prefix("/ls/") {
        let path = path.trim_end_matches('/');
        let absolute = dialect == Dialect::Oar2 && !path.starts_with('~');
        let path = if absolute { format!("/{path}") } else { path.to_owned() };
        return get(method, Call::ListFiles { path });
    }
    let path = match dialect {
        Dialect::Oar2 if rest.len() < 2 => return Err(CallError::NoRoute),
        // `/media/~/f` is below the home, `/media/home/f` is absolute.
        Dialect::Oar2 => rest.strip_prefix("/~").map_or(rest.clone(), |home| format!("~{home}")),
        Dialect::Oar3 if !matches!(rest.as_str(), "" | "/") => return Err(CallError::NoRoute),
        Dialect::Oar3 => query.get("path_filename").unwrap_or("").to_owned(),
    };
    Ok(match method {
        Method::Get => Call::ReadFile { path, tail: query.number("tail")? },
        Method::Post => {
            Call::WriteFile { path, force: query.flag("force"), content: body.to_vec() }
        }
        Method::Delete => Call::DeleteFile { path },
    })
}

fn json(body: &[u8]) -> Result<Json<'_>, CallError> {
    serde_json::from_slice(body).map_err(|error| CallError::NotJson(error.to_string()))
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, CallError> {
    let cut = || text.chars().take(40).collect();
    text.parse().map_err(|_| match text.parse::<i64>() {
        Ok(..0) => CallError::Negative(cut()),
        _ => CallError::Number(cut()),
    })
}

/// Keys and values of a query.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn all(&self, key: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.all(key).next()
    }

    fn flag(&self, key: &str) -> bool {
        matches!(self.get(key), Some("1" | "true" | "True" | "yes" | "on"))
    }

    fn number<T: std::str::FromStr>(&self, key: &str) -> Result<Option<T>, CallError> {
        self.get(key).map(number).transpose()
    }
}
