//! A worker against clusters that fail. What can fail anywhere is tested over several resource managers
//! (`worker/fake.rs`); what only OAR does, over a scripted server of it. `worker/lines.rs` holds the same table against
//! a manager that is none of OAR's.
//!
//! | failure | test |
//! |---|---|
//! | OAR 2: one request in fifty is a page | `one_html_500_in_fifty_loses_no_cluster`; on a real one `a_flaky_api_...` |
//! | OAR 2: the request after a dead process, too | `the_page_after_a_dead_process_is_asked_past` |
//! | OAR 2: a page on a POST, which had submitted or had not | `a_submission_that_broke_...` (three), with a page |
//! | OAR 2: ids of an array | `the_ids_of_an_array_are_...`, `ids_that_oarsub_did_not_print_...`, `an_array_of_which_a_part_...` |
//! | OAR 2: a refusal is a 500 in JSON | `an_admission_rule_refuses_with_500_in_json_and_for_good` |
//! | OAR 3: one error of SQL wedges the API | `a_cluster_out_of_order_is_lost_once_...`; never caused: `what_would_wedge_...` in `oar/tests/wire.rs` |
//! | OAR 3: not safe under concurrency | `never_two_requests_are_under_way` |
//! | OAR 3: a 500 on POST recorded nothing, a part, or all | `a_submission_that_broke_...`, `a_submission_of_which_a_part_...` |
//! | OAR 3: jobs start up to 60 s later | `a_job_that_starts_later_waits_and_is_not_sent_again` |
//! | OAR 3: suspected nodes, one job | `suspected_resources_mean_later_and_not_never` |
//! | OAR 3: suspected nodes, an array | `a_submission_that_broke_before_its_effect_...`, `an_array_whose_crash_is_explained_...` |
//! | clocks that are set, leases, exit code 68 | `clocks.rs` |
//! | OAR's own copies | `a_copy_by_the_cluster_...`, `a_copy_that_is_seen_before_...`, `a_job_that_could_not_be_launched_...` |

mod bounds;
mod clocks;
pub(crate) mod fake;
mod faults;
mod identity;
pub(crate) mod lines;
mod machine;
mod numbers;
mod oar2;
mod orphans;
mod refusals;
mod server;
mod web;

use std::cell::Cell;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use gleaner_core::fact::{ClusterFault, Fact, Outcome, Refusal};
use gleaner_core::ids::{CampaignId, ClusterId, CommandId, RemoteJobId};
use gleaner_core::jdl::spec::{ClusterSettings, JobKind};
use gleaner_core::listing::ListedState;
use gleaner_core::policy::injection;
use gleaner_core::server_message::ServerMessage;
use gleaner_core::time::{Duration, Timestamp};
use gleaner_runtime::clock::Clock;
use gleaner_runtime::config_file::read::parse_config;
use gleaner_runtime::daemon::workers::{WorkerContext, start};
use gleaner_runtime::driver::ToDriver;
use gleaner_runtime::order::{
    Batch, BatchTask, BatchWork, KnownJob, Order, OrderAction, ToWorker, WorkerStart,
};
use gleaner_runtime::secrets::key::Key;
use gleaner_runtime::secrets::vault::{MIGRATION, Vault};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use fake::oar::Oar;
use lines::Lines;
use server::{CRASH, PAGE, Shared, World};

const NOW: i64 = 1_795_174_467;
const LEASE: i64 = NOW + 1800;
const NAME: &str = "gleaner.7.k2x9ab-5";
const COMMAND: CommandId = CommandId(5);
const CLUSTER: ClusterId = ClusterId(0);

/// A server of OAR 3.
type Oar3 = Oar<false>;
/// A server of OAR 2.5.
type Oar2 = Oar<true>;

/// A worker whose clock stands still: it looks when told to, and begins when it is told so for the first time.
pub(crate) struct Bench {
    runtime: Runtime,
    start: Cell<Option<Box<dyn FnOnce()>>>,
    _folder: tempfile::TempDir,
    vault: Arc<Vault>,
    orders: UnboundedSender<ToWorker>,
    inbox: Receiver<ToDriver>,
}

fn bench(world: &Shared, now_s: i64, begin: WorkerStart) -> Bench {
    let runtime = Runtime::new().expect("a runtime");
    let api_url = runtime.block_on(server::serve(Arc::clone(world)));
    let dialect = if world.lock().expect("no test panics with it").old { "oar2" } else { "oar3" };
    bench_of(dialect, runtime, &api_url, now_s, begin)
}

