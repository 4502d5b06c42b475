//! The dashboard and the alert rules that come with the package ask for figures that a daemon tells, with labels that
//! these have.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use gleaner_api::routes::Route;
use serde_json::Value;

use crate::daemon::started_with;
use crate::notifications::web_server::WebServer;
use crate::notifications::{subscribe, workers, written};

fn shipped(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging").join(name);
    std::fs::read_to_string(path).expect("a file of the package")
}

/// Names of our figures in a text, with the labels asked for behind each.
fn asked_for(text: &str) -> BTreeSet<(String, BTreeSet<String>)> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("gleaner_") {
        let rest = &text[at..];
        let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let labels = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let labels = labels.map(|(labels, _)| labels.split(',')).into_iter().flatten();
        let labels = labels.map(|label| label.split(['=', '~', '!']).next().unwrap_or_default());
        found.insert((name.to_owned(), labels.map(str::to_owned).collect()));
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dashboard_and_the_alerts_ask_for_figures_that_there_are() {
    let folder = tempfile::tempdir().unwrap();
    // A daemon that has done a little of everything: its clusters were listed, and a message could not be sent.
    let server = WebServer::new(200, "").await;
    let hook = format!("http://{}/", server.address);
    drop(server);
    let path = written(folder.path(), &format!("allow_webhooks = [\"{hook}\"]"));
    let daemon = started_with(&path, workers(&Arc::default())).await;
    subscribe(&daemon, "alice", Route::SubscribeWebhook, &hook, "high").await;
    daemon.client.submit("n", 1).await;
    let all =
        ["gleaner_notification_server_reachable{", "gleaner_cluster_observed_timestamp_seconds{"];
    let mut text = String::new();
    while !all.iter().all(|figure| text.contains(figure)) {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let answer = daemon.client.request(None, Route::Metrics).send().await.expect("an answer");
        text = answer.text().await.expect("a text");
    }
    daemon.stop().await;
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines() {
        let of_kind = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '));
        if let Some((name, kind)) = of_kind {
            let name = if kind == "counter" { format!("{name}_total") } else { name.to_owned() };
            told.entry(name).or_default();
        } else if let Some((name, rest)) = line.split_once('{') {
            let labels = rest.split_once('}').expect("an end of the labels").0.split(',');
            let labels = labels.map(|label| label.split('=').next().unwrap_or_default().to_owned());
            told.entry(name.to_owned()).or_default().extend(labels);
        }
    }
    let page = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/monitoring.md"),
    )
    .unwrap();
    let mut checked = 0;
    let dashboard: Value = serde_json::from_str(&shipped("grafana.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let mut queries: Vec<String> =
        targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect();
    queries.push(dashboard["templating"]["list"][0]["query"].as_str().unwrap().to_owned());
    let alerts = shipped("alerts.yml");
    let rules = alerts.lines().filter_map(|line| line.trim().strip_prefix("expr: "));
    queries.extend(rules.map(str::to_owned));
    for query in &queries {
        let opened = query.matches(['(', '{', '[']).count();
        assert_eq!(opened, query.matches([')', '}', ']']).count(), "{query}");
        for (name, labels) in asked_for(query) {
            let known = told.get(&name).unwrap_or_else(|| panic!("{query}: no `{name}` in {text}"));
            let row = page.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
            let row = row.unwrap_or_else(|| panic!("docs/monitoring.md has no row for `{name}`"));
            for label in labels {
                let told = known.contains(&label) || row.contains(&format!("`{label}`"));
                assert!(told, "{query}: `{name}` has no label `{label}`");
            }
            checked += 1;
        }
    }
    assert!(checked > 15, "{checked}");
    // Each figure of a daemon is on the dashboard.
    let shown: BTreeSet<String> =
        queries.iter().flat_map(|query| asked_for(query)).map(|(name, _)| name).collect();
    let left: Vec<&String> = told.keys().filter(|name| !shown.contains(*name)).collect();
    assert!(left.is_empty(), "{left:?}");
}
