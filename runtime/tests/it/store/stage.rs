//! A driver on a store with a clock that stands still until the next start, so that a test says when
//! each cycle runs. Knows no cluster.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;

use gleaner_core::backend::{CycleBuffers, Stop, cycle};
use gleaner_core::config::CoreUnits;
use gleaner_core::config::{ClusterSpec, OnFailure, SchedulerConfig};
use gleaner_core::fact::Fact;
use gleaner_core::ids::{CampaignId, ClusterId, RemoteJobId};
use gleaner_core::jdl::params::Parameters;
use gleaner_core::jdl::spec::CampaignSpec;
use gleaner_core::jdl::{self, JdlContext};
use gleaner_core::policy::injection;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::snapshot::ClusterSnapshot;
use gleaner_core::time::{Duration, Timestamp};
use gleaner_runtime::clock::Clock;
use gleaner_runtime::driver::{
    BeginError, Begun, DriverSettings, GridBackend, GridSettings, Reconfigure, ToDriver, begin,
    inbox, run,
};
use gleaner_runtime::order::{ClusterUpdate, JobNote, Order, ToWorker, WorkerStart};
use gleaner_runtime::request::{Caller, Envelope, Quota, Receipt, Refused, Request, Rights};
use gleaner_runtime::sites::oar::LANGUAGE;
use gleaner_runtime::store::Store;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;

/// Every cluster has so many cores.
pub(crate) const CORES: u32 = 8;

/// `boss` is the administrator here; nobody else is, whatever they are called.
fn caller(user: &str) -> Caller {
    Caller::new(user, if user == "boss" { Rights::All } else { Rights::Own })
}

/// Clusters c0, c1 and so on under one policy; what fails may be tried again twice.
pub(crate) fn config(count: usize, policy: &str) -> SchedulerConfig {
    let spec = |number| {
        ClusterSpec::new(format!("c{number}"), CoreUnits::flat(1), policy.parse().unwrap())
    };
    let mut config = SchedulerConfig::new((0..count).map(spec).collect());
    config.on_failure = OnFailure::Retry { max: 2 };
    config
}

/// The driver's settings: everything is kept for ever.
pub(crate) fn settings(checkpoint_cycles: u32) -> DriverSettings {
    DriverSettings {
        send_within: Duration::from_seconds(120),
        lease: Duration::from_seconds(1200),
        look_within: std::time::Duration::ZERO,
        show_within: std::time::Duration::ZERO,
        checkpoint_cycles,
        keep_journal: Duration::from_seconds(1 << 40),
        keep_campaigns: Duration::from_seconds(1 << 40),
    }
}

/// Tells the driver to take these settings of the core.
pub(crate) fn reconfigure(wanted: impl Into<GridSettings>) -> ToDriver {
    let (reply, _) = oneshot::channel();
    let (wanted, settings) = (wanted.into(), settings(1000));
    ToDriver::Reconfigure(Box::new(Reconfigure { wanted, settings, reply }))
}

/// A driver that has begun, with the far ends of its workers' channels.
pub(crate) struct Stage {
    pub(crate) scheduler: Scheduler,
    pub(crate) backend: GridBackend,
    pub(crate) to_driver: Sender<ToDriver>,
    pub(crate) starts: Vec<WorkerStart>,
    orders: Vec<UnboundedReceiver<ToWorker>>,
    pub(crate) now: Timestamp,
    pub(crate) path: PathBuf,
}

impl Stage {
    /// Begins on the store in a folder, at `now`.
    pub(crate) fn begin(
        folder: &Path,
        config: impl Into<GridSettings>,
        checkpoint_cycles: u32,
        now: i64,
    ) -> Stage {
        let path = folder.join("gleaner.db");
        let store = Store::open(&path).unwrap();
        Stage::begin_on(store, config, checkpoint_cycles, now)
    }

    /// Begins on an open store.
    pub(crate) fn begin_on(
        store: Store,
        config: impl Into<GridSettings>,
        checkpoint_cycles: u32,
        now: i64,
    ) -> Stage {
        Stage::try_begin(store, config, settings(checkpoint_cycles), now).unwrap()
    }

    /// Begins on an open store with given settings, if that can be done.
    pub(crate) fn try_begin(
        store: Store,
        config: impl Into<GridSettings>,
        settings: DriverSettings,
        now: i64,
    ) -> Result<Stage, BeginError> {
        Stage::begin_by(store, config, settings, Clock::paced(now as f64, 0.0))
    }

    /// Begins by a given clock.
    pub(crate) fn begin_by(
        store: Store,
        config: impl Into<GridSettings>,
        settings: DriverSettings,
        clock: Clock,
    ) -> Result<Stage, BeginError> {
        let path = PathBuf::from(store.connection().path().expect("a store is a file"));
        let clock = Arc::new(clock);
        let (to_driver, receiver) = inbox();
        let catalogue = injection::standard();
        let ends = (to_driver.clone(), receiver);
        let begun = begin(store, config, &catalogue, Arc::clone(&clock), settings, ends)?;
        let Begun { scheduler, mut backend, workers: starts, .. } = begun;
        let mut orders = Vec::new();
        for id in 0..starts.len() as u16 {
            let (worker, end) = unbounded_channel();
            backend.attach(ClusterId(id), worker);
            orders.push(end);
        }
        let now = clock.now();
        Ok(Stage { scheduler, backend, to_driver, starts, orders, now, path })
    }

