//! Figures made while records stream by equal those made from all records at once; files are
//! equal byte by byte; what cannot be written is said.
#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure")]

use std::collections::BTreeMap;
use std::path::Path;

use gleaner_reports::error::ReportError;
use gleaner_reports::metrics::Metrics;
use gleaner_reports::record::{
    CampaignInfo, ClusterInfo, FinalState, JobRecord, Kind, RunEnd, RunInfo, SeriesPoint, UserRef,
};
use gleaner_reports::recorder::{Recorder, RecorderOptions};
use proptest::prelude::*;

/// A job as chance made it: all that figures depend on.
#[derive(Debug, Clone)]
struct Made {
    cluster: u16,
    submit_ms: i64,
    start_ms: i64,
    end_ms: i64,
    cores: u32,
    kind: Kind,
    state: FinalState,
    latency_ms: i64,
    /// How long its cores are cleaned up, for a local job.
    clean_ms: i64,
    campaign: u32,
}

fn made() -> impl Strategy<Value = Made> {
    let kind = prop_oneof![Just(Kind::Local), Just(Kind::BestEffort), Just(Kind::Grid)];
    let state = prop_oneof![
        3 => Just(FinalState::CompletedSuccessfully),
        1 => Just(FinalState::CompletedKilled),
        1 => Just(FinalState::CompletedFailed),
    ];
    let times = (-50_000i64..200_000, 0i64..60_000, 0i64..80_000);
    let latencies = (0i64..3_000, prop_oneof![Just(0), 1i64..9_000]);
    (0u16..2, times, 1u32..9, kind, state, latencies, 0u32..2).prop_map(
        |(cluster, (submit_ms, wait_ms, run_ms), cores, kind, state, latencies, campaign)| Made {
            cluster,
            submit_ms,
            start_ms: submit_ms + wait_ms,
            end_ms: submit_ms + wait_ms + run_ms,
            cores,
            kind,
            state,
            latency_ms: latencies.0,
            clean_ms: if kind == Kind::Local { latencies.1 } else { 0 },
            campaign,
        },
    )
}

impl Made {
    fn useful_ms(&self) -> i64 {
        let run_ms = self.end_ms - self.start_ms;
        if self.kind == Kind::Local { run_ms } else { (run_ms - self.latency_ms).max(0) }
    }

    fn record(&self, job_id: u64) -> JobRecord<'static> {
        let of_campaign = self.kind != Kind::Local;
        JobRecord {
            job_id,
            job_name: None,
            workload: "w",
            profile: "p",
            cluster: self.cluster,
            submit_ms: self.submit_ms,
            requested_cores: self.cores,
            requested_time_ms: None,
            start_ms: Some(self.start_ms),
            end_ms: Some(self.end_ms),
            useful_ms: self.useful_ms(),
            state: self.state,
            cause: None,
            container: false,
            kind: self.kind,
            allocated: &[],
            user: UserRef::Unknown,
            queue: "q",
            campaign: of_campaign.then_some(self.campaign),
            task: of_campaign.then_some(job_id),
            attempt: None,
            exit_code: None,
            wait_cause: "",
            overtook: 0,
        }
    }
}

fn info() -> RunInfo {
    let cluster = |name: &str| ClusterInfo {
        name: name.into(),
        cores: 1000,
        nodes: 10,
        cores_per_node: 100,
        scheduler: "easy".into(),
        resizes: false,
    };
    let campaign = |name: &str| CampaignInfo {
        name: name.into(),
        user: "<ada & co>".into(),
        tasks: 5,
        submit_ms: 0,
    };
    RunInfo {
        begin_ms: None,
        title: "chance".into(),
        clusters: vec![cluster("a"), cluster("b")],
        campaigns: vec![campaign("c"), campaign("d")],
        unix_start_s: None,
        utc_offset_s: 0,
        wait_causes: Vec::new(),
    }
}

