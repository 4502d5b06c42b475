//! More of the ways in which OAR's servers fail, one test each: what is lost on the way, late, told
//! twice, or not listed.

use std::sync::Arc;

use gleaner_core::fact::{ClusterFault, Fact, Outcome, Refusal};
use gleaner_core::ids::{CampaignId, RemoteJobId};
use gleaner_core::time::Timestamp;
use gleaner_runtime::order::{Order, WorkerStart};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::server::{NEVER, World, serve_at};
use super::{
    CLUSTER, COMMAND, CRASH, NAME, NOW, accepted, bench, bench_at, following, lost, refused,
    shared, submission, told, unknown, world,
};

const JOB: RemoteJobId = RemoteJobId(100);

fn back() -> Fact {
    Fact::ClusterBack { cluster: CLUSTER }
}

fn ended(job: RemoteJobId, outcome: Outcome) -> Fact {
    Fact::JobEnded { cluster: CLUSTER, job, at: Timestamp::from_seconds(NOW), outcome }
}

#[test]
fn a_500_on_post_that_recorded_a_part_of_the_array_is_told_in_part() {
    let world = shared(World { records: 2, submit: Some(CRASH), ..world() });
    {
        let mut world = world.lock().unwrap();
        // They are known in detail as soon as they are recorded.
        (100..102).for_each(|id| world.end(id, "Waiting", None, &[]));
    }
    let bench = bench(&world, NOW, WorkerStart::default());
    bench.send(submission(3));
    assert_eq!(bench.look(), [unknown(), accepted(&[100, 101, RemoteJobId::NONE.0])]);
    assert_eq!(bench.look(), [], "told once, and the rest is not sent again");
    assert_eq!(world.lock().unwrap().posts.len(), 1);
}

#[test]
fn a_post_that_times_out_after_its_effect_is_found() {
    let world = shared(World { records: 2, submit: Some((NEVER, "")), ..world() });
    let bench = bench(&world, NOW, WorkerStart::default());
    bench.send(submission(2));
    let facts = bench.look();
    assert_eq!(facts, [lost(ClusterFault::Timeout), unknown(), back(), accepted(&[100, 101])]);
    assert_eq!(world.lock().unwrap().posts.len(), 1);
}

#[test]
fn what_is_due_sooner_on_this_cluster_is_not_sent_late() {
    let world = shared(world());
    let bench = bench(&world, NOW + 61, WorkerStart::default());
    let later = Timestamp::from_seconds(NOW + 600);
    bench.send(Order { send_before: later, ..submission(2) });
    assert_eq!(bench.look(), [Fact::CommandExpired { command: COMMAND }]);
    assert!(world.lock().unwrap().posts.is_empty());
}

#[test]
fn a_post_that_times_out_before_its_effect_stays_in_doubt() {
    let world = shared(World { submit: Some((NEVER, "")), ..world() });
    let bench = bench(&world, NOW, WorkerStart::default());
    bench.send(submission(2));
    assert_eq!(bench.look(), [lost(ClusterFault::Timeout), unknown(), back()]);
    assert_eq!(bench.look(), [], "it may still arrive");
    assert_eq!(world.lock().unwrap().posts.len(), 1);
}

#[test]
fn a_502_on_post_proves_nothing() {
    let world = shared(World { records: 2, submit: Some((502, "<html>")), ..world() });
    let bench = bench(&world, NOW, WorkerStart::default());
    bench.send(submission(2));
    let facts = bench.look();
    assert_eq!(facts, [lost(ClusterFault::OutOfOrder), unknown(), back(), accepted(&[100, 101])]);
}

#[test]
fn a_503_on_a_list_ends_no_job() {
    let world = shared(world());
    world.lock().unwrap().current.push((100, NAME.to_owned()));
    let bench = bench(&world, NOW, following(100..101));
    assert_eq!(bench.look(), []);
    world.lock().unwrap().wrong = [(503, "<html>")].into();
    assert_eq!(bench.look(), [lost(ClusterFault::OutOfOrder)]);
    assert_eq!(bench.look(), [back()]);
}

#[test]
fn a_truncated_list_ends_no_job() {
    let world = shared(world());
    world.lock().unwrap().current.push((100, NAME.to_owned()));
    let bench = bench(&world, NOW, following(100..101));
    assert_eq!(bench.look(), []);
    world.lock().unwrap().wrong = [(200, "{\"total\": 1, \"items\": [{"); 3].into();
    assert_eq!(bench.look(), []);
    assert_eq!(bench.look(), []);
}

#[test]
fn an_answer_of_another_content_type_ends_no_job() {
    let world = shared(world());
    world.lock().unwrap().current.push((100, NAME.to_owned()));
    let bench = bench(&world, NOW, following(100..101));
    assert_eq!(bench.look(), []);
    world.lock().unwrap().wrong = [(200, "---\n- id: 7\n"); 3].into();
    let told = bench.look();
    assert!(!told.iter().any(|fact| matches!(fact, Fact::JobEnded { .. })), "{told:?}");
    let told = bench.look();
    assert!(!told.iter().any(|fact| matches!(fact, Fact::JobEnded { .. })), "{told:?}");
}

