//! What a worker does within bounds: requests, memory, and what it takes for known.

use gleaner_core::fact::{ClusterFault, Fact, Refusal};
use gleaner_core::ids::RemoteJobId;
use gleaner_core::time::Timestamp;
use gleaner_runtime::order::WorkerStart;
use gleaner_runtime::sites::oar::client::ANSWER_MAX;

use super::server::World;
use super::{
    CLUSTER, CRASH, LEASE, NAME, NOW, accepted, bench, following, lost, refused, shared,
    submission, successor, unknown, world,
};

fn unclear(job: u64) -> Fact {
    Fact::JobUnclear { cluster: CLUSTER, job: RemoteJobId(job) }
}

#[test]
fn jobs_that_lists_leave_out_are_asked_for_some_at_a_time_in_turn() {
    let world = shared(world());
    let bench = bench(&world, NOW, following(100..150));
    let singles = || std::mem::take(&mut world.lock().unwrap().singles);
    let range = |jobs: std::ops::Range<u64>| jobs.map(unclear).collect::<Vec<_>>();
    assert_eq!(bench.look(), range(100..120));
    assert_eq!(singles(), (100..120).collect::<Vec<_>>());
    assert_eq!(bench.look(), range(120..140), "what was not asked for is not unclear");
    assert_eq!(bench.look(), range(140..150));
    assert_eq!(singles(), (120..150).chain(100..110).collect::<Vec<_>>());
}

#[test]
fn a_job_that_only_its_own_page_shows_is_found_in_its_turn() {
    let world = shared(world());
    {
        let mut world = world.lock().unwrap();
        world.end(140, "Terminated", Some(0), &[]);
        world.left_out = vec![140];
    }
    let bench = bench(&world, NOW, following(100..150));
    let over = |facts: Vec<Fact>| facts.iter().any(|fact| matches!(fact, Fact::JobEnded { .. }));
    let looks: Vec<bool> = (0..4).map(|_| over(bench.look())).collect();
    assert_eq!(looks, [false, false, true, false]);
}

#[test]
fn one_job_that_makes_no_sense_does_not_hide_the_others() {
    let world = shared(world());
    {
        let mut world = world.lock().unwrap();
        world.end(100, "Terminated", Some(0), &[]);
        world.end(101, "Terminated", Some(0), &[]);
        world.details.get_mut(&100).unwrap()["state"] = "Dreaming".into();
    }
    let bench = bench(&world, NOW, following(100..102));
    let facts = bench.look();
    let job = RemoteJobId(101);
    let at = Timestamp::from_seconds(NOW);
    let outcome = gleaner_core::fact::Outcome::Exited(0);
    assert_eq!(facts, [Fact::JobEnded { cluster: CLUSTER, job, at, outcome }]);
}

#[test]
fn an_answer_without_end_is_cut_and_nothing_ends() {
    let world = shared(world());
    world.lock().unwrap().current.push((100, NAME.to_owned()));
    let bench = bench(&world, NOW, following(100..101));
    assert_eq!(bench.look(), []);
    let long: &'static str = Box::leak(" ".repeat(ANSWER_MAX + 1).into_boxed_str());
    world.lock().unwrap().wrong = [(200, long)].into();
    assert_eq!(bench.look(), []);
    assert_eq!(bench.look(), [], "and the next look is as good as ever");
}

#[test]
fn nothing_is_sent_where_the_clusters_clock_is_not_known() {
    let world = shared(World { timeless: true, records: 2, ..world() });
    let bench = bench(&world, NOW, WorkerStart::default());
    bench.send(submission(2));
    let (lost, later) = (lost(ClusterFault::BadAnswers), refused(Refusal::Unreachable));
    assert_eq!(bench.look(), [lost, later]);
    assert_eq!(world.lock().unwrap().posts.len(), 0);
    world.lock().unwrap().timeless = false;
    assert_eq!(bench.look(), [Fact::ClusterBack { cluster: CLUSTER }]);
    bench.send(submission(2));
    assert_eq!(bench.look(), [accepted(&[100, 101])]);
}

