//! Choosing what each cluster is sent: scripts first, else tasks of one campaign. And saying why no
//! more was sent.

use std::sync::Arc;

use crate::decision::{Action, Command, Submission, Work};
use crate::ids::Seat;
use crate::ids::{ClusterId, TaskId};
use crate::jdl::spec::JobKind;
use crate::ledger::Submitted;
use crate::ledger::attempt::AttemptWork;
use crate::ledger::bag::Class;
use crate::ledger::campaign::CampaignState;
use crate::ledger::couple::{Couple, ScriptState};
use crate::policy::Offer;
use crate::report::{CoupleReport, CycleReport, Reason};
use crate::scheduler::Scheduler;
use crate::scheduler::share::{From, Newcomers};

/// What one cluster is sent in a cycle.
struct Choice {
    seat: Seat,
    tasks: Vec<TaskId>,
    attempts: Vec<AttemptWork>,
}

impl Scheduler {
    pub(super) fn choose_work(&mut self, commands: &mut Vec<Command>, report: &mut CycleReport) {
        let mut done = std::mem::take(&mut self.scratch.served);
        done.clear();
        for cluster in self.cluster_ids() {
            let seats = self.ledger.cluster(cluster).seats();
            let offers = &mut self.scratch.offers[cluster.index()];
            offers.clear();
            offers.resize(seats, None);
            done.push(match self.cluster_hindrance(cluster) {
                Some(reason) => (None, Some(reason)),
                None => match self.script_of(cluster) {
                    Some((seat, work)) => {
                        let script = Choice { seat, tasks: Vec::new(), attempts: vec![work] };
                        self.send(cluster, script, commands, report);
                        (Some(seat), None)
                    }
                    None => self.choose_tasks(cluster, From::Here, commands, report),
                },
            });
        }
        // What is left in queues now stays there for this cycle, unless another cluster can do it.
        for cluster in self.cluster_ids() {
            let (served, held) = &mut done[cluster.index()];
            if served.is_none() && held.is_none() && self.may_borrow(cluster) {
                (*served, _) = self.choose_tasks(cluster, From::Elsewhere, commands, report);
                if served.is_none() {
                    self.call_back(cluster);
                }
            }
        }
        for (cluster, (served, held)) in self.cluster_ids().zip(&done) {
            self.account(cluster, *served, held.as_ref(), report);
        }
        self.scratch.served = done;
    }

