//! Makes a report of an invented run, to look at the page and to time the recorder:
//! `cargo run --release -p gleaner-reports --example demo -- FOLDER JOBS [--no-plots]`.
#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use gleaner_reports::record::{
    CampaignInfo, ClusterInfo, FinalState, JobRecord, KillCause, Kind, RunEnd, RunInfo,
    SeriesPoint, UserRef,
};
use gleaner_reports::recorder::{Recorder, RecorderOptions};

const CORES: u32 = 256;
const SLOT: u32 = 8;

/// A small generator of numbers (Knuth's MMIX), so that the picture is always the same.
struct Rng(u64);

impl Rng {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % limit
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [dir, jobs, options @ ..] = arguments.as_slice() else {
        return Err("usage: demo FOLDER JOBS [--no-plots]".into());
    };
    let jobs: u64 = jobs.parse()?;
    let plots = !options.iter().any(|option| option == "--no-plots");
    let invented = invent(jobs);
    let events = events(&invented);
    let options = RecorderOptions { plots, ..RecorderOptions::default() };
    let mut recorder = Recorder::create(Path::new(dir), info(jobs), options)?;
    let began = Instant::now();
    record(&mut recorder, &invented, events)?;
    let recorded = began.elapsed();
    let manifest = serde_json::json!({"command": format!("demo FOLDER {jobs}"), "seed": 1});
    recorder.finish(RunEnd { manifest, ..RunEnd::default() })?;
    let per_job_ns = recorded.as_nanos() as f64 / jobs as f64;
    let total_s = began.elapsed().as_secs_f64();
    println!("{per_job_ns:.0} ns a job and its two points, {total_s:.3} s in all");
    Ok(())
}

fn info(jobs: u64) -> RunInfo {
    let cluster = |name: &str| ClusterInfo {
        name: name.into(),
        cores: CORES,
        nodes: CORES / SLOT,
        cores_per_node: SLOT,
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
        title: "An invented run".into(),
        clusters: vec![cluster("alpha"), cluster("beta")],
        campaigns: vec![campaign("sweep", jobs / 2), campaign("docking", jobs / 4)],
        begin_ms: None,
        unix_start_s: Some(1_699_833_600),
        utc_offset_s: 3600,
        wait_causes: Vec::new(),
    }
}

/// A job of the invented run.
struct Invented {
    job_id: u64,
    cluster: u16,
    first: u32,
    width: u32,
    submit_ms: i64,
    start_ms: i64,
    end_ms: i64,
    owners: bool,
    killed: bool,
}

/// Slots of eight cores, each with one job after the other: owners come by day and on workdays,
/// the campaigns take much of the rest.
fn invent(jobs: u64) -> Vec<Invented> {
    let mut rng = Rng(1);
    let mut ends_ms = vec![0i64; (CORES / SLOT) as usize * 2];
    let mut out = Vec::with_capacity(jobs as usize);
    for job_id in 0..jobs {
        let slot = (0..ends_ms.len()).min_by_key(|&slot| ends_ms[slot]).unwrap_or(0);
        let hour = ends_ms[slot] / 3_600_000 % 24;
        let workday = ends_ms[slot] / 86_400_000 % 7 < 5;
        let busy = if workday && (8..20).contains(&hour) { 17 } else { 6 };
        let owners = rng.below(24) < busy;
        let width = if owners { SLOT - rng.below(5) as u32 } else { SLOT };
        let pause_ms = if workday { 300_000 } else { 1_500_000 };
        let start_ms = ends_ms[slot] + rng.below(pause_ms) as i64;
        let scale = if owners { 7_200_000 } else { 1_800_000 };
        let end_ms = start_ms + 1_000 + (rng.below(scale) * rng.below(1000) / 400) as i64;
        ends_ms[slot] = end_ms;
        let wait_ms = (rng.below(3_600_000) * rng.below(4) * u64::from(width) / 16) as i64;
        out.push(Invented {
            job_id,
            cluster: (slot / 32) as u16,
            first: (slot % 32) as u32 * SLOT,
            width,
            submit_ms: start_ms - if owners { wait_ms } else { 1_000 },
            start_ms,
            end_ms,
            owners,
            killed: !owners && rng.below(7) == 0,
        });
    }
    out
}

/// Submissions, starts and ends in order of time.
fn events(jobs: &[Invented]) -> Vec<(i64, u8, usize)> {
    let mut events: Vec<(i64, u8, usize)> = Vec::with_capacity(jobs.len() * 3);
    for (index, job) in jobs.iter().enumerate() {
        let times_ms = [job.submit_ms, job.start_ms, job.end_ms];
        events.extend((0u8..).zip(times_ms).map(|(what, time_ms)| (time_ms, what, index)));
    }
    events.sort_unstable();
    events
}

/// Records the jobs, and after each start and end the state of its cluster.
fn record(
    recorder: &mut Recorder,
    jobs: &[Invented],
    events: Vec<(i64, u8, usize)>,
) -> Result<(), Box<dyn Error>> {
    let mut points =
        [0, 1].map(|cluster| SeriesPoint { cluster, free: CORES, ..SeriesPoint::default() });
    for (time_ms, what, index) in events {
        let job = &jobs[index];
        let point = &mut points[usize::from(job.cluster)];
        point.time_ms = time_ms;
        let (used, waiting) = if job.owners {
            (&mut point.local_used, &mut point.local_waiting)
        } else {
            (&mut point.besteffort_used, &mut point.besteffort_waiting)
        };
        match what {
            0 => {
                *waiting += 1;
                point.submitted += u64::from(!job.owners);
                continue;
            }
            1 => {
                *waiting -= 1;
                *used += job.width;
                point.free -= job.width;
            }
            _ => {
                *used -= job.width;
                point.free += job.width;
                record_job(recorder, job)?;
            }
        }
        recorder.point(point)?;
    }
    Ok(())
}

fn record_job(recorder: &mut Recorder, job: &Invented) -> Result<(), Box<dyn Error>> {
    let of_campaign = !job.owners;
    recorder.job(&JobRecord {
        job_id: job.job_id,
        job_name: None,
        workload: "invented",
        profile: "p",
        cluster: job.cluster,
        submit_ms: job.submit_ms,
        requested_cores: job.width,
        requested_time_ms: Some(14_400_000),
        start_ms: Some(job.start_ms),
        end_ms: Some(job.end_ms),
        useful_ms: job.end_ms - job.start_ms,
        state: if job.killed {
            FinalState::CompletedKilled
        } else {
            FinalState::CompletedSuccessfully
        },
        cause: job.killed.then_some(KillCause::Preempted),
        container: false,
        kind: if job.owners { Kind::Local } else { Kind::BestEffort },
        allocated: &[(job.first, job.first + job.width - 1)],
        user: UserRef::Number(7),
        queue: "default",
        campaign: of_campaign.then_some((job.job_id % 3 / 2) as u32),
        task: of_campaign.then_some(job.job_id),
        attempt: of_campaign.then_some(1),
        exit_code: Some(0),
        wait_cause: "",
        overtook: 0,
    })?;
    Ok(())
}
