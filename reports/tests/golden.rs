//! A small run, made by hand, whose files and figures are known to the last byte.
#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure")]

use std::path::Path;
use std::sync::Arc;

use gleaner_reports::delay::Baseline;
use gleaner_reports::record::{
    CampaignInfo, CampaignOutcome, ClusterInfo, DecisionRecord, FinalState, JobRecord, KillCause,
    Kind, RunEnd, RunInfo, SeriesPoint, UserRef,
};
use gleaner_reports::recorder::{Outcome, Recorder, RecorderOptions};

fn info() -> RunInfo {
    let cluster = |name: &str, cores| ClusterInfo {
        name: name.into(),
        cores,
        nodes: cores / 4,
        cores_per_node: 4,
        scheduler: "easy".into(),
        resizes: false,
    };
    let campaign = |name: &str, tasks| CampaignInfo {
        name: name.into(),
        user: "ada".into(),
        tasks,
        submit_ms: 0,
    };
    RunInfo {
        title: "a small run".into(),
        clusters: vec![cluster("north", 8), cluster("so,uth", 4)],
        campaigns: vec![campaign("sweep", 2), campaign("sweep", 1)],
        begin_ms: None,
        unix_start_s: Some(0),
        utc_offset_s: 0,
        wait_causes: Vec::new(),
    }
}

fn local(job_id: u64, submit_s: i64, start_s: i64, end_s: i64) -> JobRecord<'static> {
    JobRecord {
        job_id,
        job_name: None,
        workload: "kth",
        profile: "p",
        cluster: 0,
        submit_ms: submit_s * 1000,
        requested_cores: 4,
        requested_time_ms: Some(100_000),
        start_ms: Some(start_s * 1000),
        end_ms: Some(end_s * 1000),
        useful_ms: (end_s - start_s) * 1000,
        state: FinalState::CompletedSuccessfully,
        cause: None,
        container: false,
        kind: Kind::Local,
        allocated: &[(0, 3)],
        user: UserRef::Number(7),
        queue: "default",
        campaign: None,
        task: None,
        attempt: None,
        exit_code: Some(0),
        wait_cause: "",
        overtook: 0,
    }
}

fn harvest(job_id: u64, start_s: i64, end_s: i64, state: FinalState) -> JobRecord<'static> {
    JobRecord {
        state,
        kind: Kind::BestEffort,
        requested_cores: 2,
        requested_time_ms: None,
        allocated: &[(4, 4), (6, 6)],
        user: UserRef::Name("ada"),
        queue: "besteffort",
        campaign: Some(0),
        task: Some(job_id),
        attempt: Some(1),
        useful_ms: (end_s - start_s - 1) * 1000,
        ..local(job_id, start_s - 1, start_s, end_s)
    }
}

fn point(time_ms: i64, local_used: u32, besteffort_used: u32, unavailable: u32) -> SeriesPoint {
    SeriesPoint {
        time_ms,
        local_used,
        besteffort_used,
        free: 8 - local_used - besteffort_used - unavailable,
        unavailable,
        besteffort_waiting: 1,
        submitted: 2,
        load: Some(0.5),
        ..SeriesPoint::default()
    }
}

