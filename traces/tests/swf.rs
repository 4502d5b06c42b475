//! SWF in and out: every kind of bad input has an error that says where and what to do.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use gleaner_traces::error::TraceError;
use gleaner_traces::open::read_workload;
use gleaner_traces::swf::SwfRecord;
use gleaner_traces::swf::header::SwfHeader;
use gleaner_traces::swf::reader::SwfReader;
use gleaner_traces::swf::workload::{SwfLosses, write};
use gleaner_traces::swf::writer::SwfWriter;
use gleaner_traces::workload::{Clean, ReadOptions, Workload};
use proptest::prelude::*;

const ROW: &str = "1 0 -1 10 4 -1 -1 4 20 -1 1 7 8 9 1 2 -1 -1";

fn read(text: &[u8], path: &Path, options: &ReadOptions) -> Result<Workload, TraceError> {
    gleaner_traces::swf::workload::read(text, path, options).map(|(workload, _)| workload)
}

fn dump(workload: &Workload) -> String {
    let mut out = String::new();
    for job in &workload.jobs {
        out += &format!(
            "{} at {} run {} of {:?} on {}\n",
            job.id, job.submit_ms, job.run_ms, job.walltime_ms, job.procs
        );
    }
    out
}

fn options(clean: Clean, lenient: bool) -> ReadOptions {
    ReadOptions { clean, lenient, ..ReadOptions::default() }
}

/// The jobs, or the error and its hint.
fn check(text: &[u8], clean: Clean) -> String {
    match read(text, Path::new("a.swf"), &options(clean, false)) {
        Ok(workload) => dump(&workload),
        Err(error) => format!("{error}; hint: {}", error.hint().unwrap_or("none")),
    }
}

/// The error of a file whose second line is `ROW` with the field replaced.
fn with_field(field: usize, text: &str) -> String {
    let mut fields: Vec<&str> = ROW.split(' ').collect();
    fields[field - 1] = text;
    let file = format!("; MaxProcs: 10\n{}\n", fields.join(" "));
    check(file.as_bytes(), Clean::Archive)
}

#[test]
fn a_plain_file_with_any_line_ends_reads() {
    let job = "1 at 0 run 10000 of Some(20000) on 4\n";
    for text in [
        format!("{ROW}\n"),
        ROW.to_owned(),
        format!("; c\r\n{ROW}\r\n"),
        format!("\n \n{}\n; end", ROW.replace(' ', "\t")),
        format!("; \u{e9}\n  {ROW}  \n"),
        ROW.replacen("-1 -1 4", "1.5 -2.25 4", 1),
    ] {
        assert_eq!(check(text.as_bytes(), Clean::Archive), job, "{text}");
    }
    assert_eq!(
        check(format!("; \u{e9}\n{ROW}").replace('\u{e9}', "").as_bytes(), Clean::None),
        job
    );
    let latin = [b"; caf\xe9\n", ROW.as_bytes()].concat();
    assert_eq!(check(&latin, Clean::Archive), job, "a comment may be of any encoding");
}

#[test]
fn each_bad_field_is_told() {
    for (field, text, expected) in [
        (4, "12x", "a.swf:2: field 4 (run time) is `12x`, expected an integer"),
        (4, "1.5", "a.swf:2: field 4 (run time) is `1.5`, expected an integer"),
        (2, "-", "a.swf:2: field 2 (submit time) is `-`, expected an integer"),
        (2, "--1", "a.swf:2: field 2 (submit time) is `--1`, expected an integer"),
        (2, "+1", "a.swf:2: field 2 (submit time) is `+1`, expected an integer"),
        (18, "z", "a.swf:2: field 18 (think time) is `z`, expected an integer"),
        (6, "1.2.3", "a.swf:2: field 6 (average cpu time) is `1.2.3`, expected a number"),
        (7, "1e5", "a.swf:2: field 7 (used memory) is `1e5`, expected a number"),
        (10, "nan", "a.swf:2: field 10 (requested memory) is `nan`, expected a number"),
        (6, ".", "a.swf:2: field 6 (average cpu time) is `.`, expected a number"),
        (
            2,
            "99999999999999999999",
            "a.swf:2: field 2 (submit time) is `99999999999999999999`, expected at most 2147483647 seconds (68 years)",
        ),
        (
            2,
            "999999999999999999",
            "a.swf:2: field 2 (submit time) is `999999999999999999`, expected at most 2147483647 seconds (68 years)",
        ),
        (
            12,
            "3000000000",
            "a.swf:2: field 12 (user) is `3000000000`, expected a number from -2147483648 to 2147483647",
        ),
        (11, "200", "a.swf:2: field 11 (status) is `200`, expected a status from -128 to 127"),
        (1, "-1", "a.swf:2: field 1 (job number) is `-1`, expected a job number from 0"),
        (4, "\u{7}", "a.swf:2: field 4 (run time) is `\\u{7}`, expected an integer"),
    ] {
        let got = with_field(field, text);
        let (error, hint) = got.split_once("; hint: ").expect("there is a hint");
        assert_eq!(error, expected);
        assert_ne!(hint, "none");
    }
    let long = with_field(4, &"y".repeat(1000));
    assert!(long.contains(&format!("is `{}...`, expected", "y".repeat(40))), "{long}");
}

