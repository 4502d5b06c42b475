//! Whose a job is: each line has the number of its task, and a job that names none, or another's, is no success.

use gleaner_core::fact::{Fact, Outcome, Refusal};
use gleaner_core::ids::RemoteJobId;
use gleaner_runtime::order::{
    BatchTask, BatchWork, KnownJob, Order, OrderAction, ToWorker, WorkerStart,
};
use gleaner_runtime::sites::job::{Job, JobState};

use super::fake::{Fake, Then, did, over_both};
use super::{
    Bench, CLUSTER, COMMAND, LEASE, NOW, accepted, over, refused, submission, taking_up, unclear,
    unknown,
};

over_both!(
    a_job_that_names_no_task_never_counts_as_success,
    a_task_is_settled_by_the_job_that_names_it,
    nothing_is_given_back_while_a_job_of_its_array_lives,
    another_number_of_jobs_than_tasks_is_matched_by_what_each_says,
    jobs_that_a_daemon_before_the_numbers_sent_are_matched_as_it_did,
    one_bad_parameter_is_an_event_of_its_own_task_and_the_others_are_sent,
    a_job_that_was_let_go_is_followed_no_more,
    a_job_that_cannot_be_read_harms_its_own_task_only,
);

const NONE: u64 = RemoteJobId::NONE.0;
const SUCCESS: Outcome = Outcome::Exited(0);

/// A worker whose submission of three tasks was taken, as jobs 100 to 102, by position.
fn taken<F: Fake>() -> (F, Bench) {
    let cluster = F::new();
    cluster.takes(3, Then::Answers);
    let bench = cluster.bench(NOW, WorkerStart::default());
    bench.send(submission(3));
    assert_eq!(bench.look(), [accepted(&[100, 101, 102])]);
    (cluster, bench)
}

fn a_job_that_names_no_task_never_counts_as_success<F: Fake>() {
    let (cluster, bench) = taken::<F>();
    // A line was torn in two, and another dropped: the counts agree by chance.
    cluster.shows_all(vec![
        did(100, "1; /bin/true p0"),
        did(101, "rest of p0"),
        did(102, "2; /bin/true p1"),
    ]);
    // Task 2 is settled by its own job, task 3 had none.
    let facts = [over(100, SUCCESS), over(101, SUCCESS), over(102, Outcome::OtherTask)];
    assert_eq!(bench.look(), facts);
}

fn a_task_is_settled_by_the_job_that_names_it<F: Fake>() {
    let (cluster, bench) = taken::<F>();
    let failed = Outcome::Exited(7);
    cluster.shows_all(vec![
        did(100, "2; /bin/true p1"),
        // The job of the first task failed.
        Job { ended: Some(failed), ..did(101, "1; /bin/true p0") },
        did(102, "3; /bin/true p2"),
    ]);
    assert_eq!(bench.look(), [over(100, failed), over(101, SUCCESS), over(102, SUCCESS)]);
}

fn nothing_is_given_back_while_a_job_of_its_array_lives<F: Fake>() {
    let (cluster, bench) = taken::<F>();
    cluster.shows(did(100, ""));
    assert_eq!(bench.look(), [unclear(100)]);
    cluster.shows_all(vec![did(101, "2; /bin/true p1"), did(102, "3; /bin/true p2")]);
    let facts = [over(100, Outcome::OtherTask), over(101, SUCCESS), over(102, SUCCESS)];
    assert_eq!(bench.look(), facts);
}

fn another_number_of_jobs_than_tasks_is_matched_by_what_each_says<F: Fake>() {
    let cluster = F::new();
    cluster.takes(0, Then::Breaks);
    let lines = [(100, "1; a"), (101, "b"), (102, "3; c"), (103, "3; c")];
    let runs = |(number, line)| Job { state: JobState::Running, ended: None, ..did(number, line) };
    cluster.shows_all(lines.map(runs).into());
    let bench = cluster.bench(NOW, WorkerStart::default());
    bench.send(submission(3));
    // The second job of a task and the one of none are nobody's.
    let told = accepted(&[100, NONE, 102]);
    assert_eq!(started(bench.look()), [unknown(), told.clone()]);
    drop(bench);
    cluster.clock(Some(LEASE + 120));
    let facts = started(cluster.bench(LEASE + 120, taking_up(submission(3))).look());
    assert_eq!(facts[..3], [unknown(), told, refused(Refusal::Busy)]);
    let found = facts[3..].iter().map(|fact| match fact {
        Fact::JobFound { job, .. } => job.0,
        other => panic!("{other:?}"),
    });
    assert_eq!(found.collect::<Vec<_>>(), [101, 103]);
}

