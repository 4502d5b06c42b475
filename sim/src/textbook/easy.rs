//! EASY backfilling: the head of the queue holds the one reservation, the others may overtake it
//! if they do not delay it. Must not know core numbers or true run times.
//!
//! Source: Lifka, "The ANL/IBM SP scheduling system", JSSPP 1995; the exact rules and ties are
//! those of `docs/textbook-schedulers.md`. EASY-SJBF: Tsafrir, Etsion, Feitelson,
//! "Backfilling using system-generated predictions rather than user runtime estimates", 2007.

use std::cell::Cell;

use crate::blocks::{BlockList, Item, SweepStep};
use crate::cause::Cause;
use crate::job::{Job, JobSlot};
use crate::textbook::policy::{InTheWay, OwnerSide, Policy, Waiting};
use crate::time::{SimSpan, SimTime};

/// Order in which the jobs behind the head are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackfillOrder {
    /// By arrival: plain EASY.
    Arrival,
    /// By estimate, then arrival: EASY-SJBF.
    ShortestFirst,
}

/// EASY backfilling over an indexed queue.
///
/// A pass costs one look at each block of 64 waiting jobs, not one at each job, and nothing at
/// all when no waiting job is narrow enough.
#[derive(Clone, Debug)]
pub struct Easy {
    order: BackfillOrder,
    /// Waiting jobs in the order in which they are tried.
    queue: BlockList<Candidate>,
    /// Waiting jobs by arrival; only kept where that is another order.
    line: BlockList<InLine>,
    running: BlockList<Running>,
    /// What the last pass promised to the head, as long as nothing but starts has happened since.
    reservation: Option<Reservation>,
    /// Jobs that a pass takes out of the queue; empty between passes, its room is used again.
    chosen: Vec<Waiting>,
}

/// The head's reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reservation {
    /// Earliest planned end at which enough cores are free for the head.
    shadow: SimTime,
    /// Cores that are then free beyond what the head needs.
    extra: u32,
}

impl Easy {
    /// An empty queue, tried in `order` behind its head.
    pub fn new(order: BackfillOrder) -> Easy {
        Easy {
            order,
            queue: BlockList::new(),
            line: BlockList::new(),
            running: BlockList::new(),
            reservation: None,
            chosen: Vec::new(),
        }
    }

    fn candidate(&self, waiting: Waiting) -> Candidate {
        let rank = match self.order {
            BackfillOrder::Arrival => SimSpan::ZERO,
            BackfillOrder::ShortestFirst => waiting.estimate,
        };
        Candidate { rank, waiting }
    }

    fn head(&self) -> Option<Waiting> {
        match self.order {
            BackfillOrder::Arrival => self.queue.first().map(|candidate| candidate.waiting),
            BackfillOrder::ShortestFirst => self.line.first().map(|in_line| in_line.0),
        }
    }

    fn start(&mut self, waiting: Waiting, side: &mut OwnerSide<'_>) {
        let planned_end = side.start(&waiting) + waiting.estimate;
        let Waiting { slot, cores, .. } = waiting;
        self.running.insert(Running { planned_end, slot, cores });
    }

    fn join(&mut self, waiting: Waiting) {
        self.queue.insert(self.candidate(waiting));
        if self.order == BackfillOrder::ShortestFirst {
            self.line.insert(InLine(waiting));
        }
    }

    fn leave(&mut self, waiting: Waiting) {
        self.queue.remove(self.candidate(waiting).key());
        if self.order == BackfillOrder::ShortestFirst {
            self.line.remove(waiting.arrival);
        }
    }

    /// A running job whose planned end has come holds no core any more.
    fn release_due(&mut self, side: &mut OwnerSide<'_>) {
        while let Some(&due) = self.running.first().filter(|first| first.planned_end <= side.now) {
            self.running.remove(due.key());
            side.release_due(due.slot);
            self.reservation = None;
        }
    }

