//! Nothing is sent in somebody else's name; and what cannot be deleted is told, and tried again.

use gleaner_core::fact::{Fact, Refusal};
use gleaner_core::ids::RemoteJobId;
use gleaner_core::time::Timestamp;
use gleaner_core::words::Words;
use gleaner_runtime::order::{Introduced, Order, OrderAction, ToWorker, WorkerStart};
use gleaner_runtime::secrets::Secret;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::server::{self, Shared, World};
use super::{
    Bench, CLUSTER, NOW, accepted, bench, bench_known, following, order, refused, shared,
    submission, world,
};

const HEADER: &str =
    "dialect = \"oar3\"\nauth = \"header\"\nlogins = { alice = \"alice\", carol = \"c7\" }";
const JWT: &str = "dialect = \"oar3\"\nauth = \"jwt\"";

fn known(how: &str, world: &Shared) -> Bench {
    let runtime = Runtime::new().expect("a runtime");
    let api_url = runtime.block_on(server::serve(world.clone()));
    bench_known(how, runtime, &api_url, NOW, WorkerStart::default())
}

fn of(user: &str) -> Order {
    let Order { action: OrderAction::Submit(batch), .. } = submission(1) else { panic!() };
    order(OrderAction::Submit(gleaner_runtime::order::Batch { user: user.into(), ..batch }))
}

/// Who is who, as the header says.
fn honest(said: &str) -> String {
    said.trim_start_matches("Bearer ").to_owned()
}

fn posts(world: &Shared) -> usize {
    world.lock().expect("no test has panicked with it").posts.len()
}

/// What is told, without the words; these are compared where they matter.
fn wordless(facts: Vec<Fact>) -> Vec<Fact> {
    let bare = |fact| match fact {
        Fact::CommandRefused { command, reason, .. } => Fact::refused(command, reason),
        Fact::DeletionRefused { cluster, jobs, reason, .. } => {
            Fact::DeletionRefused { cluster, jobs, reason, words: Words::default() }
        }
        other => other,
    };
    facts.into_iter().map(bare).collect()
}

#[test]
fn the_cluster_is_asked_who_a_user_is_before_the_first_submission_and_only_then() {
    let world = shared(World { records: 1, whoami: Some(honest), ..world() });
    let bench = known(HEADER, &world);
    for user in ["alice", "alice", "carol", "alice"] {
        bench.send(of(user));
    }
    bench.look();
    assert_eq!(world.lock().unwrap().introduced, ["alice", "c7"]);
    assert_eq!(posts(&world), 4);
}

#[test]
fn nothing_is_sent_in_somebody_elses_name_and_others_are_not_touched() {
    // As `auth = "basic"` at a server that takes everybody for the password's owner; or alice's header alone.
    let all_are_bob: fn(&str) -> String = |_| "bob".to_owned();
    let world = shared(World { records: 1, whoami: Some(all_are_bob), ..world() });
    let bench = known(HEADER, &world);
    bench.send(of("alice"));
    let told = bench.look_whole();
    assert_eq!(wordless(told.clone()), [refused(Refusal::NotAllowed)]);
    let Fact::CommandRefused { words, .. } = &told[0] else { panic!("{told:?}") };
    assert!(
        words.as_str().starts_with("cluster `c` takes `alice` for `bob`, and not for `alice`"),
        "{words}"
    );
    bench.send(of("bob"));
    assert_eq!(wordless(bench.look()), [accepted(&[100])]);
    // When it is mended, the next submission goes.
    world.lock().unwrap().whoami = Some(honest);
    bench.send(of("alice"));
    assert!(wordless(bench.look()).contains(&accepted(&[200])));
    assert_eq!(posts(&world), 2);
    // A login that nobody has is nobody's.
    world.lock().unwrap().whoami = Some(|_| String::new());
    bench.send(of("carol"));
    assert_eq!(wordless(bench.look()), [refused(Refusal::NotAllowed)]);
    assert_eq!(posts(&world), 2);
}

#[test]
fn another_token_is_asked_about_again() {
    let world = shared(World { records: 1, whoami: Some(honest), ..world() });
    let bench = known(JWT, &world);
    let put = |token: &str| {
        let now = Timestamp::from_seconds(NOW);
        bench.vault.put("alice", "c", &Secret::new(token), now).unwrap();
    };
    bench.send(of("alice"));
    assert_eq!(wordless(bench.look()), [refused(Refusal::NoToken)]);
    put("alice");
    bench.send(of("alice"));
    bench.send(of("alice"));
    bench.look();
    put("bob");
    bench.send(of("alice"));
    assert_eq!(wordless(bench.look()), [refused(Refusal::NotAllowed)]);
    assert_eq!(world.lock().unwrap().introduced, ["Bearer alice", "Bearer bob"]);
    assert_eq!(posts(&world), 2);
}

