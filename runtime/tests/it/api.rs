//! The REST API without a network: exchanges as text files. Requests and answers stand in one file; with
//! `UPDATE_EXPECT` set, the answers are rewritten with what is answered.

pub(crate) mod fake_daemon;

use std::fs;
use std::path::Path;

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response};
use gleaner_api::routes::Endpoint;
use gleaner_runtime::api::peer::Peer;
use gleaner_runtime::api::service::{Service, service};
use tower::ServiceExt;

use crate::api::fake_daemon::{PROXY, fake_daemon};

const ASKED: &str = ">>> ";
const ANSWERED: &str = "<<< ";
const SHOWN: [&str; 3] = ["allow", "location", "content-type"];

/// Sends one request: its first line, its headers, an empty line, its body.
pub(crate) async fn ask(service: &Service, text: &str) -> Response<Body> {
    let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
    let mut lines = head.lines();
    let (method, url) = lines.next().and_then(|line| line.split_once(' ')).expect("METHOD URL");
    // From the proxy that the settings list: it says who calls.
    let proxy = Peer::User { uid: PROXY, login: None };
    let mut request =
        Request::builder().method(method).uri(url).header("host", "grid").extension(proxy);
    for line in lines {
        let (name, value) = line.split_once(": ").expect("NAME: VALUE");
        request = request.header(name, value);
    }
    let request = request.body(Body::from(body.trim_end().to_owned())).expect("a request");
    service.clone().oneshot(request).await.expect("an answer")
}

async fn told(response: Response<Body>) -> String {
    let mut text = format!("{}\n", response.status().as_u16());
    for name in SHOWN {
        if let Some(value) = response.headers().get(name)
            && value != "application/json"
        {
            text.push_str(&format!("{name}: {}\n", value.to_str().expect("text")));
        }
    }
    let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    text.push_str(std::str::from_utf8(&body).expect("UTF-8"));
    text
}

/// The file's text with the answers that are given.
async fn replay(text: &str, folder: &Path) -> String {
    let service = service(std::sync::Arc::new(fake_daemon(folder)));
    let mut replayed = String::new();
    let mut parts = text.split(ASKED);
    replayed.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let asked = part.split(ANSWERED).next().unwrap_or_default().trim_end();
        let answer = told(ask(&service, asked).await).await;
        replayed.push_str(&format!("{ASKED}{asked}\n\n{ANSWERED}{answer}\n"));
    }
    replayed
}

