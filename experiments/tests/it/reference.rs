//! The textbook schedulers against published figures and reference start times, on logs of the
//! Parallel Workloads Archive.
//!
//! The logs are not part of the project: `GLEANER_TRACES` names their folder (default
//! `../shared/traces` beside the workspace). Without them these tests say so and do nothing.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use gleaner_experiments::result::Ending;
use gleaner_scenarios::scenario::Scenario;

use crate::run::{Ended, Ends, scenario, watched};

pub(crate) const KTH_CLEANED: Log =
    Log { file: "KTH-SP2-1996-2.1-cln.swf.gz", processors: 100, clean: "archive" };
const KTH: Log = Log { file: "KTH-SP2-1996-2.swf.gz", processors: 100, clean: "sc15" };
const THUNDER: Log =
    Log { file: "LLNL-Thunder-2007-1.1-cln.swf.gz", processors: 4008, clean: "archive" };

/// A log and the rules by which it is read.
#[derive(Clone, Copy)]
pub(crate) struct Log {
    file: &'static str,
    processors: u32,
    clean: &'static str,
}

impl Log {
    fn folder(self) -> Option<PathBuf> {
        let root = env!("CARGO_MANIFEST_DIR");
        let folder = std::env::var_os("GLEANER_TRACES")
            .map_or_else(|| Path::new(root).join("../../shared/traces"), PathBuf::from);
        let path = folder.join(self.file);
        if !path.exists() {
            let path = path.display();
            // Not `eprintln!`: the test harness would keep it to itself.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: no log `{path}`: set GLEANER_TRACES to the folder of logs"
            );
            return None;
        }
        Some(folder)
    }

    /// Returns the log on one cluster under `how`: keys of the cluster such as `scheduler =
    /// "easy"`; with `more` tables behind it.
    pub(crate) fn scenario(self, how: &str, more: &str) -> Option<Scenario> {
        let Log { file, processors, clean } = self;
        let text = format!(
            "[[cluster]]\nname = \"machine\"\nnodes = {processors}\n{how}\n\
             [cluster.owners]\ntrace = \"{file}\"\nclean = \"{clean}\"\n{more}"
        );
        Some(scenario(&text, &self.folder()?))
    }

    /// Returns the jobs under `how`.
    fn jobs(self, how: &str) -> Option<Vec<Ended>> {
        let (result, ends) = watched(&self.scenario(how, "")?, Ends::default());
        assert_eq!(result.ending, Ending::Finished, "{how}");
        Some(ends.jobs)
    }

    fn figures(self, how: &str) -> Option<Figures> {
        let jobs = self.jobs(how)?;
        Some(Figures::of(&jobs, self.processors))
    }
}

/// Figures over all jobs, none trimmed: `docs/textbook-schedulers.md`.
#[derive(Debug)]
struct Figures {
    jobs: usize,
    mean_wait_s: f64,
    max_wait_s: i64,
    /// Mean bounded slowdown with a threshold of 10 s.
    avebsld: f64,
    makespan_s: i64,
    utilisation: f64,
}

impl Figures {
    fn of(jobs: &[Ended], processors: u32) -> Figures {
        let wait = |job: &Ended| job.start_s - job.submit_s;
        let bounded = |job: &Ended| {
            let run = job.end_s - job.start_s;
            ((wait(job) + run) as f64 / run.max(10) as f64).max(1.0)
        };
        let first = jobs.iter().map(|job| job.submit_s).min().expect("jobs ended");
        let last = jobs.iter().map(|job| job.end_s).max().expect("jobs ended");
        let core_s: i64 =
            jobs.iter().map(|job| i64::from(job.processors) * (job.end_s - job.start_s)).sum();
        let makespan_s = last - first;
        Figures {
            jobs: jobs.len(),
            mean_wait_s: jobs.iter().map(wait).sum::<i64>() as f64 / jobs.len() as f64,
            max_wait_s: jobs.iter().map(wait).max().expect("jobs ended"),
            avebsld: jobs.iter().map(bounded).sum::<f64>() / jobs.len() as f64,
            makespan_s,
            utilisation: core_s as f64 / (f64::from(processors) * makespan_s as f64),
        }
    }
}

fn near(what: &str, value: f64, expected: f64, tolerance: f64) {
    let off = (value - expected).abs();
    assert!(off <= tolerance, "{what} is {value}, expected {expected} to {tolerance}");
}

/// Returns the start times of the reference, by column and job.
fn reference_starts(column: usize) -> BTreeMap<u64, i64> {
    let packed = include_bytes!("../data/reference-schedules/KTH-SP2-1996-2.1-cln.csv.gz");
    let mut text = String::new();
    GzDecoder::new(&packed[..]).read_to_string(&mut text).expect("the start times unpack");
    let row = |line: &str| {
        let cells: Vec<i64> = line.split(',').map(|cell| cell.parse().expect("a number")).collect();
        (cells[0] as u64, cells[column])
    };
    text.lines().skip(1).map(row).collect()
}