fn bench_at(runtime: Runtime, api_url: &str, now_s: i64, begin: WorkerStart) -> Bench {
    bench_of("oar3", runtime, api_url, now_s, begin)
}

fn bench_of(
    dialect: &str,
    runtime: Runtime,
    api_url: &str,
    now_s: i64,
    begin: WorkerStart,
) -> Bench {
    bench_known(
        &format!("dialect = \"{dialect}\"\nauth = \"none\""),
        runtime,
        api_url,
        now_s,
        begin,
    )
}

/// With settings that say how it is known to the server.
fn bench_known(
    known: &str,
    runtime: Runtime,
    api_url: &str,
    now_s: i64,
    begin: WorkerStart,
) -> Bench {
    bench_through(known, runtime, api_url, now_s, begin, |place| drop(start(place)))
}

/// The same, with a worker that begins like this.
fn bench_through(
    known: &str,
    runtime: Runtime,
    api_url: &str,
    now_s: i64,
    begin: WorkerStart,
    start: impl FnOnce(WorkerContext) + 'static,
) -> Bench {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!(
        "[[cluster]]\nname = \"c\"\napi_url = \"{api_url}\"\n{known}\n\
         request_timeout = \"1s\"\n"
    );
    let config =
        parse_config(&folder.path().join("g.toml"), &text, &|_| None, &injection::standard())
            .expect("settings");
    let key = Key::load_or_create(&folder.path().join("key")).expect("a key");
    let store = rusqlite::Connection::open_in_memory().expect("a database");
    store.execute_batch(MIGRATION).expect("a table");
    let vault = Arc::new(Vault::new(key, store));
    let (orders, to_worker) = unbounded_channel();
    let (tell, inbox) = channel();
    let clock = Clock::paced(now_s as f64, 0.0);
    let place = WorkerContext {
        cluster: CLUSTER,
        config: config.clusters[0].clone(),
        start: begin,
        orders: to_worker,
        inbox: tell,
        clock: Arc::new(clock),
        vault: Arc::clone(&vault),
        known_resources: Arc::default(),
        submissions: Arc::new(orphans::Known),
    };
    let start: Box<dyn FnOnce()> = Box::new(|| start(place));
    Bench { orders, inbox, vault, _folder: folder, runtime, start: Cell::new(Some(start)) }
}

impl Bench {
    /// Lets it look, and returns all that was told so far, without the words of refusals.
    fn look(&self) -> Vec<Fact> {
        without_words(self.look_whole())
    }

    /// The same, with the words.
    fn look_whole(&self) -> Vec<Fact> {
        self.orders.send(ToWorker::Look { in_any_case: true }).expect("it listens");
        if let Some(start) = self.start.take() {
            let _inside = self.runtime.enter();
            start();
        }
        let updates = self.inbox.iter().map_while(|inbox| match inbox {
            ToDriver::Update(update) => Some(update.facts),
            ToDriver::Clock(CLUSTER, _) => Some(Vec::new()),
            ToDriver::Looked(CLUSTER) => None,
            other => panic!("a worker told {other:?}"),
        });
        updates.flatten().filter(|fact| !matches!(fact, Fact::JobWaiting { .. })).collect()
    }

    fn send(&self, order: Order) {
        self.orders.send(ToWorker::Order(order)).expect("it listens");
    }
}

fn world() -> World {
    World { time_s: NOW, ..World::default() }
}

fn shared(world: World) -> Shared {
    Arc::new(Mutex::new(world))
}

fn submission(tasks: u32) -> Order {
    let settings = ClusterSettings {
        cluster: CLUSTER,
        exec_file: "/bin/true".into(),
        exec_directory: "/home/alice".into(),
        resources: "/resource_id=1".into(),
        cores: 1,
        walltime: Duration::from_seconds(600),
        kind: JobKind::BestEffort,
        test_mode: false,
        max_jobs: None,
        properties: "".into(),
        project: "".into(),
        cluster_job_type: "".into(),
        prologue: None,
        epilogue: None,
        other: Vec::new(),
    };
    let batch = Batch {
        name: NAME.to_owned(),
        user: "alice".into(),
        campaign: CampaignId(7),
        kind: JobKind::BestEffort,
        walltime: Duration::from_seconds(600),
        settings: Arc::new(settings),
        lease_until: Timestamp::from_seconds(LEASE),
        lease_there: Some(Timestamp::from_seconds(LEASE)),
        work: BatchWork::Tasks((0..tasks).map(task).collect()),
    };
    order(OrderAction::Submit(batch))
}

