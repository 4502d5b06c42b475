//! Random worlds whose jobs ask for all that OAR knows, with orders from outside: the guards hold, a
//! run ends, and repeats itself; and harvesting costs the owners nothing in the ideal rhythm.

use std::collections::BTreeMap;
use std::sync::Arc;

use gleaner_oar::job_type::JobType;
use gleaner_oar::request::Request;
use gleaner_oar::value::Value;
use gleaner_sim::faults::{FaultRates, NodeFaults};
use gleaner_sim::job::{ClusterIndex, JobKind, JobSpec};
use gleaner_sim::job_request::{Dependency, JobRequest, LocalId, RequestAlternative};
use gleaner_sim::manager::Order;
use gleaner_sim::node::NodeState;
use gleaner_sim::oar::model::config::quotas::{Limit, QuotaSettings, Rule};
use gleaner_sim::oar::model::config::{
    Config, EnergySaving, OarCompat, Predictions, WalltimeChanges,
};
use gleaner_sim::oar::model::error::OarError;
use gleaner_sim::oar::server::OarServer;
use gleaner_sim::oar::server::admission::Refusal;
use gleaner_sim::oar::server::rhythm::OarRhythm;
use gleaner_sim::oar::server::site::{PowerSwitches, Site};
use gleaner_sim::observer::Observer;
use gleaner_sim::sizes::Sizes;
use gleaner_sim::time::{SimSpan, SimTime};
use gleaner_sim::world::{ClusterSetup, Estimates, RunEnd, World};
use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::instance::{Log, for_seeds, sizes_of};

/// States that an administrator gives a node.
const STATES: [NodeState; 5] =
    [NodeState::Up, NodeState::Down, NodeState::Off, NodeState::Booting, NodeState::Dead];

/// A cluster whose jobs ask for everything.
#[derive(Clone)]
pub(crate) struct Full {
    nodes: u32,
    cores_per_node: u32,
    config: Config,
    ideal: bool,
    owners: Vec<JobSpec>,
    visitors: Vec<JobSpec>,
    orders: Vec<(SimTime, Order)>,
    faults: Option<u64>,
    sizes: Sizes,
}

impl Full {
    pub(crate) fn random(seed: u64, ideal: bool) -> Full {
        let rng = &mut Pcg64Mcg::seed_from_u64(seed);
        let (nodes, cores_per_node) = (rng.random_range(2..=6), 2 * rng.random_range(1..=2));
        let mut config = Config {
            compat: [OarCompat::Real, OarCompat::Intended][rng.random_range(0..2)],
            predictions: [Predictions::All, Predictions::Needed][rng.random_range(0..2)],
            walltime_changes: Some(WalltimeChanges::default()),
            ..Config::default()
        };
        config.hierarchy_labels.extend(["cpu".to_owned(), "core".to_owned()]);
        if rng.random_bool(0.3) {
            let none = Limit::Fixed(-1.0);
            let limits = [Limit::PartOfAll(0.75), Limit::Fixed(3.0), none];
            let rule = Rule::parse("*,*,*,/", limits).unwrap();
            config.quotas = Some(QuotaSettings { rules: vec![rule], ..QuotaSettings::default() });
        }
        if !ideal && rng.random_bool(0.4) {
            config.energy_saving = Some(EnergySaving { idle_s: 30, sleep_s: 30, wake_up_s: 60 });
        }
        let mut full = Full {
            nodes,
            cores_per_node,
            config,
            ideal,
            owners: Vec::new(),
            visitors: Vec::new(),
            orders: Vec::new(),
            faults: rng.random_bool(0.3).then(|| rng.next_u64()),
            sizes: sizes_of(nodes, &mut Pcg64Mcg::seed_from_u64(seed ^ 0x517e5)),
        };
        let jobs = rng.random_range(1..=50);
        full.owners = full.jobs(JobKind::Local, jobs, 0, rng);
        let visitors = rng.random_range(0..=30);
        full.visitors = full.jobs(JobKind::BestEffort, visitors, 1_000, rng);
        if !ideal {
            full.orders = full.random_orders(rng);
        }
        full
    }

