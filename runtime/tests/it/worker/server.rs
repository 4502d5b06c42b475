//! A scripted OAR, 3 or 2.5: lists what a test says, and fails as a test says. Schedules nothing.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A page of a web server whose application has ended.
pub(crate) const PAGE: (u16, &str) = (500, "<!DOCTYPE HTML><html><h1>Internal Server Error</h1>");
/// What OAR 3 says when its code failed.
pub(crate) const CRASH: (u16, &str) = (500, "Internal Server Error");

/// What the server knows and does.
#[derive(Default)]
pub(crate) struct World {
    /// Whether it speaks as OAR 2.5 does.
    pub(crate) old: bool,
    /// Its clock.
    pub(crate) time_s: i64,
    /// Whether it keeps its clock to itself.
    pub(crate) timeless: bool,
    /// Jobs that live: id and name.
    pub(crate) current: Vec<(u64, String)>,
    /// By its header, who asked last.
    pub(crate) asked_by: String,
    /// Who somebody is to it, by that header; none: there is no such route.
    pub(crate) whoami: Option<fn(&str) -> String>,
    /// Who was asked about so far.
    pub(crate) asked_about: Vec<String>,
    /// The answer to a deletion; none: as if all were well.
    pub(crate) deletion: Option<(u16, &'static str)>,
    /// Whose all jobs are, if not alice's.
    pub(crate) owner: Option<&'static str>,
    /// Jobs that are over, by now: id, name, when submitted by what the server notes.
    pub(crate) ended: Vec<(u64, String, i64)>,
    /// Its resources, as it lists them; none: it does not.
    pub(crate) resources: Option<Value>,
    /// Jobs of a submission that are recorded.
    pub(crate) records: usize,
    /// The answer to a submission; none: as if all were well.
    pub(crate) submit: Option<(u16, &'static str)>,
    /// The next answers to GETs and DELETEs, in the place of the right ones.
    pub(crate) wrong: VecDeque<(u16, &'static str)>,
    /// Details of jobs, by id.
    pub(crate) details: BTreeMap<u64, Value>,
    /// Requests under way, and the most there ever were.
    pub(crate) under_way: usize,
    pub(crate) most_under_way: usize,
    /// Requests so far.
    pub(crate) asked: usize,
    /// How many entries each list claims to have, whatever is shown; where a page begins is not looked at.
    pub(crate) announced: Option<u64>,
    /// Jobs that lists leave out, though they are known.
    pub(crate) left_out: Vec<u64>,
    /// Jobs that were asked for singly so far.
    pub(crate) singles: Vec<u64>,
    /// Deletions so far, as their targets.
    pub(crate) deletions: Vec<String>,
    /// Bodies of the submissions so far.
    pub(crate) posts: Vec<Value>,
}

/// The status of an answer that never comes.
pub(crate) const NEVER: u16 = 0;

pub(crate) type Shared = Arc<Mutex<World>>;

/// Serves `world`; returns the API's address.
pub(crate) async fn serve(world: Shared) -> String {
    serve_at(TcpListener::bind("127.0.0.1:0").await.expect("a port"), world)
}

/// The same, at a port of the caller's.
pub(crate) fn serve_at(listener: TcpListener, world: Shared) -> String {
    let answer = async move |request: Request| -> Response {
        let (parts, body) = request.into_parts();
        let said = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let caller =
            said("x_remote_ident").or(said("authorization")).unwrap_or_default().to_owned();
        let body = to_bytes(body, 1 << 20).await.expect("a body");
        let query = parts.uri.query().unwrap_or("");
        world.lock().expect("no test panics with it").begin();
        // Whoever sends two requests at a time gets the second in between.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        let (status, text) = {
            let mut world = world.lock().expect("no test panics with it");
            world.under_way -= 1;
            world.asked_by = caller;
            world.answer(&parts.method, parts.uri.path(), query, &body)
        };
        if status == NEVER {
            std::future::pending::<()>().await;
        }
        (StatusCode::from_u16(status).expect("a status"), text).into_response()
    };
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    format!("http://{address}/")
}

impl World {
    fn begin(&mut self) {
        self.under_way += 1;
        self.asked += 1;
        self.most_under_way = self.most_under_way.max(self.under_way);
    }

    /// Lets a job be over, with what OAR notes of its end.
    pub(crate) fn end(
        &mut self,
        id: u64,
        state: &str,
        exit_code: Option<i32>,
        events: &[(&str, &str)],
    ) {
        self.current.retain(|(job, _)| *job != id);
        self.describe(id, state, exit_code, events);
    }

    /// Lets a job show this command.
    pub(crate) fn says(&mut self, id: u64, command: &str) {
        self.details.get_mut(&id).expect("it has details")["command"] = json!(command);
    }

    /// Gives a job details.
    pub(crate) fn describe(
        &mut self,
        id: u64,
        state: &str,
        exit_code: Option<i32>,
        events: &[(&str, &str)],
    ) {
        let (array, index) = (id / 100 * 100, id % 100 + 1);
        let event = |(at, (kind, text)): (usize, &(&str, &str))| {
            json!({ "id": at + 1, "type": kind, "job_id": id, "date": self.time_s,
                    "description": text, "to_check": "NO" })
        };
        let events: Vec<Value> = events.iter().enumerate().map(event).collect();
        let detail = json!({
            "id": id, "name": "gleaner.7.k2x9ab-5", "array_id": array, "array_index": index, "type": "PASSIVE", "state": state,
            "user": "alice", "queue_name": "besteffort", "owner": "alice", "queue": "besteffort", "launching_directory": "/home/alice",
            "submission_time": self.time_s, "start_time": self.time_s, "stop_time": self.time_s,
            "exit_code": exit_code, "events": events,
            "command": format!(
                "[ $(date +%s) -lt 9 ] || exit 68; export CIGRI_CAMPAIGN_ID=7; : task {index}; /bin/true p"
            ),
        });
        self.details.insert(id, detail);
    }

    /// Details of those of a list that are not left out. OAR 2 does not tell their index.
    fn listed(&self, query: &str) -> Value {
        let given = query.split('&').filter_map(|pair| match self.old {
            true => pair.strip_prefix("ids="),
            false => pair.strip_prefix("job_ids="),
        });
        let asked = given.flat_map(|ids| ids.split(':')).filter_map(|id| id.parse::<u64>().ok());
        let shown = asked.filter(|id| !self.left_out.contains(id));
        let mut items: Vec<Value> = shown.filter_map(|id| self.details.get(&id)).cloned().collect();
        if self.old {
            items.iter_mut().for_each(|item| item["array_index"] = Value::Null);
        }
        json!({ "total": items.len(), "offset": 0, "items": items })
    }

    /// The details of one job, where this path asks for them.
    fn single(&mut self, path: &str) -> Option<(u16, String)> {
        let id = path.strip_prefix("/jobs/")?.trim_end_matches("/details").parse().ok()?;
        self.singles.push(id);
        Some(match self.details.get(&id) {
            Some(job) => (200, job.to_string()),
            None => (404, r#"{"detail":"Not Found"}"#.to_owned()),
        })
    }

    fn answer(&mut self, method: &Method, path: &str, query: &str, body: &[u8]) -> (u16, String) {
        if *method == Method::POST {
            return self.taken(body);
        }
        if let Some((status, text)) = self.wrong.pop_front() {
            return (status, text.to_owned());
        }
        if *method == Method::GET
            && let Some(answer) = self.single(path)
        {
            return answer;
        }
        let time = json!(self.time_s);
        let told = match path {
            "/jobs" if query.contains("state") => {
                let mut pairs =
                    query.split('&').filter_map(|pair| pair.strip_prefix("start_time="));
                let from = pairs.next().and_then(|from| from.parse().ok()).unwrap_or(i64::MIN);
                page(
                    self.owner,
                    self.ended.iter().filter(|_| self.time_s >= from).cloned(),
                    "Terminated",
                )
            }
            "/jobs" if query.contains("job_ids=") => self.listed(query),
            "/jobs/details" => self.listed(query),
            "/jobs" if query.contains("array=") => {
                let array: Vec<&str> =
                    query.split('&').filter_map(|pair| pair.strip_prefix("array=")).collect();
                let within = |id: u64| (id / 100 * 100).to_string() == array[0];
                let jobs = self.current.iter().filter(|(id, _)| within(*id)).cloned();
                let mut all =
                    page(self.owner, jobs.map(|(id, name)| (id, name, self.time_s)), "Waiting");
                // Those that are over are listed with their state.
                let over = self.details.iter().filter(|(id, _)| within(**id));
                let over: Vec<Value> = over
                    .filter(|(_, job)| job["state"] == "Terminated" || job["state"] == "Error")
                    .map(|(_, job)| {
                        let mut job = job.clone();
                        job["submission"] = job["submission_time"].clone();
                        job
                    })
                    .collect();
                let items = all["items"].as_array_mut().expect("a page has items");
                items.extend(over);
                all["total"] = json!(items.len());
                all
            }
            "/jobs" => {
                let current = self.current.iter().cloned();
                let current = current.map(|(id, name)| (id, name, self.time_s));
                let mut all = page(self.owner, current, "Waiting");
                let items = all["items"].as_array_mut().expect("a page has items");
                // What is known in detail is listed so.
                for item in items {
                    let known = item["id"].as_u64().and_then(|id| self.details.get(&id));
                    for key in ["state", "owner", "user"] {
                        if let Some(known) = known {
                            item[key] = known[key].clone();
                        }
                    }
                }
                all
            }
            path if path.starts_with("/resources") && self.resources.is_some() => {
                self.resources.clone().unwrap_or_default()
            }
            "/whoami" => {
                let said = self.asked_by.trim_start_matches("Bearer ").to_owned();
                self.asked_about.push(said.clone());
                let Some(whoami) = self.whoami else { return (404, "{}".to_owned()) };
                let login = whoami(&said);
                json!({ "authenticated_user": login, "api_timestamp": time, "api_timezone": "UTC" })
            }
            "/timezone" if self.timeless => return (404, "{}".to_owned()),
            "/stress_factor" if self.timeless => return (404, "{}".to_owned()),
            "/timezone" => {
                json!({ "api_timestamp": time, "api_timezone": "UTC", "timezone": "UTC" })
            }
            "/stress_factor" => {
                json!({ "GLOBAL_STRESS": "0.0", "api_timestamp": time, "api_timezone": "UTC" })
            }
            _ if *method == Method::DELETE => {
                self.deletions.push(format!("{path}?{query}"));
                if let Some((status, text)) = self.deletion {
                    return (status, text.to_owned());
                }
                json!({ "id": 1, "exit_status": 0 })
            }
            _ => return (404, r#"{"detail":"Not Found"}"#.to_owned()),
        };
        let mut told = told;
        if let (Some(total), Some(_)) = (self.announced, told.get("total")) {
            told["total"] = total.into();
        }
        (200, told.to_string())
    }

    fn taken(&mut self, body: &[u8]) -> (u16, String) {
        let body: Value = serde_json::from_slice(body).expect("JSON is sent");
        let name = body["name"].as_str().expect("each submission has a name").to_owned();
        let first = 100 * (self.posts.len() as u64 + 1);
        let (command, lines) = (body["command"].as_str(), body["param_file"].as_str());
        let lines: Vec<&str> = lines.unwrap_or_default().lines().collect();
        for (id, place) in (first..).zip(0..self.records) {
            self.current.push((id, name.clone()));
            // A test may have said before what it is like.
            if self.details.contains_key(&id) {
                continue;
            }
            self.describe(id, "Waiting", None, &[]);
            let line = lines.get(place).or(lines.last()).copied().unwrap_or_default();
            self.says(id, &format!("{} {line}", command.unwrap_or_default()));
            let detail = self.details.get_mut(&id).expect("it was just described");
            for key in ["owner", "user"] {
                detail[key] = json!(self.owner.unwrap_or("alice"));
            }
        }
        self.posts.push(body);
        match self.submit {
            Some((status, text)) => (status, text.to_owned()),
            None => (200, json!({ "id": first }).to_string()),
        }
    }
}

fn page(owner: Option<&str>, jobs: impl Iterator<Item = (u64, String, i64)>, state: &str) -> Value {
    let owner = owner.unwrap_or("alice");
    let items: Vec<Value> = jobs
        .map(|(id, name, at)| {
            json!({
                "id": id, "name": name, "state": state, "user": owner,
                "queue_name": "besteffort", "submission_time": at,
                "owner": owner, "queue": "besteffort", "submission": at,
            })
        })
        .collect();
    json!({ "total": items.len(), "offset": 0, "items": items })
}
