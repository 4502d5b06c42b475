//! What a worker does within bounds: requests, memory, and what it takes for known.

use gleaner_core::fact::{ClusterFault, Fact, Outcome, Refusal};
use gleaner_core::ids::RemoteJobId;
use gleaner_core::time::Timestamp;
use gleaner_runtime::order::WorkerStart;
use gleaner_runtime::sites::job::Job;

use super::fake::{Fake, Then, Wrong, did, ended, job, over_both};
use super::server::World;
use super::{
    CLUSTER, CRASH, NAME, NOW, accepted, back, bench, following, lost, over, refused, shared,
    submission, unclear, world,
};

over_both!(
    one_job_that_makes_no_sense_does_not_hide_the_others,
    an_answer_without_end_is_cut_and_nothing_ends,
    a_list_without_end_is_given_up,
    nothing_is_sent_where_the_clusters_clock_is_not_known,
    a_copy_that_is_seen_before_the_end_of_its_original_is_no_stray,
    a_job_that_could_not_be_launched_is_not_over_before_its_copy_may_be_there,
);

fn one_job_that_makes_no_sense_does_not_hide_the_others<F: Fake>() {
    let cluster = F::new();
    cluster.shows_all(vec![did(100, "1; a"), did(101, "2; a")]);
    cluster.garbles(100);
    let bench = cluster.bench(NOW, following(100..102));
    assert_eq!(bench.look(), [over(101, Outcome::Exited(0))]);
}

fn an_answer_without_end_is_cut_and_nothing_ends<F: Fake>() {
    let cluster = F::new();
    cluster.shows(job(100));
    let bench = cluster.bench(NOW, following(100..101));
    assert_eq!(bench.look(), []);
    cluster.fails(1, Wrong::TooLong);
    assert_eq!(bench.look(), []);
    assert_eq!(bench.look(), [], "and the next look is as good as ever");
}

fn a_list_without_end_is_given_up<F: Fake>() {
    let cluster = F::new();
    cluster.shows(job(100));
    cluster.endless(true);
    let bench = cluster.bench(NOW, following(100..101));
    let told: Vec<Fact> = (0..6).flat_map(|_| bench.look()).collect();
    assert_eq!(told, [lost(ClusterFault::BadAnswers)], "and nothing is concluded from it");
    cluster.endless(false);
    assert_eq!(bench.look(), [back()]);
}

fn nothing_is_sent_where_the_clusters_clock_is_not_known<F: Fake>() {
    let cluster = F::new();
    cluster.clock(None);
    cluster.takes(2, Then::Answers);
    let bench = cluster.bench(NOW, WorkerStart::default());
    bench.send(submission(2));
    let later = refused(Refusal::Unreachable);
    assert_eq!(bench.look(), [lost(ClusterFault::BadAnswers), later]);
    assert_eq!(cluster.sent(), []);
    cluster.clock(Some(NOW));
    assert_eq!(bench.look(), [back()]);
    bench.send(submission(2));
    assert_eq!(bench.look(), [accepted(&[100, 101])]);
}

fn replaced() -> Fact {
    let (job, copy) = (RemoteJobId(100), RemoteJobId(104));
    Fact::JobReplaced { cluster: CLUSTER, job, copy }
}

fn a_copy_that_is_seen_before_the_end_of_its_original_is_no_stray<F: Fake>() {
    let cluster = F::new();
    // The original is listed nowhere at the moment; its copy lives.
    cluster.shows(Job { copy_of: Some(RemoteJobId(100)), ..job(104) });
    let bench = cluster.bench(NOW, following(100..101));
    assert_eq!(bench.look(), [unclear(100), replaced()]);
    assert_eq!(bench.look(), [], "told once");
}

fn a_job_that_could_not_be_launched_is_not_over_before_its_copy_may_be_there<F: Fake>() {
    let cluster = F::new();
    let copy_until = Some(Timestamp::from_seconds(NOW + 60));
    let failed = || ended(100, Outcome::NotStarted);
    cluster.shows(Job { copy_until, ..failed() });
    let bench = cluster.bench(NOW, following(100..101));
    assert_eq!(bench.look(), [unclear(100)]);
    cluster.shows(Job { copy: Some(RemoteJobId(104)), ..failed() });
    assert_eq!(bench.look(), [replaced()]);
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
