//! The worker of a cluster: carries orders out, tracks jobs, and reports what became of both. One
//! question is under way at a time. A slow or dead cluster delays nobody but its own worker. What it says to
//! the cluster goes through the port (`sites/port.rs`): it knows no resource manager. Must not contain any
//! scheduling rule.

mod carry;
pub mod clock;
mod cluster_load;
mod deletion;
mod identities;
mod identity;
mod life;
mod listing;
mod look_up;
pub mod machine;
mod mailbox;
mod matching;
mod orphans;
pub mod outcome;
mod poll;
mod snapshot;
mod tracked;
mod unconfirmed;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use gleaner_core::fact::{ClusterFault, Fact, Refusal};
use gleaner_core::ids::{ClusterId, RemoteJobId};
use gleaner_core::time::Timestamp;

use crate::config::ClusterConfig;
use crate::order::{ClusterUpdate, JobNote, Order};
use crate::sites::answer::Answer;
use crate::sites::failure::Failure;
use crate::sites::port::Question;
use crate::worker::cluster_load::ClusterLoad;
use crate::worker::identities::Identities;
use crate::worker::mailbox::{Mailbox, Report};
use crate::worker::tracked::TrackedJob;
use crate::worker::unconfirmed::Unconfirmed;

/// After so many failed looks in a row, the pause between two is longest: 32 polls.
const BACK_OFF_MAX: u32 = 5;
/// But never longer than this, unless a single poll is: a cluster that is back shall not stand idle
/// for as long as it was away, and a question in two minutes burdens no server.
const PAUSE_MAX: Duration = Duration::from_secs(120);

/// A worker.
struct Worker {
    cluster: ClusterId,
    config: ClusterConfig,
    mailbox: Mailbox,
    /// Whether numbers of jobs grow with their places; see [`Listed::in_order`](crate::sites::job::Listed).
    in_order: bool,
    epoch: String,
    /// Orders to carry out, first come, first served.
    queue: VecDeque<Order>,
    /// Submissions of which it is not known whether they arrived.
    unconfirmed: Vec<Unconfirmed>,
    jobs: BTreeMap<RemoteJobId, TrackedJob>,
    load: ClusterLoad,
    /// The cluster's clock less grid time, in seconds, if that was measured.
    ahead_s: Option<i64>,
    /// Jobs that could not be read when they were asked for last, with how often in a row.
    unreadable: BTreeMap<RemoteJobId, u32>,
    /// Living jobs that were told to be somebody else's, though they bear a name like ours.
    foreign: BTreeSet<RemoteJobId>,
    /// Ids of jobs of ours under which this server has somebody else's.
    reused_ids: BTreeSet<RemoteJobId>,
    /// Who users are there.
    identities: Identities,
    /// Jobs whose deletion was refused, by the grid login that owns them.
    undeleted: BTreeMap<Arc<str>, BTreeSet<RemoteJobId>>,
    /// Whether it was told that the cluster cannot be used.
    lost: bool,
    stressed: bool,
    /// Looks that failed in a row.
    failures: u32,
    update: PendingUpdate,
}

/// An update that is about to be reported.
#[derive(Debug, Default)]
struct PendingUpdate {
    facts: Vec<Fact>,
    notes: Vec<JobNote>,
    snapshot: Option<gleaner_core::snapshot::ClusterSnapshot>,
    urgent: bool,
}

impl Worker {
    /// Asks the cluster.
    async fn ask(&mut self, question: Question) -> Result<Answer, Failure> {
        self.mailbox.ask(question).await
    }

    fn now(&self) -> Timestamp {
        self.mailbox.time().now
    }

    /// What the cluster's clock shows now, as far as is known.
    fn cluster_now(&self) -> Timestamp {
        let ahead_s = self.ahead_s.unwrap_or(0);
        Timestamp::from_seconds(self.now().seconds().saturating_add(ahead_s))
    }

    /// How long to wait until the next look: longer, the longer the cluster does not answer.
    fn pause(&self) -> Duration {
        backed_off(self.config.poll.to_std(), self.failures)
    }

    /// Reports the pending update.
    fn tell(&mut self) {
        let PendingUpdate { facts, notes, snapshot, urgent } = std::mem::take(&mut self.update);
        if facts.is_empty() && notes.is_empty() && snapshot.is_none() {
            return;
        }
        let update = ClusterUpdate { cluster: self.cluster, facts, snapshot, notes, urgent };
        self.mailbox.report(Report::Update(update));
    }

    fn fact(&mut self, fact: Fact) {
        self.update.facts.push(fact);
        self.update.urgent = true;
    }

    /// Notes that the cluster answers as it should.
    fn note_success(&mut self) {
        self.failures = 0;
        if self.lost {
            self.lost = false;
            let cluster = &self.config.name;
            tracing::info!(cluster, "the cluster answers again");
            self.fact(Fact::ClusterBack { cluster: self.cluster });
        }
    }

    /// Notes that the cluster does not answer as it should.
    fn note_fault(&mut self, fault: ClusterFault) {
        self.failures = self.failures.saturating_add(1);
        if !self.lost {
            self.lost = true;
            let cluster = &self.config.name;
            tracing::warn!(cluster, %fault, "the cluster does not answer as it should");
            self.fact(Fact::ClusterLost { cluster: self.cluster, fault });
        }
    }

    /// Notes what a failure says about the cluster, if anything.
    fn note_failure(&mut self, error: &Failure) {
        match error {
            Failure::NotSent(fault) | Failure::Unanswered(fault) | Failure::Odd(fault) => {
                self.note_fault(*fault);
            }
            // One unreadable answer may have been cut on its way; it counts when it is so again.
            Failure::Unreadable(_) | Failure::TooMuch(_) => {
                let source = std::error::Error::source(error);
                let cluster = &self.config.name;
                tracing::warn!(%error, source, cluster, "an answer cannot be understood");
                match self.failures {
                    0..=2 => self.failures += 1,
                    _ => self.note_fault(ClusterFault::BadAnswers),
                }
            }
            Failure::NoLogin(_) | Failure::NoToken(_) | Failure::Unsendable(_) => {
                let cluster = &self.config.name;
                tracing::error!(%error, source = std::error::Error::source(error), cluster, "a call was not sent");
            }
        }
    }
}

/// What it means for tasks that a question certainly was not sent for their user; none where it may have been.
fn unsent(error: &Failure) -> Option<Refusal> {
    match error {
        Failure::NoLogin(_) => Some(Refusal::NoLogin),
        Failure::NoToken(_) => Some(Refusal::NoToken),
        Failure::Unsendable(_) => Some(Refusal::BadRequest),
        Failure::NotSent(_) => Some(Refusal::Unreachable),
        Failure::Unanswered(_) | Failure::Odd(_) | Failure::Unreadable(_) | Failure::TooMuch(_) => {
            None
        }
    }
}

/// The pause between two looks after so many that failed in a row.
fn backed_off(period: Duration, failures: u32) -> Duration {
    let longer = period.saturating_mul(2_u32.pow(failures.min(BACK_OFF_MAX)));
    longer.min(PAUSE_MAX.max(period))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::backed_off;

    #[test]
    fn a_cluster_that_is_back_is_seen_within_two_minutes() {
        let s = Duration::from_secs;
        let pauses = |period| [0, 1, 3, 5, 99].map(|failures| backed_off(s(period), failures));
        assert_eq!(pauses(2), [2, 4, 16, 64, 64].map(s));
        assert_eq!(pauses(15), [15, 30, 120, 120, 120].map(s));
        assert_eq!(pauses(600), [600; 5].map(s), "nobody asked for more often");
    }
}