    fn jobs(&self, kind: JobKind, count: usize, first: u64, rng: &mut Pcg64Mcg) -> Vec<JobSpec> {
        let mut submit = SimTime::ZERO;
        let mut specs: Vec<JobSpec> = Vec::new();
        let mut names: Vec<u64> = Vec::new();
        let server = self.server();
        for number in (first..).take(count) {
            submit = submit + SimSpan::from_s([0, 1, 7, 40][rng.random_range(0..4)]);
            let job_request = self.job_request(kind, submit, rng);
            let job_request = rng.random_bool(0.8).then(|| Arc::new(job_request));
            let mut spec = JobSpec {
                number,
                submit,
                cores: 1,
                run: SimSpan::from_s(rng.random_range(0..120)),
                walltime: Some(SimSpan::from_s(60)),
                user: 0,
                queue: 0,
                kind,
                exit_code: [0, 0, 0, 1, 99][rng.random_range(0..5)],
                origin: None,
                request: job_request,
            };
            // Nobody can ask for more than there is.
            if server.admit(submit, &spec).is_err() {
                continue;
            }
            if let Some(job_request) = &mut spec.request {
                if kind == JobKind::Local && rng.random_bool(0.2) {
                    let last = names.last().map(|number| Dependency::Number(*number));
                    Arc::make_mut(job_request).after.extend(last);
                }
                names.push(number);
            }
            specs.push(spec);
        }
        specs
    }

    fn job_request(&self, kind: JobKind, submit: SimTime, rng: &mut Pcg64Mcg) -> JobRequest {
        let alternative = |rng: &mut Pcg64Mcg| {
            let few = |rng: &mut Pcg64Mcg| rng.random_range(1..=2);
            let text = match rng.random_range(0..7) {
                0 => format!("/nodes={}", rng.random_range(1..=self.nodes)),
                1 => format!("/nodes={}/core={}", few(rng), few(rng)),
                2 => format!("/nodes=1/cpu={}", few(rng)),
                3 => format!("/core={}", rng.random_range(1..=4)),
                4 => "/nodes=1+{cpu = 1}/core=1".to_owned(),
                5 => "/nodes=BEST".to_owned(),
                _ => "/resource_id=2".to_owned(),
            };
            let walltime = [20, 60, 90][rng.random_range(0..3)];
            RequestAlternative {
                request: Request::parse(&format!("{text},walltime=0:0:{walltime}")).unwrap(),
                run: SimSpan::from_s(rng.random_range(0..150)),
            }
        };
        let alternatives = (0..rng.random_range(1..=2)).map(|_| alternative(rng)).collect();
        let user = ["ann", "bob"][rng.random_range(0..2)];
        let mut job_request = JobRequest::new(user, alternatives);
        if rng.random_bool(0.2) {
            job_request.properties = "cpu = 1 OR core > 2".to_owned();
        }
        // A signal before the kill takes time, which the ideal rhythm does not have.
        let may_signal = kind == JobKind::Local || !self.ideal;
        if rng.random_bool(0.2) && may_signal {
            job_request.checkpoint = SimSpan::from_s(15);
        }
        let types: &[&str] = match kind {
            JobKind::BestEffort => &["besteffort", "idempotent"],
            _ => match rng.random_range(0..14) {
                0 => &["timesharing"],
                1 => &["container=c"],
                2 => &["container=c", "noop"],
                3 | 4 => &["inner=c"],
                5 => &["placeholder=p"],
                6 => &["allow=p"],
                7 => &["noop"],
                8 => &["idempotent"],
                9 => &["no_quotas"],
                _ => &[],
            },
        };
        job_request.types = types.iter().map(|word| JobType::parse(word)).collect();
        if kind == JobKind::Local && rng.random_bool(0.1) && job_request.container().is_none() {
            job_request.reservation = Some(submit + SimSpan::from_s(rng.random_range(0..300)));
        }
        job_request.held = kind == JobKind::Local && !self.ideal && rng.random_bool(0.05);
        job_request
    }