#[test]
fn an_array_refused_with_500_where_all_nodes_are_suspected_is_tried_again_after_its_lease() {
    // OAR 3 says so of a single job with 400, and breaks over an array.
    let world = shared(World { submit: Some(CRASH), ..world() });
    let bench = bench(&world, NOW, WorkerStart::default());
    bench.send(submission(3));
    assert_eq!(bench.look(), [unknown()], "a crash proves nothing");
    drop(bench);
    world.lock().unwrap().time_s = LEASE + 120;
    assert_eq!(
        successor(&world, 3).look(),
        [unknown(), refused(Refusal::Busy)],
        "later, not never"
    );
}

#[test]
fn a_copy_by_oar_that_is_seen_before_the_end_of_its_original_is_no_stray() {
    let world = shared(world());
    {
        let mut world = world.lock().unwrap();
        // The original is listed nowhere at the moment; its copy lives.
        world.end(104, "Waiting", None, &[]);
        world.details.get_mut(&104).unwrap()["resubmit_job_id"] = 100.into();
        world.current.push((104, NAME.to_owned()));
    }
    let bench = bench(&world, NOW, following(100..101));
    let (job, copy) = (RemoteJobId(100), RemoteJobId(104));
    let replaced = Fact::JobReplaced { cluster: CLUSTER, job, copy };
    assert_eq!(bench.look(), [unclear(100), replaced]);
    assert_eq!(bench.look(), [], "told once");
}

#[test]
fn a_job_that_could_not_be_launched_is_not_over_before_its_copy_may_be_there() {
    let world = shared(world());
    let failed = ("LAUNCHING_OAREXEC_TIMEOUT", "no answer from the node");
    world.lock().unwrap().end(100, "Error", None, &[failed]);
    let bench = bench(&world, NOW, following(100..101));
    assert_eq!(bench.look(), [unclear(100)]);
    let copied = ("RESUBMIT_JOB_AUTOMATICALLY", "Resubmission of the job 100 => 104");
    world.lock().unwrap().end(100, "Error", None, &[failed, copied]);
    let (job, copy) = (RemoteJobId(100), RemoteJobId(104));
    assert_eq!(bench.look(), [Fact::JobReplaced { cluster: CLUSTER, job, copy }]);
}

#[test]
fn a_list_that_announces_much_and_repeats_its_page_is_given_up() {
    for old in [false, true] {
        let world = shared(World { old, ..world() });
        {
            let mut world = world.lock().unwrap();
            world.current.push((100, NAME.to_owned()));
            world.announced = Some(1_000_000_000);
        }
        let bench = bench(&world, NOW, following(100..101));
        let mut told = Vec::new();
        for _ in 0..6 {
            told.extend(bench.look());
        }
        let gone = |fact: &Fact| matches!(fact, Fact::JobEnded { .. } | Fact::JobUnclear { .. });
        assert!(told.contains(&lost(ClusterFault::BadAnswers)), "{old}: {told:?}");
        assert!(!told.iter().any(gone), "nothing is concluded from it: {told:?}");
        let asked = world.lock().unwrap().asked;
        assert!(asked < 100, "{old}: {asked} requests");
        world.lock().unwrap().announced = None;
        let back = bench.look();
        assert!(back.contains(&Fact::ClusterBack { cluster: CLUSTER }), "{old}: {back:?}");
    }
}

#[test]
fn a_submission_in_doubt_is_not_looked_up_for_ever() {
    for old in [false, true] {
        let world = shared(World { old, ..world() });
        world.lock().unwrap().submit = Some(CRASH);
        let bench = bench(&world, NOW, WorkerStart::default());
        bench.send(submission(2));
        bench.look();
        {
            let mut world = world.lock().unwrap();
            let time_s = world.time_s;
            world.ended = (0..20).map(|id| (id, "other".to_owned(), time_s)).collect();
            world.announced = Some(1_000_000_000);
            world.asked = 0;
        }
        for _ in 0..3 {
            bench.look();
        }
        let asked = world.lock().unwrap().asked;
        assert!(asked < 100, "{old}: {asked} requests");
    }
}
