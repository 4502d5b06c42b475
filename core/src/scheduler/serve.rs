//! Choosing what each cluster is sent: scripts first, else tasks of one campaign. And saying why no
//! more was sent.

use std::sync::Arc;

use crate::decision::{Action, Command, Submission, Work};
use crate::ids::{ClusterId, PairIndex, TaskId};
use crate::jdl::spec::JobKind;
use crate::ledger::PendingSubmission;
use crate::ledger::attempt::AttemptWork;
use crate::ledger::campaign::CampaignState;
use crate::ledger::pair::{Pair, ScriptState};
use crate::policy::{ClusterPolicy, Offer, PairView};
use crate::report::{CycleReport, PairReport, Reason};
use crate::scheduler::Scheduler;
use crate::sharing::Candidate;
use crate::sharing::selection::{Grant, Selected, Served, Source};

/// What one cluster is sent in a cycle.
struct Choice {
    pair_index: PairIndex,
    tasks: Vec<TaskId>,
    attempts: Vec<AttemptWork>,
}

impl Scheduler {
    /// Sends each cluster its share of work, and says why no more.
    pub(super) fn serve_clusters(&mut self, commands: &mut Vec<Command>, report: &mut CycleReport) {
        let mut done = std::mem::take(&mut self.scratch.served);
        done.clear();
        for cluster in self.cluster_ids() {
            let bound = self.ledger.cluster(cluster).pair_index_bound();
            let offers = &mut self.scratch.offers[cluster.index()];
            offers.clear();
            offers.resize(bound, None);
            done.push(match self.cluster_obstacle(cluster) {
                Some(reason) => (None, Some(reason)),
                None => match self.script_of(cluster) {
                    Some((pair_index, work)) => {
                        let script = Choice { pair_index, tasks: Vec::new(), attempts: vec![work] };
                        self.send(cluster, script, commands, report);
                        (Some(pair_index), None)
                    }
                    None => self.serve(cluster, Source::Here, commands, report),
                },
            });
        }
        // What is left in queues now stays there for this cycle, unless another cluster can do it.
        for cluster in self.cluster_ids() {
            let (served, held) = &mut done[cluster.index()];
            if served.is_none() && held.is_none() && self.may_borrow(cluster) {
                let free_cores = self.free_cores(cluster);
                let source = Source::Elsewhere { free_cores };
                (*served, _) = self.serve(cluster, source, commands, report);
                if served.is_none() {
                    self.recall(cluster, free_cores);
                }
            }
        }
        for (cluster, (served, held)) in self.cluster_ids().zip(&done) {
            self.account(cluster, *served, held.as_ref(), report);
        }
        self.scratch.served = done;
    }

    /// Returns what keeps a cluster from being sent anything.
    fn cluster_obstacle(&self, id: ClusterId) -> Option<Reason> {
        let cluster = self.ledger.cluster(id);
        if self.retired(id) {
            Some(Reason::ClusterRetired)
        } else if cluster.disabled.is_some() {
            Some(Reason::ClusterDisabled)
        } else if cluster.fault.is_some() {
            Some(Reason::ClusterLost)
        } else if let Some(command) = cluster.unanswered {
            Some(Reason::AnswerAwaited { command })
        } else if cluster.unknown >= self.config.unknown_max {
            Some(Reason::OutcomesUnknown { commands: cluster.unknown })
        } else {
            None
        }
    }

    /// Returns the first script that is to run on a cluster now.
    fn script_of(&self, cluster: ClusterId) -> Option<(PairIndex, AttemptWork)> {
        let mut pairs = self.ledger.cluster(cluster).pairs();
        pairs.find_map(|(pair_index, pair)| Some((pair_index, self.script_due(pair)?)))
    }

    fn script_due(&self, pair: &Pair) -> Option<AttemptWork> {
        if pair.prologue != ScriptState::Due && pair.epilogue != ScriptState::Due {
            return None;
        }
        let campaign = self.ledger.campaign(pair.slot);
        let waits = pair.back_off.is_some_and(|waits| waits.until > self.now);
        if campaign.state != CampaignState::InTreatment
            || pair.events > 0
            || waits
            || self.too_unclear(pair).is_some()
        {
            None
        } else if pair.prologue == ScriptState::Due {
            (campaign.bag.pending() > 0).then_some(AttemptWork::Prologue)
        } else if pair.epilogue == ScriptState::Due
            && pair.prologue_passed()
            && campaign.bag.unsettled() == 0
        {
            Some(AttemptWork::Epilogue)
        } else {
            None
        }
    }

