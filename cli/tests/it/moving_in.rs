//! `gleaner import-cigri` and `gleaner man`, as an operator who moves in calls them.

use std::fs;

use crate::run::{Workdir, root};

fn dump() -> String {
    let path = root().join("runtime/tests/data/import/cigri.sql");
    path.to_str().expect("a readable path").to_owned()
}

#[test]
fn a_cigri_is_looked_at_taken_over_and_not_taken_twice() {
    let workdir = Workdir::new();
    let dump = dump();
    workdir.done(&["import-cigri", &dump, "--clusters", "gleaner.toml"]);
    let again = workdir.gleaner(&["import-cigri", &dump, "--clusters", "gleaner.toml"]);
    assert!(again.code == 4 && again.err.contains("there already"), "{again:?}");

    let call = ["import-cigri", &dump, "--config", "gleaner.toml", "--output", "csv"];
    let looked = workdir.gleaner(&call);
    assert_eq!(looked.code, 0, "{looked:?}");
    assert!(looked.out.starts_with("kind,name,comes_over,note\n"), "{looked:?}");
    assert!(looked.out.contains("campaign,12 of alice: sweep,yes,"), "{looked:?}");
    assert!(looked.err.contains("nothing was changed"), "{looked:?}");
    assert!(!workdir.path("gleaner.db").exists());
    assert!(!looked.out.contains("s3cret") && !looked.out.contains("Bearer"), "{looked:?}");

    let apply = [&call[..], &["--apply"]].concat();
    let taken = workdir.gleaner(&apply);
    assert_eq!(taken.code, 0, "{taken:?}");
    assert!(taken.err.contains("campaign 12 of CiGri is campaign 18 now"), "{taken:?}");
    let twice = workdir.gleaner(&apply);
    assert!(twice.code == 4 && twice.err.contains("has 2 campaigns already"), "{twice:?}");
    // What was taken over is a journal like any other.
    workdir.done(&["replay", "gleaner.db"]);
}

#[test]
fn what_is_no_dump_of_cigri_is_told_with_its_line() {
    let workdir = Workdir::new();
    let absent = workdir.gleaner(&["import-cigri", "none.sql", "--clusters", "-"]);
    assert!(absent.code == 3 && absent.err.contains("pg_dump"), "{absent:?}");
    let text =
        fs::read_to_string(dump()).unwrap().replace("12\talice\tin_treatment", "12\talice\todd");
    workdir.write("bad.sql", text);
    let bad = workdir.gleaner(&["import-cigri", "bad.sql", "--clusters", "-"]);
    assert!(bad.code == 2 && bad.err.contains("bad.sql:") && bad.err.contains("`odd`"), "{bad:?}");
    let nothing = workdir.gleaner(&["import-cigri", "bad.sql"]);
    assert!(nothing.code == 2 && nothing.err.contains("--config"), "{nothing:?}");
}

#[test]
fn every_command_has_a_man_page_with_its_options() {
    let workdir = Workdir::new();
    let written = workdir.done(&["man", "pages"]);
    let help = workdir.done(&["--help"]);
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    let mut checked = 0;
    for command in commands.lines().filter_map(|line| line.split_whitespace().next()) {
        if command == "help" {
            continue;
        }
        let page = if command.starts_with("grid") {
            command.to_owned()
        } else {
            format!("gleaner-{command}")
        };
        assert!(
            written.contains(&format!("pages/{page}.1\n")),
            "no page of `{command}`: {written}"
        );
        let text = workdir.read(&format!("pages/{page}.1"));
        assert!(text.contains(".TH ") && text.contains("SYNOPSIS"), "{page}: {text}");
        checked += 1;
    }
    assert!(checked > 12, "{checked}");
    assert!(workdir.read("pages/gleaner-serve.1").contains("\\-\\-config"));
}
