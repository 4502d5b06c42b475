//! Generated workloads: shape, load, repeatability, and the traces shipped with the project.
//!
//! `GLEANER_WRITE_SAMPLES=1` writes the shipped traces anew instead of comparing them.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use gleaner_traces::generate::laws::{SizeLaw, TimeLaw};
use gleaner_traces::generate::lublin::LublinClass;
use gleaner_traces::generate::poisson::PoissonParams;
use gleaner_traces::generate::spec::{GenerateSpec, Model};
use gleaner_traces::open::read_workload;
use gleaner_traces::workload::{ReadOptions, Workload};

fn lublin(jobs: u32, processors: u32) -> GenerateSpec {
    GenerateSpec {
        model: Model::Lublin(LublinClass::Batch),
        jobs,
        processors,
        seed: 1,
        load: None,
        excess: None,
        users: 0,
    }
}

fn poisson(jobs: u32) -> GenerateSpec {
    let params = PoissonParams {
        mean_gap_s: 100.0,
        runtime: TimeLaw::Exponential { mean_s: 600.0 },
        sizes: SizeLaw::PowersOfTwo { low: 1, high: 8 },
        daily: false,
    };
    GenerateSpec { model: Model::Poisson(params), ..lublin(jobs, 16) }
}

fn load(workload: &Workload) -> f64 {
    let area: i64 = workload.jobs.iter().map(|job| job.run_ms * i64::from(job.procs)).sum();
    let span = workload.jobs.last().expect("there are jobs").submit_ms - workload.jobs[0].submit_ms;
    area as f64 / span as f64 / f64::from(workload.max_procs.expect("generated with a size"))
}

#[test]
fn the_wanted_load_is_reached_by_both_models() {
    for spec in [lublin(5000, 128), poisson(5000)] {
        for wanted in [0.1, 0.7, 3.0] {
            let got = load(&GenerateSpec { load: Some(wanted), ..spec }.generate().unwrap());
            assert!((got / wanted - 1.0).abs() < 1e-3, "{got} for {wanted}: {spec}");
        }
    }
}

#[test]
fn poisson_jobs_have_the_means_asked_for() {
    let workload = poisson(20_000).generate().unwrap();
    let count = workload.jobs.len() as f64;
    let mean = |of: &dyn Fn(usize) -> f64| (0..workload.jobs.len()).map(of).sum::<f64>() / count;
    let last_s = workload.jobs[workload.jobs.len() - 1].submit_ms as f64 / 1000.0;
    assert!((last_s / count / 100.0 - 1.0).abs() < 0.03);
    assert!((mean(&|at| workload.jobs[at].run_ms as f64) / 600_000.0 - 1.0).abs() < 0.03);
    assert!((mean(&|at| f64::from(workload.jobs[at].procs)) / 3.75 - 1.0).abs() < 0.03);
}

#[test]
fn the_daily_cycle_survives_the_scaling_to_a_load() {
    for wanted in [None, Some(0.3), Some(0.9)] {
        let workload = GenerateSpec { load: wanted, ..lublin(40_000, 128) }.generate().unwrap();
        let hour = |submit_ms: i64| (submit_ms / 3_600_000) % 24;
        let share = |from, to| {
            let within = |ms: i64| (from..to).contains(&hour(ms));
            let count = workload.jobs.iter().filter(|job| within(job.submit_ms)).count();
            count as f64 / workload.jobs.len() as f64
        };
        let (afternoon, night) = (share(12, 18), share(1, 7));
        assert!(afternoon > 0.36 && afternoon < 0.48, "{wanted:?}: {afternoon}");
        assert!(night < 0.10, "{wanted:?}: {night}");
    }
}

#[test]
fn users_and_requests_do_not_change_the_jobs() {
    let plain = lublin(2000, 64);
    let full = GenerateSpec { excess: Some(1.5), users: 12, ..plain };
    let (plain, full) = (plain.generate().unwrap(), full.generate().unwrap());
    for (a, b) in plain.jobs.iter().zip(&full.jobs) {
        assert_eq!((a.submit_ms, a.run_ms, a.procs), (b.submit_ms, b.run_ms, b.procs));
        assert!(b.walltime_ms.is_some_and(|walltime_ms| walltime_ms >= b.run_ms));
        assert!((1..=12).contains(&b.user));
        assert_eq!((a.walltime_ms, a.user), (None, -1));
    }
    let other = GenerateSpec { seed: 2, ..lublin(2000, 64) }.generate().unwrap();
    assert_ne!(other.jobs, plain.jobs);
}