#[test]
fn each_bad_file_is_told() {
    let many = format!("{}\n", "1 ".repeat(1_000_000));
    let some = format!("{}\n", "1 ".repeat(1_000));
    for (text, expected) in [
        ("", "`a.swf`: the file is empty"),
        ("; only\n; comments\n", "`a.swf`: the file has no job"),
        ("\n", "`a.swf`: the file has no job"),
        ("1 2 3\n", "a.swf:1: the row has 3 fields, expected 18"),
        (&some, "a.swf:1: the row has 1000 fields, expected 18"),
        (&many, "a.swf:1: the line is longer than 65536 bytes"),
        (
            "; MaxProcs: many\n1",
            "a.swf:1: header field `MaxProcs` is `many`, expected a positive number",
        ),
    ] {
        let got = check(text.as_bytes(), Clean::Archive);
        assert_eq!(got.split_once("; hint: ").expect("there is a hint").0, expected);
    }
    let bytes = [ROW.as_bytes(), b"\n1 \xff\xfe 3\n"].concat();
    assert!(
        check(&bytes, Clean::Archive).starts_with("a.swf:2: the row is not UTF-8 text at byte 3")
    );
    let header = "; x\n".repeat(300_000);
    assert!(check(header.as_bytes(), Clean::Archive).contains("the header is longer than"));
}

#[test]
fn rows_as_they_are_must_be_possible() {
    for (field, text, expected) in [
        (2, "-5", "a.swf:2: field 2 (submit time) is -5, which is negative, so"),
        (4, "-1", "a.swf:2: field 4 (run time) is -1, which is negative, so"),
        (8, "11", "a.swf:2: the job needs 11 processors and the machine has 10, so"),
    ] {
        let mut fields: Vec<&str> = ROW.split(' ').collect();
        fields[field - 1] = text;
        let file = format!("; MaxProcs: 10\n{}\n", fields.join(" "));
        let got = check(file.as_bytes(), Clean::None);
        assert!(got.starts_with(expected), "{got}");
        assert!(got.ends_with("hint: drop such jobs with `--clean archive`"), "{got}");
        assert_eq!(check(file.as_bytes(), Clean::Archive), "", "dropped under the archive's rules");
    }
    let none = ROW.replace(" 4 ", " -1 ");
    assert!(check(none.as_bytes(), Clean::None).starts_with(
        "a.swf:1: fields 8 and 5 (requested and allocated processors) are not positive, so"
    ));
}

