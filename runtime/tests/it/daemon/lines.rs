//! A whole daemon over a cluster that it was not made for: a resource manager that is handed in from outside.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use gleaner_api::states::CampaignState;
use gleaner_core::fact::Outcome;
use gleaner_runtime::command::line::{Named, named};
use gleaner_runtime::daemon::workers::{MakeWorker, start_with};
use gleaner_runtime::sites::job::JobState;

use super::{Running, started_with, written};
use crate::worker::fake::{Fake, Then, Wrong};
use crate::worker::lines::Lines;

/// A daemon whose only cluster is this one.
async fn started_over(config: &Path, cluster: &Arc<Lines>) -> Running {
    let cluster = Arc::clone(cluster);
    let make_worker: MakeWorker = Arc::new(move |place| {
        let open = cluster.open(&place.vault);
        start_with(place, open)
    });
    started_with(config, make_worker).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_runs_to_its_end_on_a_cluster_whose_jobs_are_lines_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let config = written(folder.path(), &["lune"]);
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text + "auth = \"none\"\npoll = \"20ms\"\n").unwrap();
    let cluster = Arc::new(Lines::that_runs());
    // Nobody knows at first whether the first jobs are there.
    cluster.answers_next(Then::Breaks);
    let daemon = started_over(&config, &cluster).await;
    let id = daemon.client.submit("lines", 30).await;
    while cluster.sent().len() < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    cluster.fails(2, Wrong::Cut);
    daemon.stop().await;
    // Another daemon goes on with what the first has sent.
    let daemon = started_over(&config, &cluster).await;
    let done = daemon.client.until(id, CampaignState::Terminated).await;
    assert_eq!((done.finished_jobs, done.total_jobs), (30, 30));
    daemon.stop().await;

    let mut tasks: BTreeMap<u32, usize> = BTreeMap::new();
    for job in cluster.jobs() {
        assert_eq!((job.state, job.ended), (JobState::Over, Some(Outcome::Exited(0))), "{job:?}");
        let Named::Task(_, task) = named(job.command.as_deref().unwrap()) else {
            panic!("{job:?}")
        };
        *tasks.entry(task).or_default() += 1;
    }
    assert_eq!(tasks, (0..30).map(|task| (task, 1)).collect(), "each once");
}