#[test]
fn parameters_out_of_range_are_refused() {
    let base = lublin(10, 64);
    for (spec, expected) in [
        (GenerateSpec { jobs: 0, ..base }, "`jobs` is 0, expected 1 to 100000000"),
        (GenerateSpec { jobs: u32::MAX, ..base }, "`jobs` is 4294967295, expected 1 to 100000000"),
        (GenerateSpec { processors: 0, ..base }, "`processors` is 0, expected 1 to 2^31"),
        (
            GenerateSpec { load: Some(0.0), ..base },
            "`load` is 0, expected a share of the machine above 0, up to 10 (0.75 is 75 %)",
        ),
        (
            GenerateSpec { load: Some(f64::NAN), ..base },
            "`load` is NaN, expected a share of the machine above 0, up to 10 (0.75 is 75 %)",
        ),
        (
            GenerateSpec { load: Some(75.0), ..base },
            "`load` is 75, expected a share of the machine above 0, up to 10 (0.75 is 75 %)",
        ),
        (
            GenerateSpec { excess: Some(-1.0), ..base },
            "`estimate excess` is -1, expected a number from 0 to 1000",
        ),
        (
            GenerateSpec { processors: 4, ..poisson(10) },
            "jobs of 8 processors do not fit on a machine of 4",
        ),
    ] {
        let error = spec.generate().unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert!(!error.hint().is_empty());
    }
    let Model::Poisson(params) = poisson(10).model else { unreachable!() };
    for (params, expected) in [
        (
            PoissonParams { runtime: TimeLaw::Exponential { mean_s: f64::NAN }, ..params },
            "`exponential:NaN` is not a law of times",
        ),
        (
            PoissonParams { sizes: SizeLaw::PowersOfTwo { low: 0, high: 4 }, ..params },
            "`pow2:0-4` is not a law of sizes",
        ),
    ] {
        let spec = GenerateSpec { model: Model::Poisson(params), ..base };
        assert_eq!(spec.generate().unwrap_err().to_string(), expected);
    }
    let runtime = TimeLaw::LogNormal { mu: 500.0, sigma: 1.0 };
    let Model::Poisson(params) = poisson(10).model else { unreachable!() };
    let spec =
        GenerateSpec { model: Model::Poisson(PoissonParams { runtime, ..params }), ..poisson(10) };
    assert_eq!(
        spec.generate().unwrap_err().to_string(),
        "the times of the workload become too large"
    );
}

/// The traces in `samples/`, by file name.
fn samples() -> Vec<(&'static str, GenerateSpec)> {
    let quickstart = GenerateSpec {
        model: Model::Poisson(PoissonParams {
            mean_gap_s: 350.0,
            runtime: TimeLaw::LogNormal { mu: 6.5, sigma: 1.4 },
            sizes: SizeLaw::PowersOfTwo { low: 1, high: 32 },
            daily: true,
        }),
        load: Some(0.85),
        excess: Some(1.0),
        users: 20,
        seed: 42,
        ..lublin(1500, 64)
    };
    let month = GenerateSpec {
        model: Model::Lublin(LublinClass::Combined),
        load: Some(0.75),
        excess: Some(1.5),
        users: 60,
        seed: 128,
        ..lublin(3200, 128)
    };
    vec![("quickstart.swf", quickstart), ("month-128.swf.gz", month)]
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)
}

#[test]
fn the_shipped_traces_are_what_their_command_makes() {
    for (name, spec) in samples() {
        let mut made = Vec::new();
        spec.to_swf(&mut made).unwrap();
        let path = sample(name);
        let packed = name.ends_with(".gz");
        if std::env::var_os("GLEANER_WRITE_SAMPLES").is_some() {
            let mut bytes = made.clone();
            if packed {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
                encoder.write_all(&made).unwrap();
                bytes = encoder.finish().unwrap();
            }
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, bytes).unwrap();
        }
        let mut shipped = std::fs::read(&path).unwrap();
        if packed {
            let mut text = Vec::new();
            MultiGzDecoder::new(shipped.as_slice()).read_to_end(&mut text).unwrap();
            shipped = text;
        }
        assert!(shipped == made, "`{name}` is not what `{spec}` makes");
        let header = String::from_utf8_lossy(&shipped[..500]).into_owned();
        assert!(header.contains(&format!("; Note: made by `{spec}`")), "{header}");
    }
}

#[test]
fn the_shipped_traces_read_without_loss() {
    for (name, spec) in samples() {
        let workload = read_workload(&sample(name), &ReadOptions::default()).unwrap();
        let mut made = spec.generate().unwrap();
        made.name = name.to_owned();
        assert_eq!(workload, made);
        assert_eq!((workload.dropped.total(), workload.dropped.cut), (0, 0));
    }
}
