//! Bad scenarios, as text files: each mistake is told with its place and a hint.

use std::fs;
use std::path::Path;

use gleaner_core::policy::injection;
use gleaner_scenarios::build::build;
use gleaner_scenarios::build::grid::build_grid;
use gleaner_scenarios::error::ScenarioError;
use gleaner_scenarios::read::{parse_scenario, read_scenario};
use gleaner_scenarios::traces::Traces;
use proptest::prelude::*;

use crate::expect;

/// The error with its sources and its hint, as people see them; `folder` is cut off from paths.
fn told(error: &ScenarioError, folder: &Path) -> String {
    let mut text = format!("{error}\n");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!("because: {cause}\n"));
        source = cause.source();
    }
    if let Some(hint) = error.hint() {
        text.push_str(&format!("hint: {hint}\n"));
    }
    text.replace(&format!("{}/", folder.display()), "")
}

fn check(text: &str, folder: &Path) -> String {
    let built = parse_scenario("bad", "bad.toml", text, folder, None, &injection::standard())
        .and_then(|scenario| build_grid(&scenario, &build(&scenario, &Traces::default())?));
    match built {
        Ok(_) => "nothing wrong\n".to_owned(),
        Err(error) => told(&error, folder),
    }
}

#[test]
fn each_mistake_is_told_with_its_line_and_a_hint() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/bad");
    expect::check_folder("bad", |scenario| check(scenario, &folder));
}

#[test]
fn a_scenario_that_cannot_be_read_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.toml");
    let said =
        told(&read_scenario(&missing, None, &injection::standard()).unwrap_err(), folder.path());
    assert_eq!(
        said,
        "cannot read scenario `missing.toml`\nbecause: No such file or directory (os error 2)\n\
         hint: check the path; `gleaner scenarios` lists those that come with Gleaner, and `gleaner init` writes one to begin with\n"
    );
    let latin = folder.path().join("latin.toml");
    fs::write(&latin, b"title = \"caf\xe9\"\n").unwrap();
    let said =
        told(&read_scenario(&latin, None, &injection::standard()).unwrap_err(), folder.path());
    assert_eq!(
        said,
        "cannot read scenario `latin.toml`\nbecause: it is not UTF-8 text: the byte 0xe9 at line 1, column 13 does not belong to any character\n\
         hint: convert it, for example by `iconv -f latin1 -t utf-8 FILE`\n"
    );
}

/// Lines that stand in scenarios, right and wrong, to be thrown together.
fn line() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "title",
        "seed",
        "until",
        "name",
        "nodes",
        "cores_per_node",
        "scheduler",
        "events",
        "estimates",
        "model",
        "jobs",
        "load",
        "users",
        "mean_gap",
        "runtime",
        "sizes",
        "probability",
        "exit_code",
        "node",
        "down",
        "up",
        "mean_time_to_failure",
        "mean_time_to_repair",
        "victims",
        "trace",
    ]);
    let value = prop::sample::select(vec![
        "1",
        "-1",
        "0",
        "99999999999999999999",
        "1e400",
        "nan",
        "\"\"",
        "\"easy\"",
        "\"a\"",
        "\"lublin\"",
        "\"poisson\"",
        "\"1d\"",
        "\"x2\"",
        "\"pow2:1-64\"",
        "\"lognormal:1,2\"",
        "[]",
        "{}",
        "true",
        "\"\\u0000\"",
    ]);
    let table = prop::sample::select(vec![
        "[[cluster]]",
        "[cluster.owners]",
        "[cluster.owners.generate]",
        "[cluster.failures]",
        "[cluster.node_failures]",
        "[[cluster.outage]]",
        "[cluster.besteffort]",
        "[",
        "[[",
    ]);
    prop_oneof![
        3 => (key, value).prop_map(|(key, value)| format!("{key} = {value}")),
        1 => table.prop_map(str::to_owned),
    ]
}

proptest! {
    #[test]
    fn any_lines_are_understood_or_refused(lines in prop::collection::vec(line(), 0..24)) {
        let text = lines.join("\n");
        if let Err(error) = parse_scenario("any", "any.toml", &text, Path::new(""), None, &injection::standard()) {
            prop_assert!(error.to_string().starts_with("any.toml:"), "{}", error);
            if let Some((_, span)) = error.excerpt() {
                prop_assert!(span.start <= span.end && span.end <= text.len(), "{:?}", span);
            }
        }
    }

    #[test]
    fn any_bytes_are_understood_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = parse_scenario("any", "any.toml", &text, Path::new(""), None, &injection::standard());
    }
}
