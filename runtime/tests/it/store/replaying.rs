//! Replaying a journal: the same, under another policy, and with holes.

use std::path::Path;

use gleaner_core::config::{Rules, SchedulerConfig};
use gleaner_core::fact::{Fact, Outcome};
use gleaner_core::ids::{ClusterId, CommandId};
use gleaner_core::policy::injection;
use gleaner_core::time::Duration;
use gleaner_runtime::driver::{BeginError, DriverSettings, GridSettings, ToDriver, run};
use gleaner_runtime::order::{Batch, BatchWork, Order, OrderAction};
use gleaner_runtime::replay::{ReplayError, Replayed, replay};
use gleaner_runtime::request::Request;
use gleaner_runtime::store::Store;
use gleaner_runtime::store::error::StoreError;
use rusqlite::Connection;

use crate::store::stage::{Stage, config, jdl, job, reconfigure, settings};

/// The commands of a journal of ten cycles: a campaign of 30 tasks on one cluster, each done at once.
fn recorded(folder: &Path, policy: &str) -> u64 {
    let mut stage = Stage::begin(folder, config(1, policy), 4, 1000);
    let texts: Vec<String> = (0..30).map(|index| format!("t{index}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    drop(stage.ask("amy", stage.submission(&jdl(&texts, &["c0"]))));
    let (mut next, mut commands) = (1, 0);
    let mut facts = Vec::new();
    for _ in 0..10 {
        stage.tell(0, std::mem::take(&mut facts));
        for (cluster, order) in stage.cycle().unwrap() {
            commands += 1;
            let OrderAction::Submit(batch) = order.action else { panic!("nothing to cancel") };
            let BatchWork::Tasks(tasks) = batch.work else { panic!() };
            let jobs: Vec<_> = (next..next + tasks.len() as u64).map(job).collect();
            next += tasks.len() as u64;
            let ended = |&job: &_| {
                let outcome = Outcome::Exited(0);
                Fact::JobEnded { cluster, job, at: stage.now, outcome }
            };
            let ends: Vec<_> = jobs.iter().map(ended).collect();
            facts.push(Fact::CommandAccepted { command: order.command, jobs });
            facts.extend(ends);
        }
    }
    stage.stop();
    commands
}

fn replayed(folder: &Path, policy: Option<&str>) -> Replayed {
    let policy = policy.map(|text| text.parse().unwrap());
    let path = folder.join("gleaner.db");
    replay(&path, &injection::standard(), policy.as_ref(), &mut |_, _| ()).unwrap()
}

fn change(folder: &Path, sql: &str) {
    let changed = Connection::open(folder.join("gleaner.db")).unwrap().execute(sql, []).unwrap();
    assert_ne!(changed, 0, "{sql}");
}

#[test]
fn the_same_decisions_are_made_again_and_progress_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let commands = recorded(folder.path(), "tap");
    assert_eq!(replayed(folder.path(), None), Replayed::Same { cycles: 10, commands });
    assert_eq!(replayed(folder.path(), Some("tap")), Replayed::Same { cycles: 10, commands });
    let mut told = Vec::new();
    let path = folder.path().join("gleaner.db");
    replay(&path, &injection::standard(), None, &mut |done, all| told.push((done, all))).unwrap();
    assert_eq!(told, (1..=10).map(|done| (done, 10)).collect::<Vec<_>>());
}

#[test]
fn what_a_daemon_forgets_in_the_meantime_is_no_hole() {
    let folder = tempfile::tempdir().unwrap();
    let recorded = recorded(folder.path(), "tap");
    let path = folder.path().join("gleaner.db");
    // It is replayed before a daemon starts, and while one works.
    let mut daemon = None;
    let mut told = Vec::new();
    let mut forget = |at, _| {
        told.push(at);
        if told == [1] {
            daemon = Some(Store::open(&path).expect("nobody keeps it from starting"));
        }
        if told == [1, 2] {
            // As it forgets: up to a checkpoint that stays.
            change(folder.path(), "DELETE FROM checkpoints WHERE cycle < 4");
            change(
                folder.path(),
                "DELETE FROM cycles WHERE id <= (SELECT min(cycle) FROM checkpoints)",
            );
        }
        // From the beginning once more, as of one moment.
        if told == [1, 2, 1] {
            change(folder.path(), "DELETE FROM facts");
        }
    };
    let replayed = replay(&path, &injection::standard(), None, &mut forget).unwrap();
    drop(daemon);
    assert!(
        matches!(replayed, Replayed::Same { cycles: 6, commands } if commands < recorded),
        "{replayed:?}"
    );
    assert_eq!(told[..3], [1, 2, 1]);
}

#[test]
fn another_policy_differs_from_its_first_other_decision_on() {
    let folder = tempfile::tempdir().unwrap();
    recorded(folder.path(), "tap:init=3");
    let Replayed::Differs(difference) = replayed(folder.path(), Some("tap:init=2")) else {
        panic!("fewer jobs are sent first");
    };
    assert_eq!(difference.cycle, 1);
    assert_ne!(difference.recorded, difference.decided);
}

#[test]
fn a_fact_that_is_gone_is_missed_and_one_that_was_changed_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    recorded(folder.path(), "tap");
    change(
        folder.path(),
        "DELETE FROM facts WHERE seq = (SELECT min(seq) FROM facts WHERE seq > 1)",
    );
    let Replayed::Missing { what } = replayed(folder.path(), None) else { panic!("it is gone") };
    assert_eq!(what, "fact 2 is missing");

    let folder = tempfile::tempdir().unwrap();
    recorded(folder.path(), "tap");
    change(
        folder.path(),
        r#"UPDATE facts SET data = replace(data, '"exited":0', '"signalled":9') WHERE seq = 2"#,
    );
    assert!(matches!(replayed(folder.path(), None), Replayed::Differs(_)));
}

