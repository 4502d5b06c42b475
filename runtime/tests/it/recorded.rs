//! Our answers beside those that CiGri 3.2.1 was recorded with: same status, same fields, same kinds of values.
//! Each difference is listed here with its reason. The recordings are not ours to keep; they are looked for in
//! the folder named by `GLEANER_RECORDINGS`, by default `../shared` beside the workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::to_bytes;
use gleaner_runtime::api::service::{Service, service};
use serde_json::Value;

use crate::api::ask;
use crate::api::fake_daemon::fake_daemon;
use crate::rights::token;

/// Fields of CiGri's that we leave out: its own book-keeping, or columns that it never fills.
const LEFT_OUT: [&str; 8] = [
    "nodb",
    "batch_id",
    "collect_id",
    "resources_used",
    "checked",
    "notified",
    // A token in clear; ours tells a fingerprint.
    "cluster_login",
    // JDL: what the user wrote stands there, whatever it is.
    "clusters",
];

/// Statistics that CiGri writes as texts, and we as numbers.
const TEXTS_AS_NUMBERS: [&str; 2] = ["average_jobs_duration", "stddev_jobs_duration"];

#[expect(clippy::print_stdout, reason = "a test that did not run must say so")]
fn recordings() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = std::env::var_os("GLEANER_RECORDINGS").map_or(beside, PathBuf::from);
    let folder = shared.join("cigri3/transcripts");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("SKIPPED: `{}` is not here", folder.display());
    None
}

fn exchanges(folder: &Path, subject: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(format!("{subject}.json"))).expect("a file");
    serde_json::from_str(&text).expect("a list of exchanges")
}

/// The recorded request at another URL, as [`ask`] takes it.
fn request(exchange: &Value, url: &str) -> String {
    let method = exchange["method"].as_str().expect("a method");
    let mut text = format!("{method} {url}\n");
    for (name, value) in exchange["headers"].as_object().into_iter().flatten() {
        text.push_str(&format!("{name}: {}\n", value.as_str().unwrap_or_default()));
    }
    let body = match &exchange["body"] {
        Value::Null => String::new(),
        Value::String(body) => body.clone(),
        other => other.to_string(),
    };
    format!("{text}\n{body}")
}