    /// Runs one cycle now. Returns what its workers were asked for.
    pub(crate) fn cycle(&mut self) -> Result<Vec<(ClusterId, Order)>, Stop> {
        cycle(&mut self.scheduler, &mut self.backend, &mut CycleBuffers::default())?;
        let mut sent = Vec::new();
        for (id, end) in self.orders.iter_mut().enumerate() {
            while let Ok(ToWorker::Order(order)) = end.try_recv() {
                sent.push((ClusterId(id as u16), order));
            }
        }
        Ok(sent)
    }

    /// Stops in order, as the daemon does when it is told to.
    pub(crate) fn stop(self) {
        self.to_driver.send(ToDriver::Stop).unwrap();
        self.run();
    }

    /// Runs cycles until it is told to stop.
    pub(crate) fn run(mut self) {
        let (scheduler, backend) = (&mut self.scheduler, &mut self.backend);
        run(scheduler, backend, &injection::standard(), &mut |_, _| ()).unwrap();
    }

    /// Puts a request into the inbox; the next cycle, or stop, answers it.
    pub(crate) fn ask(
        &self,
        user: &str,
        request: Request,
    ) -> oneshot::Receiver<Result<Receipt, Refused>> {
        let (reply, answer) = oneshot::channel();
        let envelope = Envelope { caller: caller(user), request, reply };
        self.to_driver.send(ToDriver::Asked(envelope)).unwrap();
        answer
    }

    /// Asks, runs a cycle without looking at its orders, and tells the answer.
    pub(crate) fn asked(&mut self, user: &str, request: Request) -> Result<Receipt, Refused> {
        let mut answer = self.ask(user, request);
        self.cycle().unwrap();
        answer.try_recv().expect("it was answered")
    }

    /// Submits a campaign of a JDL.
    pub(crate) fn submit(&mut self, user: &str, text: &str) -> CampaignId {
        let request = self.submission(text);
        match self.asked(user, request).unwrap() {
            Receipt::Campaign(campaign) => campaign,
            Receipt::Done | Receipt::More => panic!("a campaign has a number"),
        }
    }

    /// The request to take a campaign of a JDL.
    pub(crate) fn submission(&self, text: &str) -> Request {
        let spec = spec(&self.scheduler, text);
        Request::Submit { spec: Arc::new(spec), jdl: text.to_owned(), quota: Quota::UNBOUNDED }
    }

    /// Tells the driver what a worker has to say.
    pub(crate) fn tell(&self, cluster: u16, facts: Vec<Fact>) {
        self.tell_more(cluster, facts, Vec::new());
    }

    /// The same with notes about jobs.
    pub(crate) fn tell_more(&self, cluster: u16, facts: Vec<Fact>, notes: Vec<JobNote>) {
        let cluster = ClusterId(cluster);
        let mut snapshot = ClusterSnapshot::empty(cluster, self.now, CORES);
        let mut jobs = 0;
        for (_, job) in self.scheduler.jobs_on(cluster) {
            jobs += u32::from(job.started_at.is_some());
        }
        (snapshot.ours.running, snapshot.ours.running_cores) = (jobs, jobs);
        snapshot.everybody = snapshot.ours;
        let update =
            ClusterUpdate { cluster, facts, snapshot: Some(snapshot), notes, urgent: true };
        self.to_driver.send(ToDriver::Update(update)).unwrap();
    }
}

/// The request to add parameters to a campaign of so many tasks.
pub(crate) fn addition(campaign: CampaignId, behind: u32, texts: &[&str]) -> Request {
    let parameters = Arc::new(Parameters::from_lines(texts).unwrap());
    Request::AddJobs { campaign, parameters, behind, quota: Quota::UNBOUNDED }
}

/// What a JDL asks for.
pub(crate) fn spec(scheduler: &Scheduler, text: &str) -> CampaignSpec {
    let context = JdlContext::new(&scheduler.config().clusters, &LANGUAGE);
    jdl::parse(text.as_bytes(), &context).unwrap().into_spec().unwrap()
}

/// A JDL of some parameters on some clusters.
pub(crate) fn jdl(params: &[&str], clusters: &[&str]) -> String {
    let clusters: Vec<String> =
        clusters.iter().map(|name| format!(r#""{name}": {{"walltime": "1"}}"#)).collect();
    let params = serde_json::to_string(params).unwrap();
    let clusters = clusters.join(", ");
    format!(
        r#"{{"name": "n", "exec_file": "run", "params": {params}, "clusters": {{{clusters}}}}}"#
    )
}

/// The name of a job on a cluster.
pub(crate) fn job(id: u64) -> RemoteJobId {
    RemoteJobId(id)
}
