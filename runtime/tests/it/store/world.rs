//! Clusters that answer orders by a seeded plan: they accept, refuse, answer in part, late or never,
//! and their jobs run and fail. They hold the daemon to what it promises: no name is used twice, and
//! no task has two living jobs or succeeds twice. Knows the driver by its orders only.

use std::collections::{BTreeMap, BTreeSet};

use gleaner_core::fact::{ClusterFault, Fact, Outcome, Refusal};
use gleaner_core::ids::{CampaignId, ClusterId, CommandId, RemoteJobId};
use gleaner_core::listing::ListedState;
use gleaner_core::time::Timestamp;
use gleaner_runtime::order::{Batch, BatchWork, Order, OrderAction, WorkerStart};
use gleaner_runtime::submission_name::NAME_MAX;

/// A plan: numbers that follow from a seed.
pub(crate) struct Plan(u64);

impl Plan {
    pub(crate) fn new(seed: u64) -> Plan {
        Plan(seed | 1)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        // Xorshift, by Marsaglia (2003).
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }
}

struct Job {
    state: ListedState,
    /// What the daemon was told last; none as long as it does not know the job's name.
    told: Option<Option<ListedState>>,
    task: (CampaignId, String),
}

#[derive(Default)]
struct Cluster {
    jobs: BTreeMap<RemoteJobId, Job>,
    batches: BTreeMap<String, Vec<RemoteJobId>>,
    /// Answers that are still to be told.
    late: Vec<Fact>,
    /// It cannot be reached.
    lost: bool,
    /// Its worker has said whether it can be reached.
    said: bool,
}

/// All clusters.
pub(crate) struct World {
    pub(crate) plan: Plan,
    /// From now on nothing goes wrong.
    pub(crate) kind: bool,
    clusters: Vec<Cluster>,
    next_job: u64,
    names: BTreeSet<String>,
    /// Tasks that succeeded.
    pub(crate) done: BTreeSet<(CampaignId, String)>,
}

impl World {
    pub(crate) fn new(seed: u64, clusters: usize) -> World {
        World {
            plan: Plan::new(seed),
            kind: false,
            clusters: (0..clusters).map(|_| Cluster::default()).collect(),
            next_job: 1,
            names: BTreeSet::new(),
            done: BTreeSet::new(),
        }
    }

    /// The worker of a cluster starts with what the store says, and forgets all it knew.
    pub(crate) fn start(&mut self, id: ClusterId, start: WorkerStart, now: Timestamp) {
        let cluster = &mut self.clusters[id.index()];
        cluster.late.clear();
        cluster.said = false;
        cluster.jobs.values_mut().for_each(|job| job.told = None);
        for known in &start.jobs {
            cluster.jobs.get_mut(&known.job).expect("it was named by us").told = Some(known.state);
        }
        for order in start.unanswered {
            let found = match &order.action {
                OrderAction::Submit(batch) => {
                    cluster_of(self, id).batches.get(&batch.name).cloned()
                }
                OrderAction::Cancel { .. } => None,
            };
            match found {
                Some(jobs) => self.accept(id, order.command, jobs),
                None => self.carry_out(id, order, now),
            }
        }
    }

    /// Gets an order; the answer is told in a later turn.
    pub(crate) fn carry_out(&mut self, id: ClusterId, order: Order, now: Timestamp) {
        let command = order.command;
        match order.action {
            OrderAction::Submit(batch) => {
                let chance = if self.kind { 99 } else { self.plan.below(100) };
                match chance {
                    0..8 => self.late(id, refused(command, Refusal::Busy)),
                    8..12 => self.late(id, Fact::CommandExpired { command }),
                    12..18 => {
                        self.late(id, Fact::CommandUnknown { command });
                        self.late(id, Fact::CommandExpired { command });
                    }
                    18..26 => {
                        self.late(id, Fact::CommandUnknown { command });
                        let jobs = self.launch(id, &batch);
                        self.accept(id, command, jobs);
                    }
                    26..34 => {
                        let jobs = self.launch(id, &batch);
                        let half = jobs[..jobs.len().div_ceil(2)].to_vec();
                        self.late(id, Fact::CommandAccepted { command, jobs: half });
                        self.accept(id, command, jobs);
                    }
                    _ => {
                        let jobs = self.launch(id, &batch);
                        self.accept(id, command, jobs);
                    }
                }
            }
            OrderAction::Cancel { jobs, .. } => {
                for job in jobs {
                    let job = self.clusters[id.index()].jobs.get_mut(&job).expect("ours");
                    if !matches!(job.state, ListedState::Ended(..)) {
                        job.state = ListedState::Ended(now, Outcome::Deleted);
                    }
                }
                self.accept(id, command, Vec::new());
            }
        }
    }

