//! The language of `--assert`: claims in, verdicts and errors out.

use gleaner_reports::assertion::{Assertion, AssertionError};
use proptest::prelude::*;
use serde_json::{Value, json};

fn figures() -> Value {
    json!({
        "format": "gleaner-metrics-1",
        "clusters": {
            "kth": {"avebsld": 86.2559, "jobs": 27992, "harvest_ratio": null},
            "kth.sp2": {"avebsld": 2.0, "jobs": 5},
            "two words": {"jobs": 7},
        },
        "grid": {"jobs": 0, "mean_wait_s": 6344.789},
    })
}

/// `true`, `false`, or the error and its hint.
fn check(text: &str) -> String {
    match Assertion::parse(text).and_then(|assertion| assertion.check(&figures())) {
        Ok(verdict) => verdict.holds.to_string(),
        Err(error) => match error.hint() {
            Some(hint) => format!("{error}; hint: {hint}"),
            None => error.to_string(),
        },
    }
}

#[test]
fn claims_hold_or_not() {
    for (text, expected) in [
        ("clusters.kth.avebsld ~1e-9 86.2559", true),
        ("clusters.kth.avebsld ~1e-3 86.3", true),
        ("clusters.kth.avebsld ~1e-4 86.3", false),
        ("grid.jobs ~0.5 0", true),
        ("grid.mean_wait_s<6344.8", true),
        ("grid.mean_wait_s >= 6344.789", true),
        ("grid.mean_wait_s > 6344.789", false),
        ("grid.mean_wait_s <= 6344.788", false),
        ("grid.jobs == 0 and grid.jobs != 1", true),
        ("grid.jobs == 1 and grid.jobs == 0 or grid.jobs == 0", true),
        ("grid.jobs == 0 or grid.jobs == 0 and grid.jobs == 1", true),
        ("clusters.kth.sp2.jobs == 5", true),
        ("clusters.\"kth.sp2\".jobs == 5", true),
        ("clusters.\"two words\".jobs == 7", true),
    ] {
        assert_eq!(check(text), expected.to_string(), "{text}");
    }
}

#[test]
fn verdicts_tell_what_was_seen() {
    let assertion = Assertion::parse("grid.jobs > 1 or clusters.kth.jobs == 27992").unwrap();
    let verdict = assertion.check(&figures()).unwrap();
    let seen: Vec<String> = verdict.checked.iter().map(ToString::to_string).collect();
    assert_eq!(seen, ["`grid.jobs` is 0, not > 1", "`clusters.kth.jobs` is 27992, == 27992"]);
}

#[test]
fn errors_of_grammar_tell_what_is_expected_where() {
    let example = "; hint: for example 'clusters.kth.mean_wait_s < 600 and grid.jobs == 100'";
    for (text, expected) in [
        ("", "expected the path of a figure at column 1 of the assertion, found its end"),
        (
            "grid.jobs",
            "expected one of `<` `<=` `>` `>=` `==` `!=` `~TOL` at column 10 of the assertion, found its end",
        ),
        (
            "grid.jobs = 3",
            "expected one of `<` `<=` `>` `>=` `==` `!=` `~TOL` at column 11 of the assertion, found `=`",
        ),
        ("grid.jobs == x", "expected a number at column 14 of the assertion, found `x`"),
        ("grid.jobs == nan", "expected a number at column 14 of the assertion, found `nan`"),
        (
            "grid.jobs ~-1 2",
            "expected a tolerance, at least 0, right after `~` at column 12 of the assertion, found `-1`",
        ),
        (
            "grid.jobs == 1 xor 2",
            "expected `and`, `or` or the end at column 16 of the assertion, found `xor`",
        ),
        (
            "grid.jobs == 1 and",
            "expected the path of a figure at column 19 of the assertion, found its end",
        ),
        (
            "grid..jobs == 1",
            "expected the path of a figure at column 6 of the assertion, found `.jobs`",
        ),
    ] {
        assert_eq!(check(text), format!("{expected}{example}"), "{text}");
    }
}

#[test]
fn errors_about_figures_offer_the_nearest_names() {
    for (text, expected) in [
        ("grid.\"jobs == 1", "the quote at column 6 of the assertion is never closed"),
        (
            "grid.mean_wait == 1",
            "no figure `grid.mean_wait` (column 1 of the assertion): nothing is called `mean_wait`; hint: there is `mean_wait_s`, `jobs`",
        ),
        (
            "grid.jobs == 0 or cluster.kth.jobs > 1",
            "no figure `cluster.kth.jobs` (column 19 of the assertion): nothing is called `cluster.kth.jobs`; hint: there is `clusters`, `format`, `grid`",
        ),
        (
            "clusters.kht.jobs > 1",
            "no figure `clusters.kht.jobs` (column 1 of the assertion): nothing is called `kht.jobs`; hint: there is `kth`, `kth.sp2`, `two words`",
        ),
        (
            "grid.jobs.x > 1",
            "no figure `grid.jobs.x` (column 1 of the assertion): nothing is called `x`",
        ),
        (
            "clusters.kth.harvest_ratio > 1",
            "`clusters.kth.harvest_ratio` (column 1 of the assertion) is null, not a number; hint: `null` means not defined, as a mean of nothing",
        ),
        (
            "grid > 1",
            "`grid` (column 1 of the assertion) is a group of figures, not a number; hint: it holds `jobs`, `mean_wait_s`",
        ),
        ("format == 1", "`format` (column 1 of the assertion) is a text, not a number"),
    ] {
        assert_eq!(check(text), expected, "{text}");
    }
}

/// Names looked for before a run are those that are found after it; a column lies within the text.
fn column_is_inside(text: &str) {
    let assertion = match Assertion::parse(text) {
        Ok(assertion) => assertion,
        Err(error) => {
            let column = match error {
                AssertionError::Expected { column, .. } | AssertionError::OpenQuote { column } => {
                    column
                }
                other => panic!("{other}"),
            };
            assert!((1..=text.chars().count() + 1).contains(&column), "{column} of {text:?}");
            return;
        }
    };
    if assertion.check_names(&figures()).is_err() {
        assert!(assertion.check(&figures()).is_err(), "{text:?}");
    }
}

proptest! {
    /// Any text gives an assertion or an error whose column lies within it.
    #[test]
    fn any_text_is_read_or_refused(text in "[a-z.\"<>=!~0-9e +-]{0,40}|\\PC{0,40}") {
        check(&text);
        column_is_inside(&text);
    }

    /// The same for claims that are nearly whole.
    #[test]
    fn any_soup_of_claims_is_read_or_refused(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "grid.jobs", "clusters.kth", ".", "\"", "\"two words\"", " and ", " or ", "<", ">=", "==", "~1e-9",
            "~", " 5", " -1e999", " nan", "\u{1b}[31m", "é",
        ]), 0..10),
    ) {
        column_is_inside(&pieces.concat());
    }

    /// A claim about an existing figure means what it says.
    #[test]
    fn comparisons_mean_what_they_say(number in -1e9f64..1e9) {
        let value = 6344.789;
        let says = |sign: &str| check(&format!("grid.mean_wait_s {sign} {number:?}"));
        prop_assert_eq!(says("<"), (value < number).to_string());
        prop_assert_eq!(says(">="), (value >= number).to_string());
        prop_assert_eq!(says("~0.01"), ((value - number).abs() <= 0.01 * number.abs()).to_string());
    }
}
