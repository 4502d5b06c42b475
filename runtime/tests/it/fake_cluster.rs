//! A cluster that does at once what it is told: takes every job, and ends it by what a test wants. In the place of a
//! worker and all behind it.

use std::sync::Arc;

use gleaner_core::fact::{Fact, Outcome};
use gleaner_core::ids::RemoteJobId;
use gleaner_core::snapshot::ClusterSnapshot;
use gleaner_runtime::daemon::workers::{MakeWorker, WorkerContext};
use gleaner_runtime::driver::ToDriver;
use gleaner_runtime::order::{Batch, BatchWork, ClusterUpdate, Order, OrderAction, ToWorker};

/// How a job ends that is taken now; none: it goes on for ever.
pub(crate) type Ends = Arc<dyn Fn() -> Option<Outcome> + Send + Sync>;

/// Makes such clusters, with so many cores each.
pub(crate) fn workers(cores: u32, ends: Ends) -> MakeWorker {
    Arc::new(move |place| tokio::spawn(cluster(place, cores, Arc::clone(&ends))))
}

async fn cluster(mut place: WorkerContext, cores: u32, ends: Ends) {
    let (cluster, mut last) = (place.cluster, 0);
    let send = |place: &WorkerContext, facts: Vec<Fact>| {
        let snapshot = Some(ClusterSnapshot::empty(cluster, place.clock.now(), cores));
        let update = ClusterUpdate { cluster, facts, snapshot, notes: Vec::new(), urgent: true };
        // The daemon may have ended in between.
        let _ = place.inbox.send(ToDriver::Update(update));
    };
    send(&place, Vec::new());
    while let Some(message) = place.orders.recv().await {
        let Order { command, action, .. } = match message {
            ToWorker::Order(order) => order,
            ToWorker::Stop => return,
            _ => continue,
        };
        let OrderAction::Submit(Batch { work, .. }) = action else { continue };
        let count = match work {
            BatchWork::Tasks(tasks) => tasks.len() as u64,
            BatchWork::Script(_) => 1,
        };
        let jobs: Vec<RemoteJobId> = (last + 1..=last + count).map(RemoteJobId).collect();
        last += count;
        let at = place.clock.now();
        let mut facts = vec![Fact::CommandAccepted { command, jobs: jobs.clone() }];
        let ended = |job| Some(Fact::JobEnded { cluster, job, at, outcome: ends()? });
        facts.extend(jobs.into_iter().filter_map(ended));
        send(&place, facts);
    }
}