    fn random_orders(&self, rng: &mut Pcg64Mcg) -> Vec<(SimTime, Order)> {
        let mut now = SimTime::ZERO;
        let count = rng.random_range(0..30);
        let order = |_| {
            now = now + SimSpan::from_ms(rng.random_range(0..60_000));
            let job = LocalId(rng.random_range(1..=60));
            let node = rng.random_range(0..self.nodes);
            let change = SimSpan::from_s(rng.random_range(-60..60));
            let state = STATES[rng.random_range(0..5)];
            let order = match rng.random_range(0..7) {
                0 | 1 => Order::Hold(job),
                2 | 3 => Order::Resume(job),
                4 => Order::Delete(job),
                5 => Order::Walltime { job, change },
                _ => Order::Node(node, state),
            };
            (now, order)
        };
        let mut orders: Vec<_> = (0..count).map(order).collect();
        // In the end everybody may go on, everywhere.
        now = now + SimSpan::from_s(1_000);
        let alive = |node| (now, Order::Node(node, NodeState::Up));
        orders.extend((0..self.nodes).map(alive));
        orders.extend((1..=200).map(|job| (now, Order::Resume(LocalId(job)))));
        orders
    }

    fn server(&self) -> OarServer {
        let mut site = Site::flat(self.nodes, self.cores_per_node);
        for (core, resource) in (0..).zip(site.resources.iter_mut()) {
            let cpu = core % self.cores_per_node / (self.cores_per_node / 2);
            resource.properties.set("cpu", Value::Int(i64::from(cpu) + 1));
            if self.config.energy_saving.is_some() {
                resource.available_upto = 2_147_483_646;
            }
        }
        site.power = PowerSwitches { boot: SimSpan::from_s(40), keep_alive: 1 };
        let rhythm = if self.ideal { OarRhythm::ideal() } else { OarRhythm::real() };
        OarServer::of_site(site, self.config.clone(), rhythm).unwrap()
    }

    fn world<O: Observer>(&self, observer: O) -> World<O> {
        let faults = self.faults.map_or(NodeFaults::Never, |seed| {
            NodeFaults::Rates(FaultRates {
                mean_up: SimSpan::from_s(900),
                mean_down: SimSpan::from_s(30),
                rng: Pcg64Mcg::seed_from_u64(seed),
            })
        });
        let setup = ClusterSetup {
            name: "test".to_owned(),
            nodes: self.nodes,
            cores_per_node: self.cores_per_node,
            scheduler: Box::new(self.server()),
            estimates: Estimates::Requested,
            arrivals: self.owners.clone().into(),
            faults,
            sizes: self.sizes.clone(),
        };
        World::new(vec![setup], observer)
    }

    /// Runs to the end, with submissions and orders from outside at their times.
    pub(crate) fn run(&self) -> (RunEnd, Log) {
        self.run_watched(Log::default())
    }

    /// The same, for another observer.
    pub(crate) fn run_watched<O: Observer>(&self, observer: O) -> (RunEnd, O) {
        let mut world = self.world(observer);
        let cluster = ClusterIndex(0);
        let visits = self.visitors.iter().map(|visitor| (visitor.submit, Outside::Job(visitor)));
        let orders = self.orders.iter().map(|(time, order)| (*time, Outside::Order(*order)));
        let mut all: Vec<_> = visits.chain(orders).collect();
        all.sort_by_key(|(time, _)| *time);
        for (time, what) in all {
            world.advance(time);
            match what {
                Outside::Job(job) => {
                    let manager = world.manager(cluster).expect("an OAR server decides");
                    assert_eq!(manager.admit(time, job), Ok(()), "job {}", job.number);
                    world.submit(cluster, job.clone());
                }
                // Most orders speak of jobs that are not there.
                Outside::Order(order) => drop(world.order(cluster, order)),
            }
        }
        let end = world.run(SimTime::from_s(1_000_000));
        for (_, job) in world.jobs().iter() {
            // Nodes fail and come back for ever.
            let stuck = end == RunEnd::Stuck || self.faults.is_some();
            assert!(stuck, "job {} is left, and the run goes on", job.spec.number);
            let hopeless = job.spec.request.as_deref().is_some_and(|job_request| {
                !job_request.after.is_empty() || job_request.container().is_some()
            });
            assert!(hopeless, "job {} is left: {job:?}", job.spec.number);
        }
        (end, world.into_observer())
    }
}

