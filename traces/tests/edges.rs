//! Input at the edges: numbers out of range, signs between digits, marks of editors, places of mistakes, and
//! texts without end; and soups of pieces of both formats, which must be read or refused with a place.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the failure")]

use std::io::{self, Read};

use gleaner_traces::batsim::model::Platform;
use gleaner_traces::batsim::write::{Dialect, write};
use gleaner_traces::error::TraceError;
use gleaner_traces::open::read_trace;
use gleaner_traces::workload::{ReadOptions, SPAN_MAX_S, Workload};
use proptest::prelude::*;

fn try_read(name: &str, bytes: &[u8], options: &ReadOptions) -> Result<Workload, TraceError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    read_trace(&path, options, &Platform::default()).map(|trace| trace.workload)
}

fn read(name: &str, text: &str) -> Workload {
    try_read(name, text.as_bytes(), &ReadOptions::default()).unwrap()
}

/// The message without the folder.
fn refused(name: &str, bytes: &[u8], options: &ReadOptions) -> String {
    let error = try_read(name, bytes, options).unwrap_err();
    let text = format!("{error} / {}", error.hint().unwrap_or("no hint"));
    text.split_once(name).map_or(text.clone(), |(_, rest)| format!("{name}{rest}"))
}

fn row(number: u64, submit: i64, run: i64, requested: i64) -> String {
    format!("{number} {submit} -1 {run} 4 -1 -1 4 {requested} -1 1 1 1 -1 1 1 -1 -1\n")
}

#[test]
fn an_unlimited_request_is_the_longest_one_and_counted() {
    let text = row(1, 0, 10, 4_294_967_295) + &row(2, 0, 10, SPAN_MAX_S) + &row(3, 0, 10, 60);
    let workload = read("a.swf", &text);
    let requested: Vec<_> = workload.jobs.iter().map(|job| job.walltime_ms.unwrap()).collect();
    assert_eq!(requested, [SPAN_MAX_S * 1000, SPAN_MAX_S * 1000, 60_000]);
    assert_eq!(workload.dropped.unlimited, 1);
    let json = r#"{"nb_res": 4, "jobs": [{"id": 1, "subtime": 0, "res": 1, "walltime": 1e12, "profile": "d"}],
        "profiles": {"d": {"type": "delay", "delay": 10}}}"#;
    let workload = read("a.json", json);
    assert_eq!(workload.jobs[0].walltime_ms, Some(SPAN_MAX_S * 1000));
    assert_eq!(workload.dropped.unlimited, 1);
}