    /// Returns whether a script could be sent to a cluster in the next cycle.
    pub(super) fn script_waits(&self, cluster: ClusterId) -> bool {
        self.cluster_obstacle(cluster).is_none() && self.script_of(cluster).is_some()
    }

    /// Sends tasks of the campaign that the selection serves; returns it, or why nothing was sent.
    fn serve(
        &mut self,
        cluster: ClusterId,
        source: Source,
        commands: &mut Vec<Command>,
        report: &mut CycleReport,
    ) -> (Option<PairIndex>, Option<Reason>) {
        let candidates = self.candidates(cluster, source);
        let mut selected = Selected::default();
        if candidates.iter().any(|candidate| candidate.ready) {
            let Scheduler { steps, policies, scratch, .. } = self;
            let policy = &mut *policies[cluster.index()];
            let (views, offers) =
                (&scratch.views[cluster.index()], &mut scratch.offers[cluster.index()]);
            let mut ask = |position: usize| grant(asked(policy, &views[position], offers));
            selected = steps.selection.select(source, &candidates, &mut ask);
        }
        let Selected { served, held_by } = selected;
        let served = served.map(|served| (served, candidates[served.position]));
        let choice = served.and_then(|(served, of)| self.take(cluster, source, &of, served));
        self.scratch.candidates = candidates;
        let pair_index = choice.as_ref().map(|chosen| chosen.pair_index);
        if let Some(choice) = choice {
            self.send(cluster, choice, commands, report);
        }
        (pair_index, held_by.map(|campaign| Reason::BehindGrace { campaign }))
    }

    /// Takes the tasks of a campaign out of the queues: never more than was granted, or than would fit.
    fn take(
        &mut self,
        cluster: ClusterId,
        source: Source,
        of: &Candidate,
        served: Served,
    ) -> Option<Choice> {
        let Candidate { pair_index, campaign, .. } = *of;
        let asked = self.scratch.offers[cluster.index()][pair_index.index()].as_ref()?;
        let Grant::Jobs(granted) = grant(asked) else { return None };
        let jobs = served.jobs.min(granted).min(source.most(of));
        let indices: Vec<u32> = match source {
            Source::Here => self.ledger.pair_mut(cluster, pair_index).queue.take(served.last, jobs),
            Source::Elsewhere { .. } => self.ledger.take_elsewhere(cluster, pair_index, jobs),
        };
        let tasks = indices.iter().map(|&index| TaskId { campaign, index }).collect();
        let attempts: Vec<AttemptWork> = indices.into_iter().map(AttemptWork::Task).collect();
        (!attempts.is_empty()).then_some(Choice { pair_index, tasks, attempts })
    }

    /// Returns what the policy grants to the campaign at a position in the order, asked once a
    /// cycle.
    pub(super) fn offer(&mut self, cluster: ClusterId, position: usize) -> Offer {
        let view = &self.scratch.views[cluster.index()][position];
        let offers = &mut self.scratch.offers[cluster.index()];
        asked(&mut *self.policies[cluster.index()], view, offers).clone()
    }

    fn send(
        &mut self,
        cluster: ClusterId,
        choice: Choice,
        commands: &mut Vec<Command>,
        report: &mut CycleReport,
    ) {
        let id = self.next_command();
        let Choice { pair_index, tasks, attempts } = choice;
        let now = self.now;
        let work = attempts[0];
        let attempts: Vec<_> = attempts
            .into_iter()
            .map(|work| self.ledger.launch(cluster, pair_index, work, now))
            .collect();
        report.submitted += attempts.len() as u64;
        let pair = self.ledger.pair(cluster, pair_index);
        let settings = Arc::clone(&pair.settings);
        let campaign = pair.campaign;
        let owner = self.ledger.campaign(pair.slot);
        let script = match work {
            AttemptWork::Task(_) => None,
            AttemptWork::Prologue => settings.prologue.as_ref(),
            AttemptWork::Epilogue => settings.epilogue.as_ref(),
        };
        let submission = Submission {
            campaign,
            user: Arc::clone(&owner.user),
            kind: if script.is_some() { JobKind::Normal } else { settings.kind },
            walltime: script.map_or(settings.walltime, |script| script.walltime),
            // A script runs on one resource, whatever its campaign's tasks take.
            cores: if script.is_some() { 1 } else { settings.cores.max(1) },
            work: match work {
                AttemptWork::Task(_) => Work::Tasks(tasks),
                AttemptWork::Prologue => Work::Prologue,
                AttemptWork::Epilogue => Work::Epilogue,
            },
            settings,
            parameters: owner.parameters.clone(),
        };
        self.ledger.submitted.insert(
            id,
            PendingSubmission { cluster, pair_index, campaign, attempts, unknown: false },
        );
        self.ledger.cluster_mut(cluster).unanswered = Some(id);
        commands.push(Command { id, cluster, action: Action::Submit(submission) });
    }