#[test]
fn a_lenient_reading_counts_skips_and_says_so() {
    let long = "1 ".repeat(100_000);
    let text = format!("x\n{ROW}\n1 2\n{long}\n{}\n3\n4\n5\n", ROW.replacen('1', "2", 1));
    let workload =
        read(text.as_bytes(), Path::new("a.swf"), &options(Clean::Archive, true)).unwrap();
    assert_eq!(workload.jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((workload.dropped.rows, workload.dropped.bad_rows), (8, 6));
    assert_eq!(
        workload.dropped.bad_examples,
        [
            "a.swf:1: field 1 (job number) is `x`, expected an integer",
            "a.swf:3: the row has 2 fields, expected 18",
            "a.swf:4: the line is longer than 65536 bytes",
            "a.swf:6: the row has 1 fields, expected 18",
            "a.swf:7: the row has 1 fields, expected 18",
        ]
    );
}

#[test]
fn rows_out_of_order_are_sorted_stably_and_counted() {
    let row = |id: u32, submit: u32| format!("{id} {submit}{}\n", &ROW[3..]);
    let text = [row(1, 5), row(2, 3), row(3, 5), row(4, 3)].concat();
    let workload = read(text.as_bytes(), Path::new("a.swf"), &ReadOptions::default()).unwrap();
    assert_eq!(workload.jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [2, 4, 1, 3]);
    assert_eq!(workload.dropped.unordered, 2);
}

#[test]
fn compressed_files_are_known_by_content_and_never_half_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    for id in 0..20_000 {
        writeln!(encoder, "{id}{}", &ROW[1..]).unwrap();
    }
    let whole = encoder.finish().unwrap();
    let lenient = options(Clean::Archive, true);
    std::fs::write(&path, [whole.as_slice(), &whole].concat()).unwrap();
    assert_eq!(read_workload(&path, &lenient).unwrap().jobs.len(), 40_000);
    for (bytes, expected) in [
        (whole[..whole.len() / 2].to_vec(), "the gzip data end too early"),
        ([whole.as_slice(), b"xyz"].concat(), "something that is not gzip follows the gzip data"),
        (Vec::new(), "the file is empty"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let error = read_workload(&path, &lenient).unwrap_err();
        assert_eq!(error.to_string(), format!("`{}`: {expected}", path.display()));
    }
    let missing = read_workload(&folder.path().join("none"), &lenient).unwrap_err();
    assert!(missing.to_string().starts_with("cannot open trace `"));
}

#[test]
fn a_workload_written_as_swf_reads_back_equal() {
    let text = format!(
        "; Acknowledge: somebody\n; MaxProcs: 10\n; UnixStartTime: 5\n; Note: one\n;   two\n{ROW}\n{}\n",
        ROW.replace(" 20 ", " -1 ")
    );
    let path = Path::new("a.swf");
    let options = ReadOptions::default();
    let (first, original) =
        gleaner_traces::swf::workload::read(text.as_bytes(), path, &options).unwrap();
    let mut bytes = Vec::new();
    let losses = write(&mut bytes, &first, &original, &["why"]).unwrap();
    assert_eq!(losses, SwfLosses::default());
    let head = String::from_utf8_lossy(&bytes).into_owned();
    assert!(
        head.starts_with(
            "; Version: 2.2\n; MaxJobs: 2\n; MaxRecords: 2\n; UnixStartTime: 5\n; MaxProcs: 10\n\
             ; Acknowledge: somebody\n; Note: one\n;     two\n; Note: why\n1 0 -1 "
        ),
        "{head}"
    );
    let mut second = read(bytes.as_slice(), Path::new("a.swf"), &ReadOptions::default()).unwrap();
    assert_eq!(second, first);
    second.jobs[0].run_ms = 400;
    second.jobs[0].submit_ms = 1500;
    let mut bytes = Vec::new();
    assert_eq!(
        write(&mut bytes, &second, &SwfHeader::default(), &[]).unwrap(),
        SwfLosses { rounded: 1, renamed: 0 }
    );
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains("\n1 2 -1 1 4 -1 -1 4 20 -1 1 7 8 9 1 2 -1 -1\n"), "{text}");
}

fn any_record() -> impl Strategy<Value = SwfRecord> {
    let number = || -1i64..1_000_000_000_000;
    let decimal =
        || (-1i32..1_000_000, 0u8..4).prop_map(|(n, d)| f64::from(n) + f64::from(d) / 4.0);
    (prop::array::uniform15(number()), prop::array::uniform3(decimal())).prop_map(|(n, d)| {
        SwfRecord {
            job: n[0],
            submit_s: n[1],
            wait_s: n[2],
            run_s: n[3],
            allocated_procs: n[4],
            cpu_s: d[0],
            memory_kb: d[1],
            requested_procs: n[5],
            requested_s: n[6],
            requested_memory_kb: d[2],
            status: n[7],
            user: n[8],
            group: n[9],
            executable: n[10],
            queue: n[11],
            partition: n[12],
            preceding_job: n[13],
            think_s: n[14],
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn written_records_read_back_equal(records in prop::collection::vec(any_record(), 1..20)) {
        let mut writer = SwfWriter::new(Vec::new(), &Default::default()).unwrap();
        for record in &records {
            writer.write(record).unwrap();
        }
        let bytes = writer.finish().unwrap();
        let reader = SwfReader::new(bytes.as_slice(), Path::new("a")).unwrap();
        let back: Vec<SwfRecord> = reader.map(Result::unwrap).collect();
        prop_assert_eq!(back, records);
    }

    #[test]
    fn no_bytes_panic_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = check(&bytes, Clean::Archive);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), [&[0x1f, 0x8b], bytes.as_slice()].concat()).unwrap();
        prop_assert!(read_workload(file.path(), &ReadOptions::default()).is_err());
    }

    #[test]
    fn rows_of_likely_bytes_keep_the_counts(text in "([0-9;. \t\r\n-]|1 |-1 ){0,600}") {
        if let Ok(workload) = read(text.as_bytes(), Path::new("a"), &options(Clean::Archive, true)) {
            let kept = workload.jobs.len() as u64;
            prop_assert_eq!(workload.dropped.rows, workload.dropped.total() + kept);
        }
    }

    #[test]
    fn a_row_is_read_as_its_numbers_however_spaced(
        record in any_record(),
        gaps in prop::collection::vec("[ \t]{1,3}", 18),
    ) {
        let mut writer = SwfWriter::new(Vec::new(), &Default::default()).unwrap();
        writer.write(&record).unwrap();
        let line = String::from_utf8(writer.finish().unwrap()).unwrap();
        let spaced: String =
            line.split_whitespace().zip(&gaps).flat_map(|(field, gap)| [gap.as_str(), field]).collect();
        let mut reader = SwfReader::new(spaced.as_bytes(), Path::new("a")).unwrap();
        prop_assert_eq!(reader.next_record().unwrap(), Some(record));
    }
}
