//! What people may ask for, when and of whose; what it leaves in the journal and in the rows; and that
//! it is durable before it is answered.

use gleaner_core::fact::{Fact, Outcome, Refusal};
use gleaner_core::ids::{CampaignId, ClusterId, CommandId, EventId, TaskId};
use gleaner_core::ledger::campaign::CampaignState;
use gleaner_runtime::request::{Quota, Receipt, Refused, Request};
use gleaner_runtime::store::Store;
use gleaner_runtime::store::journal::{self, FactSeq};
use gleaner_runtime::store::views::StoredViews;
use gleaner_runtime::views::{Page, Views};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::store::stage::{Stage, addition, config, jdl, job};

const FIRST: CampaignId = CampaignId(1);
const C0: ClusterId = ClusterId(0);
const ALL: Page = Page { offset: 0, limit: 100 };

/// A daemon that has taken amy's campaign of three tasks, all of which wait on a cluster as jobs 1 to 3.
fn taken() -> (TempDir, Stage) {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 1000);
    assert_eq!(stage.submit("amy", &jdl(&["a", "b", "c"], &["c0"])), FIRST);
    stage.tell(0, Vec::new());
    stage.cycle().unwrap();
    let jobs = vec![job(1), job(2), job(3)];
    stage.tell(0, vec![Fact::CommandAccepted { command: CommandId(1), jobs }]);
    stage.cycle().unwrap();
    (folder, stage)
}

fn ended(id: u64, outcome: Outcome, stage: &Stage) -> Fact {
    Fact::JobEnded { cluster: C0, job: job(id), at: stage.now, outcome }
}

/// The last fact in the file, read by somebody else.
fn last_fact(stage: &Stage) -> Option<Fact> {
    let reader = Store::reader(&stage.path).unwrap();
    let sql = "SELECT coalesce(max(seq + count - 1), 0) FROM facts";
    let last: u64 = reader.query_row(sql, [], |row| row.get(0)).unwrap();
    let from = last.saturating_sub(1);
    let sql = "SELECT max(seq) - 1 FROM facts WHERE seq <= ?1";
    let after: u64 = reader.query_row(sql, [from + 1], |row| row.get(0)).unwrap();
    journal::facts(&reader, FactSeq(after), FactSeq(last)).unwrap().pop()
}

fn state(stage: &Stage) -> CampaignState {
    StoredViews::open(&stage.path).unwrap().campaign(FIRST).unwrap().unwrap().state
}

fn refused(answer: Result<Receipt, Refused>) -> String {
    answer.expect_err("it is refused").to_string()
}

#[test]
fn what_is_granted_is_durable_before_it_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 1000);
    let mut answer = stage.ask("amy", stage.submission(&jdl(&["a", "b"], &["c0"])));
    // The driver waits for its cycle: it takes the request, grants it, and is gone.
    let mut observation = gleaner_core::observation::Observation::new();
    gleaner_core::backend::Backend::observe(
        &mut stage.backend,
        gleaner_core::decision::Wake::NOW,
        &mut observation,
    )
    .unwrap();
    assert_eq!(answer.try_recv().unwrap(), Ok(Receipt::Campaign(FIRST)));
    assert!(matches!(last_fact(&stage), Some(Fact::CampaignSubmitted { campaign: FIRST, .. })));
    drop(stage);
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 2000);
    assert!(stage.scheduler.campaign(FIRST).is_none(), "no cycle has told the core");
    stage.cycle().unwrap();
    assert_eq!(stage.scheduler.campaign(FIRST).unwrap().total, 2);
    assert_eq!(stage.scheduler.parameter(TaskId { campaign: FIRST, index: 1 }).unwrap(), "b");
}