#[tokio::test]
async fn each_recorded_exchange_is_answered_as_it_stands() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/api");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 5, "the exchanges are not here");
    let mut wrong = Vec::new();
    for file in files {
        let place = tempfile::tempdir().unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let replayed = replay(&text, place.path()).await;
        if replayed == text {
            continue;
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&file, replayed).unwrap();
        } else {
            wrong.push(format!("{}\nanswered:\n{replayed}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused_and_one_below_is_not() {
    let place = tempfile::tempdir().unwrap();
    let service = service(std::sync::Arc::new(fake_daemon(place.path())));
    let submit = |parameters: usize| {
        let list: Vec<String> = (0..parameters).map(|n| format!("\"{n} {n:030}\"")).collect();
        let jdl = format!(
            "{{\"name\":\"n\",\"params\":[{}],\"clusters\":{{\"lune\":{{\"exec_file\":\"e\"}}}}}}",
            list.join(",")
        );
        format!("POST /campaigns\nX-CIGRI-USER: alice\n\n{jdl}")
    };
    assert_eq!(ask(&service, &submit(20_000)).await.status(), 201);
    assert_eq!(ask(&service, &submit(40_000)).await.status(), 413);
}

#[tokio::test]
async fn every_route_is_counted_under_its_own_name() {
    let place = tempfile::tempdir().unwrap();
    let service = service(std::sync::Arc::new(fake_daemon(place.path())));
    let mut lines = Vec::new();
    for endpoint in Endpoint::ALL {
        let (method, path) = (endpoint.method().word(), endpoint.template());
        let url = path.replace("{id}", "1").replace("{task}", "1");
        ask(&service, &format!("{method} {url}")).await;
        lines.push(format!("method=\"{method}\",route=\"{path}\""));
    }
    ask(&service, "GET /no/such/thing").await;
    lines.push("method=\"GET\",route=\"none\",status=\"404\"".to_owned());
    let metrics = told(ask(&service, "GET /metrics").await).await;
    for line in lines {
        // The scrape itself is counted when it is over.
        assert!(metrics.contains(&line) || line.contains("/metrics"), "{line} in\n{metrics}");
    }
    assert!(
        metrics.contains("gleaner_cluster_cores{cluster=\"lune\",use=\"free\"} 4"),
        "{metrics}"
    );
}

#[tokio::test]
async fn no_answer_holds_a_token() {
    let place = tempfile::tempdir().unwrap();
    let service = service(std::sync::Arc::new(fake_daemon(place.path())));
    let secret = "verysecret";
    for body in [
        format!("{{\"cluster_id\":2,\"token\":\"{secret}\"}}"),
        format!("{{\"cluster_id\":2,\"token\":\"{secret} {secret}\"}}"),
        format!("{{\"cluster_id\":2,\"token\":[\"{secret}\"]}}"),
        format!("{{\"cluster_id\":2,{secret}"),
        format!("{{\"cluster_id\":1,\"token\":\"{secret}\"}}"),
    ] {
        let text = format!("POST /tokens\nX-CIGRI-USER: alice\n\n{body}");
        let answer = told(ask(&service, &text).await).await;
        assert!(!answer.contains(secret), "{answer}");
    }
    for url in ["/tokens", "/metrics", "/clusters/2", "/campaigns"] {
        let text = format!("GET {url}\nX-CIGRI-USER: alice");
        let answer = told(ask(&service, &text).await).await;
        assert!(answer.starts_with("200") && !answer.contains(secret), "{answer}");
    }
}

/// The description's path of a URL, if it has one.
fn described<'a>(
    paths: &'a serde_json::Value,
    method: &str,
    url: &str,
) -> Option<&'a serde_json::Value> {
    let bare = url.split('?').next().unwrap_or_default().trim_end_matches('/');
    let asked: Vec<&str> = bare.split('/').skip(1).collect();
    let fits = |path: &str| {
        let parts: Vec<&str> = path.split('/').skip(1).filter(|part| !part.is_empty()).collect();
        parts.len() == asked.len()
            && parts.iter().zip(&asked).all(|(part, word)| part.starts_with('{') || part == word)
    };
    // A word stands before a variable.
    let known = paths.as_object()?.iter().filter(|(path, _)| fits(path));
    let best = known.min_by_key(|(path, _)| path.matches('{').count());
    best?.1.get(method.to_lowercase())
}

#[tokio::test]
async fn every_recorded_status_is_described_and_the_bounds_of_pages_are_told() {
    let place = tempfile::tempdir().unwrap();
    let service = service(std::sync::Arc::new(fake_daemon(place.path())));
    let body = ask(&service, "GET /openapi.json").await.into_body();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let document: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/api");
    let mut checked = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for part in text.split(ASKED).skip(1) {
            let (asked, answered) = part.split_once(ANSWERED).unwrap();
            let (method, rest) = asked.split_once(' ').unwrap();
            let url = rest.split_whitespace().next().unwrap();
            let status = answered.split_whitespace().next().unwrap();
            // What is no route is not described.
            let Some(operation) = described(&document["paths"], method, url) else { continue };
            let known = operation["responses"].as_object().unwrap();
            assert!(known.contains_key(status), "{method} {url}: {status} of {:?}", known.keys());
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            for status in ["429", "500", "503"] {
                assert!(!operation["responses"][status].is_null(), "{method} {path}: {status}");
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let schema = &parameter["schema"];
                match parameter["name"].as_str().unwrap() {
                    "limit" => assert_eq!(
                        (&schema["minimum"], &schema["maximum"]),
                        (&1.into(), &10_000.into())
                    ),
                    "offset" => assert_eq!(schema["maximum"], u32::MAX),
                    _ => {}
                }
            }
        }
    }
    let keys = &document["components"]["schemas"]["Campaign"]["properties"]["clusters"];
    assert_eq!(keys["propertyNames"]["type"], "string", "keys of objects are texts");
}

#[tokio::test]
async fn all_campaigns_are_listed_though_they_are_read_in_steps() {
    let place = tempfile::tempdir().unwrap();
    let service = service(std::sync::Arc::new(fake_daemon(place.path())));
    let submit = "POST /campaigns\nX-CIGRI-USER: alice\n\n{\"name\":\"n\",\"nb_jobs\":1,\"clusters\":{\"lune\":\
                  {\"exec_file\":\"e\"}}}";
    for _ in 0..600 {
        assert_eq!(ask(&service, submit).await.status(), 201);
    }
    let answer = ask(&service, "GET /campaigns").await;
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let list: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let ids: Vec<u64> =
        list["items"].as_array().unwrap().iter().map(|item| item["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, (1..=600).rev().collect::<Vec<u64>>());
    assert_eq!(list["total"], 600);
}
