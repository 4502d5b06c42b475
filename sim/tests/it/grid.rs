//! Random grids by seed: a scheduler over clusters with owners, bad networks and campaigns, and how
//! to run them to their end.

mod witness;

use std::sync::Arc;

use gleaner_core::backend::{Backend, Stop};
use gleaner_core::config::CoreUnits;
use gleaner_core::config::{ClusterSpec, OnFailure, SchedulerConfig};
use gleaner_core::decision::Decision;
use gleaner_core::fact::Fact;
use gleaner_core::ids::{CampaignId, ClusterId, TaskId};
use gleaner_core::jdl::{self, JdlContext};
use gleaner_core::ledger::task_state::TaskState;
use gleaner_core::observation::Observation;
use gleaner_core::policy::injection;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::scheduler::explain::TaskLocation;
use gleaner_core::time::Duration;
use gleaner_sim::api_faults::{Outage, OutageKind};
use gleaner_sim::backend::request::LANGUAGE;
use gleaner_sim::backend::{
    Behaviour, GridEnd, GridSetup, Network, NetworkSettings, SimBackend, TaskBehaviour, TaskWork,
};
use gleaner_sim::textbook::harvest::Victims;
use gleaner_sim::time::{SimSpan, SimTime};
use gleaner_sim::world::{ClusterSetup, RunEnd, World};
use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

pub(crate) use crate::grid::witness::Witness;
use crate::instance::{Instance, Kind, kinds};

/// More simulated time than any of these grids needs.
const UNTIL: SimTime = SimTime::from_s(1_000_000);

/// The policies that may rule a cluster.
/// Every policy of the catalogue as it is, and some with settings of their own.
fn policies() -> Vec<String> {
    let catalogue = injection::standard();
    let alone = catalogue.entries().iter().filter(|entry| !entry.combines);
    let others = ["tap:init=20,max=500", "tap:mode=paper", "greedy:reserve=0", "min(tap; greedy)"];
    alone.map(|entry| entry.name.to_string()).chain(others.map(str::to_owned)).collect()
}

/// What may go wrong on the way to the clusters, and what not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Everything, the more often the better; killing takes time.
    All,
    /// Killing and cleaning take no time and victims go by resource order; no prologues. Such a
    /// grid must not be felt by the owners.
    NoneForOwners,
}

/// A whole grid.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    pub(crate) clusters: Vec<(Instance, Kind, Way)>,
    pub(crate) campaigns: Vec<Campaign>,
    seed: u64,
    min_cycle_s: u64,
    waiting_limit_s: u64,
}

/// The way to a cluster, and who rules it.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    latency: SimSpan,
    poll_period: SimSpan,
    stale: f64,
    refused: f64,
    lost: f64,
    /// How long its server is silent, again and again; none: never.
    outage: Option<SimSpan>,
    policy: String,
}

/// A campaign.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Campaign {
    at_s: i64,
    pub(crate) tasks: u32,
    cores: u32,
    scripts: bool,
    /// In tenths: how often a task asks to be tried again, by the exit codes 66 and 67.
    again_tenths: u32,
}

/// What became of a grid.
pub(crate) struct Ended {
    pub(crate) scheduler: Scheduler,
    pub(crate) witness: Witness,
    /// All commands, one a line.
    pub(crate) commands: String,
}

impl Grid {
    /// A grid of up to three small, crowded clusters.
    pub(crate) fn random(seed: u64, trouble: Trouble) -> Grid {
        let rng = &mut Pcg64Mcg::seed_from_u64(seed);
        let count = rng.random_range(1..=3);
        let clusters: Vec<_> = (0..count).map(|_| cluster(rng, trouble)).collect();
        let cores_max = clusters.iter().map(|(instance, ..)| instance.cores()).min().unwrap();
        let campaigns = (0..rng.random_range(1..=4)).map(|_| Campaign {
            at_s: rng.random_range(0..400),
            tasks: rng.random_range(1..=150),
            cores: rng.random_range(1..=cores_max.min(3)),
            scripts: trouble == Trouble::All && rng.random_bool(0.3),
            again_tenths: rng.random_range(0..3),
        });
        let mut campaigns: Vec<Campaign> = campaigns.collect();
        campaigns.sort_by_key(|campaign| campaign.at_s);
        Grid {
            clusters,
            campaigns,
            seed,
            min_cycle_s: rng.random_range(1..=15),
            // Longer than it takes to see that a job has started.
            waiting_limit_s: [300, 900][rng.random_range(0..2)],
        }
    }

