//! The two parsers: examples, errors with columns, three-valued logic, and random input.

use gleaner_oar::filter::Filter;
use gleaner_oar::request::Request;
use gleaner_oar::value::Value;
use proptest::prelude::*;

/// Evaluates a filter over the row `mem=64, gpu=NULL, host='node1'`.
fn check(filter: &str) -> bool {
    let (mem, gpu, host) = (Value::Int(64), Value::Null, Value::Text("node1".into()));
    let row = |name: &str| match name.to_ascii_lowercase().as_str() {
        "mem" => Some(mem.clone()),
        "gpu" => Some(gpu.clone()),
        "host" => Some(host.clone()),
        _ => None,
    };
    Filter::parse(filter).expect("valid filter").matches(&row).expect("known properties")
}

#[test]
fn filters_select_as_sql_does() {
    for yes in [
        "mem = 64",
        "mem = '64'",
        "MEM >= 64.0 and host = 'node1'",
        "mem in (1, 64)",
        "host LIKE 'node%'",
        "host like '_ode1'",
        "host not like 'x%'",
        "gpu IS NULL",
        "NOT mem < 3",
        "mem BETWEEN 64 AND 65",
        "gpu = 1 OR mem <> 3",
        "(mem=64)",
        "1=1",
        "gpu is null and not (mem = 1 or mem = 2)",
        "mem not in (1,2)",
        "mem > -1",
        "\"mem\"==64",
        "mem not between 1 and 2",
        "host > 'node0'",
    ] {
        assert!(check(yes), "{yes}");
    }
    for no in [
        "gpu = 1",
        "NOT gpu = 1",
        "gpu != 1",
        "gpu in (1)",
        "gpu not in (1)",
        "mem in (1, NULL)",
        "mem not in (1, NULL)",
        "gpu = NULL",
        "mem = 64 and gpu > 0",
        "host = 'NODE1'",
        "gpu like '%'",
        "host = 5",
        "host like 'NODE%'",
        "mem between gpu and 100",
    ] {
        assert!(!check(no), "{no}");
    }
}

#[test]
fn unknown_properties_are_errors() {
    let filter = Filter::parse("nosuch = 1").unwrap();
    let error = filter.matches(&|_: &str| None).unwrap_err();
    assert_eq!(error.to_string(), "unknown property `nosuch`");
    assert!(error.hint().is_some());
}

#[test]
fn filter_errors_name_the_column() {
    let error = |text: &str| Filter::parse(text).unwrap_err().to_string();
    assert_eq!(error("mem >"), "column 6: expected a property or a value, found the end");
    assert_eq!(error("mem 5"), "column 5: expected a comparison, found `5`");
    assert_eq!(error("a = 'x"), "column 5: `'` is never closed");
    assert_eq!(error("(a = 1"), "column 7: expected `)`, found the end");
    assert_eq!(error("é = 1"), "column 1: expected a word, found `é`");
    assert_eq!(
        error("a = 99999999999999999999"),
        "column 5: number `99999999999999999999` is out of range"
    );
    let deep = format!("{}a = 1{}", "(".repeat(200), ")".repeat(200));
    assert_eq!(error(&deep), "column 65: nested deeper than 64 levels");
}

#[test]
fn requests_survive_a_round_trip() {
    for text in [
        "/switch=1/nodes=2/core=4+{gpu>0}/core=1,walltime=1:30:00",
        "/nodes=ALL",
        "/core=BEST,walltime=2:00:00",
        "walltime=0:10:00",
        "{host in ('a','b,+/}')}/nodes=HALF_BEST",
    ] {
        assert_eq!(Request::parse(text).unwrap().to_string(), text);
    }
    assert_eq!(Request::parse("nodes=2").unwrap().to_string(), "/nodes=2");
    assert_eq!(Request::parse(" nodes=2 , walltime = 1 ").unwrap().walltime_s, Some(3600));
}

#[test]
fn request_errors_name_the_column() {
    let error = |text: &str| Request::parse(text).unwrap_err().to_string();
    assert_eq!(error(""), "column 1: expected a level, found the end");
    assert_eq!(error("/nodes"), "column 2: expected a level, found `nodes`");
    assert_eq!(error("/nodes=0"), "column 8: number `0` is out of range");
    assert_eq!(error("/nodes=2,wall=1"), "column 10: expected `walltime=`, found `wall=1`");
    assert_eq!(error("/nodes=2,walltime=x"), "column 19: expected a walltime, found `x`");
    assert_eq!(error("{gpu >}/core=1"), "column 7: expected a property or a value, found the end");
    assert_eq!(error("{gpu > 1/core=1"), "column 1: `{` is never closed");
    assert_eq!(
        error("/nodes=ALL/core=1"),
        "column 2: `ALL` is allowed only in a group of one level"
    );
}

fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i32>().prop_map(|n| n.to_string()),
        (-1e6..1e6f64).prop_map(|n| format!("{n:?}")),
        "[a-z' %_é]{0,6}".prop_map(|t| format!("'{}'", t.replace('\'', "''"))),
        Just("NULL".to_owned()),
    ]
}

fn filter_text() -> impl Strategy<Value = String> {
    let leaf = (prop_oneof!["mem", "gpu", "host"], literal(), literal(), 0..8u8).prop_map(
        |(p, a, b, kind)| match kind {
            0 => format!("{p} = {a}"),
            1 => format!("{p} <> {a}"),
            2 => format!("{p} IN ({a}, {b})"),
            3 => format!("{p} LIKE {a}"),
            4 => format!("{p} IS NOT NULL"),
            5 => format!("{p} BETWEEN {a} AND {b}"),
            6 => format!("{p} NOT IN ({b})"),
            _ => format!("{a} <= {p}"),
        },
    );
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) AND {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} OR ({b})")),
            inner.prop_map(|a| format!("NOT ({a})")),
        ]
    })
}

proptest! {
    #[test]
    fn displayed_filters_read_back(text in filter_text()) {
        let filter = Filter::parse(&text).unwrap();
        prop_assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter);
    }

    #[test]
    fn any_bytes_end_well(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = Filter::parse(&text);
        let _ = Request::parse(&text);
    }

    #[test]
    fn any_words_end_well(text in "[a-z0-9='{}/+,()%. <>!\"-]{0,40}") {
        if let Ok(filter) = Filter::parse(&text) {
            prop_assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter);
        }
        if let Ok(request) = Request::parse(&text) {
            prop_assert_eq!(Request::parse(&request.to_string()).unwrap(), request);
        }
    }
}
