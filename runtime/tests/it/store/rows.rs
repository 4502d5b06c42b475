//! What people read: counts, pages of tasks and jobs, events with their messages, clusters.

use gleaner_api::numbers::JobId;
use gleaner_api::states::JobState;
use gleaner_core::fact::{Fact, Outcome};
use gleaner_core::ids::{CampaignId, ClusterId, CommandId};
use gleaner_core::ledger::campaign::CampaignState;
use gleaner_core::snapshot::ClusterSnapshot;
use gleaner_core::time::Timestamp;
use gleaner_runtime::driver::ToDriver;
use gleaner_runtime::order::{ClusterUpdate, JobNote};
use gleaner_runtime::request::Request;
use gleaner_runtime::store::Store;
use gleaner_runtime::store::journal::CycleId;
use gleaner_runtime::store::views::StoredViews;
use gleaner_runtime::views::rows::PairRow;
use gleaner_runtime::views::{Page, ReadError, Views};

use crate::store::stage::{CORES, Stage, config, jdl, job};

const FIRST: CampaignId = CampaignId(1);
const C0: ClusterId = ClusterId(0);
const ALL: Page = Page { offset: 0, limit: 100 };

fn note(id: u64, stderr: Option<&str>) -> JobNote {
    JobNote {
        job: job(id),
        node: Some(format!("node{id}")),
        start: None,
        stop: None,
        exit_status: None,
        stderr_tail: stderr.map(str::to_owned),
        events: Vec::new(),
    }
}

fn ended(id: u64, at: i64, outcome: Outcome) -> Fact {
    Fact::JobEnded { cluster: C0, job: job(id), at: Timestamp::from_seconds(at), outcome }
}

/// Five tasks; three are sent and named, of which the first is done, the second has failed with a
/// message, and the third runs.
fn midway() -> (tempfile::TempDir, Stage) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(1, "tap");
    config.on_failure = gleaner_core::config::OnFailure::Block;
    let mut stage = Stage::begin(folder.path(), config, 1000, 1000);
    stage.submit("amy", &jdl(&["a", "b", "c", "d", "e"], &["c0"]));
    stage.tell(0, Vec::new());
    stage.cycle().unwrap();
    let at = Timestamp::from_seconds(1010);
    let started = |id| Fact::JobStarted { cluster: C0, job: job(id), at };
    let accepted =
        Fact::CommandAccepted { command: CommandId(1), jobs: vec![job(1), job(2), job(3)] };
    let waits = Fact::JobWaiting { cluster: C0, job: job(3) };
    stage.tell(0, vec![accepted, started(1), started(2), waits]);
    stage.cycle().unwrap();
    let facts =
        vec![ended(1, 1030, Outcome::Exited(0)), ended(2, 1040, Outcome::Exited(3)), started(3)];
    stage.tell_more(0, facts, vec![note(1, None), note(2, Some("no such file")), note(3, None)]);
    stage.cycle().unwrap();
    (folder, stage)
}

#[test]
fn counts_of_campaigns_and_couples_follow_the_facts() {
    let (_folder, mut stage) = midway();
    let views = StoredViews::open(&stage.path).unwrap();
    assert_eq!(views.campaign_counts().unwrap(), [1, 0, 0, 0]);
    let row = views.campaign(FIRST).unwrap().unwrap();
    assert_eq!((row.total, row.finished, row.has_events), (5, 1, true));
    assert_eq!((row.user.as_str(), row.state), ("amy", CampaignState::InTreatment));
    assert_eq!(row.submitted_at.seconds(), 1000);
    let couple = stage.scheduler.pairs(C0).next().unwrap();
    let expected = PairRow {
        cluster: C0,
        active: couple.jobs.total(),
        queued: couple.queued,
        prologue_ok: true,
        epilogue_ok: true,
    };
    assert_eq!(expected.active, 1);
    assert_eq!(views.pairs(FIRST).unwrap(), [expected]);
    let stats = views.stats(FIRST).unwrap();
    assert_eq!((stats.done, stats.failures, stats.mean_s), (1, 1, Some(20.0)));
    assert_eq!((stats.stddev_s, stats.window_jobs), (None, 1));
    stage.tell(0, vec![ended(3, 1034, Outcome::Exited(0))]);
    stage.cycle().unwrap();
    let stats = views.stats(FIRST).unwrap();
    assert_eq!((stats.done, stats.mean_s, stats.window_jobs), (2, Some(22.0), 2));
    assert!((stats.stddev_s.unwrap() - 8_f64.sqrt()).abs() < 1e-9, "{stats:?}");
}