    /// The same grid without campaigns: when each cluster's owners' jobs start, by number.
    pub(crate) fn owners_alone(&self) -> Vec<Vec<(u64, SimTime)>> {
        let mut world = World::new(self.setups(), Witness::new(self.clusters.len()));
        assert_eq!(world.run(UNTIL), RunEnd::Finished);
        world.into_observer().owner_starts()
    }

    /// Runs to the end; `look` sees each observation before the scheduler does.
    pub(crate) fn run(
        &self,
        mut look: impl FnMut(&mut SimBackend<Witness>, &Observation),
    ) -> Ended {
        let mut scheduler = Scheduler::new(self.config(), &injection::standard()).unwrap();
        let witness = Witness::new(self.clusters.len());
        let mut backend = SimBackend::new(self.setups(), self.setup(&scheduler), witness);
        let (mut observation, mut decision) = (Observation::new(), Decision::new());
        let mut commands = String::new();
        loop {
            observation.facts.clear();
            observation.clusters.clear();
            match backend.observe(decision.wake, &mut observation) {
                Ok(()) => {}
                Err(Stop::Finished) => break,
                Err(Stop::Failed(error)) => panic!("{error}"),
            }
            look(&mut backend, &observation);
            scheduler.step(&observation, &mut decision);
            scheduler.check_invariants_fully().unwrap_or_else(|error| panic!("{error}"));
            for command in &decision.commands {
                commands.push_str(&format!("{} {command:?}\n", observation.now.seconds()));
            }
            backend.dispatch(&decision).unwrap();
        }
        assert_eq!(backend.end(), Some(GridEnd::Finished), "{}", left_over(&scheduler));
        Ended { scheduler, witness: backend.into_observer(), commands }
    }

    fn setups(&self) -> Vec<ClusterSetup> {
        let setup = |(instance, kind, _): &(Instance, Kind, Way)| instance.setup(*kind);
        self.clusters.iter().map(setup).collect()
    }

    fn config(&self) -> SchedulerConfig {
        let cluster = |(number, (instance, _, way)): (usize, &(Instance, Kind, Way))| {
            ClusterSpec::new(
                format!("c{number}"),
                CoreUnits::flat(instance.cores_per_node),
                way.policy.parse().unwrap(),
            )
        };
        let clusters = self.clusters.iter().enumerate().map(cluster).collect();
        let mut config = SchedulerConfig::new(clusters);
        config.min_cycle = Duration::from_seconds(self.min_cycle_s);
        config.waiting_limit = Duration::from_seconds(self.waiting_limit_s);
        config.on_failure = OnFailure::Ignore;
        config
    }

    fn setup(&self, scheduler: &Scheduler) -> GridSetup {
        let context = JdlContext::new(&scheduler.config().clusters, &LANGUAGE);
        let order = |(number, campaign): (u32, &Campaign)| {
            let spec = jdl::parse(self.jdl(campaign).as_bytes(), &context).unwrap();
            let fact = Fact::CampaignSubmitted {
                campaign: CampaignId(number),
                user: format!("user{}", number % 2).into(),
                spec: Arc::new(spec.into_spec().unwrap()),
            };
            (SimTime::from_s(campaign.at_s), fact)
        };
        let network = |(number, (_, _, way)): (u64, &(Instance, Kind, Way))| {
            let settings = NetworkSettings {
                latency: way.latency,
                poll_period: way.poll_period,
                stale: way.stale,
                refused: way.refused,
                lost: way.lost,
                outages: way.outage.map_or_else(Vec::new, outages),
                ..NetworkSettings::default()
            };
            Network::new(settings, Pcg64Mcg::seed_from_u64(self.seed ^ (number << 32)))
        };
        GridSetup {
            orders: self.with_interference((1..).zip(&self.campaigns).map(order).collect()).into(),
            networks: (1..).zip(&self.clusters).map(network).collect(),
            tasks: Arc::new(Behaviours { seed: self.seed, campaigns: self.campaigns.clone() }),
            until: UNTIL,
        }
    }

    /// Adds what people and the clusters' load do meanwhile: pauses, and times of stress.
    fn with_interference(&self, mut orders: Vec<(SimTime, Fact)>) -> Vec<(SimTime, Fact)> {
        let rng = &mut Pcg64Mcg::seed_from_u64(self.seed ^ 0x5eed);
        for (number, campaign) in (1..).zip(&self.campaigns) {
            let campaign_id = CampaignId(number);
            let held = campaign.at_s + rng.random_range(1..300);
            let resumed = held + rng.random_range(1..300);
            orders.push((SimTime::from_s(held), Fact::CampaignHeld { campaign: campaign_id }));
            orders
                .push((SimTime::from_s(resumed), Fact::CampaignResumed { campaign: campaign_id }));
        }
        for cluster in (0..self.clusters.len() as u16).map(ClusterId) {
            let stressed = rng.random_range(0..600);
            let relaxed = stressed + rng.random_range(1..600);
            orders.push((SimTime::from_s(stressed), Fact::ClusterStressed { cluster }));
            orders.push((SimTime::from_s(relaxed), Fact::ClusterRelaxed { cluster }));
        }
        orders.sort_by_key(|(time, _)| *time);
        orders
    }

