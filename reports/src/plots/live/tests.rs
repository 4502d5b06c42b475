//! What lies in the page is what was recorded.

use std::io::Read;

use base64::Engine;
use proptest::prelude::*;
use serde_json::Value;

use super::numbers::{take, unfold};
use super::*;
use crate::plots::nodes::Nodes;
use crate::record::{CampaignInfo, ClusterInfo, NodeRecord, UserRef};

/// A job as chance made it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Made {
    start_ms: i64,
    id: u64,
    cluster: u16,
    wait_ms: i64,
    /// None of a job that still runs.
    run_ms: Option<i64>,
    walltime_ms: Option<i64>,
    user: Option<i64>,
    queue: &'static str,
    /// Campaign and task.
    task: Option<(u32, u64)>,
    why: &'static str,
    overtook: u32,
    killed: bool,
    name: String,
    cores: Vec<(u32, u32)>,
}

fn made() -> impl Strategy<Value = Made> {
    let times = (-1_000_000i64..9_000_000_000, 0i64..99_999, prop::option::of(0i64..99_999));
    let walltime_ms = prop::option::of(0i64..99_999);
    let who = (prop::option::of(-5i64..40), prop_oneof![Just(""), Just("night"), Just("day")]);
    let task = prop::option::of((0u32..2, any::<u64>().prop_map(|task| task / 2)));
    let why = (prop_oneof![Just(""), Just("cores"), Just("order")], any::<u32>());
    let cores = prop::collection::vec((0u32..9, 0u32..40), 1..6).prop_map(|steps| {
        let mut end = 0;
        let interval = |(gap, more)| {
            let first = end + gap;
            end = first + more + 2;
            (first, first + more)
        };
        steps.into_iter().map(interval).collect()
    });
    let rest = (any::<bool>(), ".{0,9}", cores, any::<u64>(), 0u16..2);
    (times, walltime_ms, who, task, why, rest).prop_map(
        |(times, walltime_ms, (user, queue), task, (why, overtook), rest)| {
            let (start_ms, wait_ms, run_ms) = times;
            let (killed, name, cores, id, cluster) = rest;
            Made {
                start_ms,
                id,
                cluster,
                wait_ms,
                run_ms: run_ms.or(killed.then_some(7)),
                walltime_ms,
                user,
                queue,
                task,
                why,
                overtook,
                killed,
                name,
                cores,
            }
        },
    )
}

impl Made {
    fn record(&self) -> JobRecord<'_> {
        JobRecord {
            job_id: self.id,
            job_name: (!self.name.is_empty()).then_some(&self.name),
            workload: "w",
            profile: "p",
            cluster: self.cluster,
            submit_ms: self.start_ms - self.wait_ms,
            requested_cores: 1,
            requested_time_ms: self.walltime_ms,
            start_ms: Some(self.start_ms),
            end_ms: self.run_ms.map(|run_ms| self.start_ms + run_ms),
            useful_ms: 0,
            state: match self.run_ms {
                None => FinalState::Running,
                Some(_) if self.killed => FinalState::CompletedKilled,
                Some(_) => FinalState::CompletedSuccessfully,
            },
            cause: self.killed.then_some(KillCause::NodeLost),
            kind: if self.task.is_some() { Kind::BestEffort } else { Kind::Local },
            allocated: &self.cores,
            container: false,
            wait_cause: self.why,
            overtook: self.overtook,
            user: self.user.map_or(UserRef::Unknown, UserRef::Number),
            queue: self.queue,
            campaign: self.task.map(|(campaign, _)| campaign),
            task: self.task.map(|(_, task)| task),
            attempt: None,
            exit_code: None,
        }
    }
}

fn info() -> RunInfo {
    let cluster = |name: &str| ClusterInfo {
        name: name.into(),
        cores: 400,
        nodes: 100,
        cores_per_node: 4,
        scheduler: "easy".into(),
        resizes: false,
    };
    let campaign =
        CampaignInfo { name: "</script>".into(), user: "u".into(), tasks: 1, submit_ms: 0 };
    RunInfo {
        clusters: vec![cluster("a"), cluster("b")],
        campaigns: vec![campaign.clone(), campaign],
        wait_causes: vec![("cores", "Other jobs held them.")],
        ..RunInfo::default()
    }
}

/// The parts of the data: the head, then columns.
struct Parts {
    head: Value,
    columns: Vec<Vec<u8>>,
}

