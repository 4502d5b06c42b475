//! No cluster idles beside what is queued for another, and nobody gets all of a cluster while another
//! user has nothing there: on random grids of several users, cycle by cycle.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the failure")]

#[allow(dead_code, reason = "each test crate uses a part of the world")]
mod world;

use std::collections::BTreeMap;

use gleaner_core::config::{Rules, SchedulerConfig};
use gleaner_core::decision::Action;
use gleaner_core::fact::{Fact, Outcome};
use gleaner_core::ids::{CampaignId, ClusterId, CommandId, RemoteJobId};
use gleaner_core::observation::Observation;
use gleaner_core::policy::injection;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::snapshot::ClusterSnapshot;
use gleaner_core::time::Duration;
use proptest::prelude::*;

const CLUSTERS: u16 = 3;
const CORES: u32 = 8;
const USERS: [&str; 3] = ["alice", "bob", "carol"];

/// Clusters that answer at once, and whose jobs start and end as a test says.
struct Grid {
    scheduler: Scheduler,
    observation: Observation,
    decision: gleaner_core::decision::Decision,
    /// Cores that owners use.
    owners: [u32; CLUSTERS as usize],
    running: BTreeMap<(ClusterId, RemoteJobId), CampaignId>,
    waiting: BTreeMap<(ClusterId, RemoteJobId), CampaignId>,
    next_job: u64,
}

/// Living jobs of users on clusters.
type Living = BTreeMap<(ClusterId, String), u32>;
/// What is known of a campaign on a cluster.
type Pairs = BTreeMap<(ClusterId, CampaignId), (u32, u32)>;

impl Grid {
    fn new() -> Grid {
        let config =
            SchedulerConfig::new(world::clusters(usize::from(CLUSTERS), "greedy:reserve=0"));
        assert_eq!(config.rules, Rules::Shared);
        let mut grid = Grid {
            scheduler: Scheduler::new(config, &injection::standard()).unwrap(),
            observation: Observation::new(),
            decision: gleaner_core::decision::Decision::new(),
            owners: [0; CLUSTERS as usize],
            running: BTreeMap::new(),
            waiting: BTreeMap::new(),
            next_job: 1,
        };
        for (id, user) in (1..).zip(USERS.iter().chain(&USERS)) {
            let clusters = ["c1,c2", "c2,c3", "c1,c2,c3", "c1,c3", "c3", "c2"][id as usize - 1];
            let jdl = world::jdl(10 + 3 * id, clusters, "");
            let fact = world::submitted(&grid.scheduler, id, user, &jdl);
            grid.observation.facts.push(fact);
        }
        grid
    }

    fn user(&self, campaign: CampaignId) -> &str {
        self.scheduler.user(campaign).unwrap()
    }

    /// Living jobs and queued tasks.
    fn pairs(&self) -> Pairs {
        let ids = (0..CLUSTERS).map(ClusterId);
        let of = |id| self.scheduler.pairs(id).map(move |pair| (id, pair));
        ids.flat_map(of).map(|(id, it)| ((id, it.campaign), (it.jobs.total(), it.queued))).collect()
    }

    fn living(&self) -> Living {
        let mut living = Living::new();
        for ((cluster, _), campaign) in self.running.iter().chain(&self.waiting) {
            *living.entry((*cluster, self.user(*campaign).to_owned())).or_default() += 1;
        }
        living
    }

    fn free(&self, id: ClusterId) -> u32 {
        let ours = self.running.keys().chain(self.waiting.keys());
        let ours = ours.filter(|(at, _)| *at == id).count() as u32;
        CORES.saturating_sub(self.owners[id.index()] + ours)
    }

    fn cycle(&mut self) {
        let now = self.observation.now + Duration::from_seconds(15);
        self.observation.now = now;
        self.observation.clusters.clear();
        for id in (0..CLUSTERS).map(ClusterId) {
            let mut seen = ClusterSnapshot::empty(id, now, CORES);
            let running = self.running.keys().filter(|(at, _)| *at == id).count() as u32;
            (seen.ours.running, seen.ours.running_cores) = (running, running);
            seen.everybody = seen.ours;
            seen.everybody.running_cores += self.owners[id.index()];
            self.observation.clusters.push(seen);
        }
        let before = self.living();
        self.scheduler.step(&self.observation, &mut self.decision);
        self.scheduler.check_invariants_fully().unwrap();
        self.observation.facts.clear();
        self.check(&before);
        self.answer();
    }

    /// What must be true of this cycle's decision.
    fn check(&self, before: &Living) {
        let after = self.pairs();
        for id in (0..CLUSTERS).map(ClusterId) {
            let sent = self.decision.commands.iter().find_map(|command| match &command.action {
                Action::Submit(submission) if command.cluster == id => {
                    Some((submission.campaign, submission.len() as u32))
                }
                _ => None,
            });
            let free = self.free(id);
            match sent {
                None if free > 0 => self.nothing_waits_for(id, &after),
                Some((campaign, jobs)) => self.is_fair(id, campaign, jobs, free, before, &after),
                None => {}
            }
        }
    }