    fn jdl(&self, campaign: &Campaign) -> String {
        let names = (0..self.clusters.len()).map(|number| format!("\"c{number}\": {{}}"));
        let names: Vec<String> = names.collect();
        let Campaign { tasks, cores, scripts, .. } = campaign;
        let scripts = match scripts {
            true => r#""prologue": ["mkdir data"], "epilogue": ["rm -r data"], "#,
            false => "",
        };
        format!(
            r#"{{"name": "n", "exec_file": "run", "nb_jobs": {tasks}, "resources": "/core={cores}",
            "walltime": "00:05:00", {scripts} "clusters": {{{}}}}}"#,
            names.join(", ")
        )
    }
}

/// An outage every ten minutes of the first hours.
fn outages(lasts: SimSpan) -> Vec<Outage> {
    let from = (1..20).map(|number| SimTime::from_s(number * 600));
    from.map(|from| Outage { kind: OutageKind::Refused, from, to: from + lasts }).collect()
}

/// Why the first task that is not done is where it is.
fn left_over(scheduler: &Scheduler) -> String {
    let tasks = scheduler.campaigns().flat_map(|progress| {
        let campaign = progress.campaign;
        (0..progress.total).map(move |index| TaskId { campaign, index })
    });
    let mut explained = tasks.filter_map(|task| scheduler.explain(task).ok());
    let left = explained.find(|task| task.location != TaskLocation::Settled(TaskState::Done));
    left.map_or_else(String::new, |task| task.to_string())
}

fn cluster(rng: &mut Pcg64Mcg, trouble: Trouble) -> (Instance, Kind, Way) {
    let mut instance = Instance::random(rng.next_u64());
    instance.besteffort.clear();
    if trouble == Trouble::NoneForOwners {
        instance.harvest.victims = Victims::ResourceOrder;
        instance.harvest.latencies.kill = SimSpan::ZERO;
        instance.harvest.latencies.cleanup = SimSpan::ZERO;
    }
    let mut kinds = kinds();
    if trouble == Trouble::NoneForOwners {
        // A real OAR takes its time to kill.
        kinds.retain(|kind| *kind != Kind::OarReal);
    }
    let kind = kinds[rng.random_range(0..kinds.len())];
    let span = |rng: &mut Pcg64Mcg| [0, 700, 5_000, 40_000][rng.random_range(0..4)];
    let often = |rng: &mut Pcg64Mcg| match rng.random_bool(0.3) {
        true => 0.0,
        false => rng.random_range(0.05..0.2),
    };
    let mut policies = policies();
    let way = Way {
        latency: SimSpan::from_ms(span(rng)),
        poll_period: SimSpan::from_ms(span(rng)),
        stale: often(rng),
        refused: often(rng),
        lost: often(rng),
        policy: policies.swap_remove(rng.random_range(0..policies.len())),
        outage: rng.random_bool(0.5).then(|| SimSpan::from_s(rng.random_range(1..200))),
    };
    (instance, kind, way)
}

/// Tasks of up to two minutes; some ask to be tried again, each by its own chance.
struct Behaviours {
    seed: u64,
    campaigns: Vec<Campaign>,
}

impl TaskBehaviour for Behaviours {
    fn attempt(&self, campaign: CampaignId, work: TaskWork, attempt: u32) -> Behaviour {
        let task = work.task().map_or(u64::MAX, u64::from);
        let purpose = task.wrapping_mul(1_000).wrapping_add(u64::from(attempt));
        let seed = self.seed ^ (u64::from(campaign.0) << 48) ^ purpose;
        let rng = &mut Pcg64Mcg::seed_from_u64(seed);
        let run = SimSpan::from_ms(rng.random_range(1..120_000));
        let often = self.campaigns[campaign.0 as usize - 1].again_tenths;
        let again = work.task().is_some() && rng.random_range(0..10) < often;
        let exit_code = if again { rng.random_range(66..=67) } else { 0 };
        Behaviour { run, exit_code }
    }
}