/// The states of both clusters that the jobs make, in order of time.
fn points(jobs: &[Made], until_ms: Option<i64>) -> Vec<SeriesPoint> {
    let mut changes = Vec::new();
    for job in jobs {
        let (cores, local) = (job.cores as i32, job.kind == Kind::Local);
        let sign = |time_ms, used, cleaning| (time_ms, job.cluster, local, used, cleaning);
        changes.push(sign(job.start_ms, cores, 0));
        changes.push(sign(job.end_ms, 0, cores));
        changes.push(sign(job.end_ms + job.clean_ms, -cores, -cores));
    }
    changes.retain(|change| until_ms.is_none_or(|until_ms| change.0 <= until_ms));
    changes.sort_by_key(|change| change.0);
    let mut used = [[0i32; 3]; 2];
    let point = |(time_ms, cluster, local, cores, cleaning)| {
        let used = &mut used[usize::from(cluster)];
        if local {
            used[0] += cores;
            used[1] += cleaning;
        } else {
            used[2] += cores;
        }
        let [local_used, cleaning, besteffort_used] = used.map(|cores| cores as u32);
        SeriesPoint {
            time_ms,
            cluster,
            local_used,
            cleaning,
            besteffort_used,
            free: 1000 - local_used - besteffort_used,
            local_waiting: local_used,
            ..SeriesPoint::default()
        }
    };
    changes.into_iter().map(point).collect()
}

/// Records the jobs in the order given, and the points in theirs, some after each job.
fn stream(dir: &Path, jobs: &[Made], until_ms: Option<i64>, plots: bool) -> Metrics {
    let options = RecorderOptions { plots, until_ms, ..RecorderOptions::default() };
    let mut recorder = Recorder::create(dir, info(), options).unwrap();
    let mut points = points(jobs, until_ms).into_iter();
    for (index, job) in jobs.iter().enumerate() {
        recorder.job(&job.record(index as u64)).unwrap();
        for point in points.by_ref().take(job.cores as usize) {
            recorder.point(&point).unwrap();
        }
    }
    for point in points {
        recorder.point(&point).unwrap();
    }
    recorder.finish(RunEnd { until_ms, ..RunEnd::default() }).unwrap().metrics
}

/// The campaigns' life, from its definition: both are submitted at 0 and have five tasks.
fn life_ms(jobs: &[Made], until_ms: Option<i64>) -> Option<(i64, i64)> {
    let stop_ms = until_ms.unwrap_or(i64::MAX);
    let own = || jobs.iter().filter(|j| j.kind != Kind::Local);
    let ended = || own().filter(|j| j.end_ms <= stop_ms);
    let done = |campaign: u32| {
        ended()
            .filter(|j| j.campaign == campaign && j.state == FinalState::CompletedSuccessfully)
            .count()
    };
    let over = own().count() == ended().count() && done(0) >= 5 && done(1) >= 5;
    let last_ms = ended().map(|j| j.end_ms).max();
    let end_ms = until_ms.filter(|_| !over).or(last_ms)?;
    (end_ms >= 0).then_some((0, end_ms))
}

/// The horizon of all clusters, from its definition.
fn horizon_ms(jobs: &[Made], until_ms: Option<i64>) -> (i64, i64) {
    let own = || jobs.iter().filter(|j| j.kind == Kind::Local);
    let owners = own().map(|j| j.submit_ms).min().zip(own().map(|j| j.end_ms).max());
    let owners = owners.map(|(from_ms, end_ms)| (from_ms, until_ms.unwrap_or(end_ms)));
    // Of nothing, there is no horizon.
    let whole = match jobs.iter().map(|j| j.submit_ms).min() {
        Some(from_ms) => {
            (from_ms, until_ms.or(jobs.iter().map(|j| j.end_ms).max()).unwrap_or(from_ms))
        }
        None => (0, 0),
    };
    owners.or(life_ms(jobs, until_ms)).unwrap_or(whole)
}

