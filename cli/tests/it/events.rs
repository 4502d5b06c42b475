//! The page about events names every code that there is.

use std::collections::BTreeSet;
use std::fs;

use crate::run::root;

/// Codes in a source: texts of capital letters and underscores.
fn codes(path: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(path)).expect("a source is there");
    let code = |text: &str| {
        text.len() > 4 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    text.split('"').skip(1).step_by(2).filter(|text| code(text)).map(str::to_owned).collect()
}

#[test]
fn the_page_about_events_names_every_code() {
    let page = fs::read_to_string(root().join("docs/events.md")).expect("the page is there");
    let mut all = codes("runtime/src/store/codes.rs");
    all.extend(codes("runtime/src/store/rows/events.rs"));
    assert!(all.len() > 30 && all.contains("RUNNER_SUBMIT_LATER"), "{all:?}");
    let missing: Vec<&String> =
        all.iter().filter(|code| !page.contains(&format!("`{code}`"))).collect();
    assert!(missing.is_empty(), "not in docs/events.md: {missing:?}");
}
