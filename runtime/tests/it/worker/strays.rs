//! Jobs under names like ours that nobody waits for: deleted if this very cluster was sent them, else left alone.

use gleaner_core::fact::Fact;
use gleaner_core::ids::{CampaignId, ClusterId, CommandId, RemoteJobId};
use gleaner_runtime::order::{OrderAction, Sent, Submissions, Unreadable, WorkerStart};
use serde_json::Value;

use super::{CLUSTER, NAME, NOW, accepted, bench, following, order, shared, world};

/// What the store says: command 5 went to this cluster, 6 to another; both for alice's campaign 7.
#[derive(Debug)]
pub(crate) struct Known;

impl Submissions for Known {
    fn sent(&self, command: CommandId) -> Result<Option<Sent>, Unreadable> {
        let cluster = match command.0 {
            5 => CLUSTER,
            6 => ClusterId(1),
            7 => return Err("the disk is gone".into()),
            _ => return Ok(None),
        };
        Ok(Some(Sent { cluster, campaign: CampaignId(7), user: "alice".into() }))
    }
}

fn start() -> WorkerStart {
    WorkerStart { epoch: "k2x9ab".to_owned(), ..WorkerStart::default() }
}

fn found(job: u64) -> Fact {
    Fact::JobFound { cluster: CLUSTER, job: RemoteJobId(job), campaign: CampaignId(7) }
}

#[test]
fn jobs_of_others_under_names_like_ours_are_left_alone() {
    for name in [
        "gleaner.7.k2x9ab-6",
        "gleaner.7.k2x9ab-999",
        "gleaner.8.k2x9ab-5",
        "gleaner.7.k2x9ab-18446744073709551615",
        "gleaner.7.k2x9ab-7",
        "gleaner.7.other1-5",
    ] {
        let world = shared(world());
        let bench = bench(&world, NOW, start());
        world.lock().unwrap().current.push((100, name.to_owned()));
        for _ in 0..3 {
            assert_eq!(bench.look(), [], "{name}");
        }
        world.lock().unwrap().current.push((101, NAME.to_owned()));
        let stray = if name.ends_with("-7") { vec![] } else { vec![found(101)] };
        assert_eq!(bench.look(), stray, "one of ours beside {name}");
        assert!(world.lock().unwrap().deletions.is_empty());
    }
}

#[test]
fn a_job_of_another_login_under_our_name_is_left_alone() {
    let world = shared(world());
    let bench = bench(&world, NOW, start());
    world.lock().unwrap().owner = Some("mallory");
    world.lock().unwrap().current.push((100, NAME.to_owned()));
    assert_eq!(bench.look(), []);
    world.lock().unwrap().owner = None;
    world.lock().unwrap().current.push((101, NAME.to_owned()));
    assert_eq!(bench.look(), [found(101)], "and 100 is not asked about again");
}

#[test]
fn thousands_of_others_jobs_hide_none_of_ours() {
    let world = shared(world());
    let bench = bench(&world, NOW, start());
    let others = (1000..4000).map(|id| (id, "gleaner.7.k2x9ab-6".to_owned()));
    world.lock().unwrap().current.extend(others);
    world.lock().unwrap().current.push((5000, NAME.to_owned()));
    assert_eq!(bench.look(), [found(5000)]);
}

#[test]
fn a_number_under_which_the_server_has_somebody_elses_job_is_neither_believed_nor_deleted() {
    // The address leads to another server now, which numbers its jobs anew.
    let world = shared(world());
    {
        let mut world = world.lock().unwrap();
        world.end(100, "Terminated", Some(0), &[]);
        world.details.get_mut(&100).unwrap()["name"] = Value::Null;
        world.describe(101, "Running", None, &[]);
        world.details.get_mut(&101).unwrap()["name"] = "sleep".into();
        world.current.push((101, "sleep".to_owned()));
    }
    let bench = bench(&world, NOW, following(100..103));
    let unclear = |job| Fact::JobUnclear { cluster: CLUSTER, job: RemoteJobId(job) };
    assert_eq!(bench.look(), [unclear(100), unclear(101), unclear(102)]);
    let jobs = vec![RemoteJobId(100), RemoteJobId(101)];
    bench.send(order(OrderAction::Cancel { user: "alice".into(), jobs }));
    assert_eq!(bench.look(), [accepted(&[])]);
    assert!(world.lock().unwrap().deletions.is_empty());
}