/// Without starts.
fn started(mut facts: Vec<Fact>) -> Vec<Fact> {
    facts.retain(|fact| !matches!(fact, Fact::JobStarted { cluster: CLUSTER, .. }));
    facts
}

fn jobs_that_a_daemon_before_the_numbers_sent_are_matched_as_it_did<F: Fake>() {
    let known =
        |job, task| KnownJob { job: RemoteJobId(job), user: "alice".into(), state: None, task };
    let jobs = vec![known(100, Some(0)), known(101, Some(1))];
    let cluster = F::new();
    let before = "[ $(date +%s) -lt 9 ] || exit 68; export CIGRI_CAMPAIGN_ID=7; /bin/true p0";
    let before = Job { command: Some(before.to_owned()), ..did(100, "") };
    cluster.shows_all(vec![before, did(101, "")]);
    let bench = cluster.bench(NOW, WorkerStart { jobs, ..WorkerStart::default() });
    // The other one is of a line with a number, and has lost it.
    assert_eq!(bench.look(), [over(100, SUCCESS), over(101, Outcome::OtherTask)]);
}

fn one_bad_parameter_is_an_event_of_its_own_task_and_the_others_are_sent<F: Fake>() {
    let mut order = submission(3);
    let mut spoil = |place: usize, bad: &str| {
        let OrderAction::Submit(batch) = &mut order.action else { panic!("a submission") };
        let BatchWork::Tasks(tasks) = &mut batch.work else { panic!("of tasks") };
        tasks[place] = BatchTask { index: place as u32, parameter: bad.to_owned() };
        order.clone()
    };
    let left_out = |place| Fact::JobLeftOut { command: COMMAND, place };
    let told = |order: Order, jobs: usize| {
        let cluster = F::new();
        cluster.takes(jobs, Then::Answers);
        let bench = cluster.bench(NOW, WorkerStart::default());
        bench.send(order);
        let facts = bench.look();
        (facts, cluster.sent().into_iter().map(|sent| sent.lines).collect())
    };
    let (facts, lines): (_, Vec<Vec<String>>) = told(spoil(1, "1 a\nb"), 2);
    assert_eq!(facts, [left_out(1), accepted(&[100, NONE, 101])]);
    assert_eq!(lines, [["1; /bin/true p0", "3; /bin/true p2"]]);
    spoil(0, "\u{0}");
    let (facts, lines) = told(spoil(2, &"x".repeat(200_000)), 0);
    let nothing = Fact::CommandExpired { command: COMMAND };
    assert_eq!(facts, [left_out(0), left_out(1), left_out(2), nothing]);
    assert!(lines.is_empty(), "{lines:?}");
}

fn a_job_that_was_let_go_is_followed_no_more<F: Fake>() {
    let (cluster, bench) = taken::<F>();
    bench.orders.send(ToWorker::LetGo(RemoteJobId(101))).expect("it listens");
    let done = (100..103).map(|number| did(number, &format!("{}; /bin/true", number - 99)));
    cluster.shows_all(done.collect());
    assert_eq!(bench.look(), [over(100, SUCCESS), over(102, SUCCESS)]);
}

fn a_job_that_cannot_be_read_harms_its_own_task_only<F: Fake>() {
    let (cluster, bench) = taken::<F>();
    cluster.shows_all(vec![did(100, "1; /bin/true p0"), did(102, "3; /bin/true p2")]);
    cluster.garbles(100);
    assert_eq!(bench.look(), [over(102, SUCCESS)]);
    for _ in 0..3 {
        assert_eq!(bench.look(), [], "one answer may be cut, and the cluster is well");
    }
    assert_eq!(bench.look(), [over(100, Outcome::Unreadable)], "the look is dated {NOW}");
    cluster.shows(did(101, "2; /bin/true p1"));
    assert_eq!(bench.look(), [over(101, SUCCESS)]);
}