#[test]
fn only_the_owner_and_an_administrator_may_touch_a_campaign() {
    let (_folder, mut stage) = taken();
    let before = last_fact(&stage);
    for request in [
        addition(FIRST, 3, &["d"]),
        Request::Hold(FIRST),
        Request::Resume(FIRST),
        Request::Cancel(FIRST),
        Request::Purge(FIRST),
        Request::Rename(FIRST, "theirs".into()),
        Request::FixCampaign { campaign: FIRST, retry: true },
    ] {
        let answer = refused(stage.asked("bob", request));
        assert_eq!(answer, "campaign 1 belongs to somebody else");
    }
    for nobody in ["bob", "root"] {
        let answer = refused(stage.asked(nobody, Request::KillJob(C0, job(1))));
        assert_eq!(answer, "campaign 1 belongs to somebody else");
    }
    assert_eq!(last_fact(&stage), before);
    let answer = refused(stage.asked("amy", Request::DisableCluster(C0)));
    assert_eq!(answer, "a cluster belongs to somebody else");
    let rank = |user: &str| Request::UserPriority { user: user.into(), cluster: C0, priority: 3 };
    let answer = refused(stage.asked("amy", rank("amy")));
    assert_eq!(answer, "the rank of a user belongs to somebody else");
    refused(stage.asked("root", Request::DisableCluster(C0)));
    refused(stage.asked("root", Request::Hold(FIRST)));
    assert_eq!(stage.asked("boss", Request::Hold(FIRST)), Ok(Receipt::Campaign(FIRST)));
    assert_eq!(stage.asked("boss", rank("amy")), Ok(Receipt::Done));
    let rank = Fact::UserPriority { user: "amy".into(), cluster: C0, priority: 3 };
    assert_eq!(last_fact(&stage), Some(rank));
    let nine = CampaignId(9);
    assert_eq!(refused(stage.asked("boss", Request::Hold(nine))), "campaign 9 not found");
}

#[test]
fn a_campaign_is_held_resumed_and_given_up_only_where_that_makes_sense() {
    let (_folder, mut stage) = taken();
    let done = Ok(Receipt::Campaign(FIRST));
    assert_eq!(
        refused(stage.asked("amy", Request::Resume(FIRST))),
        "campaign 1 is in_treatment: it cannot become in_treatment"
    );
    assert_eq!(stage.asked("amy", Request::Hold(FIRST)), done);
    assert_eq!(last_fact(&stage), Some(Fact::CampaignHeld { campaign: FIRST }));
    assert_eq!(state(&stage), CampaignState::Paused);
    let twice = refused(stage.asked("amy", Request::Hold(FIRST)));
    assert_eq!(twice, "campaign 1 is paused: it cannot become paused");
    assert_eq!(stage.asked("amy", Request::Resume(FIRST)), done);
    assert_eq!(last_fact(&stage), Some(Fact::CampaignResumed { campaign: FIRST }));
    assert_eq!(state(&stage), CampaignState::InTreatment);
    let alive = refused(stage.asked("amy", Request::Purge(FIRST)));
    assert_eq!(alive, "campaign 1 is in_treatment: only what is over can be purged");
    assert_eq!(stage.asked("amy", Request::Cancel(FIRST)), done);
    assert_eq!(last_fact(&stage), Some(Fact::CampaignCancelled { campaign: FIRST }));
    assert_eq!(state(&stage), CampaignState::Cancelled);
    let late = refused(stage.asked("amy", addition(FIRST, 3, &["d"])));
    assert_eq!(late, "campaign 1 was cancelled and takes no more jobs");
    for request in [Request::Hold(FIRST), Request::Resume(FIRST), Request::Cancel(FIRST)] {
        assert!(refused(stage.asked("amy", request)).starts_with("campaign 1 is cancelled"));
    }
}

#[test]
fn tasks_are_added_behind_those_that_were_seen_and_wake_a_campaign_that_was_done() {
    let (_folder, mut stage) = taken();
    let ends = (1..=3).map(|id| ended(id, Outcome::Exited(0), &stage)).collect();
    stage.tell(0, ends);
    stage.cycle().unwrap();
    assert_eq!(state(&stage), CampaignState::Terminated);
    let add = || addition(FIRST, 3, &["d", "e"]);
    assert_eq!(stage.asked("amy", add()), Ok(Receipt::Campaign(FIRST)));
    // Whoever had not seen these when names were compared does not get in.
    let twice = stage.asked("amy", add());
    assert!(matches!(&twice, Err(Refused::Changed(_))), "{twice:?}");
    let fact = last_fact(&stage);
    assert!(
        matches!(&fact, Some(Fact::JobsAdded { first: 3, parameters, .. }) if parameters.len() == 2),
        "{fact:?}"
    );
    assert_eq!(state(&stage), CampaignState::InTreatment);
    let row = StoredViews::open(&stage.path).unwrap().campaign(FIRST).unwrap().unwrap();
    assert_eq!((row.total, row.finished), (5, 3));
    assert_eq!(stage.scheduler.campaign(FIRST).unwrap().total, 5);
}

