//! Nothing is sent in somebody else's name; and what cannot be deleted is told, and tried again.

use gleaner_core::fact::{Fact, Outcome, Refusal};
use gleaner_core::ids::RemoteJobId;
use gleaner_core::server_message::ServerMessage;
use gleaner_core::time::Timestamp;
use gleaner_runtime::order::{Order, OrderAction, ToWorker, TokenOwner, WorkerStart};
use gleaner_runtime::secrets::Secret;
use tokio::sync::oneshot;

use super::fake::{Deletes, DeletionRequest, Fake, Then, Wrong, ended, over, over_both, running};
use super::server::World;
use super::{
    Bench, CLUSTER, NOW, accepted, bench, following, order, refused, shared, submission, world,
};

over_both!(
    the_cluster_is_asked_who_a_user_is_before_the_first_submission_and_only_then,
    nothing_is_sent_in_somebody_elses_name_and_others_are_not_touched,
    another_token_is_asked_about_again,
    where_nothing_tells_the_owner_of_the_first_job_does,
    a_cluster_that_cannot_say_who_is_who_now_is_asked_again_and_sent_nothing_meanwhile,
    whose_a_token_is_is_told_to_who_wants_to_hand_it_in,
    a_deletion_that_is_refused_is_told_and_done_again_when_there_is_a_new_token,
    a_deletion_without_a_token_is_told,
);

over!(oar2, Oar2: a_deletion_that_is_refused_is_told_and_done_again_when_there_is_a_new_token);

const HEADER: &str = "auth = \"header\"\nlogins = { alice = \"alice\", carol = \"c7\" }";
const JWT: &str = "auth = \"jwt\"";

fn known<F: Fake>(cluster: &F, how: &str) -> Bench {
    cluster.bench_known(how, NOW, WorkerStart::default())
}

fn of(user: &str) -> Order {
    let Order { action: OrderAction::Submit(batch), .. } = submission(1) else { panic!() };
    order(OrderAction::Submit(gleaner_runtime::order::Batch { user: user.into(), ..batch }))
}

/// Who is who, as they say themselves.
fn honest(said: &str) -> String {
    said.to_owned()
}

/// What is told, without the words; these are compared where they matter.
fn wordless(facts: Vec<Fact>) -> Vec<Fact> {
    let bare = |fact| match fact {
        Fact::CommandRefused { command, reason, .. } => Fact::refused(command, reason),
        Fact::DeletionRefused { cluster, jobs, reason, .. } => {
            Fact::DeletionRefused { cluster, jobs, reason, words: ServerMessage::default() }
        }
        other => other,
    };
    facts.into_iter().map(bare).collect()
}

fn the_cluster_is_asked_who_a_user_is_before_the_first_submission_and_only_then<F: Fake>() {
    let cluster = F::new();
    cluster.takes(1, Then::Answers);
    cluster.knows(Some(honest));
    let bench = known(&cluster, HEADER);
    for user in ["alice", "alice", "carol", "alice"] {
        bench.send(of(user));
    }
    bench.look();
    assert_eq!(cluster.asked_who(), ["alice", "c7"]);
    assert_eq!(cluster.sent().len(), 4);
}

fn nothing_is_sent_in_somebody_elses_name_and_others_are_not_touched<F: Fake>() {
    // As `auth = "basic"` at a server that takes everybody for the password's owner; or alice's header alone.
    let cluster = F::new();
    cluster.takes(1, Then::Answers);
    cluster.knows(Some(|_| "bob".to_owned()));
    let bench = known(&cluster, HEADER);
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
    cluster.knows(Some(honest));
    bench.send(of("alice"));
    assert!(wordless(bench.look()).contains(&accepted(&[200])));
    assert_eq!(cluster.sent().len(), 2);
    // A login that nobody has is nobody's.
    cluster.knows(Some(|_| String::new()));
    bench.send(of("carol"));
    assert_eq!(wordless(bench.look()), [refused(Refusal::NotAllowed)]);
    assert_eq!(cluster.sent().len(), 2);
}

