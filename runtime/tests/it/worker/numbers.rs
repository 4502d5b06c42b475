//! Whose a job is: each line has the number of its task, and a job that names none, or another's, is no success.

use gleaner_core::fact::{Fact, Outcome, Refusal};
use gleaner_core::ids::RemoteJobId;
use gleaner_core::time::Timestamp;
use gleaner_runtime::order::{
    BatchTask, BatchWork, KnownJob, Order, OrderAction, ToWorker, WorkerStart,
};
use serde_json::json;

use super::server::{CRASH, Shared, World};
use super::{
    Bench, CLUSTER, COMMAND, LEASE, NOW, accepted, bench, refused, shared, submission, successor,
    unknown, without_unclear, world,
};

const NONE: u64 = RemoteJobId::NONE.0;

fn ended(job: u64, outcome: Outcome) -> Fact {
    let at = Timestamp::from_seconds(NOW);
    Fact::JobEnded { cluster: CLUSTER, job: RemoteJobId(job), at, outcome }
}

/// A worker whose submission of three tasks was taken, as jobs 100 to 102, by position.
fn taken() -> (Shared, Bench) {
    let world = shared(World { records: 3, ..world() });
    let bench = bench(&world, NOW, WorkerStart::default());
    bench.send(submission(3));
    assert_eq!(bench.look(), [accepted(&[100, 101, 102])]);
    (world, bench)
}

#[test]
fn a_job_that_names_no_task_never_counts_as_success() {
    let (world, bench) = taken();
    {
        // A line was torn in two, and another dropped: the counts agree by chance.
        let mut world = world.lock().unwrap();
        world.did(100, "1; /bin/true p0");
        world.did(101, "rest of p0");
        world.did(102, "2; /bin/true p1");
    }
    let success = Outcome::Exited(0);
    let facts = bench.look();
    // Task 2 is settled by its own job, task 3 had none.
    assert_eq!(facts, [ended(100, success), ended(101, success), ended(102, Outcome::OtherTask)]);
}

#[test]
fn a_task_is_settled_by_the_job_that_names_it() {
    let (world, bench) = taken();
    {
        let mut world = world.lock().unwrap();
        world.did(100, "2; /bin/true p1");
        world.did(101, "1; /bin/true p0");
        world.did(102, "3; /bin/true p2");
        // The job of the first task failed.
        world.details.get_mut(&101).unwrap()["exit_code"] = json!(7 << 8);
    }
    let (failed, success) = (Outcome::Exited(7), Outcome::Exited(0));
    assert_eq!(bench.look(), [ended(100, failed), ended(101, success), ended(102, success)]);
}

#[test]
fn nothing_is_given_back_while_a_job_of_its_array_lives() {
    let (world, bench) = taken();
    world.lock().unwrap().did(100, "");
    let unclear = Fact::JobUnclear { cluster: CLUSTER, job: RemoteJobId(100) };
    assert_eq!(bench.look(), [unclear]);
    {
        let mut world = world.lock().unwrap();
        world.did(101, "2; /bin/true p1");
        world.did(102, "3; /bin/true p2");
    }
    let success = Outcome::Exited(0);
    let facts = [ended(100, Outcome::OtherTask), ended(101, success), ended(102, success)];
    assert_eq!(bench.look(), facts);
}

#[test]
fn another_number_of_jobs_than_tasks_is_matched_by_what_each_says() {
    let world = shared(World { records: 4, submit: Some(CRASH), ..world() });
    {
        let mut world = world.lock().unwrap();
        for (id, line) in [(100, "1; a"), (101, "b"), (102, "3; c"), (103, "3; c")] {
            world.did(id, line);
            world.details.get_mut(&id).unwrap()["state"] = json!("Running");
        }
    }
    let bench = bench(&world, NOW, WorkerStart::default());
    bench.send(submission(3));
    // The second job of a task and the one of none are nobody's.
    assert_eq!(without_unclear(bench.look()), [unknown(), accepted(&[100, NONE, 102])]);
    drop(bench);
    world.lock().unwrap().time_s = LEASE + 120;
    let facts = without_unclear(successor(&world, 3).look());
    let given_back = [unknown(), accepted(&[100, NONE, 102]), refused(Refusal::Busy)];
    assert_eq!(facts[..3], given_back);
    let found = facts[3..].iter().map(|fact| match fact {
        Fact::JobFound { job, .. } => job.0,
        other => panic!("{other:?}"),
    });
    assert_eq!(found.collect::<Vec<_>>(), [101, 103]);
}

