//! From a call to method, path, query and body in a dialect. Paths begin below the API's base.

use std::fmt::Write;

use super::Dialect;
use super::call::{Call, JobQuery};
use super::escape::encode;
use crate::states::ResourceState;

/// A method of HTTP that the API knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Read.
    Get,
    /// Submit, change.
    Post,
    /// Delete.
    Delete,
}

/// A request as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Method.
    pub method: Method,
    /// Path below the base, beginning with `/`, and query.
    pub target: String,
    /// What is sent.
    pub body: Body,
}

/// What is sent with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    Empty,
    /// JSON.
    Json(serde_json::Value),
    /// A file.
    Bytes(Vec<u8>),
}

/// Writes the call; nothing if the dialect has no such route.
#[must_use]
pub fn render(dialect: Dialect, call: &Call) -> Option<Rendered> {
    use Method::{Delete, Get, Post};
    let old = dialect == Dialect::Oar2;
    let get = |target: String| Some(Rendered { method: Get, target, body: Body::Empty });
    let post = |target: String| Some(Rendered { method: Post, target, body: Body::Empty });
    let delete = |target: String| Some(Rendered { method: Delete, target, body: Body::Empty });
    let only = |has: bool, rendered: Option<Rendered>| if has { rendered } else { None };
    match call {
        Call::Root => get("/".to_owned()),
        Call::Version => get("/version".to_owned()),
        Call::Timezone => get("/timezone".to_owned()),
        Call::WhoAmI => get("/whoami".to_owned()),
        Call::CheckToken => only(!old, get("/check_token".to_owned())),
        Call::NewToken => only(!old, get("/get_new_token".to_owned())),
        Call::Stress => get("/stress_factor".to_owned()),
        Call::Jobs(query) => get(jobs(dialect, query)),
        Call::Job { id, details: false } => get(format!("/jobs/{id}")),
        Call::Job { id, details: true } if old => get(format!("/jobs/{id}/details")),
        Call::Job { id, details: true } => get(format!("/jobs/{id}?details=1")),
        Call::JobResources(id) => get(format!("/jobs/{id}/resources")),
        Call::JobNodes(id) if old => get(format!("/jobs/{id}/nodes")),
        // OAR 3 asks for a limit here, then answers with a null.
        Call::JobNodes(id) => get(format!("/jobs/{id}/nodes?limit=100")),
        Call::JobEvents(id) => only(!old, get(format!("/jobs/{id}/events"))),
        Call::Submit(submission) => Some(Rendered {
            method: Post,
            target: "/jobs".to_owned(),
            body: Body::Json(submission.encode(dialect)),
        }),
        Call::Delete(id) => delete(format!("/jobs/{id}")),
        Call::DeleteArray(id) if old => post(format!("/jobs/array/{id}/deletions/new")),
        Call::DeleteArray(id) => delete(format!("/jobs/{id}?array=true")),
        Call::Hold(id) if old => post(format!("/jobs/{id}/holds/new")),
        Call::Hold(id) => post(format!("/jobs/{id}/hold/new")),
        Call::Resume(id) => post(format!("/jobs/{id}/resumptions/new")),
        Call::Signal(id, signal) if old => post(format!("/jobs/{id}/signals/{signal}")),
        Call::Signal(id, signal) => post(format!("/jobs/{id}/signal/{signal}")),
        Call::Checkpoint(id) => post(format!("/jobs/{id}/checkpoints/new")),
        Call::Resubmit(id) => only(old, post(format!("/jobs/{id}/resubmissions/new"))),
        Call::Resources { details, limit, offset } => {
            get(resources(dialect, *details, *limit, *offset))
        }
        Call::Resource(id) => get(format!("/resources/{id}")),
        Call::ResourceJobs(id) => get(format!("/resources/{id}/jobs")),
        Call::SetResourceState { id, state } => Some(Rendered {
            method: Post,
            target: format!("/resources/{id}/state"),
            body: state_body(*state),
        }),
        Call::Busy => only(!old, get("/resources/busy".to_owned())),
        Call::ReadFile { path, tail } => get(file(dialect, path, "tail", tail.map(u64::from))),
        Call::WriteFile { path, force, content } => Some(Rendered {
            method: Post,
            target: file(dialect, path, "force", force.then_some(1)),
            body: Body::Bytes(content.clone()),
        }),
        Call::DeleteFile { path } => delete(file(dialect, path, "", None)),
        Call::ListFiles { path } if old => get(format!("/media/ls{}/", media_path(path))),
        Call::ListFiles { path } => get(format!("/media/ls/{}", encode(path, ""))),
    }
}

fn state_body(state: ResourceState) -> Body {
    Body::Json(serde_json::json!({ "state": state.as_str() }))
}

/// A query grown key by key.
struct Query(String, char);

impl Query {
    fn new(path: &str) -> Self {
        Self(path.to_owned(), '?')
    }

    fn with(mut self, key: &str, value: impl std::fmt::Display) -> Self {
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{}{key}={value}", self.1);
        self.1 = '&';
        self
    }

    fn maybe(self, key: &str, value: Option<impl std::fmt::Display>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }
}

fn jobs(dialect: Dialect, query: &JobQuery) -> String {
    let JobQuery { details, states, user, array, ids, from, to, limit, offset } = query;
    let joined = |items: Vec<String>, comma: &str| {
        if items.is_empty() { None } else { Some(items.join(comma)) }
    };
    let user = user.as_deref().map(|user| encode(user, ""));
    let states: Vec<_> = states.iter().map(|state| state.as_str().to_owned()).collect();
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    let out = match dialect {
        Dialect::Oar2 => Query::new(if *details { "/jobs/details" } else { "/jobs" })
            .maybe("state", joined(states, ","))
            .maybe("ids", joined(ids, ":"))
            .maybe("user", user)
            .maybe("array", *array)
            .maybe("from", *from)
            .maybe("to", *to),
        Dialect::Oar3 => {
            let mut out = Query::new("/jobs").maybe("details", details.then_some(1));
            for state in states {
                out = out.with("states", state);
            }
            for id in ids {
                out = out.with("job_ids", id);
            }
            out.maybe("user", user)
                .maybe("array", *array)
                .maybe("start_time", *from)
                .maybe("stop_time", *to)
        }
    };
    out.maybe("limit", *limit).maybe("offset", *offset).0
}

fn resources(dialect: Dialect, details: bool, limit: Option<u32>, offset: Option<u64>) -> String {
    let out = match dialect {
        Dialect::Oar2 => Query::new(if details { "/resources/full" } else { "/resources" }),
        Dialect::Oar3 => Query::new("/resources").maybe("detailed", details.then_some("true")),
    };
    out.maybe("limit", limit).maybe("offset", offset).0
}

fn file(dialect: Dialect, path: &str, key: &str, value: Option<u64>) -> String {
    match dialect {
        Dialect::Oar2 => Query::new(&format!("/media{}", media_path(path))).maybe(key, value).0,
        Dialect::Oar3 => {
            Query::new("/media").with("path_filename", encode(path, "/")).maybe(key, value).0
        }
    }
}

fn media_path(path: &str) -> String {
    // `~` is the home; absolute paths begin with the slash that ends the route.
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("{slash}{}", encode(path, "/"))
}