    /// Idle cores, and nobody queued who could use them.
    fn nothing_waits_for(&self, id: ClusterId, after: &Pairs) {
        for ((_, campaign), (_, queued)) in after {
            let may = after.contains_key(&(id, *campaign));
            assert!(!may || *queued == 0, "cluster {id} idles beside campaign {campaign}");
        }
    }

    fn is_fair(
        &self,
        id: ClusterId,
        campaign: CampaignId,
        jobs: u32,
        free: u32,
        before: &Living,
        after: &Pairs,
    ) {
        let user = self.user(campaign);
        let had = |user: &str| before.get(&(id, user.to_owned())).copied().unwrap_or(0);
        let queued = |user: &str| {
            let here = after.iter().filter(|((at, it), _)| *at == id && self.user(*it) == user);
            here.map(|(_, (_, queued))| queued).sum::<u32>()
        };
        for other in USERS.into_iter().filter(|other| *other != user) {
            if had(other) == 0 && queued(other) > 0 {
                assert_eq!(
                    had(user),
                    0,
                    "{user} has jobs on cluster {id}, and goes before {other}"
                );
                assert!(jobs <= free.div_ceil(2), "{user} gets {jobs} of {free}, {other} nothing");
            }
        }
    }

    fn answer(&mut self) {
        for command in std::mem::take(&mut self.decision.commands) {
            match command.action {
                Action::Submit(submission) => {
                    let jobs: Vec<RemoteJobId> =
                        (self.next_job..).take(submission.len()).map(RemoteJobId).collect();
                    self.next_job += jobs.len() as u64;
                    for &job in &jobs {
                        self.waiting.insert((command.cluster, job), submission.campaign);
                    }
                    self.accepted(command.id, jobs);
                }
                Action::Cancel { jobs } => {
                    for unwanted in jobs {
                        self.end(command.cluster, unwanted.job, Outcome::Deleted);
                    }
                }
            }
        }
    }

    fn accepted(&mut self, command: CommandId, jobs: Vec<RemoteJobId>) {
        self.observation.facts.push(Fact::CommandAccepted { command, jobs });
    }

    fn end(&mut self, cluster: ClusterId, job: RemoteJobId, outcome: Outcome) {
        let at = self.observation.now;
        let key = (cluster, job);
        let there = self.running.remove(&key).or_else(|| self.waiting.remove(&key));
        if there.is_some() {
            self.observation.facts.push(Fact::JobEnded { cluster, job, at, outcome });
        }
    }

    /// Starts what waits, as far as there are cores.
    fn start(&mut self) {
        for ((cluster, job), campaign) in std::mem::take(&mut self.waiting) {
            let running = self.running.keys().filter(|(at, _)| *at == cluster).count() as u32;
            if running + self.owners[cluster.index()] < CORES {
                let at = self.observation.now;
                self.observation.facts.push(Fact::JobStarted { cluster, job, at });
                self.running.insert((cluster, job), campaign);
            } else {
                self.observation.facts.push(Fact::JobWaiting { cluster, job });
                self.waiting.insert((cluster, job), campaign);
            }
        }
    }

    fn step(&mut self, (what, which): (u8, u8)) {
        match what % 6 {
            0 | 1 => self.cycle(),
            2 => self.start(),
            3 | 4 => {
                let at = usize::from(which).checked_rem(self.running.len());
                if let Some(&(cluster, job)) = at.and_then(|at| self.running.keys().nth(at)) {
                    let outcome = [Outcome::Exited(0), Outcome::KilledBestEffort];
                    self.end(cluster, job, outcome[usize::from(which % 5 == 0)]);
                }
            }
            _ => {
                let cluster = usize::from(which % 3);
                let ours = self.running.keys().filter(|(at, _)| at.index() == cluster).count();
                self.owners[cluster] = u32::from(which) % (CORES + 1 - ours as u32);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn nothing_idles_beside_what_is_queued_and_nobody_takes_all(
        steps in proptest::collection::vec((any::<u8>(), any::<u8>()), 1..120),
    ) {
        let mut grid = Grid::new();
        for step in steps {
            grid.step(step);
        }
        // Everything is done in the end.
        grid.owners = [0; CLUSTERS as usize];
        for _ in 0..400 {
            grid.start();
            let running: Vec<_> = grid.running.keys().copied().collect();
            for (cluster, job) in running {
                grid.end(cluster, job, Outcome::Exited(0));
            }
            grid.cycle();
        }
        prop_assert!(grid.pairs().values().all(|pair| *pair == (0, 0)));
    }
}