    /// Writes down for each campaign that has work what it got and why no more.
    fn account(
        &mut self,
        cluster: ClusterId,
        served: Option<PairIndex>,
        held: Option<&Reason>,
        report: &mut CycleReport,
    ) {
        let ahead = served.map(|pair_index| self.ledger.pair(cluster, pair_index).campaign);
        for position in 0..self.ledger.cluster(cluster).order().len() {
            let pair_index = self.ledger.cluster(cluster).order()[position];
            let pair = self.ledger.pair(cluster, pair_index);
            let before = self.scratch.views[cluster.index()][position].jobs.total();
            let (queued, active) = (pair.queue.len(), pair.jobs.total());
            let submitted = active - before;
            let pending = self.ledger.campaign(pair.slot).bag.pending();
            if submitted == 0 && queued == 0 && pending == 0 && pair.events == 0 {
                self.ledger.pair_mut(cluster, pair_index).reason = None;
                continue;
            }
            let behind = ahead
                .filter(|_| served != Some(pair_index))
                .map(|campaign| Reason::BehindOther { campaign });
            let reason = self.reason(cluster, position, held.cloned().or(behind), submitted > 0);
            let pair = self.ledger.pair_mut(cluster, pair_index);
            pair.reason = Some(reason.clone());
            let campaign = pair.campaign;
            report.pair(PairReport { cluster, campaign, submitted, queued, active, reason });
        }
    }

    /// Returns why the campaign at a position in the order got no more, after `held` came over all of the
    /// cluster or over those behind another.
    fn reason(
        &mut self,
        cluster: ClusterId,
        position: usize,
        held: Option<Reason>,
        sent: bool,
    ) -> Reason {
        let pair_index = self.ledger.cluster(cluster).order()[position];
        let pair = self.ledger.pair(cluster, pair_index);
        let queued = pair.queue.len();
        if let Some(obstacle) = self.obstacle(pair) {
            return obstacle;
        }
        if sent && queued == 0 {
            return Reason::AllSent;
        }
        let max = pair.max_jobs().filter(|&max| pair.jobs.total() + queued >= max);
        if let Some(max) = max.filter(|_| queued == 0) {
            return Reason::MaxJobs { max };
        }
        if queued == 0 && self.ledger.cluster(cluster).stress.is_some() {
            return Reason::ClusterStressed;
        }
        let asked = &self.scratch.offers[cluster.index()][pair_index.index()];
        match (asked, held) {
            (Some(Offer::Skip(reason) | Offer::Stop(reason)), _) => Reason::Policy(reason.clone()),
            (Some(Offer::Take(_, reason)), None) => Reason::Policy(reason.clone()),
            (_, Some(held)) => held,
            // Its queue is empty, so it was passed over; the policy can still say why it is.
            (None, None) => match self.offer(cluster, position) {
                Offer::Skip(reason) | Offer::Stop(reason) => Reason::Policy(reason),
                Offer::Take(..) => Reason::NothingLeft,
            },
        }
    }
}

/// Returns what a policy grants to a campaign, asked once a cycle.
fn asked<'a>(
    policy: &mut dyn ClusterPolicy,
    view: &PairView,
    offers: &'a mut [Option<Offer>],
) -> &'a Offer {
    offers[view.pair_index.index()].get_or_insert_with(|| policy.offer(view))
}

fn grant(offer: &Offer) -> Grant {
    match offer {
        Offer::Take(jobs, _) => Grant::Jobs(*jobs),
        Offer::Skip(_) => Grant::Skip,
        Offer::Stop(_) => Grant::Stop,
    }
}