/// What the figures are, written down from their definitions.
fn plain(jobs: &[Made], until_ms: Option<i64>) -> Vec<(String, f64)> {
    let stop_ms = until_ms.unwrap_or(i64::MAX);
    let mut out = Vec::new();
    let mut campaigns: BTreeMap<(u32, &str), i64> = BTreeMap::new();
    for cluster in [0u16, 1] {
        let (from_ms, to_ms) = horizon_ms(jobs, until_ms);
        let within =
            |a: i64, b: i64, from_ms: i64, to_ms: i64| (b.min(to_ms) - a.max(from_ms)).max(0);
        let common = |a: i64, b: i64| within(a, b, from_ms, to_ms);
        let mine = |kind: Kind| jobs.iter().filter(move |j| j.cluster == cluster && j.kind == kind);
        let ended: Vec<&Made> = mine(Kind::Local).filter(|j| j.end_ms <= stop_ms).collect();
        let mut put = |key: &str, value: f64| out.push((format!("{cluster}.{key}"), value));
        put("jobs", ended.len() as f64);
        let mean = |value: &dyn Fn(&Made) -> f64| {
            ended.iter().map(|j| value(j)).sum::<f64>() / ended.len() as f64
        };
        // All that are left have started.
        let started = mine(Kind::Local).count();
        put("submitted", started as f64);
        let wait_s = |j: &Made| (j.start_ms - j.submit_ms) as f64 / 1000.0;
        let run_s = |j: &Made| (j.end_ms - j.start_ms) as f64 / 1000.0;
        put("wait", mine(Kind::Local).map(wait_s).sum::<f64>() / started as f64);
        put("avebsld", mean(&|j| ((wait_s(j) + run_s(j)) / run_s(j).max(10.0)).max(1.0)));
        put(
            "pp",
            mean(&|j| {
                ((wait_s(j) + run_s(j)) / (f64::from(j.cores) * run_s(j).max(10.0))).max(1.0)
            }),
        );
        let area = |j: &Made, a: i64, b: i64| common(a, b) * i64::from(j.cores);
        let local: i64 = mine(Kind::Local).map(|j| area(j, j.start_ms, j.end_ms)).sum();
        let cleaning: i64 =
            mine(Kind::Local).map(|j| area(j, j.end_ms, j.end_ms + j.clean_ms)).sum();
        let idle = (to_ms - from_ms).max(0) * 1000 - local - cleaning;
        let life_idle = life_ms(jobs, until_ms).map_or(0, |(from_ms, to_ms)| {
            let held = |j: &Made| {
                within(j.start_ms, j.end_ms + j.clean_ms, from_ms, to_ms) * i64::from(j.cores)
            };
            (to_ms - from_ms) * 1000 - mine(Kind::Local).map(held).sum::<i64>()
        });
        let (mut harvested, mut killed, mut whole) = (0, 0, 0);
        for j in mine(Kind::BestEffort).chain(mine(Kind::Grid)) {
            let success = j.state == FinalState::CompletedSuccessfully && j.end_ms <= stop_ms;
            let useful_ms = if success { j.useful_ms() } else { 0 };
            let useful = area(j, j.start_ms, j.start_ms + useful_ms);
            let all = area(j, j.start_ms, j.end_ms);
            let cores = i64::from(j.cores);
            if j.end_ms <= stop_ms {
                let held_ms = (j.end_ms - j.start_ms) * cores;
                *campaigns.entry((j.campaign, "useful")).or_default() += useful_ms * cores;
                *campaigns.entry((j.campaign, "wasted")).or_default() +=
                    held_ms - useful_ms * cores;
            } else {
                let held_ms = (stop_ms - j.start_ms) * cores;
                *campaigns.entry((j.campaign, "running")).or_default() += held_ms;
            }
            if j.kind == Kind::BestEffort {
                harvested += useful;
                whole += useful_ms * cores;
                if j.state == FinalState::CompletedKilled && j.end_ms <= stop_ms {
                    killed += all;
                }
            }
        }
        put("idle", idle as f64 / 1000.0);
        put("cleaning", cleaning as f64 / 1000.0);
        put("life idle", life_idle as f64 / 1000.0);
        put("whole harvest", whole as f64 / 1000.0);
        put("harvested", harvested as f64 / 1000.0);
        put("killed", killed as f64 / 1000.0);
    }
    for campaign in [0, 1] {
        for what in ["useful", "wasted", "running"] {
            let core_ms = campaigns.get(&(campaign, what)).copied().unwrap_or(0);
            out.push((format!("{campaign} {what}"), core_ms as f64 / 1000.0));
        }
    }
    out
}