fn check_starts(how: &str, column: usize) {
    let Some(jobs) = KTH_CLEANED.jobs(how) else {
        return;
    };
    let expected = reference_starts(column);
    assert_eq!((jobs.len(), expected.len()), (27_992, 27_992));
    let differing = jobs.iter().find(|job| expected.get(&job.number) != Some(&job.start_s));
    if let Some(job) = differing {
        let expected = expected.get(&job.number);
        panic!("{how}: job {} starts at {}, expected {expected:?}", job.number, job.start_s);
    }
}

#[test]
fn easy_starts_every_job_of_kth_when_the_reference_does() {
    check_starts("scheduler = \"easy\"", 1);
}

#[test]
fn conservative_starts_every_job_of_kth_when_the_reference_does() {
    check_starts("scheduler = \"conservative\"", 2);
}

#[test]
fn easy_by_the_instant_starts_every_job_of_kth_when_the_reference_does() {
    check_starts("scheduler = \"easy\"\nevents = \"instant\"", 3);
}

#[test]
fn kth_cleaned_under_fcfs() {
    let Some(figures) = KTH_CLEANED.figures("scheduler = \"fcfs\"") else {
        return;
    };
    assert_eq!((figures.jobs, figures.max_wait_s), (27_992, 705_687));
    assert_eq!(figures.makespan_s, 28_779_758);
    near("mean wait", figures.mean_wait_s, 218_832.062, 5e-4);
    near("AVEbsld", figures.avebsld, 4294.5004, 5e-5);
    near("utilisation", figures.utilisation, 0.6837, 5e-5);
}

#[test]
fn kth_cleaned_under_backfilling() {
    for (how, mean_wait_s, max_wait_s, avebsld) in [
        ("scheduler = \"easy\"", 6344.789, 248_239, 86.2559),
        ("scheduler = \"easy\"\nevents = \"instant\"", 6351.493, 248_239, 86.3712),
        ("scheduler = \"conservative\"", 7001.640, 235_103, 89.6204),
    ] {
        let Some(figures) = KTH_CLEANED.figures(how) else {
            return;
        };
        assert_eq!((figures.max_wait_s, figures.makespan_s), (max_wait_s, 28_763_776), "{how}");
        near(how, figures.mean_wait_s, mean_wait_s, 5e-4);
        near(how, figures.avebsld, avebsld, 5e-5);
        near(how, figures.utilisation, 0.68409, 5e-6);
    }
}

#[test]
fn thunder_under_easy_and_conservative() {
    for (how, mean_wait_s, max_wait_s, avebsld) in [
        ("scheduler = \"easy\"", 334.334, 88_489, 4.7020),
        ("scheduler = \"conservative\"", 664.815, 85_182, 17.0053),
    ] {
        let Some(figures) = THUNDER.figures(how) else {
            return;
        };
        let Figures { jobs, makespan_s, .. } = figures;
        assert_eq!(
            (jobs, figures.max_wait_s, makespan_s),
            (113_613, max_wait_s, 12_976_994),
            "{how}"
        );
        near(how, figures.mean_wait_s, mean_wait_s, 5e-4);
        near(how, figures.avebsld, avebsld, 5e-5);
        near(how, figures.utilisation, 0.86355, 5e-6);
    }
}

/// The rows of Gaussier, Glesser, Reis and Trystram (SC'15) that need no predictor, and two
/// more of the same job set. To 1e-9 where digits were published, else to the three decimals.
#[test]
fn kth_under_the_strong_filter() {
    for (how, avebsld, tolerance) in [
        ("scheduler = \"easy\"", 92.576_539_733_629_5, 1e-9),
        ("scheduler = \"easy-sjbf\"", 69.405_400_580_303_5, 1e-9),
        ("scheduler = \"easy\"\nestimates = \"exact\"", 71.722_385_112_441_8, 1e-9),
        ("scheduler = \"fcfs\"", 6_814.973_310_176_236, 1e-9),
        ("scheduler = \"conservative\"", 88.997_274_969_001_75, 1e-9),
        ("scheduler = \"easy\"\nestimates = \"x2\"", 79.930, 5e-4),
        ("scheduler = \"easy-sjbf\"\nestimates = \"x2\"", 58.913, 5e-4),
        ("scheduler = \"easy-sjbf\"\nestimates = \"exact\"", 49.848, 5e-4),
    ] {
        let Some(figures) = KTH.figures(how) else {
            return;
        };
        assert_eq!(figures.jobs, 28_481, "{how}");
        near(how, figures.avebsld, avebsld, tolerance);
        match how {
            "scheduler = \"easy\"" => near(how, figures.mean_wait_s, 6836.872, 5e-4),
            "scheduler = \"conservative\"" => near(how, figures.mean_wait_s, 7310.551, 5e-4),
            _ => {}
        }
    }
}