    /// The reservation of a head that needs `cores`, with `free` cores now.
    fn reserve(&self, cores: u32, free: u32) -> Reservation {
        let mut free = u64::from(free);
        let cores = u64::from(cores);
        let mut shadow = None;
        for (sum, block) in self.running.blocks() {
            if shadow.is_none() && free + sum < cores {
                free += sum;
                continue;
            }
            for running in block {
                if shadow.is_some_and(|shadow| shadow < running.planned_end) {
                    return Reservation::new(shadow, free, cores);
                }
                free += u64::from(running.cores);
                if free >= cores {
                    shadow = Some(running.planned_end);
                }
            }
        }
        Reservation::new(shadow, free, cores)
    }

    /// Starts whoever behind the head does not delay it.
    fn backfill(&mut self, head: Waiting, mut reservation: Reservation, side: &mut OwnerSide<'_>) {
        let window = reservation.shadow - side.now;
        let limits = Cell::new((side.free(), reservation.extra));
        let mut chosen = std::mem::take(&mut self.chosen);
        self.queue.sweep(
            |summary| {
                let (free, extra) = limits.get();
                summary.may_hold(free, extra, window)
            },
            |candidate| {
                let (free, extra) = limits.get();
                let Waiting { cores, estimate, arrival, .. } = candidate.waiting;
                if free == 0 {
                    return SweepStep::Stop;
                }
                let in_time = estimate <= window;
                if arrival == head.arrival || cores > free || !(in_time || cores <= extra) {
                    return SweepStep::Keep;
                }
                limits.set((free - cores, if in_time { extra } else { extra - cores }));
                chosen.push(candidate.waiting);
                SweepStep::Take
            },
        );
        for waiting in chosen.drain(..) {
            if self.order == BackfillOrder::ShortestFirst {
                self.line.remove(waiting.arrival);
            }
            self.start(waiting, side);
        }
        self.chosen = chosen;
        reservation.extra = limits.get().1;
        self.reservation = Some(reservation);
    }
}

impl Policy for Easy {
    fn enqueue(&mut self, waiting: Waiting, side: &mut OwnerSide<'_>) -> bool {
        self.join(waiting);
        self.release_due(side);
        waiting.cores <= side.free()
    }

    /// Since the last pass nothing was freed, the head's reservation stands and time has only made
    /// windows shorter: whoever could not start then cannot start now. So `waiting` alone is tried.
    fn arrival_pass(&mut self, waiting: Waiting, side: &mut OwnerSide<'_>) {
        let Some(mut reservation) = self.reservation else {
            return self.pass(side);
        };
        let in_time = waiting.estimate <= reservation.shadow - side.now;
        if in_time || waiting.cores <= reservation.extra {
            if !in_time {
                reservation.extra -= waiting.cores;
            }
            self.leave(waiting);
            self.start(waiting, side);
            self.reservation = Some(reservation);
        }
    }

    fn ended(&mut self, slot: JobSlot, job: &Job, _now: SimTime) {
        let removed = self.running.remove((job.planned_end(), slot));
        assert!(removed.is_some(), "job {} ended without running", job.spec.number);
        self.reservation = None;
    }

    fn withdraw(&mut self, slot: JobSlot, _now: SimTime) {
        let found = self.queue.iter().find(|candidate| candidate.waiting.slot == slot).copied();
        if let Some(candidate) = found {
            self.leave(candidate.waiting);
        }
        self.reservation = None;
    }

    fn pass(&mut self, side: &mut OwnerSide<'_>) {
        self.release_due(side);
        self.reservation = None;
        while let Some(head) = self.head() {
            let free = side.free();
            if head.cores <= free {
                self.leave(head);
                self.start(head, side);
                continue;
            }
            if free > 0 && self.queue.len() > 1 {
                let reservation = self.reserve(head.cores, free);
                self.backfill(head, reservation, side);
            }
            return;
        }
    }

    fn enough(&self) -> Cause {
        Cause::Reservation
    }

    fn in_the_way(&self, _now: SimTime, slot: JobSlot, free: u32) -> InTheWay {
        let Some(head) = self.head() else {
            return InTheWay::default();
        };
        if head.slot == slot {
            let shadow = self.reserve(head.cores, free).shadow;
            return InTheWay { by: None, planned: (shadow < SimTime::NEVER).then_some(shadow) };
        }
        InTheWay { by: Some(head.slot), planned: None }
    }

