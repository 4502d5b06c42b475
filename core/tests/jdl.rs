//! The JDL: texts of `tests/data/jdl` in, campaigns or errors out; and bytes thrown at the parser.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the failure")]

mod expect;
#[allow(dead_code, reason = "each test crate uses a part of the world")]
mod world;

use std::fmt::Write;

use gleaner_core::config::ClusterSpec;
use gleaner_core::config::CoreUnits;
use gleaner_core::ids::CampaignId;
use gleaner_core::jdl::error::JdlError;
use gleaner_core::jdl::params::Parameters;
use gleaner_core::jdl::spec::{CampaignSpec, ClusterSettings};
use gleaner_core::jdl::{self, Jdl, JdlContext, ParamSource, macros};
use gleaner_core::text::NotUtf8;
use proptest::prelude::*;
use world::LANGUAGE;

fn clusters() -> Vec<ClusterSpec> {
    let spec =
        |name: &str| ClusterSpec::new(name, CoreUnits { node: 16, cpu: 8 }, "tap".parse().unwrap());
    ["dahu", "luke", "bigfoot"].map(spec).into()
}

/// Reads a JDL; a first line `file: a|b` is the content of the parameter file.
fn play(text: &str) -> String {
    let (file, text) = match text.strip_prefix("file: ").and_then(|rest| rest.split_once('\n')) {
        Some((file, text)) => (file.replace('|', "\n"), text),
        None => (String::new(), text),
    };
    let known = clusters();
    let jdl = match jdl::parse(text.as_bytes(), &JdlContext::new(&known, &LANGUAGE)) {
        Ok(jdl) => jdl,
        Err(error) => return error_text(&error),
    };
    let mut out = String::new();
    for warning in &jdl.warnings {
        writeln!(out, "warning: {warning}").unwrap();
    }
    write_source(&mut out, &jdl);
    let saved = jdl.saved.clone();
    let spec = match jdl.source {
        ParamSource::File(_) => jdl.into_spec_with(&file),
        ParamSource::Inline(_) | ParamSource::Count(_) | ParamSource::Missing => jdl.into_spec(),
    };
    match spec {
        Ok(spec) => write_spec(&mut out, &spec, &known),
        Err(error) => out.push_str(&error_text(&error)),
    }
    writeln!(out, "saved: {saved}").unwrap();
    out
}

fn error_text(error: &JdlError) -> String {
    let mut text = format!("error: {error}\n");
    if let Some(source) = std::error::Error::source(error) {
        writeln!(text, "  because: {source}").unwrap();
    }
    writeln!(text, "  hint: {}", error.hint()).unwrap();
    text
}

fn write_source(out: &mut String, jdl: &Jdl) {
    match &jdl.source {
        ParamSource::Inline(parameters) => writeln!(out, "source: {} in the JDL", parameters.len()),
        ParamSource::Count(count) => writeln!(out, "source: a count of {count}"),
        ParamSource::File(path) => writeln!(out, "source: file {path}"),
        ParamSource::Missing => writeln!(out, "source: missing"),
    }
    .unwrap();
}

fn write_spec(out: &mut String, spec: &CampaignSpec, known: &[ClusterSpec]) {
    let CampaignSpec { name, clusters, parameters } = spec;
    let texts: Vec<_> = parameters.iter().take(12).collect();
    writeln!(out, "campaign `{name}`, parameters {texts:?}").unwrap();
    for settings in clusters {
        writeln!(out, "{}", known[settings.cluster.index()].name).unwrap();
        write_settings(out, settings);
    }
}

fn write_settings(out: &mut String, settings: &ClusterSettings) {
    let ClusterSettings {
        cluster: _,
        exec_file,
        exec_directory,
        resources,
        cores,
        walltime,
        kind,
        test_mode,
        max_jobs,
        properties,
        project,
        cluster_job_type,
        prologue,
        epilogue,
        other,
    } = settings;
    let campaign = CampaignId(7);
    writeln!(out, "  run `{exec_file}` in `{exec_directory}`").unwrap();
    writeln!(out, "  command `{}`", macros::task_command(campaign, settings, "0 x")).unwrap();
    writeln!(out, "  directory `{}`", macros::job_directory(campaign, settings)).unwrap();
    writeln!(out, "  {resources}: {cores} cores, {walltime}, {kind:?}, test {test_mode}").unwrap();
    writeln!(out, "  max jobs {max_jobs:?}").unwrap();
    writeln!(out, "  `{properties}` `{project}` `{cluster_job_type}`").unwrap();
    for script in [prologue, epilogue].into_iter().flatten() {
        let text = macros::script_command(campaign, script);
        writeln!(out, "  script {:?}, {}", text, script.walltime).unwrap();
    }
    for (key, value) in other {
        writeln!(out, "  other {key} = {value}").unwrap();
    }
}

#[test]
fn texts_lead_to_the_expected_campaigns_and_errors() {
    expect::check_folder("jdl", play);
}

#[test]
fn a_count_gives_numbers_and_a_file_gives_stripped_lines() {
    let count = Parameters::count(10).unwrap();
    assert_eq!(count.iter().collect::<Vec<_>>().join(" "), "0 1 2 3 4 5 6 7 8 9");
    assert!(Parameters::count(5_000_000_000).is_err());
    assert_eq!(count.text(10), None);
}

#[test]
fn not_utf8_and_deep_nesting_are_errors() {
    let known = clusters();
    let context = JdlContext::new(&known, &LANGUAGE);
    let error = jdl::parse(b"{\"name\": \"\xff\"}", &context).unwrap_err();
    assert_eq!(error, JdlError::NotUtf8(NotUtf8 { line: 1, column: 11, byte: 0xff }));
    let deep = format!("{{\"name\": {}", "[".repeat(100_000));
    let error = jdl::parse(deep.as_bytes(), &context).unwrap_err();
    assert!(error.to_string().contains("recursion limit"), "{error}");
}

