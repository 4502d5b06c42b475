//! The same session of requests to a real OAR 2.5 and to the emulated one: status, content type and
//! shape of every answer are compared. `tests/data/side_by_side/session.txt` is the session,
//! `differences.txt` lists what may differ, and why; anything else that differs fails, and so does a
//! listed difference that is not there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use reqwest::blocking::Client;
use serde_json::Value;

use crate::emulator::Emulator;
use crate::oar2::Oar2;
use crate::process::wait_for;
use crate::shape::differences;

const SESSION: &str = include_str!("../data/side_by_side/session.txt");
const DIFFERENCES: &str = include_str!("../data/side_by_side/differences.txt");

/// As long as a job may take to reach a state on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The real cluster as it is brought up: 4 nodes of 4 cores, with its scheduler in a hurry.
const SCENARIO: &str = r#"
[[cluster]]
name = "lune"
nodes = 4
cores_per_node = 4
dialect = "oar2"
[cluster.oar.rhythm]
floor = "1s"
pass_duration = "300ms"
launch = "500ms"
cleanup = "300ms"
kill = "1s"
walltime_poll = "1s"
[[cluster.oar.hierarchy.properties]]
set = { mem = 4096 }
"#;

/// What was answered to one request.
struct Answer {
    /// The request as the session writes it.
    request: &'static str,
    status: u16,
    content_type: String,
    json: Option<Value>,
}

/// One server to which the session is played.
struct Player {
    base: String,
    /// Address of its first node.
    node: &'static str,
    client: Client,
    ids: BTreeMap<&'static str, u64>,
}

impl Player {
    fn new(base: &str, node: &'static str) -> Player {
        Player { base: base.to_owned(), node, client: Client::new(), ids: BTreeMap::new() }
    }

    /// A text with ids and the node in place of their names.
    fn filled(&self, text: &str) -> String {
        let mut filled = text.replace("$node", self.node);
        // Longer names first: one may begin with another.
        let mut names: Vec<(&&str, &u64)> = self.ids.iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        for (name, id) in names {
            for next in (0..3).rev() {
                let plus = if next == 0 { String::new() } else { format!("+{next}") };
                filled = filled.replace(&format!("${name}{plus}"), &(id + next).to_string());
            }
        }
        assert!(!filled.contains('$'), "a name without an id in `{filled}`");
        filled
    }

    /// Sends one request of the session.
    fn ask(&mut self, line: &'static str) -> Answer {
        let (line, name) = match line.rsplit_once(" => ") {
            Some((line, name)) => (line, Some(name)),
            None => (line, None),
        };
        let mut words = line.splitn(4, ' ');
        let mut word = || words.next().unwrap_or_default();
        let (who, method, path, mut rest) = (word(), word(), word(), word());
        let request_end = line.len() - rest.len();
        let (mut accept, mut kind) = ("application/json", "application/json");
        loop {
            let (header, after) = rest.split_once(' ').unwrap_or((rest, ""));
            match header.split_once(':') {
                Some(("Accept", value)) => accept = value,
                Some(("Content-Type", value)) => kind = value,
                _ => break,
            }
            rest = after;
        }
        let url = format!("{}{}", self.base, self.filled(path));
        let method = method.parse().expect("a method of HTTP");
        let mut request = self.client.request(method, url).header("Accept", accept);
        if who != "-" {
            request = request.header("X_REMOTE_IDENT", who);
        }
        if !rest.is_empty() {
            request = request.header("Content-Type", kind).body(self.filled(rest));
        }
        let answer = request.send().unwrap_or_else(|error| panic!("{line}: {error}"));
        let status = answer.status().as_u16();
        let header = answer.headers().get("content-type").map(|value| value.to_str());
        let content_type = header.and_then(Result::ok).unwrap_or_default().to_owned();
        let body = answer.bytes().unwrap_or_else(|error| panic!("{line}: {error}"));
        let json: Option<Value> = serde_json::from_slice(&body).ok();
        if let Some(name) = name {
            let id = json.as_ref().and_then(|json| json["id"].as_u64());
            let text = || String::from_utf8_lossy(&body).into_owned();
            self.ids.insert(name, id.unwrap_or_else(|| panic!("{line}: no id in {}", text())));
        }
        let request = line[..request_end].trim_end();
        Answer { request, status, content_type, json }
    }