fn record(dir: &Path, until_ms: Option<i64>, baseline: Option<Baseline>) -> Outcome {
    let options = RecorderOptions {
        until_ms,
        baseline: baseline.map(Arc::new),
        ..RecorderOptions::default()
    };
    let mut recorder = Recorder::create(dir, info(), options).unwrap();
    // Before the first local job: only the part from 10 s on lies in the horizon.
    recorder.job(&harvest(1, 5, 16, FinalState::CompletedSuccessfully)).unwrap();
    recorder.point(&point(10_000, 4, 0, 0)).unwrap();
    recorder.point(&point(10_000, 4, 2, 0)).unwrap();
    recorder.point(&point(10_500, 4, 2, 0)).unwrap();
    recorder.point(&point(20_000, 4, 2, 2)).unwrap();
    recorder.job(&local(2, 10, 10, 30)).unwrap();
    recorder.point(&point(30_000, 4, 2, 0)).unwrap();
    recorder.job(&harvest(3, 20, 35, FinalState::CompletedKilled)).unwrap();
    let named = JobRecord { job_name: Some("a \"b\""), ..local(4, 10, 30, 34) };
    recorder.job(&JobRecord { wait_cause: "cores", overtook: 2, ..named }).unwrap();
    recorder.point(&point(34_000, 0, 2, 0)).unwrap();
    recorder
        .job(&JobRecord {
            start_ms: None,
            end_ms: None,
            allocated: &[],
            user: UserRef::Unknown,
            cluster: 1,
            state: FinalState::Rejected,
            exit_code: None,
            ..local(5, 11, 0, 0)
        })
        .unwrap();
    recorder.point(&point(40_000, 4, 2, 0)).unwrap();
    let half = JobRecord { submit_ms: 10_250, ..local(6, 0, 40, 50) };
    recorder.job(&half).unwrap();
    recorder.point(&point(50_000, 0, 2, 0)).unwrap();
    // After the last local job: only the part up to 50 s lies in the horizon.
    recorder.job(&harvest(7, 45, 61, FinalState::CompletedSuccessfully)).unwrap();
    recorder
        .decision(&DecisionRecord { time_ms: 4_500, commands: &["submit 1"], reasons: &[1, 2] })
        .unwrap();
    let manifest = serde_json::json!({"seed": 1});
    recorder.finish(RunEnd { until_ms, manifest, ..RunEnd::default() }).unwrap()
}

fn file(dir: &Path, name: &str) -> String {
    std::fs::read_to_string(dir.join(name)).unwrap()
}

#[test]
fn tables_are_as_the_interface_says() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path(), None, None);
    let jobs = file(dir.path(), "jobs.csv");
    let expected = "\
job_id,workload_name,profile,submission_time,requested_number_of_resources,requested_time,\
success,final_state,starting_time,execution_time,finish_time,waiting_time,turnaround_time,\
stretch,allocated_resources,consumed_energy,metadata,cluster,user,queue,kind,campaign,task,\
attempt,exit_code,wait_cause,overtook
1,kth,p,4,2,,1,COMPLETED_SUCCESSFULLY,5,11,16,1,12,1.0909090909090908,4 6,,,north,ada,\
besteffort,best-effort,sweep,1,1,0,,0
2,kth,p,10,4,100,1,COMPLETED_SUCCESSFULLY,10,20,30,0,20,1,0-3,,,north,7,default,local,,,,0,,0
3,kth,p,19,2,,0,COMPLETED_KILLED,20,15,35,1,16,1.0666666666666667,4 6,,,north,ada,\
besteffort,best-effort,sweep,3,1,0,,0
4,kth,p,10,4,100,1,COMPLETED_SUCCESSFULLY,30,4,34,20,24,6,0-3,,\"a \"\"b\"\"\",north,7,\
default,local,,,,0,cores,2
5,kth,p,11,4,100,0,REJECTED,,,,,,,,,,\"so,uth\",,default,local,,,,,,0
6,kth,p,10.25,4,100,1,COMPLETED_SUCCESSFULLY,40,10,50,29.75,39.75,3.975,0-3,,,north,7,\
default,local,,,,0,,0
7,kth,p,44,2,,1,COMPLETED_SUCCESSFULLY,45,16,61,1,17,1.0625,4 6,,,north,ada,besteffort,\
best-effort,sweep,7,1,0,,0
";
    assert_eq!(jobs, expected);
    let series = "\
time,cluster,local_used,besteffort_used,free,unavailable,local_waiting,besteffort_waiting,\
submitted,load
10,north,4,2,2,0,0,1,2,0.5
20,north,4,2,0,2,0,1,2,0.5
30,north,4,2,2,0,0,1,2,0.5
34,north,0,2,6,0,0,1,2,0.5
40,north,4,2,2,0,0,1,2,0.5
50,north,0,2,6,0,0,1,2,0.5
";
    assert_eq!(file(dir.path(), "series.csv"), series);
    let decisions = "{\"time\":4.5,\"commands\":[\"submit 1\"],\"reasons\":[1,2]}\n";
    assert_eq!(file(dir.path(), "decisions.jsonl"), decisions);
    assert_eq!(file(dir.path(), "manifest.json"), "{\n  \"seed\": 1\n}\n");
}

