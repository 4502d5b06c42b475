//! Submissions that a cluster refuses: what it can never serve is told from what it cannot serve now, in the
//! cluster's words, and nothing is sent that would do harm there.

use std::sync::Arc;

use gleaner_core::fact::{Fact, Refusal};
use gleaner_core::jdl::spec::ClusterSettings;
use gleaner_runtime::order::{Order, OrderAction, WorkerStart};
use serde_json::{Value, json};

use super::server::{CRASH, World};
use super::{NOW, accepted, bench, refused, shared, submission, unknown, world};

const SCARCE: (u16, &str) =
    (400, r#"{"detail":"There are not enough resources for your request"}"#);

/// Four nodes of two cores, in these states.
fn nodes(states: [&str; 4]) -> Option<Value> {
    let resource = |id: usize| {
        let node = id / 2;
        json!({
            "id": id + 1, "network_address": format!("n{node}"), "host": format!("luke{node}"),
            "state": states[node], "core": id + 1, "cpu": node + 1, "available_upto": 0,
        })
    };
    let items: Vec<Value> = (0..8).map(resource).collect();
    Some(json!({ "items": items, "total": 8, "offset": 0 }))
}

const ALIVE: [&str; 4] = ["Alive"; 4];

/// A submission of three tasks with other settings.
fn asking(change: impl FnOnce(&mut ClusterSettings)) -> Order {
    let mut order = submission(3);
    if let OrderAction::Submit(batch) = &mut order.action {
        change(Arc::make_mut(&mut batch.settings));
    }
    order
}

/// The reason and the words of the only fact.
fn only_refusal(facts: &[Fact]) -> (Refusal, String) {
    match facts {
        [Fact::CommandRefused { reason, words, .. }] => (*reason, words.to_string()),
        other => panic!("one refusal, not {other:?}"),
    }
}

/// What a server of OAR 3 that has listed its nodes gets to see of an order, and what is told of it.
fn sent(
    states: [&str; 4],
    submit: Option<(u16, &'static str)>,
    order: Order,
) -> (Vec<Value>, Vec<Fact>) {
    let world = shared(World { resources: nodes(states), submit, records: 3, ..world() });
    let bench = bench(&world, NOW, WorkerStart::default());
    bench.look();
    bench.send(order);
    let told = bench.look_whole();
    let posts = std::mem::take(&mut world.lock().expect("no test panics with it").posts);
    (posts, told)
}

fn lines(post: &Value) -> usize {
    post["param_file"].as_str().expect("parameters are sent").lines().count()
}

#[test]
fn what_can_never_be_served_is_refused_for_good_in_the_clusters_words() {
    let order = asking(|settings| settings.resources = "/nodes=1000".into());
    let (posts, told) = sent(ALIVE, Some(SCARCE), order);
    let (reason, words) = only_refusal(&told);
    assert_eq!(reason, Refusal::BadRequest);
    assert_eq!(
        words,
        "the cluster answers 400: There are not enough resources for your request (as last seen: 1000 of `nodes` \
         are asked for, and there are 4)"
    );
    // An array would have crashed OAR 3.
    assert_eq!(posts.iter().map(lines).collect::<Vec<_>>(), [1]);
}

#[test]
fn properties_that_no_resource_has_are_refused_for_good() {
    let order = asking(|settings| settings.properties = "host = 'luke99'".into());
    let (posts, told) = sent(ALIVE, Some(SCARCE), order);
    let (reason, words) = only_refusal(&told);
    assert_eq!((reason, posts.len()), (Refusal::BadRequest, 1));
    assert!(words.ends_with("(as last seen: no resource has `host = 'luke99'`)"), "{words}");
}

#[test]
fn what_could_be_served_with_all_nodes_is_refused_for_now() {
    let order = asking(|settings| settings.resources = "/nodes=3".into());
    let (posts, told) = sent(["Alive", "Alive", "Suspected", "Absent"], Some(SCARCE), order);
    let (reason, words) = only_refusal(&told);
    assert_eq!((reason, posts.len()), (Refusal::NotNow, 1));
    assert!(
        words.contains("for the moment: 3 of `nodes` are asked for, and there are 2"),
        "{words}"
    );
}

#[test]
fn one_job_is_sent_ahead_where_an_array_would_crash_oar_3_and_the_rest_follows() {
    // The list is wrong: the cluster takes it.
    let order = asking(|settings| settings.resources = "/nodes=4".into());
    let (posts, told) = sent(["Alive", "Alive", "Alive", "Suspected"], None, order);
    assert_eq!(posts.iter().map(lines).collect::<Vec<_>>(), [1]);
    assert_eq!(told, [accepted(&[100]), refused(Refusal::Busy)]);
}

#[test]
fn an_array_whose_crash_is_explained_is_no_longer_in_doubt() {
    let world = shared(World { resources: nodes(ALIVE), submit: Some(CRASH), ..world() });
    let bench = bench(&world, NOW, WorkerStart::default());
    bench.look();
    // The last node is suspected after the list was made.
    world.lock().unwrap().resources = nodes(["Alive", "Alive", "Alive", "Suspected"]);
    bench.send(asking(|settings| settings.resources = "/nodes=4".into()));
    assert_eq!(bench.look(), [unknown(), refused(Refusal::NotNow)]);
    assert_eq!(bench.look(), [], "told once");
    // Without an explanation, it stays unconfirmed.
    world.lock().unwrap().resources = nodes(ALIVE);
    bench.send(submission(3));
    assert_eq!(bench.look(), [unknown()]);
    assert_eq!(bench.look(), []);
    assert_eq!(world.lock().unwrap().posts.len(), 2);
}

#[test]
fn an_array_that_was_recorded_though_its_crash_is_explained_is_followed() {
    let world = shared(World {
        resources: nodes(["Alive", "Alive", "Alive", "Suspected"]),
        submit: Some(CRASH),
        records: 3,
        ..world()
    });
    let bench = bench(&world, NOW, WorkerStart::default());
    bench.send(submission(3));
    assert_eq!(bench.look(), [unknown(), accepted(&[100, 101, 102])]);
}

#[test]
fn an_unknown_property_never_reaches_oar_3() {
    let order = || asking(|settings| settings.properties = "banana = 3".into());
    let (posts, told) = sent(ALIVE, None, order());
    let (reason, words) = only_refusal(&told);
    assert_eq!((reason, posts.len()), (Refusal::BadRequest, 0));
    assert!(
        words.starts_with("not sent: no resource of the cluster has the property `banana`"),
        "{words}"
    );
    let braces = asking(|settings| settings.resources = "{banana = 3}/core=1".into());
    assert!(sent(ALIVE, None, braces).0.is_empty());
    // Where nothing is known of the resources, they are looked at first; in vain here, so it waits.
    let world = shared(world());
    let bench = bench(&world, NOW, WorkerStart::default());
    bench.send(order());
    let (reason, words) = only_refusal(&bench.look_whole());
    assert_eq!(reason, Refusal::NotNow, "{words}");
    assert!(world.lock().unwrap().posts.is_empty());
}

#[test]
fn resources_are_looked_at_before_the_first_property_is_sent() {
    let world = shared(World { resources: nodes(ALIVE), records: 3, ..world() });
    let bench = bench(&world, NOW, WorkerStart::default());
    bench.send(asking(|settings| settings.properties = "host <> 'luke1'".into()));
    assert_eq!(bench.look(), [accepted(&[100, 101, 102])]);
}

#[test]
fn texts_that_hurt_a_site_are_not_sent() {
    type Change = fn(&mut ClusterSettings);
    let cases: [(Change, &str); 6] = [
        (|s| s.exec_directory = "/home/it's".into(), "`directory`: column 9: the character `'`"),
        (|s| s.exec_directory = "/home/a\\b".into(), "`directory`: column 8: the character `\\`"),
        (|s| s.project = "it's".into(), "`project`: column 3: the character `'`"),
        (|s| s.project = "a\\b".into(), "`project`: column 2: the character `\\`"),
        (|s| s.cluster_job_type = "x, idempotent".into(), "`type`: type `idempotent`"),
        (|s| s.properties = "host = 'a' AND (".into(), "`property`: column 17"),
    ];
    for (change, message) in cases {
        let (posts, told) = sent(ALIVE, None, asking(change));
        let (reason, words) = only_refusal(&told);
        assert_eq!((reason, posts.len()), (Refusal::BadRequest, 0), "{words}");
        assert!(words.starts_with(&format!("not sent: {message}")), "{words}");
        assert!(words.contains("hint:"), "{words}");
    }
}

#[test]
fn what_a_server_says_reaches_the_user_bounded_and_harmless() {
    let text = r#"{"detail":"no\u001b[31m such\n thing\u202e"}"#;
    let (_, told) = sent(ALIVE, Some((422, text)), submission(3));
    let (_, words) = only_refusal(&told);
    assert_eq!(words, "the cluster answers 422: no [31m such thing");
}

#[test]
fn too_many_requests_are_refused_for_now() {
    let (_, told) = sent(ALIVE, Some((429, r#"{"detail":"slow down"}"#)), submission(3));
    assert_eq!(only_refusal(&told).0, Refusal::NotNow);
}
