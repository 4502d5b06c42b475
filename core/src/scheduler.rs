//! The grid scheduler: from an observation to a decision. Knows no clock, no randomness and no I/O.

mod answers;
mod backoff;
mod campaigns;
mod candidates;
mod checkpoint;
mod clusters;
mod deletions;
mod events;
pub mod explain;
pub mod invariants;
mod jobs;
mod limits;
mod moves;
mod place;
pub mod progress;
pub mod reconfigure;
mod recover;
mod serve;
mod tasks;
pub mod tracking;

use crate::config::SchedulerConfig;
use crate::decision::{Decision, Wake};
use crate::fact::Fact;
use crate::ids::ClusterId;
use crate::ledger::Ledger;
use crate::ledger::cluster::Cluster;
use crate::observation::Observation;
use crate::policy::catalogue::Catalogue;
use crate::policy::error::PolicyError;
use crate::policy::{ClusterPolicy, Offer, PairView};
use crate::report::CycleReport;
use crate::sharing::Candidate;
use crate::sharing::placement::Table;
use crate::sharing::steps::Steps;
use crate::snapshot::ClusterSnapshot;
use crate::time::Timestamp;

/// The grid scheduler and all it remembers.
#[derive(Debug)]
pub struct Scheduler {
    config: SchedulerConfig,
    steps: Steps,
    ledger: Ledger,
    /// One for each cluster.
    policies: Vec<Box<dyn ClusterPolicy>>,
    now: Timestamp,
    scratch: Scratch,
}

/// Memory that cycles use again.
#[derive(Debug, Default)]
struct Scratch {
    /// The campaigns of each cluster, as its policy sees them.
    views: Vec<Vec<PairView>>,
    /// What was offered to each pair of each cluster, by its index.
    offers: Vec<Vec<Option<Offer>>>,
    /// Who was served on each cluster, or why nobody was.
    served: Vec<(Option<crate::ids::PairIndex>, Option<crate::report::Reason>)>,
    /// The campaigns of one cluster, as the deciding steps see them.
    candidates: Vec<Candidate>,
    /// What can be placed, and where.
    table: Table,
}

impl Scratch {
    /// Makes the memory for so many clusters.
    fn new(clusters: usize) -> Scratch {
        let mut scratch = Scratch::default();
        scratch.views.resize_with(clusters, Vec::new);
        scratch.offers.resize_with(clusters, Vec::new);
        scratch
    }
}

impl Scheduler {
    /// Makes a scheduler that knows no campaign, with policies of a catalogue.
    ///
    /// # Errors
    /// [`PolicyError`] when a cluster's policy cannot be made.
    pub fn new(config: SchedulerConfig, catalogue: &Catalogue) -> Result<Scheduler, PolicyError> {
        let policies = config.clusters.iter().map(|spec| catalogue.build(&spec.policy));
        let policies = policies.collect::<Result<Vec<_>, _>>()?;
        let mut ledger = Ledger::default();
        ledger.clusters.resize_with(config.clusters.len(), Cluster::default);
        let scratch = Scratch::new(config.clusters.len());
        let steps = Steps::of(config.rules);
        Ok(Scheduler { config, steps, ledger, policies, now: Timestamp::ZERO, scratch })
    }

    /// Lets other rules decide than those that the settings name, from the next cycle on: until settings
    /// are taken that name others than now. A checkpoint does not hold them: they are given again to a
    /// scheduler that is restored.
    pub fn with_steps(mut self, steps: Steps) -> Scheduler {
        self.steps = steps;
        self.ledger.clusters.iter_mut().for_each(Cluster::disorder);
        self.put_in_order();
        self
    }

    /// Returns the settings.
    pub fn config(&self) -> &SchedulerConfig {
        &self.config
    }

    /// Takes in an observation and decides. In which order campaigns are looked at, to which clusters tasks
    /// go, and who is served, is said by the [`Steps`].
    ///
    /// Time does not go back: a cycle that says it is earlier than the one before runs at the time of
    /// the one before.
    pub fn step(&mut self, observation: &Observation, decision: &mut Decision) {
        let Decision { commands, report, wake } = decision;
        commands.clear();
        report.clear();
        self.take_in(observation, report);
        self.end_what_is_over(report);
        self.put_in_order();
        self.begin_policies();
        self.place_tasks(report);
        self.send_cancels(commands, report);
        self.serve_clusters(commands, report);
        let earliest = self.now + self.config.min_cycle;
        *wake = Wake { earliest, latest: self.wake().max(earliest) };
    }

