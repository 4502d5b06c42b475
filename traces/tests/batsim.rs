//! Batsim workloads in and out, and between formats.

use std::path::Path;

use gleaner_traces::batsim::model::Platform;
use gleaner_traces::batsim::read::read;
use gleaner_traces::batsim::write::{BatsimLosses, Dialect, write};
use gleaner_traces::open::read_workload;
use gleaner_traces::workload::{Clean, ReadOptions, Workload, WorkloadJob};
use proptest::prelude::*;

fn try_read(text: &str, options: &ReadOptions) -> Result<Workload, String> {
    read(text.as_bytes(), Path::new("w.json"), options, &Platform::default())
        .map_err(|error| format!("{error}; hint: {}", error.hint().unwrap_or("none")))
}

fn check(text: &str, clean: Clean) -> String {
    match try_read(text, &ReadOptions { clean, ..ReadOptions::default() }) {
        Err(error) => error,
        Ok(workload) => {
            let name = |job: &WorkloadJob| match &workload.names {
                Some(names) => names[job.id as usize].to_string(),
                None => job.id.to_string(),
            };
            let job = |job: &WorkloadJob| {
                let WorkloadJob { submit_ms, run_ms, walltime_ms, procs, status, .. } = job;
                let name = name(job);
                format!(
                    "{name} at {submit_ms} run {run_ms} of {walltime_ms:?} on {procs} st {status}\n"
                )
            };
            workload.jobs.iter().map(job).collect()
        }
    }
}

fn file(jobs: &str, profiles: &str) -> String {
    format!(
        "{{\"nb_res\": 8, \"description\": [1],\n\"jobs\": [\n{jobs}\n],\n\"profiles\": {{\n{profiles}\n}}}}"
    )
}

const TWO: &str = r#"{"id": "b", "subtime": 10.5, "res": 4, "profile": "p", "extra_data": "x"},
{"id": 3, "subtime": 0, "res": 2, "walltime": 30, "profile": "p"}"#;

