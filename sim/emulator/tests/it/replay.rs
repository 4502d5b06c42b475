//! Each recorded request, put to the emulator in order, is answered in the recorded shape and
//! status. `tests/data/exceptions.txt` lists what is not, and why; an exception that is not needed
//! fails as well.

use std::collections::BTreeSet;
use std::path::Path;

use gleaner_emulator::body::Body;
use gleaner_emulator::engine::cluster::Dialect;
use gleaner_emulator::front::answer::Answer;
use serde_json::Value;

use crate::one_cluster::{ask, engine};
use crate::recorded::{Session, folder, follow, header_date_s, read};
use crate::shape::difference;

/// What may differ: a line `FILE EXCHANGE|* WHAT REASON`, where `WHAT` is `status`, `type`,
/// `skip`, or a key such as `.mem`.
struct Exceptions {
    lines: Vec<(String, String, String)>,
    used: BTreeSet<usize>,
}

impl Exceptions {
    fn read() -> Exceptions {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/exceptions.txt");
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let lines = lines.map(|line| {
            let mut words = line.splitn(4, ' ').map(str::to_owned);
            let (file, exchange, what) = (words.next(), words.next(), words.next());
            assert!(words.next().is_some_and(|reason| reason.len() > 10), "no reason: {line}");
            (file.unwrap(), exchange.unwrap(), what.unwrap())
        });
        Exceptions { lines: lines.collect(), used: BTreeSet::new() }
    }

    fn excuse(&mut self, file: &str, exchange: usize, what: &str) -> bool {
        let exchange = exchange.to_string();
        let found = self.lines.iter().position(|(of, at, kind)| {
            (of == file || of == "*" || file.starts_with(&format!("{of}/")))
                && (*at == exchange || at == "*")
                && (kind == what || (kind.starts_with('.') && what.contains(kind.as_str())))
        });
        self.used.extend(found);
        found.is_some()
    }

    fn unused(&self, dialect: &str) -> Vec<String> {
        let all = self.lines.iter().enumerate();
        all.filter(|(at, (file, ..))| !self.used.contains(at) && file.starts_with(dialect))
            .map(|(_, (file, at, what))| format!("exception not needed: {file} {at} {what}"))
            .collect()
    }
}

fn json_of(answer: &Answer) -> Option<Value> {
    let json = answer.content_type.is_some_and(|kind| kind.starts_with("application/json"));
    answer.value().filter(|_| json || answer.status == 201)
}

/// What is wrong with an answer, as (kind, text).
fn wrong(ours: &Answer, theirs: &Value) -> Vec<(String, String)> {
    let mut wrong = Vec::new();
    let status = theirs["status"].as_u64().unwrap();
    if u64::from(ours.status) != status {
        wrong.push(("status".to_owned(), format!("status {}, recorded {status}", ours.status)));
        return wrong;
    }
    let header = theirs["headers"].as_array().into_iter().flatten();
    let kind = header.filter_map(|pair| Some((pair[0].as_str()?, pair[1].as_str()?)));
    let kind = kind.clone().find(|(n, _)| n.eq_ignore_ascii_case("content-type")).map(|(_, v)| v);
    let media = |kind: Option<&str>| kind.and_then(|k| k.split(';').next()).map(str::to_owned);
    if media(ours.content_type) != media(kind) && ours.status != 307 {
        let text = format!("type {:?}, recorded {kind:?}", ours.content_type);
        wrong.push(("type".to_owned(), text));
    }
    match (theirs.get("json"), json_of(ours)) {
        (Some(recorded), Some(ours)) => {
            if let Some(text) = difference(&ours, recorded, "") {
                wrong.push((text.clone(), text));
            }
        }
        (Some(_), None) => wrong.push(("type".to_owned(), "no JSON".to_owned())),
        (None, _) => {}
    }
    wrong
}

fn replay(dialect: Dialect) {
    let name = dialect.word();
    let mut exceptions = Exceptions::read();
    let mut session = Session::new(dialect);
    let mut engine = engine(dialect);
    first_job(&mut engine, dialect);
    let mut files: Vec<_> =
        std::fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut failures, mut compared) = (Vec::new(), 0);
    for path in files {
        let file = format!("{name}/{}", path.file_stem().unwrap().to_string_lossy());
        let mut before_s = None;
        for (at, exchange) in read(&path)["exchanges"].as_array().unwrap().iter().enumerate() {
            let (recorded, theirs) = (&exchange["request"], &exchange["response"]);
            if recorded.is_null() || theirs.is_null() || exceptions.excuse(&file, at, "skip") {
                continue;
            }
            let date_s = header_date_s(theirs).unwrap();
            follow(&mut engine, before_s, date_s);
            before_s = Some(date_s);
            let label = exchange["label"].as_str().unwrap_or_default();
            let request = session.request(&engine, label, recorded, date_s);
            let ours = ask(&mut engine, &request);
            learn(&mut session, recorded, theirs, &ours);
            compared += 1;
            for (kind, text) in wrong(&ours, theirs) {
                if !exceptions.excuse(&file, at, &kind) {
                    let what = recorded["path"].as_str().unwrap();
                    let body = match &ours.body {
                        Body::Bytes(bytes) => {
                            String::from_utf8_lossy(bytes).chars().take(300).collect()
                        }
                        Body::Local { path, .. } => path.clone(),
                    };
                    failures.push(format!("{file} {at} ({label}) {what}: {text}\n    {body}"));
                }
            }
        }
    }
    failures.extend(exceptions.unused(name));
    assert!(failures.is_empty(), "{} of {compared}:\n{}", failures.len(), failures.join("\n"));
    assert!(compared > 150, "only {compared} exchanges were compared");
}

/// The job that the recordings have before they begin.
fn first_job(engine: &mut gleaner_emulator::engine::Engine, dialect: Dialect) {
    let submission = serde_json::json!({
        "request": {
            "method": "POST", "path": "/jobs",
            "headers": {
                "Authorization": "Bearer <HS256 JWT {'user': 'alice'}>", "X_REMOTE_IDENT": "alice",
                "Content-Type": "application/json", "Accept": "application/json",
            },
            "body": "{\"command\": \"/bin/sleep 3\"}",
        },
    });
    let request = Session::new(dialect).request(engine, "", &submission["request"], 0);
    assert!(ask(engine, &request).status < 300);
}

/// Jobs of a recorded submission are ours from now on.
fn learn(session: &mut Session, recorded: &Value, theirs: &Value, ours: &Answer) {
    let posted = recorded["method"] == "POST" && theirs["json"]["id"].is_u64();
    if let (true, Some(ours)) = (posted, ours.value().and_then(|value| value["id"].as_u64())) {
        // More than any recorded array has, and no later job is overwritten: ids grow.
        session.learn(theirs["json"]["id"].as_u64().unwrap(), ours, 20);
    }
}

#[test]
fn what_was_asked_of_oar_3_is_answered_in_the_recorded_shape() {
    replay(Dialect::Oar3);
}

#[test]
fn what_was_asked_of_oar_2_is_answered_in_the_recorded_shape() {
    replay(Dialect::Oar2);
}
