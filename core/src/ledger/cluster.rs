//! What the ledger holds for each cluster: its last snapshot, its campaigns in order, its jobs.

pub(crate) mod saved;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fact::{ClusterFault, Fact};
use crate::ids::Seat;
use crate::ids::{CampaignId, CommandId, EventId, RemoteJobId};
use crate::ledger::attempt::AttemptRef;
use crate::ledger::couple::Couple;
use crate::observation::ClusterSnapshot;
use crate::policy::reason::Wording;
use crate::report::{CancelReason, Reason};
use crate::time::Timestamp;

/// The most facts kept for jobs whose acceptance is not known yet.
pub(crate) const EARLY_MAX: usize = 10_000;

/// The most jobs of submissions given up that are kept to be deleted.
pub(crate) const STRAYS_MAX: usize = 10_000;

/// What is wrong with a cluster's server.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fault {
    pub(crate) event: EventId,
    pub(crate) fault: ClusterFault,
    /// When it was last told of.
    pub(crate) seen_at: Timestamp,
    /// It has answered since.
    pub(crate) answers: bool,
    /// A person says that it is dealt with.
    pub(crate) fixed: bool,
}

/// One cluster.
#[derive(Debug, Default)]
pub(crate) struct Cluster {
    pub(crate) snapshot: Option<ClusterSnapshot>,
    /// What is wrong with its server.
    pub(crate) fault: Option<Fault>,
    /// The event by which the operator takes it out of use.
    pub(crate) disabled: Option<EventId>,
    /// The event that is open as long as it is under stress.
    pub(crate) stress: Option<EventId>,
    seats: Vec<Option<Couple>>,
    free: Vec<Seat>,
    /// Seats taken, in the order in which they are served.
    order: Vec<Seat>,
    /// Nobody has come since they were put in order, and no rank has changed.
    in_order: bool,
    /// The one submission without an answer.
    pub(crate) unanswered: Option<CommandId>,
    /// Submissions whose outcome is unknown.
    pub(crate) unknown: u32,
    pub(crate) remote: BTreeMap<RemoteJobId, AttemptRef>,
    /// Facts about jobs that an open submission may yet turn out to own.
    pub(crate) early: Vec<Fact>,
    /// Jobs of submissions given up, with whose they are and when they are to be deleted (again).
    pub(crate) strays: BTreeMap<RemoteJobId, (CampaignId, Timestamp)>,
    /// Jobs to be deleted.
    pub(crate) cancels: BTreeMap<AttemptRef, CancelReason>,
}

impl Cluster {
    pub(crate) fn take_seat(&mut self, couple: Couple) -> Seat {
        let seat = match self.free.pop() {
            Some(seat) => seat,
            None => {
                self.seats.push(None);
                // One seat a campaign, and campaigns are counted in `u32`.
                Seat(self.seats.len() as u32 - 1)
            }
        };
        self.seats[seat.index()] = Some(couple);
        self.order.push(seat);
        self.in_order = false;
        seat
    }

    pub(crate) fn leave_seat(&mut self, seat: Seat) {
        self.seats[seat.index()] = None;
        self.order.retain(|taken| *taken != seat);
        self.free.push(seat);
    }

    /// Whether the campaigns are in the order in which they are served.
    pub(crate) fn is_in_order(&self) -> bool {
        self.in_order
    }

    /// Wants the campaigns to be put in order before they are served.
    pub(crate) fn disorder(&mut self) {
        self.in_order = false;
    }

    /// Puts the campaigns in order: the seats that are taken, each once.
    pub(crate) fn put_in_order(&mut self, seats: impl Iterator<Item = Seat>) {
        self.order.clear();
        self.order.extend(seats);
        self.in_order = true;
    }

    /// Tells whether commands can be sent there.
    pub(crate) fn answers(&self) -> bool {
        self.fault.is_none_or(|fault| fault.answers)
    }

    pub(crate) fn order(&self) -> &[Seat] {
        &self.order
    }

    pub(crate) fn couple(&self, seat: Seat) -> &Couple {
        self.seats[seat.index()].as_ref().expect("a seat is used by the campaign that took it")
    }

    pub(crate) fn couple_mut(&mut self, seat: Seat) -> &mut Couple {
        self.seats[seat.index()].as_mut().expect("a seat is used by the campaign that took it")
    }

    /// Gives the reasons of a checkpoint the sentences of the policy that gave them.
    pub(crate) fn say_reasons(&mut self, wordings: &[Wording]) {
        for couple in self.seats.iter_mut().flatten() {
            if let Some(Reason::Policy(reason)) = &mut couple.reason {
                reason.say(wordings);
            }
        }
    }

    pub(crate) fn couples(&self) -> impl Iterator<Item = (Seat, &Couple)> {
        self.order.iter().map(|&seat| (seat, self.couple(seat)))
    }

    /// Seats that are taken, by their numbers.
    pub(crate) fn seats_taken(&self) -> impl Iterator<Item = Seat> {
        (0..)
            .map(Seat)
            .zip(&self.seats)
            .filter(|(_, couple)| couple.is_some())
            .map(|(seat, _)| seat)
    }

    /// Number of seats, taken or free: the bound of a seat's index.
    pub(crate) fn seats(&self) -> usize {
        self.seats.len()
    }
}