impl Parts {
    fn of(data: &str) -> Parts {
        let bytes = base64::engine::general_purpose::STANDARD.decode(data).unwrap();
        let mut all = Vec::new();
        flate2::read::DeflateDecoder::new(bytes.as_slice()).read_to_end(&mut all).unwrap();
        let mut rest = all.as_slice();
        let mut columns = Vec::new();
        while !rest.is_empty() {
            let length = take(&mut rest) as usize;
            let (part, after) = rest.split_at(length);
            columns.push(part.to_vec());
            rest = after;
        }
        let head = columns.remove(0);
        Parts { head: serde_json::from_slice(&head).unwrap(), columns }
    }

    fn column(&self, index: usize) -> Vec<u64> {
        let mut rest = self.columns[index].as_slice();
        let mut out = Vec::new();
        while !rest.is_empty() {
            out.push(take(&mut rest));
        }
        out
    }

    /// Sums up the differences of a column.
    fn summed(&self, index: usize) -> Vec<i64> {
        let sums = self.column(index).into_iter().scan(0i64, |sum, difference| {
            *sum = sum.wrapping_add(unfold(difference));
            Some(*sum)
        });
        sums.collect()
    }

    fn word(&self, list: &str, number: u64) -> &str {
        match number {
            0 => "",
            _ => self.head[list][number as usize - 1].as_str().unwrap(),
        }
    }

    /// Reads the jobs as the scripts do.
    fn jobs(&self) -> Vec<Made> {
        let (starts, ids) = (self.summed(0), self.summed(1));
        let columns: Vec<Vec<u64>> = (0..JOB.len()).map(|index| self.column(index)).collect();
        let [counts, gaps, more] = [1, 2, 3].map(|index| self.column(JOB.len() + index));
        let (mut name_at, mut at) = (0, 0);
        let job = |row: usize| {
            let value = |name: &str| {
                let column = self.head["job"].as_array().unwrap().iter();
                columns[column.clone().position(|known| known == name).unwrap()][row]
            };
            let name_end = name_at + value("name") as usize;
            let name = String::from_utf8(self.columns[JOB.len()][name_at..name_end].to_vec());
            name_at = name_end;
            let mut end = 0;
            let intervals = (at..at + counts[row] as usize).map(|index| {
                let first = end + gaps[index] as u32;
                end = first + more[index] as u32 + 1;
                (first, end - 1)
            });
            let cores = intervals.collect();
            at += counts[row] as usize;
            let (kind, state, cause) =
                (value("kind") % 4, value("kind") / 4 % 8, value("kind") / 32 % 4);
            let task = value("campaign").checked_sub(1).map(|campaign| campaign as u32);
            assert_eq!((kind == 1, state == 4), (task.is_some(), cause == 2));
            let queue = self.word("queues", value("queue"));
            let why = value("why") as usize;
            Made {
                start_ms: starts[row],
                id: ids[row] as u64,
                cluster: value("cluster") as u16,
                wait_ms: value("wait") as i64,
                run_ms: (state != 0).then_some(value("run") as i64),
                walltime_ms: value("walltime").checked_sub(1).map(|ms| ms as i64),
                user: self.word("users", value("user")).parse().ok(),
                queue: ["", "night", "day"].into_iter().find(|word| *word == queue).unwrap(),
                task: task.map(|campaign| (campaign, value("task") - 1)),
                why: ["", "cores", "order"]
                    .into_iter()
                    .find(|word| match why {
                        0 => word.is_empty(),
                        _ => self.head["causes"][why - 1][0] == *word,
                    })
                    .unwrap(),
                overtook: value("overtook") as u32,
                killed: state == 4,
                name: name.unwrap(),
                cores,
            }
        };
        (0..starts.len()).map(job).collect()
    }
}

fn data(jobs: &[Made]) -> String {
    let mut live = Live::new(2);
    jobs.iter().for_each(|job| live.job(&job.record()));
    live.data(&info(), [0, 1_000], &[]).unwrap()
}

