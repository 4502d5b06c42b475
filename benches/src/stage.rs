//! A driver on a store, with one cluster on which whatever is sent is accepted in the next cycle and
//! done in the one after. Must not measure anything.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use gleaner_core::backend::{CycleBuffers, cycle};
use gleaner_core::config::CoreUnits;
use gleaner_core::config::{ClusterSpec, SchedulerConfig};
use gleaner_core::decision::Wake;
use gleaner_core::fact::{Fact, Outcome};
use gleaner_core::ids::{ClusterId, RemoteJobId};
use gleaner_core::jdl::spec::CampaignSpec;
use gleaner_core::jdl::{self, JdlContext};
use gleaner_core::policy::injection;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::snapshot::ClusterSnapshot;
use gleaner_core::time::{Duration, Timestamp};
use gleaner_runtime::clock::Clock;
use gleaner_runtime::driver::{Begun, DriverSettings, GridBackend, ToDriver, begin, inbox, run};
use gleaner_runtime::order::ClusterUpdate;
use gleaner_runtime::request::{Caller, Envelope, Quota, Request, Rights};
use gleaner_runtime::sites::oar::LANGUAGE;
use gleaner_runtime::store::Store;

const CLUSTER: ClusterId = ClusterId(0);
const NOW_S: i64 = 1_000_000;

/// A driver, and what its cluster has still to tell.
#[derive(Debug)]
pub struct Stage {
    /// The core.
    pub scheduler: Scheduler,
    backend: GridBackend,
    to_driver: Sender<ToDriver>,
    buffers: CycleBuffers,
    facts: Vec<Fact>,
    living: Vec<RemoteJobId>,
    next_job: u64,
}

/// Settings with one cluster that gets up to 500 jobs at once.
pub fn config() -> SchedulerConfig {
    let cluster =
        ClusterSpec::new("c0", CoreUnits::flat(1), "greedy:max=500".parse().expect("a policy"));
    SchedulerConfig::new(vec![cluster])
}

/// Returns what a JDL of so many tasks asks for, each with a parameter of its own.
///
/// # Panics
/// When there are more tasks than a campaign may have.
pub fn campaign(tasks: u32) -> Arc<CampaignSpec> {
    let params: Vec<String> =
        (0..tasks).map(|index| format!("\"input-{index:07}.dat 42\"")).collect();
    let params = params.join(",");
    let text = format!(
        r#"{{"name": "n", "exec_file": "run", "params": [{params}], "clusters": {{"c0": {{}}}}}}"#
    );
    let config = config();
    let jdl =
        jdl::parse(text.as_bytes(), &JdlContext::new(&config.clusters, &LANGUAGE)).expect("a jdl");
    Arc::new(jdl.into_spec().expect("few enough tasks"))
}

impl Stage {
    /// Begins on the store at `path`.
    ///
    /// # Panics
    /// When it cannot be used.
    pub fn begin(path: &Path) -> Stage {
        let clock = Clock::paced(NOW_S as f64, 0.0);
        let settings = DriverSettings {
            send_within: Duration::from_seconds(120),
            lease: Duration::from_seconds(1200),
            look_within: std::time::Duration::ZERO,
            show_within: std::time::Duration::ZERO,
            checkpoint_cycles: 100,
            keep_journal: Duration::from_seconds(86_400),
            keep_campaigns: Duration::from_seconds(86_400),
        };
        let (to_driver, receiver) = inbox();
        let ends = (to_driver.clone(), receiver);
        let store = Store::open(path).expect("a store");
        let clock = Arc::new(clock);
        let begun = begin(store, config(), &injection::standard(), clock, settings, ends);
        let Begun { scheduler, backend, .. } = begun.expect("a journal");
        let (buffers, facts, living) = (CycleBuffers::default(), Vec::new(), Vec::new());
        Stage { scheduler, backend, to_driver, buffers, facts, living, next_job: 1 }
    }

    /// Somebody submits a campaign; the next cycle takes it.
    ///
    /// # Panics
    /// When the driver is gone.
    pub fn submit(&self, spec: Arc<CampaignSpec>) {
        let (reply, _) = tokio::sync::oneshot::channel();
        let request = Request::Submit { spec, jdl: "{}".to_owned(), quota: Quota::UNBOUNDED };
        let envelope = Envelope { caller: Caller::new("amy", Rights::Own), request, reply };
        self.to_driver.send(ToDriver::Asked(envelope)).expect("the driver listens");
    }

    /// Makes ready what the cluster tells: what was sent is accepted, what was accepted is done.
    ///
    /// # Panics
    /// When the driver is gone.
    pub fn tell(&mut self) {
        let at = Timestamp::from_seconds(NOW_S);
        let ended = |job| Fact::JobEnded { cluster: CLUSTER, job, at, outcome: Outcome::Exited(0) };
        let mut facts: Vec<Fact> = self.living.drain(..).map(ended).collect();
        for submission in self.scheduler.open_submissions() {
            let last = self.next_job + submission.jobs.len() as u64;
            let jobs: Vec<_> = (self.next_job..last).map(RemoteJobId).collect();
            self.next_job = last;
            self.living.extend(&jobs);
            facts.push(Fact::CommandAccepted { command: submission.command, jobs });
        }
        self.facts = facts;
        let seen = ClusterSnapshot::empty(CLUSTER, at, 2000);
        let update = ClusterUpdate {
            cluster: CLUSTER,
            facts: std::mem::take(&mut self.facts),
            snapshot: Some(seen),
            notes: Vec::new(),
            urgent: true,
        };
        self.to_driver.send(ToDriver::Update(update)).expect("the driver listens");
    }

    /// Runs a cycle at once.
    ///
    /// # Panics
    /// When the store cannot be written.
    pub fn cycle(&mut self) {
        self.buffers.decision.wake = Wake::NOW;
        cycle(&mut self.scheduler, &mut self.backend, &mut self.buffers).expect("a cycle");
    }

    /// Stops in order.
    ///
    /// # Panics
    /// When the store cannot be written.
    pub fn stop(mut self) {
        self.to_driver.send(ToDriver::Stop).expect("the driver listens");
        let catalogue = injection::standard();
        run(&mut self.scheduler, &mut self.backend, &catalogue, &mut |_, _| ()).expect("a stop");
    }
}