#[test]
fn pages_of_tasks_show_each_try_and_what_has_had_none() {
    let (_folder, stage) = midway();
    let views = StoredViews::open(&stage.path).unwrap();
    let shown = |page| {
        let (rows, total) = views.tasks(FIRST, page).unwrap();
        let line = |row: gleaner_runtime::views::rows::TaskRow| {
            format!("{} {} {}", row.index, row.parameter, row.state.word())
        };
        (rows.into_iter().map(line).collect::<Vec<_>>(), total)
    };
    let all = ["0 a terminated", "1 b event", "2 c running", "3 d pending", "4 e pending"];
    assert_eq!(shown(ALL), (all.map(str::to_owned).to_vec(), 5));
    let page = |offset, limit| shown(Page { offset, limit }).0;
    assert_eq!(page(1, 3), all[1..4]);
    assert_eq!(page(4, 9), all[4..]);
    assert_eq!(page(5, 9), [""; 0]);
    assert_eq!(page(u64::MAX, u64::MAX), [""; 0]);
}

#[test]
fn a_word_that_nothing_can_have_is_told_and_not_guessed() {
    let (_folder, stage) = midway();
    let views = StoredViews::open(&stage.path).unwrap();
    let store = rusqlite::Connection::open(&stage.path).unwrap();
    store
        .execute_batch("UPDATE jobs SET state = 'odd'; UPDATE campaigns SET state = 'odd'")
        .unwrap();
    let told = |error: ReadError| error.0.to_string();
    let expected = "`odd` is no word that can stand there";
    assert!(told(views.job(JobId(1)).unwrap_err()).contains(expected));
    assert!(told(views.tasks(FIRST, ALL).unwrap_err()).contains(expected));
    assert!(told(views.campaign(FIRST).unwrap_err()).contains(expected));
}

#[test]
fn finished_jobs_have_their_times_codes_and_nodes() {
    let (_folder, stage) = midway();
    let views = StoredViews::open(&stage.path).unwrap();
    let (rows, total) = views.finished_jobs(FIRST, ALL).unwrap();
    assert_eq!((rows.len(), total), (2, 2));
    let [good, bad] = &rows[..] else { panic!("two") };
    assert_eq!((good.state, good.return_code), (JobState::Terminated, Some(0)));
    assert_eq!((bad.state, bad.return_code), (JobState::Event, Some(3 << 8)));
    assert_eq!(bad.parameter.as_deref(), Some("b"));
    assert_eq!(bad.node.as_deref(), Some("node2"));
    assert_eq!((bad.remote, bad.besteffort), (Some(job(2)), true));
    let times = [bad.submitted_at, bad.started_at, bad.stopped_at];
    assert_eq!(times.map(|time| time.unwrap().seconds()), [1000, 1010, 1040]);
    assert_eq!(views.job(bad.id).unwrap().as_ref(), Some(bad));
    let running = views.job(JobId(bad.id.0 + 1)).unwrap().unwrap();
    assert_eq!((running.state, running.node.as_deref()), (JobState::Running, Some("node3")));
    assert_eq!(views.job(JobId(999)).unwrap(), None);
    let (second, total) = views.finished_jobs(FIRST, Page { offset: 1, limit: 1 }).unwrap();
    assert_eq!((second, total), (vec![bad.clone()], 2));
}