    /// What keeps a cluster from being sent anything.
    fn cluster_hindrance(&self, id: ClusterId) -> Option<Reason> {
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

    /// The first script that is to run on a cluster now.
    fn script_of(&self, cluster: ClusterId) -> Option<(Seat, AttemptWork)> {
        let mut couples = self.ledger.cluster(cluster).couples();
        couples.find_map(|(seat, couple)| Some((seat, self.script_due(couple)?)))
    }

    fn script_due(&self, couple: &Couple) -> Option<AttemptWork> {
        if couple.prologue != ScriptState::Due && couple.epilogue != ScriptState::Due {
            return None;
        }
        let campaign = self.ledger.campaign(couple.slot);
        let waits = couple.back_off.is_some_and(|waits| waits.until > self.now);
        if campaign.state != CampaignState::InTreatment
            || couple.events > 0
            || waits
            || self.too_unclear(couple).is_some()
        {
            None
        } else if couple.prologue == ScriptState::Due {
            (campaign.bag.pending() > 0).then_some(AttemptWork::Prologue)
        } else if couple.epilogue == ScriptState::Due
            && couple.prologue_passed()
            && campaign.bag.unsettled() == 0
        {
            Some(AttemptWork::Epilogue)
        } else {
            None
        }
    }

    /// Tells whether a script could be sent to a cluster in the next cycle.
    pub(super) fn script_waits(&self, cluster: ClusterId) -> bool {
        self.cluster_hindrance(cluster).is_none() && self.script_of(cluster).is_some()
    }

    /// Sends tasks of the first campaign whose turn it is; returns it, or why nothing was sent.
    fn choose_tasks(
        &mut self,
        cluster: ClusterId,
        from: From,
        commands: &mut Vec<Command>,
        report: &mut CycleReport,
    ) -> (Option<Seat>, Option<Reason>) {
        let (mut choice, mut held) = (None, None);
        if let Some(newcomers) = self.newcomers(cluster, from)
            && !self.is_held(cluster, from)
        {
            (choice, _) = self.choice(cluster, Some(&newcomers), from);
        }
        if choice.is_none() {
            (choice, held) = self.choice(cluster, None, from);
        }
        let served = choice.as_ref().map(|chosen| chosen.seat);
        if let Some(choice) = choice {
            self.send(cluster, choice, commands, report);
        }
        (served, held)
    }

    /// Whether a policy holds all campaigns up before anybody's turn has come.
    fn is_held(&mut self, cluster: ClusterId, from: From) -> bool {
        for class in Class::ALL {
            for position in 0..self.ledger.cluster(cluster).order().len() {
                if !self.has_turn(cluster, position, class, from) {
                    continue;
                }
                match self.offer(cluster, position) {
                    Offer::Skip(_) => {}
                    Offer::Stop(_) => return true,
                    Offer::Take(..) => return false,
                }
            }
        }
        false
    }

    /// Whether the campaign at a position in the order has tasks of a class, and may be served. What is
    /// queued elsewhere is taken for one class.
    fn has_turn(&self, cluster: ClusterId, position: usize, class: Class, from: From) -> bool {
        let cluster = self.ledger.cluster(cluster);
        let couple = cluster.couple(cluster.order()[position]);
        let waits = match from {
            From::Here => couple.queue.waits(class),
            From::Elsewhere => class == Class::Front && self.has_tasks(couple, from),
        };
        waits && self.hindrance(couple).is_none()
    }

    /// What the first campaign is sent, or why nobody is; among newcomers, with a share of the policy's
    /// grant, and without holding up those behind.
    ///
    /// Rows are looked at by class, then in the order of the campaigns. A second campaign that could
    /// be served ends the search, since one campaign is served a cycle.
    fn choice(
        &mut self,
        cluster: ClusterId,
        newcomers: Option<&Newcomers>,
        from: From,
    ) -> (Option<Choice>, Option<Reason>) {
        let mut choice: Option<Choice> = None;
        let all = self.ledger.cluster(cluster).order().len();
        let count = newcomers.map_or(all, |new| new.positions.len());
        for class in Class::ALL {
            for turn in 0..count {
                let position = newcomers.map_or(turn, |new| new.positions[turn]);
                let seat = self.ledger.cluster(cluster).order()[position];
                if !self.has_turn(cluster, position, class, from) {
                    continue;
                }
                let campaign = self.ledger.couple(cluster, seat).campaign;
                match self.offer(cluster, position) {
                    Offer::Skip(_) => {}
                    Offer::Stop(_) if newcomers.is_some() => {}
                    Offer::Stop(_) => return (choice, Some(Reason::BehindGrace { campaign })),
                    Offer::Take(jobs, _) => {
                        if choice.as_ref().is_some_and(|chosen| chosen.seat != seat) {
                            return (choice, None);
                        }
                        let chosen = choice.get_or_insert_with(|| Choice {
                            seat,
                            tasks: Vec::new(),
                            attempts: Vec::new(),
                        });
                        let jobs = jobs.div_ceil(newcomers.map_or(1, |new| new.users));
                        match from {
                            From::Here => self.take_tasks(cluster, chosen, class, jobs),
                            From::Elsewhere => self.borrow_tasks(cluster, chosen, jobs),
                        }
                        if chosen.attempts.is_empty() {
                            choice = None;
                        }
                    }
                }
            }
        }
        (choice, None)
    }

    /// What the policy grants to the campaign at a position in the order, asked once a cycle.
    pub(super) fn offer(&mut self, cluster: ClusterId, position: usize) -> Offer {
        let view = &self.scratch.views[cluster.index()][position];
        let asked = &mut self.scratch.offers[cluster.index()][view.seat.index()];
        asked.get_or_insert_with(|| self.policies[cluster.index()].offer(view)).clone()
    }

    fn take_tasks(&mut self, cluster: ClusterId, choice: &mut Choice, class: Class, jobs: u32) {
        let couple = self.ledger.clusters[cluster.index()].couple_mut(choice.seat);
        while choice.tasks.len() < jobs as usize
            && let Some(index) = couple.queue.pop(class)
        {
            choice.tasks.push(TaskId { campaign: couple.campaign, index });
            choice.attempts.push(AttemptWork::Task(index));
        }
    }

    /// Takes tasks out of the queues of other clusters, as many as fit here.
    fn borrow_tasks(&mut self, cluster: ClusterId, choice: &mut Choice, jobs: u32) {
        let couple = self.ledger.couple(cluster, choice.seat);
        let (campaign, jobs) = (couple.campaign, jobs.min(self.fit(cluster, couple)));
        for index in self.ledger.take_elsewhere(cluster, choice.seat, jobs) {
            choice.tasks.push(TaskId { campaign, index });
            choice.attempts.push(AttemptWork::Task(index));
        }
    }

    fn send(
        &mut self,
        cluster: ClusterId,
        choice: Choice,
        commands: &mut Vec<Command>,
        report: &mut CycleReport,
    ) {
        let id = self.next_command();
        let Choice { seat, tasks, attempts } = choice;
        let now = self.now;
        let work = attempts[0];
        let attempts: Vec<_> =
            attempts.into_iter().map(|work| self.ledger.launch(cluster, seat, work, now)).collect();
        report.submitted += attempts.len() as u64;
        let couple = self.ledger.couple(cluster, seat);
        let settings = Arc::clone(&couple.settings);
        let campaign = couple.campaign;
        let owner = self.ledger.campaign(couple.slot);
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
        self.ledger
            .submitted
            .insert(id, Submitted { cluster, seat, campaign, attempts, unknown: false });
        self.ledger.cluster_mut(cluster).unanswered = Some(id);
        commands.push(Command { id, cluster, action: Action::Submit(submission) });
    }

    /// Writes down for each campaign that has work what it got and why no more.
    fn account(
        &mut self,
        cluster: ClusterId,
        served: Option<Seat>,
        held: Option<&Reason>,
        report: &mut CycleReport,
    ) {
        let ahead = served.map(|seat| self.ledger.couple(cluster, seat).campaign);
        for position in 0..self.ledger.cluster(cluster).order().len() {
            let seat = self.ledger.cluster(cluster).order()[position];
            let couple = self.ledger.couple(cluster, seat);
            let before = self.scratch.views[cluster.index()][position].jobs.total();
            let (queued, active) = (couple.queue.len(), couple.jobs.total());
            let submitted = active - before;
            let pending = self.ledger.campaign(couple.slot).bag.pending();
            if submitted == 0 && queued == 0 && pending == 0 && couple.events == 0 {
                self.ledger.couple_mut(cluster, seat).reason = None;
                continue;
            }
            let behind = ahead
                .filter(|_| served != Some(seat))
                .map(|campaign| Reason::BehindOther { campaign });
            let reason = self.reason(cluster, position, held.cloned().or(behind), submitted > 0);
            let couple = self.ledger.couple_mut(cluster, seat);
            couple.reason = Some(reason.clone());
            let campaign = couple.campaign;
            report.couple(CoupleReport { cluster, campaign, submitted, queued, active, reason });
        }
    }

    /// Why the campaign at a position in the order got no more, after `held` came over all of the cluster
    /// or over those behind another.
    fn reason(
        &mut self,
        cluster: ClusterId,
        position: usize,
        held: Option<Reason>,
        sent: bool,
    ) -> Reason {
        let seat = self.ledger.cluster(cluster).order()[position];
        let couple = self.ledger.couple(cluster, seat);
        let queued = couple.queue.len();
        if let Some(hindrance) = self.hindrance(couple) {
            return hindrance;
        }
        if sent && queued == 0 {
            return Reason::AllSent;
        }
        let max = couple.max_jobs().filter(|&max| couple.jobs.total() + queued >= max);
        if let Some(max) = max.filter(|_| queued == 0) {
            return Reason::MaxJobs { max };
        }
        if queued == 0 && self.ledger.cluster(cluster).stress.is_some() {
            return Reason::ClusterStressed;
        }
        let asked = &self.scratch.offers[cluster.index()][seat.index()];
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