#[test]
fn a_living_task_can_be_killed_and_nothing_else() {
    let (_folder, mut stage) = taken();
    let nobody = refused(stage.asked("amy", Request::KillJob(C0, job(77))));
    assert_eq!(nobody, "a living job of number 77 on its cluster not found");
    assert_eq!(stage.asked("amy", Request::KillJob(C0, job(2))), Ok(Receipt::Done));
    let task = TaskId { campaign: FIRST, index: 1 };
    assert_eq!(last_fact(&stage), Some(Fact::TaskCancelled { task }));
    stage.tell(0, vec![ended(2, Outcome::Deleted, &stage)]);
    stage.cycle().unwrap();
    let gone = refused(stage.asked("amy", Request::KillJob(C0, job(2))));
    assert_eq!(gone, "a living job of number 2 on its cluster not found");
    let text = r#"{"name": "p", "exec_file": "run", "nb_jobs": 1, "clusters": {"c0":
        {"walltime": "1", "prologue": ["make ready"]}}}"#;
    stage.submit("amy", text);
    let orders = stage.scheduler.open_submissions().last().expect("the prologue").command;
    stage.tell(0, vec![Fact::CommandAccepted { command: orders, jobs: vec![job(50)] }]);
    stage.cycle().unwrap();
    let script = refused(stage.asked("amy", Request::KillJob(C0, job(50))));
    assert_eq!(script, "job 4 is a prologue or an epilogue: cancel its campaign");
}

#[test]
fn an_administrator_drops_a_job_that_cannot_be_read_and_a_start_does_not_follow_it() {
    let (folder, mut stage) = taken();
    let drop_it = || Request::DropJob(C0, job(2));
    let amy = refused(stage.asked("amy", drop_it()));
    assert_eq!(amy, "what is followed belongs to somebody else");
    assert_eq!(stage.asked("boss", drop_it()), Ok(Receipt::Done));
    let outcome = Outcome::Unreadable;
    assert!(matches!(last_fact(&stage), Some(Fact::JobEnded { job: dropped, outcome: told, .. })
            if dropped == job(2) && told == outcome));
    stage.cycle().unwrap();
    let again = refused(stage.asked("boss", drop_it()));
    assert_eq!(again, "job 2 on cluster 0 among the living not found");
    let views = StoredViews::open(&stage.path).unwrap();
    let (events, _) = views.campaign_events(FIRST, false, ALL).unwrap();
    let event = events.iter().find(|event| event.code == "JOB_NOT_READABLE").expect("its event");
    assert_eq!(events.len(), 1, "it blocks nobody: {events:?}");
    // Other tasks go on; the next start follows what is left, and nothing more.
    drop(stage);
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 2000);
    let followed: Vec<_> = stage.scheduler.jobs_on(C0).map(|(job, _)| job).collect();
    assert!(!followed.contains(&job(2)) && followed.contains(&job(3)), "{followed:?}");
    // Whoever owns it has it done again.
    let fix = Request::FixEvent { event: event.id, retry: true };
    assert_eq!(stage.asked("amy", fix), Ok(Receipt::Done));
    stage.cycle().unwrap();
    assert!(stage.scheduler.open_events().next().is_none());
}

#[test]
fn events_are_fixed_by_the_row_that_people_see() {
    let (_folder, mut stage) = taken();
    // A note for people has a row, but no number of the core.
    stage.tell(0, vec![ended(1, Outcome::KilledBestEffort, &stage)]);
    stage.cycle().unwrap();
    assert_eq!(stage.asked("boss", Request::DisableCluster(C0)), Ok(Receipt::Done));
    let views = StoredViews::open(&stage.path).unwrap();
    let (events, _) = views.global_events(ALL).unwrap();
    let blacklist = events.iter().find(|event| event.parent.is_some()).expect("a blacklist");
    let cause = blacklist.parent.expect("a cause").0;
    assert_eq!(blacklist.message, Some(format!("because of event {cause}")));
    let core: Vec<EventId> = stage.scheduler.open_events().map(|(event, _)| event).collect();
    assert_ne!(core, [blacklist.id], "rows have numbers of their own");
    let fix = |event, retry| Request::FixEvent { event, retry };
    let amy = refused(stage.asked("amy", fix(blacklist.id, true)));
    assert_eq!(amy, "an event that concerns everybody belongs to somebody else");
    let unknown = refused(stage.asked("boss", fix(EventId(999), true)));
    assert_eq!(unknown, "event 999 not found");
    assert_eq!(stage.asked("boss", fix(blacklist.id, true)), Ok(Receipt::Done));
    assert_eq!(last_fact(&stage), Some(Fact::EventFixed { event: core[0], retry: true }));
    assert_eq!(views.global_events(ALL).unwrap().1, 0);
    let event = views.event(blacklist.id).unwrap().unwrap();
    assert_eq!((event.open, event.closed_at), (false, Some(stage.now)));
    // Once more changes nothing.
    let last = last_fact(&stage);
    assert_eq!(stage.asked("boss", fix(blacklist.id, true)), Ok(Receipt::Done));
    assert_eq!(last_fact(&stage), last);
}