#[test]
fn fields_beyond_their_range_are_refused_with_place_and_range() {
    let options = ReadOptions::default();
    let submit = refused("a.swf", row(1, 1_200_000_000_000, 10, 60).as_bytes(), &options);
    assert_eq!(
        submit,
        "a.swf:1: field 2 (submit time) is `1200000000000`, expected at most 2147483647 seconds (68 \
         years) / submissions are in seconds since the start of the log; `--lenient` skips bad rows"
    );
    let run = refused("a.swf", (row(1, 0, 10, 60) + &row(2, 0, 1 << 31, -1)).as_bytes(), &options);
    assert!(run.starts_with("a.swf:2: field 4 (run time) is `2147483648`"), "{run}");
    for (job, expected) in [
        (
            r#""subtime": 3e9, "res": 1"#,
            "`subtime` is 3000000000, expected 0 to 2147483647 seconds",
        ),
        (r#""subtime": 0, "res": 0"#, "`res` is 0, expected 1 to 4294967295 processors"),
        (
            r#""subtime": 0, "res": 1, "walltime": 0"#,
            "`walltime` is 0, expected more than 0 seconds",
        ),
    ] {
        let text = format!(
            r#"{{"nb_res": 4, "jobs": [{{"id": 1, {job}, "profile": "d"}}], "profiles": {{"d": {{"type": "delay", "delay": 1}}}}}}"#
        );
        let told = refused("a.json", text.as_bytes(), &options);
        assert!(told.contains(expected) && told.starts_with("a.json:1:24: job `1`"), "{told}");
    }
}

#[test]
fn header_numbers_with_separators_are_never_their_first_digits() {
    let with = |size: &str| format!("; MaxProcs: {size}\n{}", row(1, 0, 10, 60));
    assert_eq!(read("a.swf", &with("1,024")).max_procs, Some(1024));
    assert_eq!(read("a.swf", &with("1'024 (all)")).max_procs, Some(1024));
    for size in ["1 024", "1.024", "1,02", "4294967296", "10k"] {
        let told = refused("a.swf", with(size).as_bytes(), &ReadOptions::default());
        let expected = format!("a.swf:1: header field `MaxProcs` is `{size}`");
        assert!(told.starts_with(&expected), "{told}");
    }
}

#[test]
fn a_byte_order_mark_is_read_over_and_utf16_is_named() {
    let text = format!("\u{feff}; MaxProcs: 8\n{}", row(1, 10, 100, 200));
    let workload = read("a.swf", &text);
    assert_eq!((workload.jobs.len(), workload.max_procs), (1, Some(8)));
    assert_eq!(read("a.swf", &format!("\u{feff}{}", row(7, 10, 100, 200))).jobs[0].id, 7);
    let json = "\u{feff}{\"nb_res\": 4, \"jobs\": [{\"id\": 1, \"subtime\": 0, \"res\": 1, \"profile\": \
                \"d\"}], \"profiles\": {\"d\": {\"type\": \"delay\", \"delay\": 10}}}";
    assert_eq!(read("a.json", json).jobs.len(), 1);
    assert_eq!(read("no-suffix", json).jobs.len(), 1);
    let utf16: Vec<u8> = "\u{feff}1 2".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let told = refused("a.swf", &utf16, &ReadOptions::default());
    assert!(told.contains("byte order mark of UTF-16") && told.contains("iconv"), "{told}");
}

#[test]
fn a_mistake_in_a_batsim_file_has_its_line_and_column_in_the_file() {
    let text = "{\"nb_res\": 4, \"jobs\": [\n  {\"id\": 1, \"subtime\": 0, \"res\": 1, \"profile\": \"d\"},\n  \
                {\"id\": 2,\n   \"subtime\": \"x\", \"res\": 1, \"profile\": \"d\"}],\n \"profiles\": {\n  \
                \"d\": {\"type\": \"delay\",\n   \"delay\": true}}}";
    let options = ReadOptions::default();
    let profile = refused("a.json", text.as_bytes(), &options);
    let expected =
        "a.json:7:16: profile `d` is not valid: invalid type: boolean `true`, expected f64";
    assert!(profile.starts_with(expected), "{profile}");
    let job = refused("a.json", text.replace("true", "1").as_bytes(), &options);
    let expected = "a.json:4:17: the job is not valid: invalid type: string \"x\", expected f64";
    assert!(job.starts_with(expected), "{job}");
    assert!(!job.contains("at line"), "{job}");
}

#[test]
fn more_rows_than_asked_for_are_refused_however_they_come() {
    let options = ReadOptions { rows_max: 3, ..ReadOptions::default() };
    let rows: String = (0..4).map(|number| row(number, 0, 10, 60)).collect();
    let told = refused("a.swf", rows.as_bytes(), &options);
    assert!(told.starts_with("a.swf`: the file has more than 3 rows"), "{told}");
    assert!(told.contains("--max-rows"), "{told}");
    let three: String = (0..3).map(|number| row(number, 0, 10, 60)).collect();
    assert_eq!(try_read("a.swf", three.as_bytes(), &options).unwrap().jobs.len(), 3);
    let jobs = [r#"{"id": "a", "subtime": 0, "res": 1, "profile": "d"}"#; 4].join(",");
    let json = format!(
        r#"{{"nb_res": 4, "jobs": [{jobs}], "profiles": {{"d": {{"type": "delay", "delay": 1}}}}}}"#
    );
    let lenient = ReadOptions { lenient: true, ..options };
    let told = refused("a.json", json.as_bytes(), &lenient);
    assert!(told.contains("more than 3 rows"), "{told}");
}

/// Gives the same piece again and again.
struct Endless(&'static [u8]);

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let pieces = into.len() / self.0.len();
        for piece in into.chunks_exact_mut(self.0.len()) {
            piece.copy_from_slice(self.0);
        }
        Ok(pieces * self.0.len())
    }
}

#[test]
fn what_explodes_on_decompression_ends_with_a_clear_word() {
    // 4 MB of comments, of rows and of one line, each in a few kilobytes.
    let options = ReadOptions { rows_max: 1000, ..ReadOptions::default() };
    let row: &[u8] = b"1 0 -1 10 4 -1 -1 4 60 -1 1 1 1 -1 1 1 -1 -1\n";
    for (piece, expected) in [
        (&b"; comment\n"[..], "header is longer than"),
        (row, "has more than 1000 rows"),
        (b"xxxxxxxxxx", "is longer than"),
    ] {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        io::copy(&mut Endless(piece).take(4_000_000), &mut packed).unwrap();
        let packed = packed.finish().unwrap();
        assert!(packed.len() < 60_000, "{}", packed.len());
        let told = refused("a.swf.gz", &packed, &options);
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn comments_without_end_between_rows_are_refused() {
    let options = ReadOptions { rows_max: 10, ..ReadOptions::default() };
    let mut text = row(1, 0, 10, 60);
    text.push_str(&"; and so on\n".repeat(300_000));
    let told = refused("a.swf", text.as_bytes(), &options);
    assert!(told.contains("the text is longer than 2099712 bytes"), "{told}");
}

#[test]
fn what_a_job_has_no_place_for_is_counted() {
    let text = "1 0 -1 100 2 -1 -1 2 200 -1 5 -1 -1 -1 -1 -1 -1 -1\n\
                2 0 3 100 2 7.5 -1 4 200 1024 0 -1 -1 -1 -1 -1 1 60\n";
    let left_out = read("a.swf", text).left_out;
    assert_eq!((left_out.preceding_job, left_out.think_time), (1, 1));
    assert_eq!((left_out.wait_time, left_out.cpu_time, left_out.memory), (1, 1, 1));
    assert_eq!(left_out.other_processors, 1);
}

fn soup(pieces: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => prop::sample::select(pieces).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => any::<i64>().prop_map(|number| number.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..3),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

const SWF: &[&str] = &[
    "\n",
    " ",
    "\t",
    "1 0 -1 10 4 -1 -1 4 60 -1 1 1 1 -1 1 1 -1 -1\n",
    "1 0 -1 ",
    "4 60 -1 1 1 1 -1 1 1 -1 -1",
    "; MaxProcs: ",
    "; MaxNodes: 1,0",
    "; UnixStartTime: ",
    "; TimeZone: -",
    "-1",
    "4294967295",
    "2147483648",
    "1.5",
    "1e9",
    "nan",
    ";",
    "\r\n",
    "\u{feff}",
    ",",
];

const BATSIM: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"nb_res\": 4",
    "\"jobs\": [",
    "\"profiles\": {",
    "{\"id\": 1, \"subtime\": 0, \"res\": 1, \"profile\": \"d\"}",
    "\"d\": {\"type\": \"delay\", \"delay\": 1}",
    "\"walltime\": ",
    "1e999",
    "-1",
    "\"x\"",
    "null",
    "\n",
    " ",
    "\u{feff}",
    "{\"nb_res\": 4, \"jobs\": [{\"id\": 1, \"subtime\": 0, \"res\": 1, \"profile\": \"d\"}], \"profiles\": {",
];

/// Reads what may be a trace; a mistake has a hint, and a line of the text where it is about a line.
fn read_anything(name: &str, bytes: &[u8]) {
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    for lenient in [false, true] {
        let options = ReadOptions { lenient, rows_max: 50, ..ReadOptions::default() };
        let line = match try_read(name, bytes, &options) {
            Ok(workload) => {
                assert!(workload.jobs.iter().all(|job| job.procs > 0 && job.submit_ms >= 0));
                continue;
            }
            Err(error) => {
                assert!(error.hint().is_some(), "{error}");
                match error {
                    TraceError::Row { line, .. }
                    | TraceError::HeaderField { line, .. }
                    | TraceError::Batsim { line, .. }
                    | TraceError::BatsimFile { line, .. }
                    | TraceError::NotUtf8 { line, .. } => line,
                    TraceError::Json { source, .. } => source.line().max(1) as u64,
                    _ => 1,
                }
            }
        };
        assert!((1..=lines).contains(&line), "line {line} of {lines}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn soups_of_swf_are_read_or_refused_with_a_place(bytes in soup(SWF)) {
        read_anything("a.swf", &bytes);
    }

    #[test]
    fn soups_of_batsim_are_read_or_refused_with_a_place(bytes in soup(BATSIM)) {
        read_anything("a.json", &bytes);
    }

    #[test]
    fn what_is_converted_to_batsim_reads_back(
        rows in prop::collection::vec((1_u64..6, 0_i64..50, 0_i64..50, -1_i64..5_000_000_000), 1..12),
    ) {
        let text: String = rows.iter().map(|(number, submit, run, requested)| {
            row(*number, *submit, run + 1, *requested)
        }).collect();
        let workload = read("a.swf", &text);
        let mut json = Vec::new();
        let losses = write(&mut json, &workload, Dialect::V4).unwrap();
        let back = try_read("a.json", &json, &ReadOptions::default()).unwrap();
        prop_assert_eq!(back.jobs.len(), workload.jobs.len());
        let numbers: std::collections::BTreeSet<u64> = workload.jobs.iter().map(|j| j.id).collect();
        prop_assert_eq!(losses.renumbered as usize, workload.jobs.len() - numbers.len());
        for (ours, theirs) in workload.jobs.iter().zip(&back.jobs) {
            prop_assert_eq!((ours.submit_ms, ours.run_ms), (theirs.submit_ms, theirs.run_ms));
            prop_assert_eq!(ours.walltime_ms, theirs.walltime_ms);
        }
    }
}