#[test]
fn a_cycle_or_parameters_that_are_gone_are_missed() {
    let folder = tempfile::tempdir().unwrap();
    recorded(folder.path(), "tap");
    change(folder.path(), "DELETE FROM cycles WHERE id = 4");
    let Replayed::Missing { what } = replayed(folder.path(), None) else { panic!("it is gone") };
    assert_eq!(what, "cycle 4 is missing");
    change(folder.path(), "DELETE FROM parameters");
    let Replayed::Missing { what } = replayed(folder.path(), None) else { panic!("they are gone") };
    assert_eq!(what, "there are no parameters of campaign 1 from task 0 on");
}

#[test]
fn settings_that_change_on_the_way_change_in_the_replay_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::begin(folder.path(), config(1, "tap:init=1"), 1000, 1000);
    stage.submit("amy", &jdl(&["a", "b", "c", "d"], &["c0"]));
    // Twice between two cycles: a cluster comes and goes again, and keeps its number.
    let mut passing = config(2, "tap:init=1");
    passing.clusters[1].name = "passing".into();
    let mut then = vec![config(2, "tap:init=2")];
    stage.to_driver.send(reconfigure(passing)).unwrap();
    let to_driver = stage.to_driver.clone();
    let (scheduler, backend) = (&mut stage.scheduler, &mut stage.backend);
    let mut names = Vec::new();
    run(scheduler, backend, &injection::standard(), &mut |scheduler, _| {
        let all = scheduler.config().clusters.iter();
        names = all.map(|cluster| (cluster.name.to_string(), cluster.retired)).collect();
        let next = then.pop().map_or(ToDriver::Stop, reconfigure);
        to_driver.send(next).unwrap();
    })
    .unwrap();
    let there = |name: &str, retired| (name.to_owned(), retired);
    assert_eq!(names, [there("c0", false), there("passing", true), there("c1", false)]);
    let memory = stage.scheduler.checkpoint();
    drop(stage);
    let mut stage = Stage::begin(folder.path(), config(2, "tap:init=2"), 1000, 2000);
    assert!(stage.scheduler.checkpoint() == memory);
    stage.tell(2, Vec::new());
    stage.submit("amy", &jdl(&["a", "b"], &["c1"]));
    assert_eq!(stage.scheduler.open_submissions().last().unwrap().cluster, ClusterId(2));
    stage.stop();
    let replayed = replayed(folder.path(), None);
    assert!(matches!(replayed, Replayed::Same { cycles: 2, .. }), "{replayed:?}");
}

