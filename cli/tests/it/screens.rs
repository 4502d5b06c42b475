//! What the users' commands print and end with, beside what CiGri's printed and ended with when they were recorded. The
//! answers of the daemon are those behind the recorded screens, in our shapes. Each difference is in a table of
//! `docs/commands.md`, with its reason.

use std::collections::BTreeSet;
use std::fs;

use crate::run::{Workdir, root};
use crate::scripted::{Scripted, ScriptedDaemon};

/// An address at which nobody answers.
const NOBODY: &str = "http://127.0.0.1:1";

/// A recorded screen.
struct Screen {
    name: String,
    command: Vec<String>,
    /// None where no daemon answers.
    answers: Option<Vec<Scripted>>,
    out: String,
    code: i32,
}

fn screens() -> Vec<Screen> {
    let folder = root().join("cli/tests/data/screens");
    let mut screens = Vec::new();
    for entry in fs::read_dir(folder).expect("the recorded screens") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a screen");
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        screens.push(screen(name, &text));
    }
    screens.sort_by(|a, b| a.name.cmp(&b.name));
    screens
}

fn screen(name: String, text: &str) -> Screen {
    let (given, shown) = text.split_once("----\n").expect("a line of dashes");
    let (out, code) = shown.rsplit_once("exit ").expect("an exit code");
    let mut lines = given.lines();
    let command = lines.next().and_then(|line| line.strip_prefix("$ ")).expect("a command");
    let mut answers = Some(Vec::new());
    while let Some(line) = lines.next() {
        let line = line.strip_prefix("> ").expect("a line of a request");
        match (line.rsplit_once(' '), &mut answers) {
            (Some((line, status)), Some(answers)) => answers.push(Scripted {
                line: line.to_owned(),
                status: status.parse().expect("a status"),
                body: lines.next().expect("a body").to_owned(),
            }),
            _ => answers = None,
        }
    }
    Screen {
        name,
        command: words(command),
        answers,
        out: out.to_owned(),
        code: code.trim().parse().expect("a number"),
    }
}

/// Words as a shell makes them; only `'` quotes here.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (number, part) in command.split('\'').enumerate() {
        if number % 2 == 1 {
            words.last_mut().expect("a word").push_str(part);
            continue;
        }
        let mut pieces = part.split(' ');
        words.last_mut().expect("a word").push_str(pieces.next().unwrap_or_default());
        words.extend(pieces.map(str::to_owned));
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether two screens say the same: blanks, how many decimals a number has, and how JSON is laid out do not count.
fn alike(ours: &str, theirs: &str) -> bool {
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text);
    if let (Ok(ours), Ok(theirs)) = (json(ours), json(theirs)) {
        return ours == theirs;
    }
    let (ours, theirs): (Vec<&str>, Vec<&str>) = (ours.lines().collect(), theirs.lines().collect());
    ours.len() == theirs.len()
        && ours.iter().zip(&theirs).all(|(ours, theirs)| {
            let indent = |line: &str| line.len() - line.trim_start().len();
            let (a, b): (Vec<&str>, Vec<&str>) =
                (ours.split_whitespace().collect(), theirs.split_whitespace().collect());
            indent(ours) == indent(theirs)
                && a.len() == b.len()
                && a.iter().zip(&b).all(|(a, b)| {
                    a == b
                        || matches!((a.parse::<f64>(), b.parse::<f64>()),
                            (Ok(a), Ok(b)) if (a - b).abs() <= 1e-4 * b.abs().max(1.0))
                })
        })
}

/// The screens that the page says to differ.
fn listed() -> BTreeSet<String> {
    let page = fs::read_to_string(root().join("docs/commands.md")).expect("the page is there");
    let (_, table) =
        page.split_once("\n## Where the screens differ from CiGri's\n").expect("a heading");
    let table = table.split("\n## ").next().expect("a text has a beginning");
    let cells = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn screens_are_cigris_but_for_those_in_the_table() {
    let workdir = Workdir::new();
    let whole = r#"{"name": "demo", "nb_jobs": 10, "clusters": {"lune": {"exec_file": "true"}}}"#;
    workdir.write("demo.json", whole);
    workdir.write("refused.json", whole.replace("true", "true\", \"type\": \"normal"));
    workdir.write("noexec.json", r#"{"name": "noexec", "nb_jobs": 1, "clusters": {"lune": {}}}"#);
    workdir.write("bad.json", "{\"name\":\"bad\",\n");
    workdir.write("more.json", r#"["d11 1", "d12 1"]"#);
    let (mut differ, mut told) = (BTreeSet::new(), String::new());
    let screens = screens();
    for screen in &screens {
        let daemon = screen.answers.clone().map(ScriptedDaemon::start);
        let url = daemon.as_ref().map_or(NOBODY, |daemon| &daemon.url);
        let args: Vec<&str> = screen.command.iter().map(String::as_str).collect();
        let vars = [("GLEANER_API", url), ("TZ", "UTC"), ("HOME", "/nonexistent")];
        let answer = workdir.gleaner_with(&args, &vars);
        assert!(!answer.err.contains("panicked"), "{}: {}", screen.name, answer.err);
        // Whatever fails says why.
        assert!((answer.code == 0) || !answer.err.is_empty(), "{}", screen.name);
        if answer.code != screen.code || !alike(&answer.out, &screen.out) {
            differ.insert(screen.name.clone());
            told += &format!(
                "{}: exit {} and not {}\n{}\n-- recorded:\n{}\n-- {}\n",
                screen.name, answer.code, screen.code, answer.out, screen.out, answer.err
            );
        }
    }
    assert!(screens.len() > 90, "only {} screens", screens.len());
    let listed = listed();
    let unlisted: Vec<_> = differ.difference(&listed).collect();
    assert!(
        unlisted.is_empty(),
        "{unlisted:?} differ, and docs/commands.md does not say so\n{told}"
    );
    let same: Vec<_> = listed.difference(&differ).collect();
    assert!(same.is_empty(), "docs/commands.md says that these differ, and they do not: {same:?}");
}