async fn answered(service: &Service, text: &str) -> (u64, Value) {
    let response = ask(service, text).await;
    let status = u64::from(response.status().as_u16());
    let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

/// All paths to fields with the kinds of their values; the elements of a list are one.
fn fields(value: &Value, path: &str, into: &mut BTreeMap<String, BTreeSet<&'static str>>) {
    let kind = match value {
        Value::Null => return,
        Value::Bool(_) => "truth",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(list) => {
            list.iter().for_each(|element| fields(element, &format!("{path}[]"), into));
            "list"
        }
        Value::Object(object) => {
            for (name, value) in object {
                into.entry(format!("{path}.{name}")).or_default();
                // A number as a name is an id: the others are alike.
                let name = if name.parse::<u32>().is_ok() { "*" } else { name };
                fields(value, &format!("{path}.{name}"), into);
            }
            "object"
        }
    };
    into.entry(path.to_owned()).or_default().insert(kind);
}

fn compare(url: &str, theirs: &Value, ours: &Value, wrong: &mut Vec<String>) {
    let (mut they, mut we) = (BTreeMap::new(), BTreeMap::new());
    fields(theirs, "", &mut they);
    fields(ours, "", &mut we);
    for (path, kinds) in they {
        let names: Vec<&str> = path.split(['.', '[']).collect();
        if names.iter().any(|name| LEFT_OUT.contains(name)) || path.ends_with(".1") {
            continue;
        }
        let textual = names.last().is_some_and(|name| TEXTS_AS_NUMBERS.contains(name));
        match we.get(&path) {
            None => wrong.push(format!("{url}: `{path}` is not there")),
            // CiGri writes some truths as texts where they are false.
            Some(found) if found.is_subset(&kinds) || kinds.is_empty() || textual => {}
            // Recorded as texts where given in the URL, and numbers elsewhere.
            Some(_) if path == ".limit" || path == ".offset" => {}
            Some(found) => wrong.push(format!("{url}: `{path}` is {found:?}, recorded {kinds:?}")),
        }
    }
}

#[tokio::test]
async fn answers_have_the_fields_that_were_recorded() {
    let Some(folder) = recordings() else { return };
    let place = tempfile::tempdir().unwrap();
    let service = service(Arc::new(fake_daemon(place.path())));
    let submitted = "POST /campaigns\nX-CIGRI-USER: alice\n\n{\"name\":\"hello\",\"params\":[\"item1 5\",\
                     \"item2 5\",\"item3 5\"],\"clusters\":{\"lune\":{\"exec_file\":\"x\"}}}";
    // The one with events is the second.
    for _ in 0..2 {
        assert_eq!(answered(&service, submitted).await.0, 201);
    }
    for user in ["alice", "root"] {
        // An administrator's is that of the daemon itself.
        let login = if user == "root" { "oar" } else { user };
        let token = format!("{{\"cluster_id\":2,\"token\":\"{}\"}}", token(login));
        let text = format!("POST /tokens\nX-CIGRI-USER: {user}\n\n{token}");
        assert_eq!(answered(&service, &text).await.0, 201);
    }
    // (file, recorded path, the same of ours)
    let same = [
        ("root", "/", "/"),
        ("campaigns", "/campaigns", "/campaigns"),
        ("campaigns", "/campaigns/25", "/campaigns/1"),
        ("stats", "/campaigns/25/stats", "/campaigns/1/stats"),
        ("jdl", "/campaigns/24/jdl", "/campaigns/1/jdl"),
        ("jobs", "/campaigns/25/jobs?limit=2&offset=2", "/campaigns/1/jobs?limit=1&offset=1"),
        ("jobs", "/campaigns/25/jobs/finished", "/campaigns/1/jobs/finished"),
        ("one-job", "/jobs/28", "/jobs/28"),
        ("events", "/campaigns/27/events", "/campaigns/2/events"),
        ("events", "/events/23", "/events/23"),
        ("clusters", "/clusters", "/clusters"),
        ("clusters", "/clusters/1", "/clusters/1"),
        ("clusters", "/clusters/3", "/clusters/3"),
        ("tokens", "/tokens", "/tokens"),
    ];
    let mut wrong = Vec::new();
    for (subject, theirs, ours) in same {
        let exchanges = exchanges(&folder, subject);
        let recorded: Vec<&Value> = exchanges
            .iter()
            .filter(|e| e["method"] == "GET" && e["path"] == theirs && e["status"] == 200)
            .collect();
        assert!(!recorded.is_empty(), "GET {theirs} is not in `{subject}`");
        for exchange in recorded {
            let (status, json) = answered(&service, &request(exchange, ours)).await;
            assert_eq!(status, 200, "GET {ours}");
            compare(theirs, &exchange["json"], &json, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn refusals_have_the_status_that_was_recorded() {
    let Some(folder) = recordings() else { return };
    let place = tempfile::tempdir().unwrap();
    let service = service(Arc::new(fake_daemon(place.path())));
    let mut differences = BTreeMap::new();
    for subject in ["not-found", "anonymous", "submit"] {
        for exchange in exchanges(&folder, subject) {
            let path = exchange["path"].as_str().expect("a path");
            // Not served yet.
            let later = ["/stdout", "/stderr", "/cinfos", "/gridusage"];
            if later.iter().any(|part| path.contains(part)) {
                continue;
            }
            let (status, _) = answered(&service, &request(&exchange, path)).await;
            let recorded = exchange["status"].as_u64().expect("a status");
            if status != recorded {
                let note = exchange["note"].as_str().unwrap_or_default();
                let method = exchange["method"].as_str().expect("a method");
                let key = format!("{method} {path} {note}").trim_end().to_owned();
                differences.insert(key, (recorded, status));
            }
        }
    }
    let meant: BTreeMap<String, (u64, u64)> = MEANT
        .iter()
        .map(|(what, recorded, ours, _)| ((*what).to_owned(), (*recorded, *ours)))
        .collect();
    assert_eq!(differences, meant);
}

/// Differences that are meant: the exchange, CiGri's status, ours, and why.
const MEANT: [(&str, u64, u64, &str); 17] = [
    ("DELETE /campaigns/22", 202, 404, "fewer campaigns were taken before"),
    ("DELETE /jobs/1", 400, 403, "an error of CiGri's, told as what it is"),
    ("DELETE /jobs/123456789", 400, 404, "an error of CiGri's, told as what it is"),
    ("GET /campaigns/999/stats", 500, 404, "a crash"),
    ("GET /campaigns/toto/stats", 500, 404, "a crash"),
    ("GET /jobs/toto", 500, 404, "a crash"),
    ("POST /campaigns admission rule refusal", 400, 201, "no admission rules yet"),
    (
        "POST /campaigns admission rule refusal (bob is not in the list)",
        400,
        201,
        "no admission rules yet",
    ),
    (
        "POST /campaigns admission rule refusal: besteffort without the dash",
        400,
        201,
        "no admission rules yet",
    ),
    (
        "POST /campaigns every macro and many keys; max_jobs 0",
        201,
        400,
        "such a campaign would never be scheduled nor finished",
    ),
    ("POST /campaigns fractional nb_jobs", 201, 400, "nobody means one and a half jobs"),
    ("POST /campaigns negative nb_jobs", 201, 400, "nobody means less than no jobs"),
    (
        "POST /campaigns only a disabled cluster: accepted",
        201,
        400,
        "such a campaign would wait for ever",
    ),
    ("POST /campaigns param_file and nb_jobs together", 201, 400, "its `max_jobs` is 0"),
    ("POST /campaigns param_file with a blank line", 201, 400, "who submits reads such files"),
    ("POST /campaigns prologue as a string", 400, 201, "a crash; it can only mean one line"),
    ("POST /campaigns unknown jobs_type", 201, 400, "a typing error"),
];