#[test]
fn a_name_changes_without_a_fact_and_a_purge_takes_jobs_and_events() {
    let (_folder, mut stage) = taken();
    let last = last_fact(&stage);
    let rename = Request::Rename(FIRST, "better".into());
    assert_eq!(stage.asked("amy", rename), Ok(Receipt::Campaign(FIRST)));
    let views = StoredViews::open(&stage.path).unwrap();
    assert_eq!(views.campaign(FIRST).unwrap().unwrap().name, "better");
    assert_eq!(last_fact(&stage), last);
    stage.tell(0, (1..=3).map(|id| ended(id, Outcome::Exited(0), &stage)).collect());
    stage.cycle().unwrap();
    assert_eq!(views.finished_jobs(FIRST, ALL).unwrap().1, 3);
    assert_eq!(stage.asked("amy", Request::Purge(FIRST)), Ok(Receipt::Campaign(FIRST)));
    assert_eq!(views.finished_jobs(FIRST, ALL).unwrap().1, 0);
    let row = views.campaign(FIRST).unwrap().unwrap();
    assert_eq!((row.total, row.finished), (3, 3));
}

#[test]
fn the_number_of_a_job_or_an_event_that_is_gone_is_not_given_again() {
    let (folder, mut stage) = taken();
    let views = StoredViews::open(&stage.path).unwrap();
    let events = |campaign| views.campaign_events(campaign, true, ALL).unwrap().0;
    stage.tell(0, (1..=3).map(|id| ended(id, Outcome::KilledWalltime, &stage)).collect());
    stage.cycle().unwrap();
    let told = events(FIRST).last().expect("an event for each job").id;
    let jobs = views.finished_jobs(FIRST, ALL).unwrap().0;
    stage.asked("amy", Request::Cancel(FIRST)).unwrap();
    // What was sent again meanwhile, the cluster refuses: no row is left of it.
    let sent: Vec<_> = stage.scheduler.open_submissions().map(|open| open.command).collect();
    let refuse = |command| Fact::refused(command, Refusal::Busy);
    stage.tell(0, sent.iter().copied().map(refuse).collect());
    stage.cycle().unwrap();
    stage.asked("amy", Request::Purge(FIRST)).unwrap();
    assert!(events(FIRST).is_empty() && views.finished_jobs(FIRST, ALL).unwrap().0.is_empty());
    drop(stage);
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 2000);
    let second = stage.submit("amy", &jdl(&["d"], &["c0"]));
    stage.tell(0, Vec::new());
    stage.cycle().unwrap();
    let job = views.tasks(second, ALL).unwrap().0[0].job.expect("it was sent");
    assert!(jobs.iter().all(|old| old.id < job) && !jobs.is_empty(), "{job:?} after {jobs:?}");
    let command = stage.scheduler.open_submissions().next().expect("it was sent").command;
    let there = Fact::CommandAccepted { command, jobs: vec![self::job(9)] };
    stage.tell(0, vec![there, ended(9, Outcome::KilledWalltime, &stage)]);
    stage.cycle().unwrap();
    let next = events(second).first().expect("an event of the job").id;
    assert!(next > told, "{next:?} after {told:?}");
}