fn another_token_is_asked_about_again<F: Fake>() {
    let cluster = F::new();
    cluster.takes(1, Then::Answers);
    cluster.knows(Some(honest));
    let bench = known(&cluster, JWT);
    let put = |token: &str| {
        let now = Timestamp::from_seconds(NOW);
        bench.vault.put("alice", "c", &Secret::new(token), now).expect("a table for it");
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
    assert_eq!(cluster.asked_who(), ["alice", "bob"]);
    assert_eq!(cluster.sent().len(), 2);
}

fn where_nothing_tells_the_owner_of_the_first_job_does<F: Fake>() {
    let cluster = F::new();
    cluster.takes(1, Then::Answers);
    cluster.owner("bob");
    let bench = known(&cluster, HEADER);
    bench.send(of("alice"));
    bench.send(of("alice"));
    let told = wordless(bench.look());
    assert_eq!(told, [accepted(&[100]), refused(Refusal::Busy)], "one, until it is seen");
    bench.send(of("alice"));
    assert!(wordless(bench.look()).contains(&refused(Refusal::NotAllowed)));
    assert_eq!(cluster.sent().len(), 1);

    let cluster = F::new();
    cluster.takes(1, Then::Answers);
    let bench = known(&cluster, HEADER);
    bench.send(of("alice"));
    bench.look();
    bench.send(of("alice"));
    bench.send(of("alice"));
    bench.look();
    assert_eq!(cluster.sent().len(), 3);
}

fn a_cluster_that_cannot_say_who_is_who_now_is_asked_again_and_sent_nothing_meanwhile<F: Fake>() {
    let cluster = F::new();
    cluster.takes(1, Then::Answers);
    cluster.knows(Some(honest));
    let bench = known(&cluster, HEADER);
    bench.look();
    cluster.fails(1, Wrong::OutOfOrder);
    bench.send(of("alice"));
    assert!(wordless(bench.look()).contains(&refused(Refusal::Unreachable)));
    assert_eq!(cluster.sent(), []);
    bench.send(of("alice"));
    assert!(wordless(bench.look()).contains(&accepted(&[100])));
}

fn whose_a_token_is_is_told_to_who_wants_to_hand_it_in<F: Fake>() {
    let cluster = F::new();
    cluster.knows(Some(honest));
    let bench = known(&cluster, JWT);
    let asked = || {
        let (reply, mut told) = oneshot::channel();
        let question = ToWorker::WhoseToken { token: Secret::new("bob"), reply };
        bench.orders.send(question).expect("it listens");
        bench.look();
        told.try_recv().expect("an answer")
    };
    assert_eq!(asked(), TokenOwner::Login("bob".to_owned()));
    cluster.knows(Some(|_| String::new()));
    assert_eq!(asked(), TokenOwner::Nobody);
    cluster.knows(None);
    assert_eq!(asked(), TokenOwner::Unknown);
}

fn cancel(jobs: &[u64]) -> Order {
    let jobs = jobs.iter().map(|&job| RemoteJobId(job)).collect();
    order(OrderAction::Cancel { user: "alice".into(), jobs })
}

fn undeleted(jobs: &[u64], reason: Refusal) -> Fact {
    let jobs = jobs.iter().map(|&job| RemoteJobId(job)).collect();
    Fact::DeletionRefused { cluster: CLUSTER, jobs, reason, words: ServerMessage::default() }
}

fn a_deletion_that_is_refused_is_told_and_done_again_when_there_is_a_new_token<F: Fake>() {
    for how in [Deletes::NotAllowed, Deletes::NotYours] {
        let cluster = F::new();
        cluster.deletes(how);
        cluster.shows_all(vec![running(100), running(101)]);
        let bench = cluster.bench(NOW, following(100..102));
        bench.send(cancel(&[100, 101]));
        let told: Vec<Fact> = wordless(bench.look()).into_iter().take(2).collect();
        let expected = [undeleted(&[100, 101], Refusal::NotAllowed), refused(Refusal::NotAllowed)];
        assert_eq!(told, expected, "{how:?}");
        // One is over meanwhile, and the other is deleted as soon as it can be.
        cluster.shows(ended(100, Outcome::Exited(0)));
        bench.look();
        cluster.deletes(Deletes::Well);
        cluster.deleted();
        bench.orders.send(ToWorker::NewToken("alice".into())).expect("it listens");
        bench.look();
        assert_eq!(cluster.deleted(), [DeletionRequest::Job(101)]);
        bench.orders.send(ToWorker::NewToken("alice".into())).expect("it listens");
        bench.look();
        assert_eq!(cluster.deleted(), [], "once is enough");
    }
}

fn a_deletion_without_a_token_is_told<F: Fake>() {
    let cluster = F::new();
    cluster.shows(running(100));
    let bench = cluster.bench_known(JWT, NOW, following(100..101));
    bench.send(cancel(&[100]));
    let told: Vec<Fact> = wordless(bench.look()).into_iter().take(2).collect();
    assert_eq!(told, [undeleted(&[100], Refusal::NoToken), refused(Refusal::NoToken)]);
}

/// More answers by which servers of OAR 3 refuse a deletion.
#[test]
fn a_deletion_with_a_token_that_has_ended_is_told() {
    let expired = (401, r#"{"detail":"Could not validate credentials !!! "}"#);
    let world = shared(World { deletion: Some(expired), ..world() });
    world.lock().unwrap().describe(100, "Running", None, &[]);
    let bench = bench(&world, NOW, following(100..101));
    bench.send(cancel(&[100]));
    let told: Vec<Fact> = wordless(bench.look()).into_iter().take(2).collect();
    assert_eq!(told, [undeleted(&[100], Refusal::NotAllowed), refused(Refusal::NotAllowed)]);
}