    /// Asks for a job again and again until it is as it should be.
    fn wait(&self, job: &str, what: &str, is_so: impl Fn(&Value) -> bool) {
        let url = format!("{}{}", self.base, self.filled(&format!("/jobs/${job}.json")));
        wait_for(&format!("{job} {what} at {url}"), PATIENCE, || {
            let request = self.client.get(&url).header("X_REMOTE_IDENT", "alice");
            let answer = request.header("Accept", "application/json").send().ok()?;
            let job: Value = answer.json().ok()?;
            // A real server takes its time for each answer; others want to be answered, too.
            std::thread::sleep(Duration::from_millis(200));
            is_so(&job).then_some(())
        });
    }

    /// Plays the session.
    fn play(mut self) -> Vec<Answer> {
        let mut answers = Vec::new();
        for line in SESSION.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["wait", job, state] => self.wait(job, state, |job| job["state"] == *state),
                ["planned", job] => {
                    self.wait(job, "planned", |job| job["scheduled_start"].is_u64())
                }
                _ => answers.push(self.ask(line)),
            }
        }
        answers
    }
}

/// A line of the list of differences: `REQUEST | WHAT | REASON`; a `?` after WHAT says that it comes
/// and goes. WHAT is the difference in full, or `.KEY *` for any at a place that ends with the key.
struct Listed {
    request: &'static str,
    what: &'static str,
    always: bool,
}

impl Listed {
    fn fits(&self, request: &str, found: &str) -> bool {
        let is_what = match self.what.strip_suffix(" *") {
            Some(key) => found.split(' ').next().is_some_and(|place| place.ends_with(key)),
            None => self.what == found,
        };
        is_what && (self.request == "*" || self.request == request)
    }
}

fn listed() -> Vec<Listed> {
    let lines = DIFFERENCES.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let line = |line: &'static str| {
        let parts: Vec<&str> = line.split(" | ").collect();
        let [request, what, reason] = parts[..] else { panic!("not three parts: {line}") };
        assert!(reason.len() > 10, "no reason: {line}");
        let always = !what.ends_with('?');
        Listed { request, what: what.trim_end_matches('?'), always }
    };
    lines.map(line).collect()
}

/// What differs between two answers.
fn compared(ours: &Answer, theirs: &Answer) -> Vec<String> {
    if ours.status != theirs.status {
        return vec![format!("status {} for {}", ours.status, theirs.status)];
    }
    let mut found = Vec::new();
    if ours.content_type != theirs.content_type {
        found.push(format!("type {} for {}", ours.content_type, theirs.content_type));
    }
    match (&ours.json, &theirs.json) {
        (Some(ours), Some(theirs)) => found.extend(differences(ours, theirs)),
        (None, None) => {}
        (Some(_), None) => found.push("JSON for something else".to_owned()),
        (None, Some(_)) => found.push("something else for JSON".to_owned()),
    }
    found
}

#[test]
fn an_emulated_oar2_answers_like_a_real_one() {
    let Some(oar2) = Oar2::up(&[]) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let emulator = Emulator::start(folder.path(), SCENARIO, 1, "1");
    let real = Player::new(oar2.api_url(), "127.0.0.2");
    let emulated = Player::new(&emulator.clusters[0].api_url, "node00000000");
    let (ours, theirs) = std::thread::scope(|scope| {
        let theirs = scope.spawn(|| real.play());
        let ours = emulated.play();
        (ours, theirs.join().expect("the session was played to the real server"))
    });
    let listed = listed();
    let (mut unlisted, mut used) = (Vec::new(), BTreeSet::new());
    for (ours, theirs) in ours.iter().zip(&theirs) {
        for what in compared(ours, theirs) {
            match listed.iter().position(|line| line.fits(ours.request, &what)) {
                Some(at) => {
                    used.insert(at);
                }
                None => unlisted.push(format!("{} | {what}", ours.request)),
            }
        }
    }
    let missed = listed.iter().enumerate().filter(|(at, line)| line.always && !used.contains(at));
    let missed: Vec<String> = missed
        .map(|(_, line)| format!("listed but alike: {} | {}", line.request, line.what))
        .collect();
    unlisted.extend(missed);
    assert!(unlisted.is_empty(), "of {} answers:\n{}", ours.len(), unlisted.join("\n"));
    println!("{} answers compared, {} listed differences", ours.len(), used.len());
    assert!(ours.len() > 120, "only {} answers were compared", ours.len());
}