#[test]
fn a_journal_of_older_rules_is_replayed_by_them_and_goes_on_by_the_new_ones() {
    let folder = tempfile::tempdir().unwrap();
    let old = SchedulerConfig { rules: Rules::InOrder, ..config(1, "greedy:reserve=0") };
    let mut stage = Stage::begin(folder.path(), old, 1000, 1000);
    stage.tell(0, Vec::new());
    stage.cycle().unwrap();
    let all: Vec<String> = (0..20).map(|task| task.to_string()).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    for user in ["amy", "bob"] {
        drop(stage.ask(user, stage.submission(&jdl(&all, &["c0"]))));
    }
    let tasks = |sent: &[(ClusterId, Order)]| match &sent[0].1.action {
        OrderAction::Submit(Batch { work: BatchWork::Tasks(tasks), .. }) => tasks.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(tasks(&stage.cycle().unwrap()), 8, "all that is free");
    drop(stage);
    // As it was written by a release that knew of no rules.
    change(
        folder.path(),
        "UPDATE checkpoints SET data = CAST(replace(CAST(data AS TEXT), ',\"rules\":\"in_order\"', '') AS BLOB)",
    );
    let mut stage = Stage::begin(folder.path(), config(1, "greedy:reserve=0"), 1000, 1015);
    assert_eq!(stage.scheduler.config().rules, Rules::Shared);
    stage.tell(0, vec![Fact::CommandExpired { command: CommandId(1) }]);
    assert_eq!(tasks(&stage.cycle().unwrap()), 4, "a half for each");
    stage.stop();
    let replayed = replayed(folder.path(), None);
    assert!(matches!(replayed, Replayed::Same { cycles: 3, .. }), "{replayed:?}");
}

/// These clusters at these servers, as `NAME SERVER`.
fn at(clusters: &[&str]) -> GridSettings {
    let mut config = config(clusters.len(), "tap:init=2");
    let parts = clusters.iter().map(|cluster| cluster.split_once(' ').unwrap());
    for (spec, (name, _)) in config.clusters.iter_mut().zip(parts.clone()) {
        spec.name = name.into();
    }
    let servers = parts.map(|(name, server)| (name.into(), server.to_owned())).collect();
    GridSettings { config, servers }
}

#[test]
fn a_journal_over_which_clusters_were_renamed_replays_and_their_jobs_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let store = || Store::open(&folder.path().join("gleaner.db")).unwrap();
    let begin =
        |clusters: &[&str], now| Stage::try_begin(store(), at(clusters), settings(1000), now);
    let mut stage = begin(&["a one", "b two"], 1000).unwrap();
    stage.submit("amy", &jdl(&["1", "2", "3", "4"], &["a", "b"]));
    let jobs = vec![job(1), job(2)];
    stage.tell(0, vec![Fact::CommandAccepted { command: CommandId(1), jobs }]);
    stage.cycle().unwrap();
    assert_eq!(stage.scheduler.jobs_on(ClusterId(0)).count(), 2);
    // While it runs, and twice between two cycles.
    let mut then = vec![at(&["b two", "d one"])];
    stage.to_driver.send(reconfigure(at(&["c one", "b two"]))).unwrap();
    let to_driver = stage.to_driver.clone();
    run(&mut stage.scheduler, &mut stage.backend, &injection::standard(), &mut |_, _| {
        to_driver.send(then.pop().map_or(ToDriver::Stop, reconfigure)).unwrap();
    })
    .unwrap();
    let names = |stage: &Stage| {
        let all = stage.scheduler.config().clusters.iter();
        all.map(|spec| format!("{}{}", spec.name, if spec.retired { " retired" } else { "" }))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&stage), ["d", "b"]);
    drop(stage);
    // While it did not run.
    let mut stage = begin(&["e one", "b two"], 2000).unwrap();
    assert_eq!(names(&stage), ["e", "b"]);
    assert_eq!(stage.starts[0].jobs.len(), 2);
    let ended = |id| {
        let (cluster, outcome) = (ClusterId(0), Outcome::Exited(0));
        Fact::JobEnded { cluster, job: job(id), at: stage.now, outcome }
    };
    stage.tell(0, vec![ended(1)]);
    stage.cycle().unwrap();
    drop(stage);
    // Names that change places while a job lives are refused, and the store stays as it was.
    let Err(error) = begin(&["b one", "e two"], 3000) else { panic!("they have changed places") };
    assert!(matches!(error, BeginError::Entries(_)), "{error}");
    let stage = begin(&["e one", "b two"], 4000).unwrap();
    assert_eq!((names(&stage), stage.starts[0].jobs.len()), (vec!["e".into(), "b".into()], 1));
    drop(stage);
    let replayed = replayed(folder.path(), None);
    assert!(matches!(replayed, Replayed::Same { cycles: 3, .. }), "{replayed:?}");
}