#[test]
fn an_event_quotes_the_jobs_last_words_and_closes_with_its_blacklist() {
    let (_folder, mut stage) = midway();
    let views = StoredViews::open(&stage.path).unwrap();
    let (open, total) = views.campaign_events(FIRST, false, ALL).unwrap();
    assert_eq!(total, open.len() as u64);
    let event = open.iter().find(|event| event.parent.is_none()).expect("the failure");
    let message = event.message.as_deref().unwrap();
    assert!(message.contains("exit code 3"), "{message}");
    assert!(message.ends_with("\nlast lines of its stderr:\nno such file"), "{message}");
    let job = views.job(event.job.expect("of the job")).unwrap().unwrap();
    assert_eq!(job.index, Some(1));
    assert_eq!((event.campaign, event.cluster), (Some(FIRST), Some(C0)));
    for child in open.iter().filter(|child| child.parent.is_some()) {
        assert_eq!(child.parent, Some(event.id));
    }
    let fix = Request::FixCampaign { campaign: FIRST, retry: true };
    stage.asked("amy", fix).unwrap();
    assert_eq!(views.campaign_events(FIRST, false, ALL).unwrap().1, 0);
    assert!(!views.campaign(FIRST).unwrap().unwrap().has_events);
    let (all, _) = views.campaign_events(FIRST, true, ALL).unwrap();
    assert!(all.len() >= open.len());
    assert!(all.iter().all(|event| !event.open && event.closed_at.is_some()));
}

#[test]
fn a_cluster_is_shown_as_last_seen() {
    let (_folder, mut stage) = midway();
    let views = StoredViews::open(&stage.path).unwrap();
    let seen = views.cluster(C0).unwrap();
    assert_eq!((seen.capacity_cores, seen.observed_at), (CORES, Some(stage.now)));
    assert_eq!((seen.blacklisted, seen.under_stress), (false, false));
    assert_eq!((seen.our_running, seen.used_cores), (2, 2));
    stage.asked("boss", Request::DisableCluster(C0)).unwrap();
    let seen = views.cluster(C0).unwrap();
    assert!(seen.blacklisted);
    assert_eq!(seen.capacity_cores, CORES, "no news leave it as it was");
    let unknown = views.cluster(ClusterId(7)).unwrap();
    assert_eq!(unknown, Default::default());
}

#[test]
fn starting_looks_at_living_jobs_only() {
    let (_folder, stage) = midway();
    let reader = Store::reader(&stage.path).unwrap();
    let plan = |sql: &str| {
        let mut statement = reader.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(3)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>().join("; ")
    };
    let living = plan(
        "SELECT id, campaign, task, cluster, remote FROM jobs \
         WHERE stopped_at IS NULL AND state NOT IN ('event', 'terminated')",
    );
    assert!(living.contains("jobs_alive"), "{living}");
    assert!(plan("SELECT max(id) FROM jobs").starts_with("SEARCH"));
}

#[test]
fn metrics_and_clusters_are_fresh_while_nothing_changes() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 100, 1000);
    stage.tell(0, Vec::new());
    stage.cycle().unwrap();
    let path = stage.path.clone();
    let cycles = || {
        let reader = Store::reader(&path).unwrap();
        gleaner_runtime::store::journal::cycles_after(&reader, CycleId(0)).unwrap()
    };
    let before = cycles() + 1;
    let views = StoredViews::open(&stage.path).unwrap();
    let (to_driver, now) = (stage.to_driver.clone(), stage.now);
    let later = now + gleaner_core::time::Duration::from_seconds(77);
    let mut snapshot = ClusterSnapshot::empty(ClusterId(0), later, 5);
    snapshot.everybody.running_cores = 3;
    let told = ClusterUpdate {
        cluster: ClusterId(0),
        facts: Vec::new(),
        snapshot: Some(snapshot),
        notes: Vec::new(),
        urgent: false,
    };
    // It runs a cycle at once; then nothing is due, so it waits, until it is told to stop.
    let waiting = std::thread::spawn(move || stage.run());
    while cycles() < before {
        std::thread::yield_now();
    }
    to_driver.send(ToDriver::Update(told)).unwrap();
    let seen = loop {
        let seen = views.cluster(ClusterId(0)).unwrap();
        if seen.observed_at == Some(later) {
            break seen;
        }
        std::thread::yield_now();
    };
    assert_eq!((seen.capacity_cores, seen.used_cores), (5, 3));
    to_driver.send(ToDriver::Stop).unwrap();
    waiting.join().unwrap();
    assert_eq!(cycles(), before, "no cycle has run for that");
}
