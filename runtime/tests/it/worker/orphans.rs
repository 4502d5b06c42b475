//! Jobs under names like ours that nobody waits for: deleted if this very cluster was sent them, else left alone.

use gleaner_core::fact::{Fact, Outcome};
use gleaner_core::ids::{CampaignId, ClusterId, CommandId, RemoteJobId};
use gleaner_runtime::order::{OrderAction, Sent, Submissions, Unreadable};
use gleaner_runtime::sites::job::Job;

use super::fake::{Fake, ended, job, over_both, running};
use super::{CLUSTER, NOW, accepted, following, order, unclear};

over_both!(
    jobs_of_others_under_names_like_ours_are_left_alone,
    a_job_of_another_login_under_our_name_is_left_alone,
    thousands_of_others_jobs_hide_none_of_ours,
    a_number_under_which_there_is_somebody_elses_job_is_neither_believed_nor_deleted,
);

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

fn found(job: u64) -> Fact {
    Fact::JobFound { cluster: CLUSTER, job: RemoteJobId(job), campaign: CampaignId(7) }
}

fn named(number: u64, name: &str) -> Job {
    Job { name: Some(name.to_owned()), ..job(number) }
}

fn jobs_of_others_under_names_like_ours_are_left_alone<F: Fake>() {
    for name in [
        "gleaner.7.k2x9ab-6",
        "gleaner.7.k2x9ab-999",
        "gleaner.8.k2x9ab-5",
        "gleaner.7.k2x9ab-18446744073709551615",
        "gleaner.7.k2x9ab-7",
        "gleaner.7.other1-5",
    ] {
        let cluster = F::new();
        let bench = cluster.bench(NOW, following(0..0));
        cluster.shows(named(100, name));
        for _ in 0..3 {
            assert_eq!(bench.look(), [], "{name}");
        }
        cluster.shows(job(101));
        let orphans = if name.ends_with("-7") { vec![] } else { vec![found(101)] };
        assert_eq!(bench.look(), orphans, "one of ours beside {name}");
        assert_eq!(cluster.deleted(), []);
    }
}

fn a_job_of_another_login_under_our_name_is_left_alone<F: Fake>() {
    let cluster = F::new();
    let bench = cluster.bench(NOW, following(0..0));
    cluster.shows(Job { owner: "mallory".to_owned(), ..job(100) });
    assert_eq!(bench.look(), []);
    cluster.shows(job(101));
    assert_eq!(bench.look(), [found(101)], "and 100 is not asked about again");
}

fn thousands_of_others_jobs_hide_none_of_ours<F: Fake>() {
    let cluster = F::new();
    let bench = cluster.bench(NOW, following(0..0));
    let others = (1000..4000).map(|number| named(number, "gleaner.7.k2x9ab-6"));
    cluster.shows_all(others.chain([job(5000)]).collect());
    assert_eq!(bench.look(), [found(5000)]);
}

fn a_number_under_which_there_is_somebody_elses_job_is_neither_believed_nor_deleted<F: Fake>() {
    // It is another cluster now, which numbers its jobs anew.
    let cluster = F::new();
    cluster.shows(Job { name: None, ..ended(100, Outcome::Exited(0)) });
    cluster.shows(Job { name: Some("sleep".to_owned()), ..running(101) });
    let bench = cluster.bench(NOW, following(100..103));
    assert_eq!(bench.look(), [unclear(100), unclear(101), unclear(102)]);
    let jobs = vec![RemoteJobId(100), RemoteJobId(101)];
    bench.send(order(OrderAction::Cancel { user: "alice".into(), jobs }));
    assert_eq!(bench.look(), [accepted(&[])]);
    assert_eq!(cluster.deleted(), []);
}