proptest! {
    #[test]
    fn the_data_decode_to_exactly_the_records(jobs in prop::collection::vec(made(), 0..50)) {
        let parts = Parts::of(&data(&jobs));
        let mut found = parts.jobs();
        prop_assert!(found.is_sorted_by_key(|job| job.start_ms));
        prop_assert_eq!(&parts.head["jobs"], jobs.len());
        found.sort();
        let mut expected = jobs;
        expected.sort();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn spans_of_nodes_decode_too() {
    let mut live = Live::new(2);
    let changes = [
        (i64::MIN, 7, NodeState::Absent),
        (100, 3, NodeState::Halted),
        (100, 4, NodeState::Halted),
        (300, 3, NodeState::Up),
        (300, 4, NodeState::Broken),
    ];
    let mut nodes = Nodes::default();
    for (time_ms, node, state) in changes {
        let span = nodes.change(&NodeRecord { time_ms, cluster: 1, node, state });
        span.iter().for_each(|span| live.span(span));
    }
    nodes.finish(50, 900).iter().for_each(|span| live.span(span));
    let parts = Parts::of(&live.data(&info(), [50, 900], &[(1, [0, 1024])]).unwrap());
    let at = JOB.len() + 4;
    let columns: Vec<Vec<u64>> = (1..NODE.len()).map(|index| parts.column(at + index)).collect();
    let rows: Vec<(i64, Vec<u64>)> = (0..)
        .zip(parts.summed(at))
        .map(|(row, from_ms): (usize, i64)| (from_ms, columns.iter().map(|c| c[row]).collect()))
        .collect();
    let expected =
        [(50, vec![1, 4, 850, 7, 1]), (100, vec![1, 2, 200, 3, 2]), (300, vec![1, 1, 600, 4, 1])];
    assert_eq!(rows, expected);
    assert_eq!(parts.head["pictures"], serde_json::json!([[1, [0, 1024]]]));
    assert_eq!(parts.head["nodes"], 3);
}

fn plain(id: u64, run_ms: i64, killed: bool) -> Made {
    Made {
        start_ms: id as i64 * 10,
        id,
        cluster: 0,
        wait_ms: 5,
        run_ms: Some(run_ms),
        walltime_ms: None,
        user: Some(3),
        queue: "night",
        task: None,
        why: "cores",
        overtook: 1,
        killed,
        name: String::new(),
        cores: vec![(0, 3)],
    }
}

/// Beyond the cap the largest stay, and of the killed as many as have a place.
#[test]
fn of_too_many_jobs_the_largest_and_the_killed_are_kept() {
    let count = 200_000;
    let job = |id: u64| plain(id, (id * 7_919 % 1_000_003) as i64, id.is_multiple_of(100));
    let jobs: Vec<Made> = (0..count).map(job).collect();
    let parts = Parts::of(&data(&jobs));
    let found = parts.jobs();
    assert_eq!(found.len(), JOBS.rows);
    assert_eq!(found.iter().filter(|job| job.killed).count(), 2_000, "all killed ones");
    let size = |job: &Made| job.run_ms.unwrap();
    let mut sizes: Vec<i64> = jobs.iter().filter(|job| !job.killed).map(size).collect();
    sizes.sort_by_key(|size| std::cmp::Reverse(*size));
    let least = found.iter().filter(|job| !job.killed).map(size).min().unwrap();
    assert_eq!(least, sizes[JOBS.rows - 2_001], "the largest of the others");
    assert_eq!(parts.head["leftOut"], count - JOBS.rows as u64);
    assert_eq!(parts.head["leftOutKilled"], 0);

    // Kills alone do not drive out everything else.
    let job = |id: u64| plain(id, (id * 7_919 % 1_000_003) as i64, id > 70_000);
    let jobs: Vec<Made> = (0..150_000).map(job).collect();
    let parts = Parts::of(&data(&jobs));
    let killed = parts.jobs().iter().filter(|job| job.killed).count();
    assert_eq!((parts.jobs().len(), killed), (JOBS.rows, KILLED.rows));
    assert_eq!(parts.head["leftOutKilled"], 79_999 - 60_000);
    assert_eq!(data(&jobs), data(&jobs), "equal records give equal bytes");
}

/// The worst that can be kept still leaves a page of less than 5 MB.
#[test]
fn names_and_cores_without_end_do_not_fill_the_page() {
    let jobs: Vec<Made> = (0..120_000u64)
        .map(|id| {
            let mut random = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mut end = 0;
            let cores = (0..30).map(|_| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let first = end + (random >> 60) as u32;
                end = first + (random >> 40) as u32 % 12 + 2;
                (first, end - 2)
            });
            let cores = cores.collect();
            Made {
                name: format!("{random:x}-{:x}", random.rotate_left(9).wrapping_mul(id)),
                cores,
                ..plain(id, 9, false)
            }
        })
        .collect();
    let data = data(&jobs);
    assert!(data.len() < 3_600_000, "{} bytes", data.len());
    let parts = Parts::of(&data);
    assert!(parts.head["leftOut"].as_u64().unwrap() > 0);
}