    fn take_up(
        &mut self,
        _capacity: u32,
        running: &[JobSlot],
        waiting: &[Waiting],
        _promises: Option<&[(JobSlot, SimTime)]>,
        side: &mut OwnerSide<'_>,
    ) {
        for slot in running {
            let job = side.jobs.job(*slot);
            let (planned_end, cores) = (job.planned_end(), side.gives_back(*slot));
            self.running.insert(Running { planned_end, slot: *slot, cores });
        }
        for waiting in waiting {
            self.join(*waiting);
        }
    }

    fn gives_back(&mut self, slot: JobSlot, job: &Job, cores: u32) {
        if let Some(running) = self.running.remove((job.planned_end(), slot)) {
            self.running.insert(Running { cores, ..running });
        }
    }

    fn capacity_changed(&mut self, _capacity: u32, _now: SimTime) {
        self.reservation = None;
    }
}

impl Reservation {
    /// With `free` cores at the shadow time, or none if the head never fits: then nothing that
    /// starts now can delay it.
    fn new(shadow: Option<SimTime>, free: u64, cores: u64) -> Reservation {
        match shadow {
            Some(shadow) => {
                let extra = u32::try_from(free - cores).unwrap_or(u32::MAX);
                Reservation { shadow, extra }
            }
            None => Reservation { shadow: SimTime::NEVER, extra: 0 },
        }
    }
}

/// A waiting job where it stands in the order of trial.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    rank: SimSpan,
    waiting: Waiting,
}

/// A waiting job where it stands by arrival.
#[derive(Clone, Copy, Debug)]
struct InLine(Waiting);

/// A job that holds cores until its planned end.
#[derive(Clone, Copy, Debug)]
struct Running {
    planned_end: SimTime,
    slot: JobSlot,
    /// Those that can be used then.
    cores: u32,
}

/// Classes of width: 1, 2 to 3, 4 to 7 and so on.
const CLASSES: usize = 24;

/// Of the waiting jobs in a block: the least width, and the least estimate in each class of width.
#[derive(Clone, Debug)]
struct Widths {
    least_cores: u32,
    least_estimate: [SimSpan; CLASSES],
}

impl Widths {
    /// Whether a job of the block may fit `free` cores and end within `window`, or fit `extra`.
    fn may_hold(&self, free: u32, extra: u32, window: SimSpan) -> bool {
        if self.least_cores > free {
            return false;
        }
        self.least_cores <= extra
            || self.least_estimate[..=class(free)].iter().any(|estimate| *estimate <= window)
    }
}

fn class(cores: u32) -> usize {
    (cores.ilog2() as usize).min(CLASSES - 1)
}

impl Item for Candidate {
    type Key = (SimSpan, u32);
    type Summary = Widths;

    fn key(&self) -> (SimSpan, u32) {
        (self.rank, self.waiting.arrival)
    }

    fn nothing() -> Widths {
        Widths { least_cores: u32::MAX, least_estimate: [SimSpan::FOREVER; CLASSES] }
    }

    fn count_in(&self, summary: &mut Widths) {
        let Waiting { cores, estimate, .. } = self.waiting;
        summary.least_cores = summary.least_cores.min(cores);
        let least = &mut summary.least_estimate[class(cores)];
        *least = estimate.min(*least);
    }

    fn count_out(&self, summary: &mut Widths) -> bool {
        let Waiting { cores, estimate, .. } = self.waiting;
        // Whoever was not the least in anything leaves no trace.
        cores > summary.least_cores && estimate > summary.least_estimate[class(cores)]
    }
}

impl Item for InLine {
    type Key = u32;
    type Summary = ();

    fn key(&self) -> u32 {
        self.0.arrival
    }

    fn nothing() {}

    fn count_in(&self, _summary: &mut ()) {}

    fn count_out(&self, _summary: &mut ()) -> bool {
        true
    }
}

impl Item for Running {
    type Key = (SimTime, JobSlot);
    /// Cores held by the block.
    type Summary = u64;

    fn key(&self) -> (SimTime, JobSlot) {
        (self.planned_end, self.slot)
    }

    fn nothing() -> u64 {
        0
    }

    fn count_in(&self, summary: &mut u64) {
        *summary += u64::from(self.cores);
    }

    fn count_out(&self, summary: &mut u64) -> bool {
        *summary -= u64::from(self.cores);
        true
    }
}