#[test]
fn a_401_by_expiry_refuses_and_does_not_lose_the_cluster() {
    let text = r#"{"detail":"Could not validate credentials !!! "}"#;
    let world = World { submit: Some((401, text)), ..world() };
    assert_eq!(told(world, 2), [refused(Refusal::NotAllowed)]);
}

#[test]
fn connection_refused_for_a_while_sends_nothing_and_comes_back() {
    let world = shared(world());
    let runtime = Runtime::new().expect("a runtime");
    let bind = |address: String| runtime.block_on(TcpListener::bind(address)).expect("a port");
    let listener = bind("127.0.0.1:0".to_owned());
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let bench = bench_at(runtime, &format!("http://{address}/"), NOW, WorkerStart::default());
    bench.send(submission(2));
    assert_eq!(
        bench.look(),
        [lost(ClusterFault::ConnectionRefused), refused(Refusal::Unreachable)]
    );
    let inside = bench.runtime.enter();
    let again = bench.runtime.block_on(TcpListener::bind(address)).expect("the same port");
    serve_at(again, Arc::clone(&world));
    drop(inside);
    assert_eq!(bench.look(), [back()]);
    assert_eq!(world.lock().unwrap().posts.len(), 0);
}

#[test]
fn never_two_requests_are_under_way() {
    let world = shared(World { records: 2, submit: Some(CRASH), ..world() });
    let bench = bench(&world, NOW, following(100..101));
    for _ in 0..5 {
        bench.send(submission(2));
    }
    bench.look();
    bench.look();
    let world = world.lock().unwrap();
    assert_eq!((world.posts.len(), world.most_under_way), (5, 1));
}

#[test]
fn a_job_that_lists_leave_out_is_unclear_and_comes_back() {
    let world = shared(world());
    let bench = bench(&world, NOW, following(100..101));
    assert_eq!(bench.look(), [Fact::JobUnclear { cluster: CLUSTER, job: JOB }]);
    assert_eq!(bench.look(), [], "told once");
    world.lock().unwrap().end(JOB.0, "Terminated", Some(0), &[]);
    assert_eq!(bench.look(), [ended(JOB, Outcome::Exited(0))]);
}

#[test]
fn a_stale_list_does_not_bring_an_ended_job_back() {
    let world = shared(world());
    world.lock().unwrap().end(JOB.0, "Terminated", Some(0), &[]);
    let bench = bench(&world, NOW, following(100..101));
    assert_eq!(bench.look(), [ended(JOB, Outcome::Exited(0))]);
    world.lock().unwrap().current.push((JOB.0, NAME.to_owned()));
    let found = Fact::JobFound { cluster: CLUSTER, job: JOB, campaign: CampaignId(7) };
    assert_eq!(bench.look(), [found], "a stray, not a start");
}

#[test]
fn a_post_that_lands_late_is_found_as_a_stray() {
    let world = shared(world());
    let begin = WorkerStart { epoch: "k2x9ab".to_owned(), ..WorkerStart::default() };
    let bench = bench(&world, NOW, begin);
    assert_eq!(bench.look(), []);
    world.lock().unwrap().current.push((100, NAME.to_owned()));
    let found = Fact::JobFound { cluster: CLUSTER, job: JOB, campaign: CampaignId(7) };
    assert_eq!(bench.look(), [found]);
    assert_eq!(bench.look(), [], "told once");
}

#[test]
fn duplicate_events_end_a_job_once() {
    let world = shared(world());
    let twice = [
        ("BESTEFFORT_KILL", "killed"),
        ("FRAG_JOB_REQUEST", "frag"),
        ("BESTEFFORT_KILL", "killed"),
    ];
    world.lock().unwrap().end(JOB.0, "Error", None, &twice);
    let bench = bench(&world, NOW, following(100..101));
    assert_eq!(bench.look(), [ended(JOB, Outcome::KilledBestEffort)]);
    assert_eq!(bench.look(), []);
}

#[test]
fn oars_own_copy_is_followed_in_the_place_of_the_job() {
    let world = shared(world());
    let text = "Resubmission of the job 100 => 104";
    world.lock().unwrap().end(JOB.0, "Error", None, &[("RESUBMIT_JOB_AUTOMATICALLY", text)]);
    let copy = RemoteJobId(104);
    world.lock().unwrap().current.push((copy.0, NAME.to_owned()));
    let bench = bench(&world, NOW, following(100..101));
    let replaced = Fact::JobReplaced { cluster: CLUSTER, job: JOB, copy };
    assert_eq!(bench.look(), [replaced]);
    world.lock().unwrap().end(copy.0, "Terminated", Some(0), &[]);
    assert_eq!(bench.look(), [ended(copy, Outcome::Exited(0))]);
}

#[test]
fn a_job_that_starts_60_s_later_waits_and_is_not_sent_again() {
    let world = shared(World { records: 1, ..world() });
    let bench = bench(&world, NOW, WorkerStart::default());
    bench.send(submission(1));
    assert_eq!(bench.look(), [accepted(&[100])]);
    for _ in 0..4 {
        assert_eq!(bench.look(), []);
    }
    assert_eq!(world.lock().unwrap().posts.len(), 1);
}
