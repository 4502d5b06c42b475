//! What only a server behind the web does: other content, a port that is closed, requests side by side, and events
//! that are told twice.

use std::sync::Arc;

use gleaner_core::fact::{ClusterFault, Fact, Outcome, Refusal};
use gleaner_runtime::order::WorkerStart;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::server::{World, serve_at};
use super::{
    CRASH, NAME, NOW, back, bench, bench_at, following, lost, over, refused, shared, submission,
    world,
};

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
fn duplicate_events_end_a_job_once() {
    let world = shared(world());
    let twice = [
        ("BESTEFFORT_KILL", "killed"),
        ("FRAG_JOB_REQUEST", "frag"),
        ("BESTEFFORT_KILL", "killed"),
    ];
    world.lock().unwrap().end(100, "Error", None, &twice);
    let bench = bench(&world, NOW, following(100..101));
    assert_eq!(bench.look(), [over(100, Outcome::KilledBestEffort)]);
    assert_eq!(bench.look(), []);
}