#[test]
fn a_million_parameters_are_read_and_compared() {
    let mut text =
        String::from(r#"{"name": "n", "clusters": {"luke": {"exec_file": "r"}}, "params": ["#);
    for index in 0..1_000_000 {
        write!(text, "\"p{index} --seed {index}\",").unwrap();
    }
    text.push_str("\"p999999\"]}");
    let known = clusters();
    let jdl = jdl::parse(text.as_bytes(), &JdlContext::new(&known, &LANGUAGE)).unwrap();
    let error = jdl.into_spec().unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(
        source,
        "parameters 1000000 and 1000001 have the same first word `p999999` (counted from 1)"
    );
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "[a-z0-9:/=~{} ]{0,12}".prop_map(Into::into),
    ];
    let key = prop_oneof![
        Just("name".to_owned()),
        Just("clusters".to_owned()),
        Just("luke".to_owned()),
        Just("exec_file".to_owned()),
        Just("params".to_owned()),
        Just("nb_jobs".to_owned()),
        Just("walltime".to_owned()),
        Just("prologue".to_owned()),
        "[a-z_]{1,8}",
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::btree_map(key.clone(), inner, 0..8)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Whatever is read is either an error with a hint, or a campaign whose saved form reads alike.
fn read_anything(bytes: &[u8]) {
    let known = clusters();
    match jdl::parse(bytes, &JdlContext::new(&known, &LANGUAGE)) {
        Err(error) => assert!(!error.to_string().is_empty() && !error.hint().is_empty()),
        Ok(jdl) => {
            let mut saved = jdl.saved.clone();
            saved["nb_jobs"] = 1.into();
            let again =
                jdl::parse(saved.to_string().as_bytes(), &JdlContext::new(&known, &LANGUAGE))
                    .unwrap();
            assert_eq!(again.clusters, jdl.clusters);
            assert_eq!(again.saved, jdl.saved);
        }
    }
}

#[test]
fn a_latin1_jdl_has_a_place_and_a_hint() {
    let known = clusters();
    let text = b"{\"name\": \"n\",\n \"project\": \"for\xeat\"}";
    let error = jdl::parse(text, &JdlContext::new(&known, &LANGUAGE)).unwrap_err();
    let told = error.to_string();
    assert!(told.contains("the byte 0xea at line 2, column 17"), "{told}");
    assert!(error.hint().contains("iconv -f latin1 -t utf-8"));
}

#[test]
fn many_unknown_keys_are_counted() {
    let keys: String = (0..500).map(|key| format!("\"x{key}\": 1, ")).collect();
    let text = format!(
        r#"{{{keys}"name": "n", "nb_jobs": 1, "clusters": {{"luke": {{"exec_file": "r"}}}}}}"#
    );
    let known = clusters();
    let jdl = jdl::parse(text.as_bytes(), &JdlContext::new(&known, &LANGUAGE)).unwrap();
    assert_eq!(jdl.warnings.len(), 21);
    let last = jdl.warnings[20].to_string();
    assert_eq!(last, "480 more keys are not keys of a JDL and have no effect");
}

/// Pieces of which texts like JDLs are made, in any order.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            "/*",
            "*/",
            "//",
            "\n",
            "\\$",
            "\\u12",
            "\u{feff}",
            "\"name\":\"n\"",
            "\"nb_jobs\":2",
            "\"clusters\":",
            "{\"luke\":{\"exec_file\":\"r\"}}",
            "\"walltime\":\"9223372036854775807\"",
            "-1",
            "1e999",
            "NaN",
            "null",
            " ",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// A place that an error names lies in the text.
fn place_is_inside(text: &str) {
    let known = clusters();
    let error = jdl::parse(text.as_bytes(), &JdlContext::new(&known, &LANGUAGE));
    if let Err(JdlError::Syntax { line, column, .. }) = error {
        let lines: Vec<&str> = text.split('\n').collect();
        assert!((1..=lines.len()).contains(&line), "line {line} of {text:?}");
        let length = lines[line - 1].len();
        assert!((1..=length + 1).contains(&column), "column {column} in line {line} of {text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_anything(&bytes);
    }

    #[test]
    fn soups_never_panic_and_errors_have_their_place(text in soup()) {
        read_anything(text.as_bytes());
        place_is_inside(&text);
    }

    #[test]
    fn json_never_panics(value in json()) {
        read_anything(value.to_string().as_bytes());
    }

    #[test]
    fn changed_samples_never_panic(at in 0_usize..400, byte in any::<u8>(), cut in 0_usize..400) {
        let mut sample = include_bytes!("data/jdl/every_key.txt").to_vec();
        let length = sample.len();
        sample[at % length] = byte;
        sample.truncate(cut.max(40) % length);
        read_anything(&sample);
    }

    #[test]
    fn names_are_compared_as_a_plain_loop_would(
        names in prop::collection::vec("[ab]{0,2}( x)?", 0..12),
    ) {
        let parameters = Parameters::from_lines(&names).unwrap();
        let first = |text: &String| text.split_whitespace().next().unwrap_or("").to_owned();
        let words: Vec<_> = names.iter().map(first).collect();
        let second = (0..words.len()).find(|&at| words[..at].contains(&words[at]));
        let found = gleaner_core::jdl::params::check_names(&parameters);
        prop_assert_eq!(found.is_err(), second.is_some());
        if let (Err(error), Some(second)) = (found, second) {
            let wanted = format!("and {} have", second + 1);
            prop_assert!(error.to_string().contains(&wanted), "{}", error);
        }
    }
}