enum Outside<'a> {
    Job(&'a JobSpec),
    Order(Order),
}

#[test]
fn guards_hold_with_full_requests() {
    for_seeds("guards_hold_with_full_requests", 100, |seed| {
        for ideal in [false, true] {
            let full = Full::random(seed, ideal);
            let (_, log) = full.run();
            assert!(log.submitted >= full.owners.len() + full.visitors.len());
        }
    });
}

#[test]
fn full_requests_give_the_same_run_twice() {
    for_seeds("full_requests_give_the_same_run_twice", 15, |seed| {
        let full = Full::random(seed, false);
        assert_eq!(full.run(), full.run());
    });
}

/// Starts of the owners' jobs by number, and of the copies that OAR made of them, whose numbers
/// depend on who else is there.
fn starts(full: &Full, log: &Log) -> (BTreeMap<u64, SimTime>, Vec<SimTime>) {
    let submitted = |number: u64| full.owners.iter().any(|spec| spec.number == number);
    let all = log.owner_starts().into_iter();
    let (own, copies): (Vec<_>, Vec<_>) = all.partition(|(number, _)| submitted(*number));
    let mut copies: Vec<SimTime> = copies.into_iter().map(|(_, start)| start).collect();
    copies.sort_unstable();
    (own.into_iter().collect(), copies)
}

#[test]
fn best_effort_jobs_change_no_owners_start_with_full_requests() {
    for_seeds("best_effort_jobs_change_no_owners_start_with_full_requests", 150, |seed| {
        let mut with = Full::random(seed, true);
        // In OAR's own code a job that fits a hole to the second takes a second more: there, when a
        // pass comes decides whether the next one starts a second later.
        with.config.compat = OarCompat::Intended;
        let without = Full { visitors: Vec::new(), ..with.clone() };
        let (harvested, quiet) = (with.run().1, without.run().1);
        assert_eq!(starts(&with, &harvested), starts(&with, &quiet), "seed {seed}");
    });
}

#[test]
fn a_malformed_filter_inside_of_a_container_is_refused_at_the_door() {
    let config = Config::default();
    let server = OarServer::of_site(Site::flat(2, 2), config, OarRhythm::real()).unwrap();
    let request = Request::parse("/resource_id=1,walltime=0:10:00").unwrap();
    let run = SimSpan::from_s(60);
    let mut job_request = JobRequest::new("bob", vec![RequestAlternative { request, run }]);
    job_request.types.push(JobType::Inner("box".to_owned()));
    let asking = |properties: &str| JobSpec {
        number: 1,
        submit: SimTime::ZERO,
        cores: 1,
        run,
        walltime: None,
        user: 0,
        queue: 0,
        kind: JobKind::Local,
        exit_code: 0,
        origin: None,
        request: Some(Arc::new(JobRequest {
            properties: properties.to_owned(),
            ..job_request.clone()
        })),
    };
    assert_eq!(server.admit(SimTime::ZERO, &asking("resource_id > 1")), Ok(()));
    let refused = server.admit(SimTime::ZERO, &asking("resource_id > AND")).unwrap_err();
    assert!(matches!(refused, Refusal::Request(OarError::Filter { .. })), "{refused:?}");
}
