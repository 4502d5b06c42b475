//! One look at the cluster: which jobs live, which are over and how, what was in doubt, how the
//! cluster is.

use std::collections::BTreeMap;

use gleaner_core::fact::{Fact, Outcome};
use gleaner_core::ids::RemoteJobId;
use gleaner_core::listing::ListedState;
use gleaner_core::time::Timestamp;
use gleaner_oar::wire::answer::Answer;
use gleaner_oar::wire::call::Call;
use gleaner_oar::wire::job::{Job, JobRow};

use crate::client::{Answered, CallError};
use crate::order::JobNote;
use crate::worker::doubt::Listed;
use crate::worker::whose::{Arrays, Witness};
use crate::worker::{Followed, Worker, listing, outcome};

/// Files of standard error that are read in one look, at most.
const TAILS_MAX: usize = 20;
/// Looks in a row in which a job is not among the living and cannot be read, until it is given up: one answer
/// may be cut, and one list may leave a job out.
const GARBLED_MAX: u32 = 5;

impl Worker {
    /// Looks at the cluster and gathers the news.
    pub(super) async fn poll(&mut self) {
        self.client.begin_look();
        if self.at_rest() {
            return;
        }
        // What a list does not show had not arrived when it was asked for, and not a moment later: doubts are
        // settled by what the cluster's clock showed before that.
        let told = if self.doubts.is_empty() { None } else { self.ask_time().await };
        let Listed { rows: current, unread } = match self.current().await {
            Ok(Some(listed)) => listed,
            Ok(None) => return,
            Err(error) => return self.judge(&error),
        };
        // A cluster that does not tell its time gets nothing, but what it has of ours is followed.
        if self.know_clock().await {
            self.well();
        }
        let at = self.now();
        self.look_up(&current, told).await;
        if let Err(error) = self.follow(&current, &unread, at).await {
            return self.judge(&error);
        }
        self.watch_no_longer();
        self.find_strays(&current).await;
        self.ask_stress().await;
        let snapshot = self.snapshot(&current, at).await;
        self.news.snapshot = snapshot;
    }

    /// The jobs that live, in short; none when the list is not to be had.
    pub(super) async fn current(&mut self) -> Result<Option<Listed>, CallError> {
        let size = self.client.config().page_size;
        self.all_listed(|offset| Call::current_jobs(size, offset)).await
    }

    /// Tells what has happened to the jobs that are followed.
    async fn follow(
        &mut self,
        current: &[JobRow],
        unread: &[Option<u64>],
        at: Timestamp,
    ) -> Result<(), CallError> {
        let rows: BTreeMap<RemoteJobId, &JobRow> =
            current.iter().map(|row| (RemoteJobId(row.id.0), row)).collect();
        let mut states: BTreeMap<RemoteJobId, ListedState> = BTreeMap::new();
        let mut unseen = Vec::new();
        let mut others = Vec::new();
        for (&job, followed) in &self.jobs {
            if unread.contains(&Some(job.0)) {
                // It is listed, so it lives; what it does is not to be read.
                states.insert(job, ListedState::Unclear);
                continue;
            }
            let row = rows.get(&job);
            if row.is_some_and(|row| !listing::is_a_grids(row.name.as_deref())) {
                others.push(job);
                continue;
            }
            match row.map(|row| listing::alive(row.state, followed.told, at)) {
                Some(Some(state)) => drop(states.insert(job, state)),
                Some(None) | None => unseen.push(job),
            }
        }
        if self.watches_owners() {
            let of_ours =
                current.iter().filter(|row| self.jobs.contains_key(&RemoteJobId(row.id.0)));
            let owners: Vec<_> =
                of_ours.map(|row| (RemoteJobId(row.id.0), row.owner.clone())).collect();
            owners.iter().for_each(|(job, owner)| self.see_owner(*job, owner));
        }
        let details = self.details(&unseen).await?;
        let mut copies = Vec::new();
        let mut tails = 0;
        let mut arrays = Arrays::new();
        self.garbled.retain(|job, _| details.garbled.contains(job));
        for job in unseen {
            let Some(detail) = details.jobs.get(&job) else {
                let may_live = unread.contains(&None)
                    || rows.get(&job).is_some_and(|row| !row.state.is_final());
                if details.garbled.contains(&job) && !may_live && self.never_readable(job) {
                    states.insert(job, ListedState::Ended(self.there(), Outcome::Unreadable));
                } else if !details.unasked.contains(&job) {
                    states.insert(job, ListedState::Unclear);
                }
                continue;
            };
            if !listing::is_a_grids(detail.name.as_deref()) {
                others.push(job);
                continue;
            }
            self.see_owner(job, &detail.owner);
            if let Some(copy) = outcome::copy(detail) {
                copies.push((job, RemoteJobId(copy)));
                continue;
            }
            if outcome::copy_may_come(detail, self.there()) {
                states.insert(job, ListedState::Unclear);
                continue;
            }
            let followed = self.jobs[&job].clone();
            let ended = outcome::outcome(detail, followed.lease);
            let witness = match ended {
                Some(ended) => self.witness(&followed, detail, ended, &mut arrays).await?,
                None => Witness::Itself,
            };
            let (detail, ended) = match &witness {
                Witness::Itself => (detail, ended),
                Witness::Other(own) => (&**own, outcome::outcome(own, followed.lease)),
                Witness::Nobody => (detail, Some(Outcome::OtherTask)),
                Witness::Later => {
                    states.insert(job, ListedState::Unclear);
                    continue;
                }
            };
            match ended {
                Some(ended) => {
                    let stop = Timestamp::from_seconds(detail.stop_time);
                    states.insert(job, ListedState::Ended(stop, ended));
                    let tail = match ended {
                        _ if tails >= TAILS_MAX => None,
                        Outcome::Exited(0) => None,
                        Outcome::Exited(_) | Outcome::Signalled(_) => {
                            tails += 1;
                            self.stderr(detail, &followed.user).await
                        }
                        _ => None,
                    };
                    self.news.notes.push(JobNote { job, ..note(detail, tail) });
                }
                None => {
                    let state = listing::alive(detail.state, followed.told, at);
                    states.insert(job, state.unwrap_or(ListedState::Unclear));
                }
            }
        }
        for job in others {
            states.insert(job, ListedState::Unclear);
            self.is_anothers(job);
        }
        for (old, copy) in copies {
            if let Some(followed) = self.jobs.remove(&old) {
                self.replaced(old, copy, followed);
            }
        }
        self.tell_changes(&states);
        Ok(())
    }

