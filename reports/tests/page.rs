//! What stands in the page and in its plots: panels of clusters, scales, explanations.
#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure")]

use std::path::Path;

use gleaner_reports::record::{
    CampaignInfo, ClusterInfo, FinalState, JobRecord, Kind, RunEnd, RunInfo, SeriesPoint, UserRef,
};
use gleaner_reports::recorder::{Recorder, RecorderOptions};

const CORES: u32 = 16;
const HOUR_MS: i64 = 3_600_000;

fn info(clusters: u16) -> RunInfo {
    let cluster = |index| ClusterInfo {
        name: format!("c{index}"),
        cores: CORES,
        nodes: 4,
        cores_per_node: 4,
        scheduler: "easy".into(),
        resizes: false,
    };
    let campaign = CampaignInfo { name: "c".into(), user: "ada".into(), tasks: 1, submit_ms: 0 };
    RunInfo {
        title: "a run".into(),
        clusters: (0..clusters).map(cluster).collect(),
        campaigns: vec![campaign],
        ..RunInfo::default()
    }
}

/// A job of four cores that waits for some minutes and runs for an hour.
fn job(cluster: u16, kind: Kind, wait_min: i64) -> JobRecord<'static> {
    let start_ms = wait_min * 60_000;
    JobRecord {
        job_id: u64::from(cluster),
        job_name: None,
        workload: "w",
        profile: "p",
        cluster,
        submit_ms: 0,
        requested_cores: 4,
        requested_time_ms: None,
        start_ms: Some(start_ms),
        end_ms: Some(start_ms + HOUR_MS),
        useful_ms: HOUR_MS,
        state: FinalState::CompletedSuccessfully,
        cause: None,
        kind,
        allocated: &[(0, 3)],
        container: false,
        user: UserRef::Unknown,
        queue: "q",
        campaign: (kind != Kind::Local).then_some(0),
        task: (kind != Kind::Local).then_some(1),
        attempt: None,
        exit_code: None,
        wait_cause: "",
        overtook: 0,
    }
}

fn point(time_ms: i64, cluster: u16, local_used: u32, local_waiting: u32) -> SeriesPoint {
    SeriesPoint {
        time_ms,
        cluster,
        local_used,
        free: CORES - local_used,
        local_waiting,
        ..SeriesPoint::default()
    }
}

/// Writes the report of a run in which cluster `n` has a queue of `10 n + 3` jobs for an hour.
fn report(dir: &Path, clusters: u16, kind: Kind) {
    let options = RecorderOptions { plots: true, ..RecorderOptions::default() };
    let mut recorder = Recorder::create(dir, info(clusters), options).unwrap();
    for cluster in 0..clusters {
        recorder.job(&job(cluster, kind, i64::from(cluster))).unwrap();
        recorder.point(&point(0, cluster, 4, u32::from(cluster) * 10 + 3)).unwrap();
        recorder.point(&point(HOUR_MS, cluster, 0, 0)).unwrap();
    }
    recorder.finish(RunEnd::default()).unwrap();
}

fn plot(dir: &Path, name: &str) -> String {
    std::fs::read_to_string(dir.join("plots").join(name).with_extension("svg")).unwrap()
}

/// The texts of a drawing, in order.
fn texts(svg: &str) -> Vec<String> {
    let ends = svg.split("<text ").skip(1).filter_map(|rest| rest.split("</text>").next());
    ends.map(|text| text.split('>').nth(1).unwrap().trim().to_owned()).collect()
}

fn count(texts: &[String], wanted: &str) -> usize {
    texts.iter().filter(|text| *text == wanted).count()
}

#[test]
fn each_cluster_has_a_panel_with_the_scale_of_all() {
    let dir = tempfile::tempdir().unwrap();
    report(dir.path(), 3, Kind::Local);
    for (name, title) in [
        ("utilisation", " (share of 16 cores)"),
        ("queue", " (jobs waiting)"),
        ("waits", " (wait)"),
        ("week", ""),
    ] {
        let texts = texts(&plot(dir.path(), name));
        for cluster in ["c0", "c1", "c2"] {
            assert_eq!(count(&texts, &format!("{cluster}{title}")), 1, "{name}: {texts:?}");
        }
    }
    // 23 jobs wait at c2, and 3 at c0.
    assert_eq!(count(&texts(&plot(dir.path(), "queue")), "25"), 3);
    assert_eq!(count(&texts(&plot(dir.path(), "waits")), "3–4"), 3);
}

#[test]
fn beyond_twelve_clusters_it_is_said_that_some_are_left_out() {
    let dir = tempfile::tempdir().unwrap();
    report(dir.path(), 14, Kind::Local);
    let texts = texts(&plot(dir.path(), "utilisation"));
    assert_eq!(count(&texts, "all 14 clusters together (share of 224 cores)"), 1);
    assert_eq!(texts.iter().filter(|text| text.ends_with("(share of 16 cores)")).count(), 12);
    let page = std::fs::read_to_string(dir.path().join("report.html")).unwrap();
    assert!(page.contains("Shown are the 12 largest of 14 clusters."));
    // Long tables come after the plots.
    assert!(page.find("id=\"week\"") < page.find("id=\"clusters\""));
}

#[test]
fn owners_who_are_not_there_have_no_plots() {
    let dir = tempfile::tempdir().unwrap();
    report(dir.path(), 2, Kind::BestEffort);
    let there = |name: &str| dir.path().join("plots").join(name).exists();
    assert!(!there("waits.svg") && !there("week.svg") && there("campaigns.svg"));
    let page = std::fs::read_to_string(dir.path().join("report.html")).unwrap();
    assert!(!page.contains("The owners") && page.contains("The harvest"));
}

#[test]
fn every_column_is_explained_and_every_plot_is_there_for_phones() {
    let dir = tempfile::tempdir().unwrap();
    report(dir.path(), 2, Kind::Local);
    let page = std::fs::read_to_string(dir.path().join("report.html")).unwrap();
    let heads: Vec<&str> = page
        .split("<td data-sort=")
        .skip(1)
        .map(|cell| cell.split("data-head=\"").nth(1).unwrap().split('"').next().unwrap())
        .collect();
    assert!(heads.len() > 20, "{heads:?}");
    for head in heads {
        let explained =
            page.split("<dt>").skip(1).any(|rest| rest.starts_with(&format!("{head}</dt><dd>")));
        assert!(explained, "`{head}` has no explanation that is seen");
    }
    let [wide, narrow] =
        ["drawing wide", "drawing narrow"].map(|class| page.matches(class).count());
    assert_eq!((wide, narrow), (6, 6));
    assert_eq!(page.matches("<svg width=\"400\"").count(), 6);
}
