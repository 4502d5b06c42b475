//! The pages: each is listed in `docs/README.md`, links lead somewhere, what is quoted from a source stands there,
//! and what can be asked for by name is described.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gleaner_core::policy::injection;
use gleaner_scenarios::scenario::SchedulerKind;
use gleaner_sim::cause::Cause;

use crate::run::root;

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The pages of a folder, sorted.
fn pages(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).expect("a folder of pages");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut pages: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    pages.sort();
    assert!(pages.len() > 2, "no pages in `{folder}`");
    pages
}

/// What a page links to, without code.
fn links(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    let after = prose.flat_map(|part| part.split("](").skip(1));
    after.filter_map(|rest| rest.split(')').next()).collect()
}

/// The name by which a heading is linked.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
    heading.trim().to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
}

#[test]
fn every_link_leads_somewhere() {
    for page in pages("docs").into_iter().chain(pages(".")) {
        let text = read(&page);
        for target in links(&text).into_iter().filter(|target| !target.starts_with("http")) {
            let (file, part) = target.split_once('#').unwrap_or((target, ""));
            let there = match file {
                "" => page.clone(),
                _ => page.parent().unwrap().join(file),
            };
            assert!(there.exists(), "{} links to `{target}`", page.display());
            if !part.is_empty() {
                let headings = read(&there);
                let mut headings = headings.lines().filter_map(|line| line.strip_prefix('#'));
                let found = headings.any(|heading| anchor(heading.trim_matches('#')) == part);
                assert!(found, "{} links to `{target}`: no such heading", page.display());
            }
        }
    }
}

#[test]
fn every_page_is_listed() {
    let index = root().join("docs/README.md");
    let text = read(&index);
    let listed = links(&text);
    for page in pages("docs").into_iter().filter(|page| *page != index) {
        let name = page.file_name().unwrap().to_str().unwrap();
        assert!(listed.contains(&name), "docs/README.md does not list `{name}`");
    }
}

/// What begins the line before quoted code: a path, and for a part of a file `: ` and its first line.
const QUOTE: &str = "<!-- code: ";

/// What a quote has to be: a file without its tests, or what stands from a line to the bracket that ends it.
fn source(quote: &str) -> String {
    let (path, first) = match quote.split_once(": ") {
        Some((path, first)) => (path, Some(first)),
        None => (quote, None),
    };
    let text = read(&root().join(path));
    let Some(first) = first else {
        let code = text.split("\n#[cfg(test)]\nmod tests").next();
        return format!("{}\n", code.expect("a text has a beginning").trim_end());
    };
    let mut lines = text.lines().skip_while(|line| line.trim() != first).peekable();
    let line = lines.peek().unwrap_or_else(|| panic!("{path} has no line `{first}`"));
    let indent = line.len() - line.trim_start().len();
    let end = format!("{}}}", " ".repeat(indent));
    let mut part = String::new();
    for line in lines {
        part += line.get(indent..).unwrap_or("");
        part += "\n";
        if line == end {
            return part;
        }
    }
    panic!("{path}: what begins with `{first}` does not end");
}

/// The page with every quote as it has to be.
fn quoted(text: &str) -> String {
    let mut parts = text.split(QUOTE);
    let mut out = parts.next().expect("a text has a beginning").to_owned();
    for part in parts {
        let (quote, rest) =
            part.split_once(" -->\n```rust\n").expect("a quote is followed by code");
        let (_, rest) = rest.split_once("\n```\n").expect("code has an end");
        out += &format!("{QUOTE}{quote} -->\n```rust\n{}```\n{rest}", source(quote));
    }
    out
}

#[test]
fn quoted_code_stands_in_the_sources() {
    let mut quotes = 0;
    for page in pages("docs") {
        let text = read(&page);
        let expected = quoted(&text);
        quotes += text.matches(QUOTE).count();
        if text != expected && std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&page, &expected).unwrap();
            continue;
        }
        let differs = text.lines().zip(expected.lines()).find(|(shown, code)| shown != code);
        assert!(
            text == expected,
            "{} does not quote what stands in the source: {differs:?}\nUPDATE_EXPECT=1 quotes it anew",
            page.display()
        );
    }
    assert!(quotes >= 5, "only {quotes} quotes were found");
}

/// All our sources, as paths from the root and texts.
fn sources() -> Vec<(String, String)> {
    let crates = fs::read_dir(root()).expect("the workspace");
    let crates = crates.map(|entry| entry.expect("an entry").path());
    let mut folders: Vec<PathBuf> =
        crates.filter(|path| path.join("Cargo.toml").exists()).collect();
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                sources.push((path.display().to_string(), read(&path)));
            }
        }
    }
    assert!(sources.len() > 100, "the sources are not where they were");
    sources
}

#[test]
fn files_and_items_that_pages_name_are_there() {
    let sources = sources();
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let words: BTreeSet<&str> =
        sources.iter().flat_map(|(_, text)| text.split(|c| !word(c))).collect();
    let own = ["ARCHITECTURE.md", "CONTRIBUTING.md"].map(|page| root().join(page));
    for page in pages("docs").into_iter().chain(own) {
        let text = read(&page);
        let prose: String = text.split("```").step_by(2).collect();
        for name in prose.split('`').skip(1).step_by(2).filter(|name| !name.contains("NAME")) {
            let shown = page.display();
            if name.ends_with(".rs") && name.chars().all(|c| word(c) || "./-".contains(c)) {
                let end = format!("/{name}");
                let found = sources.iter().any(|(path, _)| path.ends_with(&end));
                assert!(found, "{shown} names `{name}`, and there is no such file");
            } else if name.contains("::") && name.chars().all(|c| word(c) || c == ':') {
                let lacking = name.split("::").find(|part| !words.contains(part));
                assert_eq!(lacking, None, "{shown} names `{name}`");
            }
        }
    }
}

#[test]
fn what_can_be_asked_for_by_name_is_described() {
    let policies = read(&root().join("docs/policies.md"));
    for entry in injection::standard().entries() {
        let row = format!("| `{}", entry.name);
        assert!(policies.contains(&row), "docs/policies.md has no row for `{}`", entry.name);
    }
    let textbook = read(&root().join("docs/textbook-schedulers.md"));
    let shown =
        ["README.md", "scenarios/library/template.toml"].map(|path| read(&root().join(path)));
    for kind in SchedulerKind::all() {
        let name = kind.name();
        let described = kind == SchedulerKind::Oar || textbook.contains(&format!("(`{name}`)"));
        assert!(described, "docs/textbook-schedulers.md says nothing of `{name}`");
        assert!(shown.iter().all(|text| text.contains(name)), "README or template: no `{name}`");
    }
}

#[test]
fn the_causes_of_waiting_are_those_of_the_program() {
    let text = read(&root().join("docs/waiting.md"));
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let row = |cause: Cause| format!("| `{}` | {} |", cause.word(), cause.meaning());
    assert_eq!(rows.collect::<Vec<_>>(), Cause::ALL.map(row));
}
