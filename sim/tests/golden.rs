//! The golden vectors recorded from OAR 3, replayed step by step.

#[path = "vectors/case.rs"]
mod case;
#[path = "vectors/replay.rs"]
mod replay;

use case::Case;
use std::path::{Path, PathBuf};

fn vectors() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let entries = std::fs::read_dir(folder).expect("the vectors are here");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    paths
}

#[test]
fn all_vectors_pass_step_by_step() {
    let paths = vectors();
    assert_eq!(paths.len(), 19);
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let case = Case::read(&serde_json::from_str(&text).unwrap()).unwrap();
        let name = case.name.clone();
        assert_eq!(case.unknown, Vec::<String>::new(), "{name}");
        assert_eq!(replay::replay(case), Ok(()), "{name}");
    }
}

#[test]
fn a_wrong_expectation_is_noticed() {
    let text = std::fs::read_to_string(&vectors()[0]).unwrap();
    for (from, to) in [
        ("\"start_time\": 1700003660", "\"start_time\": 1700003661"),
        ("[9, 10, 11]", "[9, 10, 12]"),
        ("\"state\": \"toLaunch\"", "\"state\": \"Waiting\""),
        ("\"exit_code\": 0", "\"exit_code\": 2"),
        ("\"frag_jobs\": {}", "\"frag_jobs\": {\"1\": \"LEON\"}"),
    ] {
        let changed = text.replace(from, to);
        assert_ne!(changed, text, "{from}");
        let case = Case::read(&serde_json::from_str(&changed).unwrap()).unwrap();
        assert!(replay::replay(case).is_err(), "{from}");
    }
}