/// The same order with a lease by the cluster's clock.
fn leased_until(seconds: i64, mut order: Order) -> Order {
    if let OrderAction::Submit(batch) = &mut order.action {
        batch.lease_there = Some(Timestamp::from_seconds(seconds));
    }
    order
}

fn task(index: u32) -> BatchTask {
    BatchTask { index, parameter: format!("p{index}") }
}

fn order(action: OrderAction) -> Order {
    let (intent_at, send_before) =
        (Timestamp::from_seconds(NOW), Timestamp::from_seconds(NOW + 60));
    Order { command: COMMAND, intent_at, send_before, action }
}

fn unknown() -> Fact {
    Fact::CommandUnknown { command: COMMAND }
}

fn accepted(jobs: &[u64]) -> Fact {
    let jobs = jobs.iter().map(|&job| RemoteJobId(job)).collect();
    Fact::CommandAccepted { command: COMMAND, jobs }
}

fn refused(reason: Refusal) -> Fact {
    Fact::refused(COMMAND, reason)
}

/// Without jobs of which this server shows no details, so that how they ended stays open.
fn without_unclear(mut facts: Vec<Fact>) -> Vec<Fact> {
    facts.retain(|fact| !matches!(fact, Fact::JobUnclear { .. }));
    facts
}

/// Facts without the words of refusals.
fn without_words(mut facts: Vec<Fact>) -> Vec<Fact> {
    for fact in &mut facts {
        if let Fact::CommandRefused { words, .. } = fact {
            *words = ServerMessage::default();
        }
    }
    facts
}

fn back() -> Fact {
    Fact::ClusterBack { cluster: CLUSTER }
}

/// A job is over since [`NOW`].
fn over(job: u64, outcome: Outcome) -> Fact {
    let at = Timestamp::from_seconds(NOW);
    Fact::JobEnded { cluster: CLUSTER, job: RemoteJobId(job), at, outcome }
}

fn unclear(job: u64) -> Fact {
    Fact::JobUnclear { cluster: CLUSTER, job: RemoteJobId(job) }
}

fn lost(fault: ClusterFault) -> Fact {
    Fact::ClusterLost { cluster: CLUSTER, fault }
}

/// What one look tells of a submission of so many tasks to such a server.
fn told(world: World, tasks: u32) -> Vec<Fact> {
    let bench = bench(&shared(world), NOW, WorkerStart::default());
    bench.send(submission(tasks));
    bench.look()
}

/// A worker that follows these jobs, which were told to wait.
fn following(jobs: std::ops::Range<u64>) -> WorkerStart {
    let state = Some(ListedState::Waiting);
    let known = |job| KnownJob { job: RemoteJobId(job), user: "alice".into(), state, task: None };
    let jobs = jobs.map(known).collect();
    WorkerStart { jobs, epoch: "k2x9ab".to_owned(), ..WorkerStart::default() }
}

/// A worker that takes up what a dead one may have sent.
fn taking_up(order: Order) -> WorkerStart {
    WorkerStart { unanswered: vec![order], epoch: "k2x9ab".to_owned(), ..WorkerStart::default() }
}

#[test]
fn a_proxy_that_loses_patience_proves_nothing() {
    let world = World { records: 2, submit: Some((408, "<html>")), ..world() };
    assert_eq!(told(world, 2), [unknown(), accepted(&[100, 101])]);
}

#[test]
fn suspected_resources_mean_later_and_not_never() {
    let text = r#"{"detail":"There are not enough resources for your request"}"#;
    let world = World { submit: Some((400, text)), ..world() };
    assert_eq!(told(world, 1), [refused(Refusal::NotNow)]);
}

#[test]
fn what_ended_before_the_look_up_is_found_though_oar_3_dates_it_by_its_last_commit() {
    let commit = NOW - 7200;
    let ended = vec![(100, NAME.to_owned(), commit), (101, NAME.to_owned(), commit)];
    let world = World { submit: Some(CRASH), ended, ..world() };
    assert_eq!(without_unclear(told(world, 2)), [unknown(), accepted(&[100, 101])]);
}

#[test]
fn one_html_500_in_fifty_loses_no_cluster() {
    let world = shared(world());
    let bench = bench(&world, NOW, WorkerStart::default());
    assert_eq!(bench.look(), []);
    world.lock().unwrap().wrong = [PAGE, PAGE].into();
    assert_eq!(bench.look(), []);
}