    fn launch(&mut self, id: ClusterId, batch: &Batch) -> Vec<RemoteJobId> {
        assert!(batch.name.is_ascii() && batch.name.len() <= NAME_MAX, "{}", batch.name);
        assert!(self.names.insert(batch.name.clone()), "`{}` is used twice", batch.name);
        let what = match &batch.work {
            BatchWork::Tasks(tasks) => tasks.iter().map(|task| task.parameter.clone()).collect(),
            BatchWork::Script(text) => vec![format!("{text} on {id}")],
        };
        let mut jobs = Vec::new();
        for text in what {
            let task = (batch.campaign, text);
            let all = self.clusters.iter().flat_map(|cluster| cluster.jobs.values());
            let mut same = all.filter(|job| job.task == task);
            assert!(same.all(|job| matches!(job.state, ListedState::Ended(..))), "{task:?} twice");
            assert!(!self.done.contains(&task), "{task:?} is done already");
            let name = RemoteJobId(self.next_job);
            self.next_job += 1;
            let job = Job { state: ListedState::Waiting, told: None, task };
            self.clusters[id.index()].jobs.insert(name, job);
            jobs.push(name);
        }
        self.clusters[id.index()].batches.insert(batch.name.clone(), jobs.clone());
        jobs
    }

    fn accept(&mut self, id: ClusterId, command: CommandId, jobs: Vec<RemoteJobId>) {
        self.late(id, Fact::CommandAccepted { command, jobs });
    }

    fn late(&mut self, id: ClusterId, fact: Fact) {
        self.clusters[id.index()].late.push(fact);
    }

    /// Some time goes by on a cluster. Returns what its worker tells.
    pub(crate) fn turn(&mut self, id: ClusterId, now: Timestamp) -> Vec<Fact> {
        let World { plan, kind, clusters, done, .. } = self;
        let cluster = &mut clusters[id.index()];
        let mut facts = Vec::new();
        let come = if *kind { cluster.late.len() } else { plan.below(4) as usize };
        facts.extend(cluster.late.drain(..come.min(cluster.late.len())));
        for fact in &facts {
            if let Fact::CommandAccepted { jobs, .. } = fact {
                for job in jobs {
                    cluster.jobs.get_mut(job).expect("ours").told.get_or_insert(None);
                }
            }
        }
        for (&name, job) in &mut cluster.jobs {
            job.state = next(plan, *kind, job.state, now);
            if job.state == ListedState::Ended(now, Outcome::Exited(0)) {
                done.insert(job.task.clone());
            }
            if job.told.is_some_and(|told| told != Some(job.state)) {
                job.told = Some(Some(job.state));
                facts.push(told(id, name, job.state));
            }
        }
        let was = cluster.lost;
        cluster.lost = !*kind && !was && plan.below(30) == 0;
        if was != cluster.lost || !cluster.said {
            cluster.said = true;
            let fault = ClusterFault::Timeout;
            facts.push(match cluster.lost {
                true => Fact::ClusterLost { cluster: id, fault },
                false => Fact::ClusterBack { cluster: id },
            });
        }
        facts
    }

    /// A job that is alive, if there is one.
    pub(crate) fn alive(&self) -> Option<(ClusterId, RemoteJobId)> {
        self.clusters.iter().enumerate().find_map(|(id, cluster)| {
            let alive = |job: &Job| !matches!(job.state, ListedState::Ended(..));
            let found = cluster.jobs.iter().find(|(_, job)| alive(job) && job.told.is_some());
            found.map(|(name, _)| (ClusterId(id as u16), *name))
        })
    }
}

fn cluster_of(world: &World, id: ClusterId) -> &Cluster {
    &world.clusters[id.index()]
}

fn refused(command: CommandId, reason: Refusal) -> Fact {
    Fact::refused(command, reason)
}

fn next(plan: &mut Plan, kind: bool, state: ListedState, now: Timestamp) -> ListedState {
    match state {
        ListedState::Waiting if kind || plan.below(3) > 0 => ListedState::Running(now),
        ListedState::Running(_) if kind => ListedState::Ended(now, Outcome::Exited(0)),
        ListedState::Running(_) => match plan.below(16) {
            0..8 => ListedState::Ended(now, Outcome::Exited(0)),
            8 => ListedState::Ended(now, Outcome::Exited(1)),
            9 => ListedState::Ended(now, Outcome::KilledBestEffort),
            10 => ListedState::Ended(now, Outcome::Exterminated),
            11 => ListedState::Unclear,
            _ => state,
        },
        ListedState::Unclear => ListedState::Running(now),
        _ => state,
    }
}

fn told(cluster: ClusterId, job: RemoteJobId, state: ListedState) -> Fact {
    match state {
        ListedState::Waiting => Fact::JobWaiting { cluster, job },
        ListedState::Running(at) => Fact::JobStarted { cluster, job, at },
        ListedState::Ended(at, outcome) => Fact::JobEnded { cluster, job, at, outcome },
        ListedState::Unclear => Fact::JobUnclear { cluster, job },
    }
}
