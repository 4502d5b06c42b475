//! The doctor's findings about servers of several kinds, one cluster each.

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;
use gleaner_core::policy::injection;
use gleaner_core::time::Timestamp;
use gleaner_runtime::config::Config;
use gleaner_runtime::config_file::read::parse_config;
use gleaner_runtime::doctor::{StoredToken, check_clusters};
use gleaner_runtime::secrets::Secret;
use tokio::net::TcpListener;

/// What our clock says in all these tests.
const NOW: i64 = 1_795_174_467;

fn now() -> Timestamp {
    Timestamp::from_seconds(NOW)
}

/// A server that answers as recorded ones do; `version` and `seconds` are what it tells about itself.
async fn server(version: &'static str, seconds: i64) -> String {
    let answer = async move |uri: Uri, headers: HeaderMap| {
        let said = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("");
        let body = match uri.path() {
            "/api/version" => {
                format!(r#"{{"oar_version":"{version}","api_timestamp":{seconds}.25}}"#)
            }
            "/api/resources/full" | "/api/resources" => {
                let state = |id| if id < 15 { "Alive" } else { "Suspected" };
                let item = |id: u32| {
                    let (state, node) = (state(id), id / 4);
                    format!(
                        r#"{{"id":{id},"core":{id},"state":"{state}","host":"n{node}","mem":null}}"#
                    )
                };
                // Pages of ten at most, whatever is asked for.
                let query = uri.query().unwrap_or_default();
                let offset = query.split('&').find_map(|pair| pair.strip_prefix("offset="));
                let offset: u32 = offset.and_then(|text| text.parse().ok()).unwrap_or(0);
                let items: Vec<String> = (offset..16).take(10).map(item).collect();
                format!(r#"{{"total":16,"items":[{}]}}"#, items.join(","))
            }
            "/api/stress_factor" => r#"{"GLOBAL_STRESS":"0.9"}"#.to_owned(),
            "/api/whoami" => {
                format!(r#"{{"authenticated_user":"{}"}}"#, said("x_remote_ident"))
            }
            "/api/check_token"
                if said("authorization") == "Bearer good"
                    || said("authorization").starts_with("Bearer x.") =>
            {
                r#"{"user":"alice","auth":"Token valid"}"#.to_owned()
            }
            "/api/check_token" => {
                let detail = r#"{"detail":"Could not validate credentials !!! "}"#;
                return (StatusCode::UNAUTHORIZED, detail).into_response();
            }
            _ => return (StatusCode::NOT_FOUND, "<h1>nothing</h1>").into_response(),
        };
        body.into_response()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    format!("http://{address}/api")
}

fn config(api_url: &str, more: &str) -> Config {
    let text = format!("[[cluster]]\nname = \"c\"\napi_url = \"{api_url}\"\n{more}\n");
    parse_config(std::path::Path::new("gleaner.toml"), &text, &|_| None, &injection::standard())
        .expect("a configuration")
}

/// The findings, a line each, and how many clusters were away.
async fn told(config: &Config, held: Vec<StoredToken>) -> String {
    let diagnosis = check_clusters(config, held, now).await;
    let mut text = String::new();
    for finding in &diagnosis.findings {
        let (part, level) = (finding.part, finding.level.word());
        // How long an answer takes differs.
        let message = finding.message.split(" ms").next().unwrap_or_default();
        let message = message.trim_end_matches(|c: char| c.is_ascii_digit() && part == "reach");
        text.push_str(&format!("{part} {level}: {message}\n"));
    }
    format!("{text}away {}", diagnosis.away)
}

#[tokio::test]
async fn a_good_oar_2_under_stress() {
    let url = server("2.5.9 (Canicule)", NOW - 2).await;
    let said = told(&config(&url, "dialect = \"oar2\"\nresource_unit = \"core\""), vec![]).await;
    assert_eq!(
        said,
        "reach ok: answers in \ndialect ok: OAR 2.5.9 (Canicule) (oar2)\nclock ok: within 2 s of ours\n\
         resources ok: 16 resources\nstates warning: 15 Alive, 1 Suspected\nstress warning: 0.9 of 0.8\nidentity ok: known as `oar`\naway 0"
    );
}

#[tokio::test]
async fn a_server_of_the_other_kind_with_a_wrong_clock_and_an_unknown_unit() {
    let url = server("3.0.3dev", NOW + 90).await;
    let settings = "dialect = \"oar2\"\nresource_unit = \"cpu\"\nidentity_header = \"X-Other\"";
    let said = told(&config(&url, settings), vec![]).await;
    assert_eq!(
        said,
        "reach ok: answers in \n\
         dialect error: OAR 3.0.3dev, but the configuration says `oar2`\n\
         clock warning: 90 s ahead of ours\n\
         resources error: 16 resources, none with a property `cpu`\n\
         states warning: 15 Alive, 1 Suspected\n\
         stress warning: 0.9 of 0.8\nidentity error: `oar` is taken for ``\naway 0"
    );
}

#[tokio::test]
async fn tokens_are_tried_and_never_shown() {
    let url = server("3.0.3dev", NOW).await;
    let held = |user: &str, token: &str| StoredToken {
        user: user.to_owned(),
        cluster: "c".to_owned(),
        token: Ok(Secret::new(token)),
    };
    let broken = StoredToken {
        token: Err("it was encrypted with another key".to_owned()),
        ..held("carol", "")
    };
    let tokens = vec![held("alice", "good"), held("bob", "good"), held("dave", "stale"), broken];
    let said = told(&config(&url, "dialect = \"oar3\"\nstress_limit = 2.0"), tokens).await;
    assert_eq!(
        said,
        "reach ok: answers in \ndialect ok: OAR 3.0.3dev (oar3)\nclock ok: within 1 s of ours\n\
         resources ok: 16 resources\nstates warning: 15 Alive, 1 Suspected\nstress ok: 0.9 of 2\n\
         token ok: of `alice` is valid, as `alice`\n\
         token error: of `bob` is valid, as `alice`, but `bob` was expected\n\
         token error: of `dave`: answers 401: {\"detail\":\"Could not validate credentials !!! \"}\n\
         token error: of `carol`: it was encrypted with another key\naway 0"
    );
}

#[tokio::test]
async fn a_server_that_is_away_is_told_apart_from_one_that_is_no_oar() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let said = told(&config(&format!("http://{address}/"), "dialect = \"oar3\""), vec![]).await;
    assert!(said.starts_with("reach error: no answer: ") && said.ends_with("away 1"), "{said}");
    assert!(said.contains("refused"), "{said}");

    let url = server("2.5.9", NOW).await.replace("/api", "/other");
    let said = told(&config(&url, "dialect = \"oar2\""), vec![]).await;
    assert_eq!(said, "reach error: answers 404: <h1>nothing</h1>\naway 0");
}

#[tokio::test]
async fn a_password_file_that_is_gone_is_told() {
    let settings =
        "dialect = \"oar2\"\nauth = \"basic\"\nusername = \"g\"\npassword_file = \"/no/pw\"";
    let said = told(&config("http://127.0.0.1:1/", settings), vec![]).await;
    assert!(said.starts_with("session error: cannot read `/no/pw`"), "{said}");
}

#[tokio::test]
async fn properties_without_a_match_or_with_an_unknown_column_are_told() {
    let url = server("2.5.9", NOW).await;
    for (properties, told_of_it) in [
        ("host = 'n1'", "properties ok: `host = 'n1'` selects 4 of 16 resources"),
        (
            "host = 'n1' and mem > 5",
            "properties error: `host = 'n1' and mem > 5` selects none of 16 resources",
        ),
        ("banana = 3", "properties error: `banana = 3`: unknown property `banana`"),
        ("HOST IN ('n0', 'n3')", "properties ok: `HOST IN ('n0', 'n3')` selects 8 of 16 resources"),
    ] {
        let settings =
            format!("dialect = \"oar2\"\nresource_unit = \"core\"\nproperties = \"{properties}\"");
        let said = told(&config(&url, &settings), vec![]).await;
        assert!(said.lines().any(|line| line == told_of_it), "{said}");
    }
}

#[tokio::test]
async fn an_expired_token_is_expired_and_a_young_one_has_its_days() {
    use base64::Engine;
    let url = server("3.0.3dev", NOW).await;
    let held = |user: &str, exp: i64| {
        let claims =
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!(r#"{{"exp":{exp}}}"#));
        let token = Ok(Secret::new(format!("x.{claims}.y").as_str()));
        StoredToken { user: user.to_owned(), cluster: "c".to_owned(), token }
    };
    let tokens = vec![held("amy", NOW), held("bob", NOW - 3 * 86_400), held("eve", NOW - 3700)];
    let said = told(&config(&url, "dialect = \"oar3\""), tokens).await;
    for line in [
        "token error: of `amy` has expired, 0 seconds ago",
        "token error: of `bob` has expired, 3 days ago",
        "token error: of `eve` has expired, 61 minutes ago",
    ] {
        assert!(said.lines().any(|one| one == line), "{said}");
    }
    assert!(!said.contains("more days"), "{said}");
}