#[test]
fn what_is_forgotten_is_old_and_the_rest_replays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gleaner.db");
    let keep_journal = Duration::from_seconds(250);
    let settings = DriverSettings { keep_journal, ..settings(2) };
    for now in (1000..=2000).step_by(100) {
        let store = Store::open(&path).unwrap();
        let mut stage = Stage::try_begin(store, config(1, "tap"), settings, now).unwrap();
        stage.submit("amy", &jdl(&["a", "b"], &["c0"]));
        stage.tell(0, Vec::new());
        stage.cycle().unwrap();
    }
    let reader = Store::reader(&path).unwrap();
    let count = |sql| reader.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    // Nothing of the last 250 s is gone, and little besides is there: up to one checkpoint.
    assert_eq!(count("SELECT count(*) FROM cycles WHERE now >= 1750"), 6);
    let first = count("SELECT min(now) FROM cycles");
    assert!((1600..=1800).contains(&first), "{first}");
    assert!(count("SELECT min(seq) FROM facts") > 1);
    let cycles = count("SELECT count(*) FROM cycles") as u64;
    let replayed = replayed(folder.path(), None);
    assert!(
        matches!(replayed, Replayed::Same { cycles: all, .. } if all == cycles),
        "{replayed:?}"
    );
    let stage = Stage::begin(folder.path(), config(1, "tap"), 2, 3000);
    assert_eq!(stage.scheduler.campaigns().count(), 11);
}

#[test]
fn what_is_forgotten_was_archived_and_replays_from_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gleaner.db");
    let archive = folder.path().join("archive");
    let keep_journal = Duration::from_seconds(86_400);
    let settings = DriverSettings { keep_journal, ..settings(2) };
    let count = |path: &Path, sql: &str| {
        Store::reader(path).unwrap().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let run = |days: std::ops::Range<i64>| {
        for day in days {
            let mut store = Store::open(&path).unwrap();
            store.archive_in(&archive);
            let now = 1_700_000_000 + day * 86_400;
            let mut stage = Stage::try_begin(store, config(1, "tap"), settings, now).unwrap();
            stage.submit("amy", &jdl(&["a", "b"], &["c0"]));
            stage.tell(0, Vec::new());
            stage.cycle().unwrap();
        }
    };
    // No such folder: nothing is forgotten for that.
    run(0..6);
    assert_eq!(count(&path, "SELECT min(id) FROM cycles"), 1);

    std::fs::create_dir(&archive).unwrap();
    run(6..40);
    assert!(count(&path, "SELECT min(id) FROM cycles") > 30);
    let mut segments: Vec<_> =
        std::fs::read_dir(&archive).unwrap().map(|entry| entry.unwrap().path()).collect();
    segments.retain(|path| path.extension().is_some_and(|end| end == "db"));
    segments.sort();
    let names: Vec<_> = segments.iter().map(|path| path.file_name().unwrap()).collect();
    assert_eq!(names, ["journal-2023-11.db", "journal-2023-12.db"]);
    let mut next = 1;
    for part in segments.iter().chain([&path]) {
        let there = count(part, "SELECT count(*) FROM cycles");
        assert_eq!(count(part, "SELECT min(id) FROM cycles"), next, "no cycle is left out");
        next += there;
        let done = replay(part, &injection::standard(), None, &mut |_, _| ()).unwrap();
        assert!(
            matches!(done, Replayed::Same { cycles, .. } if cycles == there as u64),
            "{done:?} in {}",
            part.display()
        );
    }
    let error = Store::open(&segments[0]).unwrap_err();
    assert!(matches!(error, StoreError::Segment { .. }), "{error}");
}