#[test]
fn both_dialects_and_every_supported_profile_read() {
    for (profile, first_ms, second_ms, status) in [
        (r#""p": {"type": "delay", "delay": 20.25}"#, 20_250, 20_250, -1),
        (r#""p": {"type": "DelayProfile", "delay": 20.25, "ret": 3}"#, 20_250, 20_250, 0),
        (
            r#""p": {"type": "parallel_homogeneous", "cpu": 5e9, "com": 1e6, "ret": 0}"#,
            5000,
            5000,
            1,
        ),
        (r#""p": {"type": "parallel_homogeneous_total", "cpu": 8e9, "com": 0}"#, 2000, 4000, -1),
        (r#""p": {"type": "ptask_homogeneous", "cpu": 5e9, "com": 0}"#, 5000, 5000, -1),
        (
            r#""p": {"type": "ParallelTaskHomogeneousProfile", "cpu": 8e9, "com": 0,
                "generation_strategy": "DefinedAmountsSpreadUniformly"}"#,
            2000,
            4000,
            -1,
        ),
    ] {
        let expected = format!(
            "3 at 0 run {second_ms} of Some(30000) on 2 st {status}\n\
             b at 10500 run {first_ms} of None on 4 st {status}\n"
        );
        assert_eq!(check(&file(TWO, profile), Clean::Archive), expected, "{profile}");
    }
    let numbered = TWO.replace("\"b\"", "\"7\"");
    let text = file(&numbered, r#""p": {"type": "parallel_homogeneous", "cpu": 5e9, "com": 1}"#);
    let workload = try_read(&text, &ReadOptions::default()).unwrap();
    assert_eq!((workload.names, workload.max_procs), (None, Some(8)));
    assert_eq!(workload.jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [3, 7]);
    assert_eq!((workload.dropped.communications, workload.dropped.without_estimate), (2, 1));
    let slow = Platform { speed_flop_s: 5e8 };
    let slower = read(text.as_bytes(), Path::new("w"), &ReadOptions::default(), &slow).unwrap();
    assert_eq!(slower.jobs[0].run_ms, 10_000);
}

#[test]
fn each_bad_workload_is_told_with_its_line() {
    let job = r#"{"id": 1, "subtime": 0, "res": 1, "profile": "p"}"#;
    let delay = r#""p": {"type": "delay", "delay": 2}"#;
    for (jobs, profiles, expected) in [
        (
            job.replace("\"p\"", "\"q\""),
            delay.to_owned(),
            "w.json:3:1: job `1` names profile `q`, which does not exist",
        ),
        (format!("{job},\n{job}"), delay.to_owned(), "w.json:4:1: job `1` is defined twice"),
        (job.to_owned(), format!("{delay},\n{delay}"), "w.json:7:6: profile `p` is defined twice"),
        (
            job.to_owned(),
            delay.replace("delay\",", "smpi\","),
            "w.json:6:6: profile `p` is of type `smpi`, which is not supported",
        ),
        (
            job.to_owned(),
            r#""p": {"type": "parallel", "cpu": [1], "com": [0]}"#.to_owned(),
            "w.json:6:6: profile `p` is of type `parallel`, which is not supported",
        ),
        (
            job.to_owned(),
            r#""p": {"type": "parallel_homogeneous", "cpu": 0, "com": 4}"#.to_owned(),
            "w.json:6:6: profile `p` only communicates, so it has no run time of its own",
        ),
        (
            job.to_owned(),
            delay.replace('2', "-2"),
            "w.json:6:6: profile `p`: `delay` is -2, expected a number from 0",
        ),
        (job.replace("0,", "1e300,"), delay.to_owned(), "w.json:3:1: job `1`: `subtime` is 1"),
        (
            job.replace("\"res\": 1", "\"res\": 0"),
            delay.to_owned(),
            "w.json:3:1: job `1`: `res` is 0, expected 1 to 4294967295 processors",
        ),
        (
            job.replace("\"res\": 1", "\"res\": 1.5"),
            delay.to_owned(),
            "w.json:3:34: the job is not valid: invalid type: floating point `1.5`, expected i64",
        ),
        (
            job.replace("\"res\": 1,", "\"res\": 1, \"walltime\": 0,"),
            delay.to_owned(),
            "w.json:3:1: job `1`: `walltime` is 0, expected more than 0 seconds",
        ),
        (
            job.replace("\"res\": 1,", ""),
            delay.to_owned(),
            "w.json:3:40: the job is not valid: missing field `res`",
        ),
        (
            job.replace("\"res\": 1", "\"res\": 9"),
            delay.to_owned(),
            "w.json:3:1: job `1` needs 9 processors and the machine has 8",
        ),
        (
            job.replace("0,", "-1,"),
            delay.to_owned(),
            "w.json:3:1: job `1`: `subtime` is -1, expected 0 to 2147483647 seconds",
        ),
        (String::new(), delay.to_owned(), "`w.json`: the file has no job"),
        ("{".to_owned(), delay.to_owned(), "w.json:4:1: "),
    ] {
        let got = check(&file(&jobs, &profiles), Clean::None);
        assert!(got.starts_with(expected), "{got}\n  is not\n{expected}");
        assert!(got.contains("; hint: ") && !got.ends_with("none"), "{got}");
    }
    assert!(check("{}", Clean::None).starts_with("w.json:1:2: missing field `jobs`"));
    let deep = format!("{{\"jobs\": {}", "[".repeat(100_000));
    assert!(check(&deep, Clean::None).starts_with("w.json:1:1000"));
    let deep = file(&"[".repeat(100_000), "");
    assert!(check(&deep, Clean::None).starts_with("w.json:"));
}

#[test]
fn a_lenient_reading_skips_single_jobs() {
    let jobs = TWO.replace("\"res\": 4", "\"res\": \"four\"");
    let text = file(&jobs, r#""p": {"type": "delay", "delay": 2}"#);
    let options = ReadOptions { lenient: true, ..ReadOptions::default() };
    let workload = try_read(&text, &options).unwrap();
    assert_eq!((workload.jobs.len(), workload.dropped.bad_rows, workload.dropped.rows), (1, 1, 2));
    assert!(workload.dropped.bad_examples[0].starts_with("w.json:3:"));
}

#[test]
fn json_is_known_by_name_or_content() {
    let folder = tempfile::tempdir().unwrap();
    let text = file(TWO, r#""p": {"type": "delay", "delay": 2}"#);
    for name in ["w.json", "w.txt"] {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("\n {text}")).unwrap();
        let workload = read_workload(&path, &ReadOptions::default()).unwrap();
        assert_eq!((workload.jobs.len(), workload.name.as_str()), (2, name));
    }
}

#[test]
fn batsims_return_code_is_the_exit_code_of_the_job() {
    let options = ReadOptions::default();
    let read = read_workload(Path::new("tests/data/batsim-ret.json"), &options).unwrap();
    assert_eq!((read.jobs[0].exit_code, read.jobs[0].status), (3, 0));
    let job = r#"{"id": 1, "subtime": 0, "res": 1, "profile": "p"}"#;
    let with = |code: &str| {
        let profile = format!(r#""p": {{"type": "delay", "delay": 2, "ret": {code}}}"#);
        try_read(&file(job, &profile), &options).map(|read| read.jobs[0].exit_code)
    };
    assert_eq!((with("0"), with("-7"), with("300")), (Ok(0), Ok(-7), Ok(300)));
    let error = with("99999999999").unwrap_err();
    assert!(error.contains("profile `p` is not valid") && error.contains("99999999999"), "{error}");
}

fn any_job() -> impl Strategy<Value = WorkloadJob> {
    let outcome = (-1i8..2, 1i32..300);
    let walltime = prop::option::of(1i64..100_000_000);
    (0i64..1_000_000_000, 1i64..100_000_000, walltime, 1u32..8, outcome).prop_map(
        |(submit_ms, run_ms, walltime_ms, procs, (status, code))| WorkloadJob {
            id: 0,
            submit_ms,
            run_ms,
            walltime_ms,
            procs,
            user: -1,
            group: -1,
            executable: -1,
            queue: -1,
            partition: -1,
            status,
            exit_code: if status == 0 { code } else { 0 },
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_written_workload_reads_back_equal(
        mut jobs in prop::collection::vec(any_job(), 1..30),
        v5 in any::<bool>(),
        named in any::<bool>(),
    ) {
        jobs.sort_by_key(|job| job.submit_ms);
        for (index, job) in jobs.iter_mut().enumerate() {
            job.id = index as u64;
        }
        let names = named.then(|| (0..jobs.len()).map(|n| format!("w\"!{n}").into()).collect());
        let workload = Workload {
            name: "w.json".into(),
            jobs,
            max_procs: Some(8),
            max_nodes: None,
            unix_start_s: None,
            dropped: Default::default(),
            left_out: Default::default(),
            names,
        };
        let mut bytes = Vec::new();
        let dialect = if v5 { Dialect::V5 } else { Dialect::V4 };
        prop_assert_eq!(write(&mut bytes, &workload, dialect).unwrap(), BatsimLosses::default());
        let text = String::from_utf8(bytes).unwrap();
        let mut back = try_read(&text, &ReadOptions::default()).unwrap();
        prop_assert_eq!(back.dropped.rows, workload.jobs.len() as u64);
        back.dropped = Default::default();
        prop_assert_eq!(back, workload);
    }

    #[test]
    fn no_bytes_panic_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        let path = Path::new("w.json");
        prop_assert!(read(bytes.as_slice(), path, &ReadOptions::default(), &Platform::default()).is_err());
    }

    #[test]
    fn no_damaged_workload_panics_the_reader(at in 0usize..400, byte in any::<u8>()) {
        let mut bytes = file(TWO, r#""p": {"type": "delay", "delay": 2}"#).into_bytes();
        let length = bytes.len();
        bytes[at % length] = byte;
        let path = Path::new("w.json");
        if let Ok(workload) = read(bytes.as_slice(), path, &ReadOptions::default(), &Platform::default()) {
            prop_assert_eq!(workload.jobs.len() as u64 + workload.dropped.total(), 2);
        }
    }
}