#[test]
fn where_no_route_tells_the_owner_of_the_first_job_does() {
    let world = shared(World { records: 1, owner: Some("bob"), ..world() });
    let bench = known(HEADER, &world);
    bench.send(of("alice"));
    bench.send(of("alice"));
    let told = wordless(bench.look());
    assert_eq!(told, [accepted(&[100]), refused(Refusal::Busy)], "one, until it is seen");
    bench.send(of("alice"));
    assert!(wordless(bench.look()).contains(&refused(Refusal::NotAllowed)));
    assert_eq!(posts(&world), 1);

    let world = shared(World { records: 1, ..super::world() });
    let bench = known(HEADER, &world);
    bench.send(of("alice"));
    bench.look();
    bench.send(of("alice"));
    bench.send(of("alice"));
    bench.look();
    assert_eq!(posts(&world), 3);
}

#[test]
fn a_cluster_that_cannot_say_who_is_who_now_is_asked_again_and_sent_nothing_meanwhile() {
    let world = shared(World { records: 1, whoami: Some(honest), ..world() });
    let bench = known(HEADER, &world);
    bench.look();
    world.lock().unwrap().wrong = [server::PAGE; 3].into();
    bench.send(of("alice"));
    assert!(wordless(bench.look()).contains(&refused(Refusal::Unreachable)));
    assert_eq!(posts(&world), 0);
    bench.send(of("alice"));
    assert!(wordless(bench.look()).contains(&accepted(&[100])));
}

#[test]
fn whose_a_token_is_is_told_to_who_wants_to_hand_it_in() {
    let world = shared(World { whoami: Some(honest), ..world() });
    let bench = known(JWT, &world);
    let asked = || {
        let (reply, mut told) = oneshot::channel();
        let introduce = ToWorker::Introduce { token: Secret::new("bob"), reply };
        bench.orders.send(introduce).unwrap();
        bench.look();
        told.try_recv().unwrap()
    };
    assert_eq!(asked(), Introduced::Login("bob".to_owned()));
    world.lock().unwrap().whoami = Some(|_| String::new());
    assert_eq!(asked(), Introduced::Nobody);
    world.lock().unwrap().whoami = None;
    assert_eq!(asked(), Introduced::Untold);
}

/// The answers by which servers refuse a deletion.
const REFUSED: [(bool, u16, &str); 4] = [
    (false, 401, r#"{"detail":"Could not validate credentials !!! "}"#),
    (false, 403, r#"{"detail":"Not authenticated"}"#),
    (
        false,
        200,
        r##"{"id":100,"cmd_output":"#ERROR: Cannot frag 100 ; You are not the right user. -1","exit_status":1}"##,
    ),
    (
        true,
        400,
        r#"{"code":400,"title":"Bad Request","message":"Oardel command exited with status 256: Cannot frag 100 ; You are not the right user."}"#,
    ),
];

fn cancel(jobs: &[u64]) -> Order {
    let jobs = jobs.iter().map(|&job| RemoteJobId(job)).collect();
    order(OrderAction::Cancel { user: "alice".into(), jobs })
}

fn undeleted(jobs: &[u64], reason: Refusal) -> Fact {
    let jobs = jobs.iter().map(|&job| RemoteJobId(job)).collect();
    Fact::DeletionRefused { cluster: CLUSTER, jobs, reason, words: Words::default() }
}

#[test]
fn a_deletion_that_is_refused_is_told_and_done_again_when_there_is_a_new_token() {
    for (old, status, text) in REFUSED {
        let world = shared(World { old, deletion: Some((status, text)), ..world() });
        for id in 100..102 {
            world.lock().unwrap().describe(id, "Running", None, &[]);
            world.lock().unwrap().current.push((id, super::NAME.to_owned()));
        }
        let bench = bench(&world, NOW, following(100..102));
        bench.send(cancel(&[100, 101]));
        let told: Vec<Fact> = wordless(bench.look()).into_iter().take(2).collect();
        let expected = [undeleted(&[100, 101], Refusal::NotAllowed), refused(Refusal::NotAllowed)];
        assert_eq!(told, expected, "{text}");
        // One is over meanwhile, and the other is deleted as soon as it can be.
        world.lock().unwrap().end(100, "Terminated", Some(0), &[]);
        bench.look();
        world.lock().unwrap().deletion = None;
        world.lock().unwrap().deletions.clear();
        bench.orders.send(ToWorker::NewToken("alice".into())).unwrap();
        bench.look();
        let deletions = std::mem::take(&mut world.lock().unwrap().deletions);
        assert_eq!(deletions.len(), 1, "{deletions:?}");
        assert!(deletions[0].starts_with("/jobs/101"), "{deletions:?}");
        bench.orders.send(ToWorker::NewToken("alice".into())).unwrap();
        bench.look();
        assert!(world.lock().unwrap().deletions.is_empty(), "once is enough");
    }
}

#[test]
fn a_deletion_without_a_token_is_told() {
    let world = shared(world());
    let runtime = Runtime::new().expect("a runtime");
    let api_url = runtime.block_on(server::serve(world.clone()));
    world.lock().unwrap().describe(100, "Running", None, &[]);
    world.lock().unwrap().current.push((100, super::NAME.to_owned()));
    let bench = bench_known(JWT, runtime, &api_url, NOW, following(100..101));
    bench.send(cancel(&[100]));
    let told: Vec<Fact> = wordless(bench.look()).into_iter().take(2).collect();
    assert_eq!(told, [undeleted(&[100], Refusal::NoToken), refused(Refusal::NoToken)]);
}