#[test]
fn campaigns_are_forgotten_when_they_were_over_long_ago() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gleaner.db");
    let days = |count: u64| Duration::from_seconds(86_400 * count);
    let settings = DriverSettings { keep_journal: days(2), keep_campaigns: days(3), ..settings(1) };
    let begin = |day: i64| {
        let store = Store::open(&path).unwrap();
        Stage::try_begin(store, config(1, "tap"), settings, 1000 + day * 86_400).unwrap()
    };
    // The first is done, the second runs on and on, of the third a job cannot be deleted.
    let mut stage = begin(0);
    let mut campaigns: Vec<_> =
        (0..3).map(|_| stage.submit("amy", &jdl(&["a", "b"], &["c0"]))).collect();
    let mut next = 1;
    for _ in 0..10 {
        let mut facts = Vec::new();
        for submission in stage.scheduler.open_submissions() {
            let jobs = (next..next + submission.jobs.len() as u64).map(job).collect();
            next += submission.jobs.len() as u64;
            facts.push(Fact::CommandAccepted { command: submission.command, jobs });
        }
        let (cluster, at, outcome) = (ClusterId(0), stage.now, Outcome::Exited(0));
        let living = stage.scheduler.jobs_on(cluster);
        let first = living.filter(|(_, live)| live.campaign == campaigns[0]);
        facts.extend(first.map(|(job, _)| Fact::JobEnded { cluster, job, at, outcome }));
        stage.tell(0, facts);
        stage.cycle().unwrap();
    }
    let live = |campaign| stage.scheduler.campaign(campaign).unwrap().live;
    assert_eq!(live(campaigns[0]), 0);
    assert!(live(campaigns[1]) > 0 && live(campaigns[2]) > 0);
    stage.asked("amy", Request::Cancel(campaigns[2])).unwrap();
    drop(stage);
    for number in 1..=8 {
        let mut stage = begin(number);
        if number == 4 {
            campaigns.push(stage.submit("amy", &jdl(&["c"], &["c0"])));
        }
        stage.tell(0, Vec::new());
        stage.cycle().unwrap();
        let reader = Store::reader(&path).unwrap();
        let ids = |sql| -> Vec<u32> {
            let mut statement = reader.prepare(sql).unwrap();
            let ids = statement.query_map([], |row| row.get(0)).unwrap();
            ids.collect::<Result<_, _>>().unwrap()
        };
        let mut kept: Vec<u32> = campaigns.iter().map(|campaign| campaign.0).collect();
        if number > 3 {
            kept.remove(0);
        }
        assert_eq!(ids("SELECT id FROM campaigns ORDER BY id"), kept, "day {number}");
        assert_eq!(ids("SELECT campaign FROM parameters ORDER BY campaign"), kept);
        assert_eq!(ids("SELECT DISTINCT campaign FROM couples ORDER BY campaign"), kept);
        let of_jobs = ids("SELECT DISTINCT campaign FROM jobs ORDER BY campaign");
        assert_eq!(of_jobs.contains(&campaigns[0].0), number <= 3);
        drop((reader, stage));
        let replayed = replayed(folder.path(), None);
        assert!(matches!(replayed, Replayed::Same { .. }), "{replayed:?}");
    }
}

#[test]
fn a_daemon_does_not_go_on_where_it_decides_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 1000);
    stage.submit("amy", &jdl(&["a", "b"], &["c0"]));
    stage.tell(0, Vec::new());
    stage.cycle().unwrap();
    drop(stage);
    change(folder.path(), "UPDATE cycles SET commands = '[]' WHERE commands <> '[]'");
    let store = Store::open(&folder.path().join("gleaner.db")).unwrap();
    let begun = Stage::try_begin(store, config(1, "tap"), settings(1000), 2000);
    let Err(error @ BeginError::Differs { .. }) = begun.map(drop) else { panic!("it differs") };
    assert!(error.to_string().contains("hint: start the release that wrote it"), "{error}");
}

#[test]
fn a_store_without_a_journal_is_no_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gleaner.db");
    drop(Store::open(&path).unwrap());
    let replayed = replay(&path, &injection::standard(), None, &mut |_, _| ());
    assert!(matches!(replayed, Err(ReplayError::Empty)), "{replayed:?}");
    let nowhere = folder.path().join("nowhere.db");
    let replayed = replay(&nowhere, &injection::standard(), None, &mut |_, _| ());
    assert!(matches!(replayed, Err(ReplayError::Store(_))), "{replayed:?}");
    assert!(!nowhere.exists());
}