#[test]
fn figures_equal_those_made_by_hand() {
    let dir = tempfile::tempdir().unwrap();
    let metrics = record(dir.path(), None, None).metrics;
    let north = &metrics.clusters["north"];
    assert_eq!(north.jobs, 3);
    assert_eq!(north.mean_wait_s, Some((0.0 + 20.0 + 29.75) / 3.0));
    assert_eq!(north.max_wait_s, Some(29.75));
    // Turnarounds 20, 24, 39.75; runs 20, 4 (bounded by 10), 10.
    assert_eq!(north.avebsld, Some((1.0 + 2.4 + 3.975) / 3.0));
    assert_eq!(north.mean_slowdown, Some((1.0 + 6.0 + 3.975) / 3.0));
    assert_eq!(north.pp_bsld, Some(1.0));
    assert_eq!(north.makespan_s, Some(40.0));
    assert_eq!(north.utilisation, Some(4.0 * 34.0 / (8.0 * 40.0)));
    // 320 core seconds, less 136 of local jobs, less 2 cores unavailable for 10 s.
    assert_eq!(north.idle_core_s, 320.0 - 136.0 - 20.0);
    // Job 1 is useful from 5 to 15 s, job 7 from 45 to 60 s; the horizon is 10 to 50 s.
    assert_eq!(north.harvested_core_s, 2.0 * (5.0 + 5.0));
    assert_eq!(north.harvest_ratio, Some(20.0 / 164.0));
    // The campaigns live from 0 to 61 s, and nothing of theirs is cut.
    assert_eq!(north.campaigns_idle_core_s, 8.0 * 61.0 - 136.0 - 20.0);
    assert_eq!(north.campaigns_harvest_ratio, Some((20.0 + 30.0) / 332.0));
    let [utilised, capacity] = [4.0 * 34.0, 8.0 * 40.0];
    assert_eq!(north.unavailable_core_s, capacity - utilised - north.idle_core_s);
    assert_eq!((north.killed_jobs, north.killed_core_s), (1, 30.0));
    assert_eq!(north.owners_delay_mean_s, None);

    let south = &metrics.clusters["so,uth"];
    assert_eq!((south.jobs, south.mean_wait_s, south.avebsld), (0, None, None));
    assert_eq!(south.idle_core_s, 160.0, "it shares the other cluster's horizon");

    let sweep = &metrics.campaigns["sweep"];
    assert_eq!((sweep.tasks, sweep.done, sweep.attempts, sweep.killed), (2, 2, 3, 1));
    assert_eq!(sweep.makespan_s, Some(61.0));
    assert_eq!((sweep.failed, sweep.running, sweep.waiting), (0, 0, 0));
    assert_eq!(sweep.useful_core_s, 20.0 + 30.0, "whole, whatever the owners' horizon");
    assert_eq!(sweep.wasted_core_s, 30.0 + 2.0 + 2.0, "the kill, and two seconds of latency");
    assert_eq!(metrics.campaigns["sweep#2"].waiting, 1);
    assert_eq!(metrics.grid.useful_core_s, 50.0);
    let times = [metrics.grid.horizon_start_s, metrics.grid.horizon_end_s];
    assert_eq!(times, [Some(10.0), Some(50.0)]);
    let times = [metrics.grid.campaigns_start_s, metrics.grid.campaigns_end_s];
    assert_eq!(times, [Some(0.0), Some(61.0)]);
    assert_eq!(metrics.campaigns["sweep#2"].makespan_s, None);
    assert_eq!(
        (metrics.grid.counts.rejected_jobs, metrics.grid.jobs, metrics.grid.cores),
        (1, 3, 12)
    );

    let written = serde_json::from_str(&file(dir.path(), "metrics.json")).unwrap();
    assert_eq!(metrics, written);
}