/// The same figures as the recorder gives them.
fn streamed(metrics: &Metrics) -> Vec<f64> {
    let mut out = Vec::new();
    for cluster in metrics.clusters.values() {
        let or_nan = |value: Option<f64>| value.unwrap_or(f64::NAN);
        out.push(cluster.jobs as f64);
        out.push(cluster.counts.submitted_jobs as f64);
        out.extend([cluster.mean_wait_s, cluster.avebsld, cluster.pp_bsld].map(or_nan));
        out.extend([cluster.idle_core_s, cluster.cleaning_core_s, cluster.campaigns_idle_core_s]);
        out.push(cluster.campaigns_harvested_core_s);
        out.extend([cluster.harvested_core_s, cluster.killed_core_s]);
    }
    for campaign in metrics.campaigns.values() {
        out.extend([campaign.useful_core_s, campaign.wasted_core_s, campaign.running_core_s]);
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn streamed_figures_equal_plain_ones(
        jobs in prop::collection::vec(made(), 0..40),
        stop_ms in prop::option::of(0i64..300_000),
    ) {
        // Whatever was submitted after the stop never came to be.
        let began = |job: &Made| stop_ms.is_none_or(|stop_ms| job.start_ms <= stop_ms);
        let jobs: Vec<Made> = jobs.into_iter().filter(began).collect();
        let dir = tempfile::tempdir().unwrap();
        let found = streamed(&stream(dir.path(), &jobs, stop_ms, false));
        for ((key, expected), found) in plain(&jobs, stop_ms).into_iter().zip(found) {
            let near = (found - expected).abs() <= 1e-9 * expected.abs().max(1.0);
            prop_assert!(near || (found.is_nan() && expected.is_nan()), "{}: {} {}", key, found, expected);
        }
    }
}

/// Pieces outside the horizon are looked through again once there are thousands of them.
#[test]
fn many_jobs_before_the_first_local_one_are_clipped_all_the_same() {
    let harvest = |start_ms: i64| Made {
        cluster: 0,
        submit_ms: start_ms,
        start_ms,
        end_ms: start_ms + 7,
        cores: 3,
        kind: Kind::BestEffort,
        state: FinalState::CompletedSuccessfully,
        latency_ms: 2,
        clean_ms: 0,
        campaign: 0,
    };
    let owner = |start_ms: i64| Made { kind: Kind::Local, ..harvest(start_ms) };
    let mut jobs: Vec<Made> = (0..9_000).map(harvest).collect();
    jobs.push(owner(2_000));
    jobs.extend((9_000..20_000).map(harvest));
    jobs.push(owner(15_000));
    jobs.extend((20_000..21_000).map(harvest));
    let dir = tempfile::tempdir().unwrap();
    let found = streamed(&stream(dir.path(), &jobs, None, false));
    let expected: Vec<f64> = plain(&jobs, None).into_iter().map(|(_, value)| value).collect();
    assert_eq!(found[5..11], expected[5..11]);
}

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    for folder in [dir.to_path_buf(), dir.join("plots")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(dir).unwrap().display().to_string();
                out.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    out
}

#[test]
fn two_runs_give_equal_bytes_and_a_page_that_fetches_nothing() {
    let jobs: Vec<Made> = (0..200)
        .map(|index| Made {
            cluster: (index % 2) as u16,
            submit_ms: index * 997,
            start_ms: index * 1_003,
            end_ms: index * 1_003 + 60_000,
            cores: 1 + index as u32 % 7,
            kind: [Kind::Local, Kind::BestEffort][index as usize / 3 % 2],
            state: FinalState::CompletedSuccessfully,
            latency_ms: 1,
            clean_ms: 0,
            campaign: 1,
        })
        .collect();
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    stream(one.path(), &jobs, None, true);
    stream(two.path(), &jobs, None, true);
    let written = files(one.path());
    assert_eq!(written, files(two.path()));
    let names: Vec<&str> = written.keys().map(String::as_str).collect();
    let expected = [
        "decisions.jsonl",
        "jobs.csv",
        "manifest.json",
        "metrics.json",
        "plots/campaigns.svg",
        "plots/gantt.svg",
        "plots/queue.svg",
        "plots/submissions.svg",
        "plots/utilisation.svg",
        "plots/waits.svg",
        "plots/week.svg",
        "report.html",
        "series.csv",
    ];
    assert_eq!(names, expected);
    let page = String::from_utf8(written["report.html"].clone()).unwrap();
    let without_names = page.replace("http://www.w3.org/2000/svg", "");
    for fetched in ["http:", "https:", "src=", "@import", "url("] {
        assert!(!without_names.contains(fetched), "the page fetches something by {fetched}");
    }
    assert!(page.contains("&#60;ada &#38; co&#62;"), "names are escaped");
    assert_eq!(page.matches("<svg ").count(), 7 + 6);

    // Without plots, those of the run before must not stay.
    stream(one.path(), &jobs, None, false);
    assert_eq!(files(one.path()).len(), 6);
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("taken"), "").unwrap();
    let create = |path: &Path| Recorder::create(path, info(), RecorderOptions::default());
    let error = create(&dir.path().join("taken")).err().unwrap();
    assert!(matches!(error, ReportError::CreateFolder { .. }), "{error}");
    assert!(error.to_string().contains("taken") && error.hint().is_some());

    std::fs::create_dir(dir.path().join("jobs.csv")).unwrap();
    let error = create(dir.path()).err().unwrap();
    assert!(matches!(error, ReportError::CreateFile { .. }), "{error}");
    assert!(error.to_string().contains("jobs.csv"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said() {
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/dev/full", dir.path().join("jobs.csv")).unwrap();
    let recorder = Recorder::create(dir.path(), info(), RecorderOptions::default()).unwrap();
    let error = recorder.finish(RunEnd::default()).unwrap_err();
    assert!(matches!(error, ReportError::WriteFile { .. }), "{error}");
    assert!(error.to_string().contains("jobs.csv"), "{error}");
}

/// A job with nothing wrong.
const GOOD: Made = Made {
    cluster: 0,
    submit_ms: 5,
    start_ms: 6,
    end_ms: 7,
    cores: 1,
    kind: Kind::Local,
    state: FinalState::CompletedSuccessfully,
    latency_ms: 0,
    clean_ms: 0,
    campaign: 0,
};

#[test]
fn records_that_contradict_themselves_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::create(dir.path(), info(), RecorderOptions::default()).unwrap();
    let good = GOOD.record(1);
    recorder.job(&good).unwrap();
    let bad = [
        JobRecord { cluster: 2, ..good.clone() },
        JobRecord { campaign: Some(2), ..good.clone() },
        JobRecord { start_ms: Some(4), ..good.clone() },
        JobRecord { end_ms: Some(5), ..good.clone() },
        JobRecord { start_ms: None, ..good.clone() },
        JobRecord { end_ms: None, ..good.clone() },
        JobRecord { end_ms: Some(i64::MAX), ..good.clone() },
        JobRecord { useful_ms: -1, ..good.clone() },
    ];
    let errors: Vec<String> =
        bad.iter().map(|job| recorder.job(job).unwrap_err().to_string()).collect();
    let expected = [
        "a record names cluster number 2, but the run has 2 clusters",
        "a record names campaign number 2, but the run has 2 campaigns",
        "job 1 has impossible times: submitted 5 ms, started Some(4) ms, ended Some(7) ms",
        "job 1 has impossible times: submitted 5 ms, started Some(6) ms, ended Some(5) ms",
        "job 1 has impossible times: submitted 5 ms, started None ms, ended Some(7) ms",
        "job 1 has impossible times: submitted 5 ms, started Some(6) ms, ended None ms",
        "job 1 has impossible times: submitted 5 ms, started Some(6) ms, ended \
         Some(9223372036854775807) ms",
        "job 1 has impossible times: submitted 5 ms, started Some(6) ms, ended Some(7) ms",
    ];
    assert_eq!(errors, expected);
    let early = recorder.finish(RunEnd { until_ms: Some(6), ..RunEnd::default() }).unwrap_err();
    assert!(matches!(early, ReportError::StopBeforeEnd { until_ms: 6, end_ms: 7 }), "{early}");
}

#[test]
fn a_refused_point_does_not_count_as_the_last() {
    let mut recorder = Recorder::in_memory(info(), RecorderOptions::default()).unwrap();
    let good = points(&[GOOD], None)[0];
    let at = |time_ms| SeriesPoint { time_ms, ..good };
    recorder.point(&at(10)).unwrap();
    let early = recorder.point(&at(5)).unwrap_err();
    assert!(matches!(early, ReportError::PointOrder { time_ms: 5, last_ms: 10, .. }), "{early}");
    let early = recorder.point(&at(7)).unwrap_err();
    assert!(matches!(early, ReportError::PointOrder { time_ms: 7, last_ms: 10, .. }), "{early}");
    recorder.point(&SeriesPoint { free: 1000, ..at(20) }).unwrap_err();
    recorder.point(&at(15)).unwrap();
}

#[test]
fn cores_that_do_not_add_up_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::create(dir.path(), info(), RecorderOptions::default()).unwrap();
    let good = points(&[GOOD], None)[0];
    recorder.point(&good).unwrap();
    for bad in [
        SeriesPoint { local_used: 1001, free: 0, ..good },
        SeriesPoint { free: 1000, ..good },
        SeriesPoint { unavailable: u32::MAX, ..good },
        SeriesPoint { cleaning: 2, ..good },
    ] {
        let error = recorder.point(&bad).unwrap_err().to_string();
        assert!(error.contains("cluster `a` at 6 ms") && error.contains("not its 1000"), "{error}");
    }
}

#[test]
fn two_clusters_of_one_name_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut info = info();
    info.clusters[1].name = "a".into();
    let error = Recorder::create(dir.path(), info, RecorderOptions::default()).err().unwrap();
    assert_eq!(error.to_string(), "two clusters are named `a`");
}