    fn take_in(&mut self, observation: &Observation, report: &mut CycleReport) {
        self.now = self.now.max(observation.now);
        for snapshot in &observation.clusters {
            self.take_snapshot(snapshot);
        }
        for fact in &observation.facts {
            self.apply(fact, report);
        }
    }

    fn end_what_is_over(&mut self, report: &mut CycleReport) {
        self.end_faults(report);
        self.end_refused_deletions(report);
        self.enforce_limits(report);
        self.settle_campaigns(report);
    }

    fn take_snapshot(&mut self, snapshot: &ClusterSnapshot) {
        let Some(cluster) = self.ledger.clusters.get_mut(snapshot.cluster.index()) else {
            return;
        };
        match &mut cluster.snapshot {
            // A slow answer may bring a state older than the one already known.
            Some(known) if known.observed_at > snapshot.observed_at => {}
            Some(known) => known.clone_from(snapshot),
            none => *none = Some(snapshot.clone()),
        }
    }

    fn apply(&mut self, fact: &Fact, report: &mut CycleReport) {
        let changed = match fact {
            Fact::CampaignSubmitted { campaign, user, spec } => {
                self.campaign_submitted(*campaign, user, spec)
            }
            Fact::CampaignHeld { campaign } => self.campaign_held(*campaign, report),
            Fact::CampaignResumed { campaign } => self.campaign_resumed(*campaign, report),
            Fact::CampaignCancelled { campaign } => self.campaign_cancelled(*campaign, report),
            Fact::TaskCancelled { task } => self.task_cancelled(*task, report),
            Fact::JobsAdded { campaign, first, parameters } => {
                self.jobs_added(*campaign, *first, parameters)
            }
            Fact::CommandAccepted { command, jobs } => self.accepted(*command, jobs, report),
            Fact::CommandRefused { command, reason, .. } => self.refused(*command, *reason, report),
            Fact::JobLeftOut { command, place } => self.left_out(*command, *place, report),
            Fact::CommandUnknown { command } => self.unknown(*command),
            Fact::CommandExpired { command } => self.expired(*command),
            Fact::JobWaiting { cluster, job }
            | Fact::JobUnclear { cluster, job }
            | Fact::JobStarted { cluster, job, .. }
            | Fact::JobReplaced { cluster, job, .. }
            | Fact::JobEnded { cluster, job, .. } => self.job_fact(*cluster, *job, fact, report),
            Fact::JobFound { cluster, job, campaign } => self.job_found(*cluster, *job, *campaign),
            Fact::JobRecovered { cluster, job, campaign, work, submitted_at: _ } => {
                self.job_recovered(*cluster, *job, *campaign, *work, report)
            }
            Fact::DeletionRefused { cluster, jobs, reason, words: _ } => {
                self.deletion_refused(*cluster, jobs, *reason, report)
            }
            Fact::ClusterLost { cluster, fault } => self.cluster_lost(*cluster, *fault, report),
            Fact::ClusterBack { cluster } => self.cluster_back(*cluster),
            Fact::ClusterDisabled { cluster } => self.cluster_disabled(*cluster, report),
            Fact::ClusterStressed { cluster } => self.cluster_stressed(*cluster, true, report),
            Fact::ClusterRelaxed { cluster } => self.cluster_stressed(*cluster, false, report),
            Fact::UserPriority { user, cluster, priority } => {
                self.user_priority(user, *cluster, *priority)
            }
            Fact::EventFixed { event, retry } => self.event_fixed(*event, *retry, report),
        };
        if !changed {
            report.ignored_facts += 1;
        }
    }

    fn cluster_ids(&self) -> impl Iterator<Item = ClusterId> + use<> {
        // Cluster ids are positions; more clusters than `u16` holds cannot be named.
        (0..self.config.clusters.len().min(usize::from(u16::MAX)) as u16).map(ClusterId)
    }

    /// Returns the earliest time at which something may have to be decided without a further fact.
    fn wake(&self) -> Timestamp {
        let mut wake = self.next_limit();
        for cluster in self.cluster_ids() {
            let views = &self.scratch.views[cluster.index()];
            // Only a fact, or the end of a fault, makes a cluster usable again.
            if self.usable(cluster) && views.iter().any(|view| view.has_work) {
                wake = wake.min(self.policies[cluster.index()].wake(&self.cluster_view(cluster)));
            }
            if self.usable(cluster) {
                wake = wake.min(self.next_try(cluster));
            }
            wake = wake.min(self.fault_ends(cluster));
            if self.script_waits(cluster) {
                wake = self.now;
            }
        }
        wake
    }
}
