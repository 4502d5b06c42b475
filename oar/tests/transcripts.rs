//! Every exchange recorded at real servers is read, and written again exactly as it was.

use std::collections::BTreeSet;

use gleaner_oar::wire::Dialect;
use gleaner_oar::wire::answer::{Answer, Expect, decode, encode};
use gleaner_oar::wire::parse::{CallError, parse};
use gleaner_oar::wire::render::{Body, Method, render};
use serde_json::Value;

/// Routes that no call of the model means: method, beginning of the path, why. Their answers are
/// kept as JSON.
const OTHER_ROUTES: &[(&str, &str, &str)] = &[
    ("GET", "/oarapi/resources/nodes/", "resources of a node: the full list has them"),
    ("GET", "/oarapi/resources/network_address/jobs", "jobs by node: nobody asks"),
    ("GET", "/oarapi/resources/nosuchproperty/jobs", "jobs by a property: nobody asks"),
    ("GET", "/oarapi/jobs/table", "another spelling of the list"),
    ("GET", "/oarapi/config", "for administrators"),
    ("GET", "/oarapi/accounting", "for administrators"),
    ("GET", "/oarapi/admission_rules", "for administrators"),
    ("POST", "/oarapi/media/chmod/", "permissions of files: nobody asks"),
    ("GET", "/oarapi-", "doors of the web server with other identities"),
    ("POST", "/resources?hostname=", "creation of resources"),
    ("GET", "/jobs?job_ids=", "ids that are no numbers"),
];

/// Requests that are answered well although they are wrong: method, path, why.
const LENIENT: &[(&str, &str, &str)] = &[
    ("GET", "/oarapi/jobs.json?state=Nosuch", "an unknown state gives an empty list"),
    ("GET", "/oarapi/jobs.json?ids=abc", "an id that is no number gives an empty list"),
    ("GET", "/oarapi/jobs.json?limit=abc", "a limit that is no number is none"),
    ("POST", "/oarapi/jobs.json", "YAML is accepted where it is announced"),
];

/// Answers that are read otherwise or not written again alike: method, beginning of the path, why.
const NOT_THE_SAME: &[(&str, &str, &str)] = &[
    ("GET", "/oarapi/resources/full.json?structure=oar", "shape of OAR 2.4, with a broken value"),
    ("GET", "/oarapi/jobs/2.json?structure=oar", "shape of OAR 2.4"),
    ("GET", "/oarapi/jobs.json?structure=oar", "shape of OAR 2.4"),
];

struct Exchange {
    file: String,
    method: String,
    path: String,
    content_type: String,
    body: String,
    status: u16,
    json: Option<Value>,
    text: String,
}

fn exchanges(folder: &str) -> Vec<Exchange> {
    let folder = format!("{}/tests/data/transcripts/{folder}", env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the recordings are shipped")
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    files.sort();
    let mut out = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a readable file");
        let recorded: Value = serde_json::from_str(&text).expect("JSON");
        for one in recorded["exchanges"].as_array().expect("a list") {
            let (request, response) = (&one["request"], &one["response"]);
            if request.is_null() {
                continue; // A note: what was seen over time.
            }
            let word = |value: &Value| value.as_str().unwrap_or("").to_owned();
            out.push(Exchange {
                file: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                method: word(&request["method"]),
                path: word(&request["path"]),
                content_type: word(&request["headers"]["Content-Type"]),
                body: word(&request["body"]),
                status: response["status"]
                    .as_u64()
                    .and_then(|n| n.try_into().ok())
                    .expect("a status"),
                json: response.get("json").cloned(),
                text: word(&response["text"]),
            });
        }
    }
    out
}

fn listed(table: &[(&str, &str, &str)], exchange: &Exchange) -> bool {
    table
        .iter()
        .any(|(method, path, _)| *method == exchange.method && exchange.path.starts_with(path))
}