    /// Counts that a job could not be read; answers whether that was so often enough to give up.
    fn never_readable(&mut self, job: RemoteJobId) -> bool {
        let times = self.garbled.entry(job).or_insert(0);
        *times += 1;
        *times >= GARBLED_MAX
    }

    fn tell_changes(&mut self, states: &BTreeMap<RemoteJobId, ListedState>) {
        let told = self.jobs.iter().map(|(&job, followed)| (job, followed.told));
        let facts = listing::changes(self.cluster, told, states);
        self.news.urgent |= facts.iter().any(|fact| matches!(fact, Fact::JobEnded { .. }));
        self.news.facts.extend(facts);
        for (job, state) in states {
            match state {
                ListedState::Ended(..) => drop(self.jobs.remove(job)),
                state => {
                    if let Some(followed) = self.jobs.get_mut(job) {
                        followed.told = Some(*state);
                    }
                }
            }
        }
    }

    /// OAR has put a copy in a job's place.
    pub(super) fn replaced(&mut self, job: RemoteJobId, copy: RemoteJobId, followed: Followed) {
        self.fact(Fact::JobReplaced { cluster: self.cluster, job, copy });
        self.jobs.insert(copy, Followed { told: None, going: false, ..followed });
    }

    async fn ask_stress(&mut self) {
        let stress = match self.client.open(&Call::Stress).await {
            Ok(Answered { answer: Answer::Stress(stress), .. }) => stress,
            // A site without that script has no such sensor, but a clock.
            Ok(_) => {
                self.census.stress = None;
                self.ask_time().await;
                return;
            }
            Err(error) => return self.judge(&error),
        };
        self.compare_clocks(stress.api_timestamp);
        let Some(value) = stress.value() else { return };
        self.census.stress = Some(value);
        let high = value >= self.client.config().stress_limit;
        if high != self.stressed {
            self.stressed = high;
            let cluster = self.cluster;
            self.fact(match high {
                true => Fact::ClusterStressed { cluster },
                false => Fact::ClusterRelaxed { cluster },
            });
        }
    }
}

fn note(job: &Job, stderr_tail: Option<String>) -> JobNote {
    let time = |seconds: i64| (seconds > 0).then(|| Timestamp::from_seconds(seconds));
    let node = job.nodes.iter().flatten().map(|node| node.network_address.clone()).next();
    JobNote {
        job: RemoteJobId(job.id.0),
        node,
        start: time(job.start_time),
        stop: time(job.stop_time),
        exit_status: job.exit_code,
        stderr_tail,
        events: job.events.iter().flatten().map(|event| event.kind.0.clone()).collect(),
    }
}