#[test]
fn jobs_that_a_daemon_before_the_numbers_sent_are_matched_as_it_did() {
    let known =
        |job, task| KnownJob { job: RemoteJobId(job), user: "alice".into(), state: None, task };
    let jobs = vec![known(100, Some(0)), known(101, Some(1))];
    let world = shared(world());
    {
        let mut world = world.lock().unwrap();
        world.did(100, "");
        world.did(101, "");
        world.says(
            100,
            "[ $(date +%s) -lt 9 ] || exit 68; export CIGRI_CAMPAIGN_ID=7; /bin/true p0",
        );
    }
    let bench = bench(&world, NOW, WorkerStart { jobs, ..WorkerStart::default() });
    // The other one is of a line with a number, and has lost it.
    assert_eq!(bench.look(), [ended(100, Outcome::Exited(0)), ended(101, Outcome::OtherTask)]);
}

#[test]
fn one_bad_parameter_is_an_event_of_its_own_task_and_the_others_are_sent() {
    let mut order = submission(3);
    let mut spoil = |place: usize, bad: &str| {
        let OrderAction::Submit(batch) = &mut order.action else { panic!("a submission") };
        let BatchWork::Tasks(tasks) = &mut batch.work else { panic!("of tasks") };
        tasks[place] = BatchTask { index: place as u32, parameter: bad.to_owned() };
        order.clone()
    };
    let left_out = |place| Fact::JobLeftOut { command: COMMAND, place };
    let told = |order: Order, jobs: usize| {
        let world = shared(World { records: jobs, ..world() });
        let bench = bench(&world, NOW, WorkerStart::default());
        bench.send(order);
        let facts = bench.look();
        let posts = world.lock().unwrap().posts.clone();
        (facts, posts.iter().map(|post| post["param_file"].as_str().unwrap().to_owned()).collect())
    };
    let (facts, files): (_, Vec<String>) = told(spoil(1, "1 a\nb"), 2);
    assert_eq!(facts, [left_out(1), accepted(&[100, NONE, 101])]);
    assert_eq!(files, ["1; /bin/true p0\n3; /bin/true p2"]);
    spoil(0, "\u{0}");
    let (facts, files) = told(spoil(2, &"x".repeat(200_000)), 0);
    let nothing = Fact::CommandExpired { command: COMMAND };
    assert_eq!(facts, [left_out(0), left_out(1), left_out(2), nothing]);
    assert_eq!(files, [""; 0]);
}

#[test]
fn a_job_that_was_let_go_is_followed_no_more() {
    let (world, bench) = taken();
    bench.orders.send(ToWorker::LetGo(RemoteJobId(101))).unwrap();
    {
        let mut world = world.lock().unwrap();
        (100..103).for_each(|id| world.did(id, &format!("{}; /bin/true", id - 99)));
    }
    let success = Outcome::Exited(0);
    assert_eq!(bench.look(), [ended(100, success), ended(102, success)]);
}

#[test]
fn a_job_that_cannot_be_read_harms_its_own_task_only() {
    let (world, bench) = taken();
    {
        let mut world = world.lock().unwrap();
        world.did(100, "1; /bin/true p0");
        world.did(102, "3; /bin/true p2");
        world.details.get_mut(&100).unwrap()["state"] = json!("Dreaming");
    }
    assert_eq!(bench.look(), [ended(102, Outcome::Exited(0))]);
    for _ in 0..3 {
        assert_eq!(bench.look(), [], "one answer may be cut, and the cluster is well");
    }
    let given_up = bench.look();
    assert_eq!(given_up, [ended(100, Outcome::Unreadable)], "the look is dated {NOW}");
    world.lock().unwrap().did(101, "2; /bin/true p1");
    assert_eq!(bench.look(), [ended(101, Outcome::Exited(0))]);
    assert!(world.lock().unwrap().current.is_empty());
}