#[test]
fn an_empty_run_has_a_report() {
    let dir = tempfile::tempdir().unwrap();
    let options = RecorderOptions { plots: true, ..RecorderOptions::default() };
    let recorder = Recorder::create(dir.path(), RunInfo::default(), options).unwrap();
    let outcome = recorder.finish(RunEnd::default()).unwrap();
    assert_eq!((outcome.metrics.grid.jobs, outcome.metrics.grid.avebsld), (0, None));
}

#[test]
fn the_ends_of_time_break_nothing() {
    let far = |submit_ms: i64, length_ms: i64, kind: Kind| Made {
        cluster: 0,
        submit_ms,
        start_ms: submit_ms,
        end_ms: submit_ms + length_ms,
        cores: u32::MAX,
        kind,
        state: FinalState::CompletedSuccessfully,
        latency_ms: 0,
        clean_ms: 0,
        campaign: 0,
    };
    let jobs = [
        far(i64::MIN / 4, 5, Kind::Local),
        far(0, 1, Kind::BestEffort),
        far(i64::MAX / 4 - 9, 9, Kind::Local),
        far(i64::MIN / 4, i64::MAX / 4, Kind::BestEffort),
    ];
    let dir = tempfile::tempdir().unwrap();
    let mut info = info();
    info.unix_start_s = Some(i64::MAX);
    let options = RecorderOptions { plots: true, ..RecorderOptions::default() };
    let mut recorder = Recorder::create(dir.path(), info, options).unwrap();
    for index in 0..6_000 {
        let made = &jobs[index % jobs.len()];
        let job = JobRecord { allocated: &[(0, u32::MAX - 1)], ..made.record(index as u64) };
        recorder.job(&job).unwrap();
    }
    let metrics = recorder.finish(RunEnd::default()).unwrap().metrics;
    assert_eq!(metrics.grid.jobs, 3_000);
    assert!(metrics.clusters["a"].idle_core_s.is_finite());
}