#[test]
fn where_the_store_fails_nobody_is_promised_anything_and_all_are_told() {
    let (_folder, mut stage) = taken();
    let before = last_fact(&stage);
    let hold = stage.ask("amy", Request::Hold(FIRST));
    let submission = stage.ask("amy", stage.submission(&jdl(&["x"], &["c0"])));
    let resume = stage.ask("amy", Request::Resume(FIRST));
    let jam = "CREATE TRIGGER jam BEFORE INSERT ON campaigns BEGIN \
               SELECT raise(ROLLBACK, 'jammed'); END";
    Connection::open(&stage.path).unwrap().execute_batch(jam).unwrap();
    stage.cycle().unwrap();
    for mut answer in [hold, submission, resume] {
        let answer = answer.try_recv().expect("everybody is answered");
        assert!(matches!(&answer, Err(Refused::NotStored(_))), "{answer:?}");
    }
    assert_eq!(last_fact(&stage), before);
    assert_eq!(state(&stage), CampaignState::InTreatment);
    Connection::open(&stage.path).unwrap().execute_batch("DROP TRIGGER jam").unwrap();
    assert_eq!(stage.submit("amy", &jdl(&["x"], &["c0"])), CampaignId(2));
}

#[test]
fn a_user_has_no_more_tasks_and_campaigns_than_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 1000);
    let bounds = Quota { campaign_tasks: 4, tasks: 7, campaigns: 2 };
    let within = |request: Request| match request {
        Request::Submit { spec, jdl, .. } => Request::Submit { spec, jdl, quota: bounds },
        Request::AddJobs { campaign, parameters, behind, .. } => {
            Request::AddJobs { campaign, parameters, behind, quota: bounds }
        }
        other => other,
    };
    let submit = |stage: &mut Stage, user: &str, texts: &[&str]| {
        let request = within(stage.submission(&jdl(texts, &["c0"])));
        stage.asked(user, request)
    };
    let long = refused(submit(&mut stage, "amy", &["a", "b", "c", "d", "e"]));
    assert!(long.starts_with("5 tasks are more than the 4 that a campaign may have"), "{long}");
    submit(&mut stage, "amy", &["a", "b", "c"]).unwrap();
    submit(&mut stage, "amy", &["a", "b", "c"]).unwrap();
    let third = refused(submit(&mut stage, "amy", &["a"]));
    assert!(third.contains("amy has 2 campaigns that are not over, and may have 2"), "{third}");
    assert!(third.contains("`user_campaigns_max`"), "{third}");
    submit(&mut stage, "bob", &["a"]).expect("a quota of each user");
    let grown = refused(stage.asked("amy", within(addition(FIRST, 3, &["d", "e"]))));
    assert!(grown.starts_with("5 tasks are more than the 4"), "{grown}");
    stage.asked("amy", within(addition(FIRST, 3, &["d"]))).unwrap();
    let tasks = refused(stage.asked("amy", within(addition(CampaignId(2), 3, &["d"]))));
    assert!(tasks.contains("amy would have 8 tasks that are not done, and may have 7"), "{tasks}");
    // Those of a campaign that is over do not count.
    stage.asked("amy", Request::Cancel(FIRST)).unwrap();
    submit(&mut stage, "amy", &["a", "b", "c", "d"]).unwrap();
}

#[test]
fn a_campaign_without_a_task_gets_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 1000);
    assert_eq!(stage.submit("amy", &jdl(&[], &["c0"])), FIRST);
    let none = refused(stage.asked("amy", addition(FIRST, 0, &["a"])));
    assert!(none.starts_with("campaign 1 has no parameters"), "{none}");
}

#[test]
fn a_long_campaign_is_purged_in_parts_that_hold_nobody_up() {
    let (_folder, mut stage) = taken();
    stage.tell(0, (1..=3).map(|id| ended(id, Outcome::Exited(0), &stage)).collect());
    stage.cycle().unwrap();
    let other = Connection::open(&stage.path).unwrap();
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 11000) \
                INSERT INTO jobs (id, campaign, task, cluster, state, besteffort, stopped_at) \
                SELECT 1000 + i, 1, 0, 0, 'terminated', 1, 5 FROM n";
    other.execute_batch(many).unwrap();
    let mut parts = 1;
    while stage.asked("amy", Request::Purge(FIRST)).unwrap() == Receipt::More {
        parts += 1;
    }
    assert_eq!(parts, 3);
    let views = StoredViews::open(&stage.path).unwrap();
    assert_eq!(views.finished_jobs(FIRST, ALL).unwrap().1, 0);
}
