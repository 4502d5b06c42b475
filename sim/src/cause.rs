//! Why a job waits: the words for it, what is in its way at an instant, and how many cores are free for it
//! then. Must not know schedulers, and adds nothing up.

use std::fmt;

use crate::job::{JobKind, JobSlot};
use crate::time::SimTime;

/// What holds a waiting job back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Other jobs hold the cores.
    Cores,
    /// Nodes that cannot be used have the cores.
    Nodes,
    /// Jobs before it come first, although it would fit.
    Order,
    /// It would fit, but its start would delay a job to which the cores are promised.
    Reservation,
    /// The free cores are not those it asks for.
    Properties,
    /// A quota is used up.
    Quotas,
    /// Another job must end before.
    Dependency,
    /// Somebody holds it back.
    Hold,
    /// The time it was booked for has not come.
    StartTime,
    /// The job that it is to run in is not there or is full.
    Container,
    /// Best-effort jobs leave its cores.
    Preemption,
    /// Its nodes are being woken.
    WakeUp,
    /// The scheduler has not looked yet, or its launch is under way.
    Pass,
}

impl Cause {
    /// All of them, in the order in which people should read them. Of two that held a job for equally
    /// long, the first here is named.
    pub const ALL: [Cause; 13] = [
        Cause::Cores,
        Cause::Nodes,
        Cause::Order,
        Cause::Reservation,
        Cause::Properties,
        Cause::Quotas,
        Cause::Dependency,
        Cause::Hold,
        Cause::StartTime,
        Cause::Container,
        Cause::Preemption,
        Cause::WakeUp,
        Cause::Pass,
    ];

    /// Its word in tables and pages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Cause::Cores => "cores",
            Cause::Nodes => "nodes",
            Cause::Order => "order",
            Cause::Reservation => "reservation",
            Cause::Properties => "properties",
            Cause::Quotas => "quotas",
            Cause::Dependency => "dependency",
            Cause::Hold => "hold",
            Cause::StartTime => "start-time",
            Cause::Container => "container",
            Cause::Preemption => "preemption",
            Cause::WakeUp => "wake-up",
            Cause::Pass => "pass",
        }
    }

    /// What the word means, in a sentence.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Cause::Cores => "Fewer cores were free than the job asks for: other jobs held them.",
            Cause::Nodes => {
                "Fewer cores were free than the job asks for; with those of nodes that were failed, off, \
                 leaving or absent there would have been enough."
            }
            Cause::Order => {
                "Enough cores were free, but jobs before it come first, and nobody overtakes."
            }
            Cause::Reservation => {
                "Enough cores were free, but the job would have delayed another one to which they were \
                 promised."
            }
            Cause::Properties => {
                "Enough cores were free, but not of the kind or in the arrangement that the job asks for."
            }
            Cause::Quotas => "Its user, project, queue or type had used up what a quota allows.",
            Cause::Dependency => "A job on which it depends had not ended.",
            Cause::Hold => "Somebody held the job back until it was released.",
            Cause::StartTime => "The job was booked for a later time.",
            Cause::Container => {
                "The container in which it is to run had not started, or had no room for it."
            }
            Cause::Preemption => "It had its cores, and best-effort jobs were still leaving them.",
            Cause::WakeUp => "Its nodes were switched off and were being woken.",
            Cause::Pass => {
                "The scheduler had not looked at the queue yet, or the launch was under way."
            }
        }
    }

    /// Its place in [`Cause::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What is in a job's way at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// Of which kind it is.
    pub cause: Cause,
    /// The job that has the place, where it is one: the head of the queue, the one with the reservation,
    /// the container, the one it depends on.
    pub by: Option<JobSlot>,
    /// When the job is to start, as far as its scheduler has a plan.
    pub planned: Option<SimTime>,
}

impl Obstacle {
    /// One of which no more is known.
    #[must_use]
    pub fn of(cause: Cause) -> Obstacle {
        Obstacle { cause, by: None, planned: None }
    }
}

/// How many cores of a cluster jobs could be put on at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Cores for owners' jobs, and those with an owner's rights: up, and neither held by one nor
    /// promised to one.
    pub owners: u32,
    /// Cores for best-effort jobs: of those, the ones that no best-effort job holds.
    pub best_effort: u32,
    /// Cores that cannot be used and that no job holds: of nodes that are failed, off, leaving or absent.
    pub away: u32,
    /// What holds a job with an owner's rights for which there are enough; always the same for one cluster.
    pub enough: Cause,
    /// The same for a best-effort job.
    pub enough_besteffort: Cause,
    /// What holds a job to which cores are promised; always the same for one cluster.
    pub promised: Cause,
}

impl Room {
    /// Cores for a job of that kind.
    #[must_use]
    pub fn free(&self, kind: JobKind) -> u32 {
        match kind {
            JobKind::Local | JobKind::Grid => self.owners,
            JobKind::BestEffort => self.best_effort,
        }
    }

    /// What holds a job of that kind for which there are enough.
    #[must_use]
    pub fn enough(&self, kind: JobKind) -> Cause {
        match kind {
            JobKind::Local | JobKind::Grid => self.enough,
            JobKind::BestEffort => self.enough_besteffort,
        }
    }

    /// What holds a job of that kind that asks for `cores`, as far as a count of cores tells.
    #[must_use]
    pub fn cause(&self, kind: JobKind, cores: u32) -> Cause {
        let free = self.free(kind);
        if cores <= free {
            self.enough(kind)
        } else if cores <= free.saturating_add(self.away) {
            Cause::Nodes
        } else {
            Cause::Cores
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_stands_where_its_number_says() {
        for (at, cause) in Cause::ALL.into_iter().enumerate() {
            assert_eq!(cause.index(), at);
        }
    }

    #[test]
    fn nodes_are_to_blame_where_theirs_would_be_enough() {
        let room = Room {
            owners: 4,
            best_effort: 2,
            away: 3,
            enough: Cause::Order,
            enough_besteffort: Cause::Pass,
            promised: Cause::Preemption,
        };
        let causes = |kind| [2, 4, 5, 7, 8].map(|cores| room.cause(kind, cores));
        use Cause::{Cores, Nodes, Order, Pass};
        assert_eq!(causes(JobKind::Local), [Order, Order, Nodes, Nodes, Cores]);
        assert_eq!(causes(JobKind::BestEffort), [Pass, Nodes, Nodes, Cores, Cores]);
    }
}