#[test]
fn figures_are_clipped_to_the_stop() {
    let dir = tempfile::tempdir().unwrap();
    let metrics = record(dir.path(), Some(32_000), None).metrics;
    let north = &metrics.clusters["north"];
    assert_eq!(north.jobs, 1);
    assert_eq!((north.counts.running_jobs, north.counts.waiting_jobs), (1, 1));
    assert_eq!(north.mean_wait_s, Some((0.0 + 20.0) / 2.0), "of both jobs that have started");
    assert_eq!(north.makespan_s, Some(22.0));
    assert_eq!(north.utilisation, Some(4.0 * 22.0 / (8.0 * 22.0)));
    assert_eq!(north.idle_core_s, 176.0 - 88.0 - 20.0);
    assert_eq!(north.harvested_core_s, 10.0);
    assert_eq!((north.killed_jobs, north.killed_core_s), (0, 0.0));
    assert_eq!(north.campaigns_idle_core_s, 8.0 * 32.0 - 88.0 - 20.0);
    assert_eq!(north.campaigns_harvested_core_s, 20.0);
}

#[test]
fn attempts_that_run_at_the_stop_are_neither_useful_nor_wasted() {
    let dir = tempfile::tempdir().unwrap();
    let metrics = record(dir.path(), Some(32_000), None).metrics;
    let sweep = &metrics.campaigns["sweep"];
    assert_eq!((sweep.done, sweep.running, sweep.waiting, sweep.killed), (1, 1, 0, 0));
    assert_eq!((sweep.useful_core_s, sweep.wasted_core_s), (20.0, 2.0));
    assert_eq!(sweep.running_core_s, 2.0 * 12.0);
    assert_eq!(metrics.grid.running_core_s, 24.0);
}

#[test]
fn every_job_and_task_is_in_one_count() {
    let dir = tempfile::tempdir().unwrap();
    let options = RecorderOptions::default();
    let mut recorder = Recorder::create(dir.path(), info(), options).unwrap();
    let killed = FinalState::CompletedKilled;
    let ended = [
        (FinalState::CompletedSuccessfully, None),
        (FinalState::CompletedFailed, None),
        (FinalState::CompletedWalltimeReached, None),
        (killed, Some(KillCause::NodeLost)),
        (killed, Some(KillCause::Preempted)),
        (killed, Some(KillCause::Deleted)),
    ];
    for (job_id, (state, cause)) in (0..).zip(ended) {
        recorder.job(&JobRecord { state, cause, ..local(job_id, 0, 10, 20) }).unwrap();
    }
    let unended = |state, start_ms| JobRecord {
        state,
        start_ms,
        end_ms: None,
        allocated: &[],
        ..local(9, 0, 0, 0)
    };
    recorder.job(&unended(FinalState::Running, Some(5_000))).unwrap();
    for state in [FinalState::Submitted, killed, FinalState::Rejected] {
        recorder.job(&unended(state, None)).unwrap();
    }
    recorder.job(&harvest(20, 5, 9, FinalState::CompletedSuccessfully)).unwrap();
    let campaigns = vec![CampaignOutcome { campaign: 1, failed: 1, ..CampaignOutcome::default() }];
    let end = RunEnd { until_ms: Some(30_000), campaigns, ..RunEnd::default() };
    let metrics = recorder.finish(end).unwrap().metrics;
    let counts = metrics.clusters["north"].counts;
    assert_eq!((counts.submitted_jobs, counts.completed_jobs), (10, 1));
    assert!(counts.others().iter().all(|(_, number)| *number == 1), "{counts:?}");
    assert_eq!(metrics.grid.counts, counts);
    assert_eq!(metrics.clusters["north"].jobs, 6);
    let [first, second] = ["sweep", "sweep#2"].map(|key| metrics.campaigns[key].clone());
    assert_eq!((first.tasks, first.done, first.waiting), (2, 1, 1));
    assert_eq!((second.tasks, second.failed, second.waiting), (1, 1, 0));
}

#[test]
fn owners_delay_is_the_difference_to_the_baseline() {
    let mut baseline = Baseline::default();
    for (job_id, start_s) in [(2, 10), (4, 25), (6, 41)] {
        baseline.started(0, job_id, start_s * 1000);
    }
    let dir = tempfile::tempdir().unwrap();
    let north = record(dir.path(), None, Some(baseline)).metrics.clusters["north"].clone();
    assert_eq!(north.owners_delay_mean_s, Some((0.0 + 5.0 - 1.0) / 3.0));
    assert_eq!(north.owners_delay_max_s, Some(5.0));
}