fn expectation(dialect: Dialect, exchange: &Exchange) -> Expect {
    let base = if dialect == Dialect::Oar2 { "/oarapi" } else { "" };
    if listed(OTHER_ROUTES, exchange) || listed(NOT_THE_SAME, exchange) {
        return Expect::Json;
    }
    let place = format!("{} {} {}", exchange.file, exchange.method, exchange.path);
    let Some(rest) = exchange.path.strip_prefix(base) else { panic!("{place}") };
    let (path, query) = rest.split_once('?').map_or((rest, None), |(p, q)| (p, Some(q)));
    let method = match exchange.method.as_str() {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "DELETE" => Method::Delete,
        _ => return Expect::Json,
    };
    match parse(dialect, method, path, query, exchange.body.as_bytes()) {
        Ok(call) => {
            // What we would send for it means the same.
            let sent = render(dialect, &call).unwrap_or_else(|| panic!("{place}: {call:?}"));
            let (path, query) = sent
                .target
                .split_once('?')
                .map_or((sent.target.as_str(), None), |(p, q)| (p, Some(q)));
            let body = match sent.body {
                Body::Empty => Vec::new(),
                Body::Json(json) => json.to_string().into_bytes(),
                Body::Bytes(bytes) => bytes,
            };
            assert_eq!(
                parse(dialect, sent.method, path, query, &body).as_ref(),
                Ok(&call),
                "{place}"
            );
            call.expects()
        }
        Err(_) if exchange.status >= 300 => Expect::Json,
        Err(_) if listed(LENIENT, exchange) && exchange.method == "GET" => Expect::JobRows,
        Err(_) if listed(LENIENT, exchange) && exchange.content_type.contains("yaml") => {
            Expect::Submitted
        }
        // The recorder kept no more of a long body.
        Err(CallError::NotJson(_)) if exchange.body.len() > 8000 => Expect::Submitted,
        Err(error) => panic!("{place}: {error}"),
    }
}

fn check(folder: &str, dialect: Dialect) {
    let mut kinds = BTreeSet::new();
    let all = exchanges(folder);
    assert!(all.len() > 150, "the recordings are missing");
    for exchange in &all {
        check_one(dialect, exchange, &mut kinds);
    }
    // Guards the guard: most kinds of answers were really met.
    assert!(kinds.len() >= 17, "{folder} has only {kinds:?}");
}

fn check_one(dialect: Dialect, exchange: &Exchange, kinds: &mut BTreeSet<String>) {
    let place = format!("{} {} {}", exchange.file, exchange.method, exchange.path);
    let expect = expectation(dialect, exchange);
    let body = match &exchange.json {
        Some(json) => json.to_string(),
        None => exchange.text.clone(),
    };
    let yaml = exchange.json.is_none() && exchange.status == 200 && expect != Expect::Content;
    if yaml {
        // YAML, HTML for people, and OAR 3's null: no JSON, and told so.
        let answer = decode(dialect, expect, exchange.status, body.as_bytes());
        assert!(answer.is_err() || body == "null", "{place}: {answer:?}");
        return;
    }
    let answer = decode(dialect, expect, exchange.status, body.as_bytes())
        .unwrap_or_else(|error| panic!("{place}: {error}"));
    match (&answer, exchange.status) {
        (Answer::Problem(_) | Answer::Foreign(_), 300..) => {}
        (Answer::Problem(_) | Answer::Foreign(_), _) | (_, 300..) => panic!("{place}"),
        _ => {}
    }
    kinds.insert(format!("{expect:?}"));
    assert_eq!(encode(dialect, &answer), exchange.json, "{place}");
}

#[test]
fn each_exchange_with_oar_2_is_read_and_written_again_alike() {
    check("oar2", Dialect::Oar2);
}

#[test]
fn each_exchange_with_oar_3_is_read_and_written_again_alike() {
    check("oar3", Dialect::Oar3);
}

#[test]
fn each_exception_is_needed() {
    let all: Vec<_> = ["oar2", "oar3"].into_iter().flat_map(exchanges).collect();
    for table in [OTHER_ROUTES, LENIENT, NOT_THE_SAME] {
        for row in table {
            assert!(all.iter().any(|one| listed(std::slice::from_ref(row), one)), "{row:?}");
        }
    }
}
