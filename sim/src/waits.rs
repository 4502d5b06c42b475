//! What each job of a World waited for, added up as the World goes on: for an observer to be handed on what
//! it hears. The time that a job lost to each cause, and how many it overtook.
//!
//! A walk over the waiting jobs at each event would be slow in deep queues. Instead the time is counted by
//! how many cores were free, and a job looks twice: when it is submitted and when it starts. Must not know
//! schedulers.

mod levels;
mod line;

use crate::cause::{Cause, Room};
use crate::job::{ClusterIndex, Job, JobKind, JobSlot};
use crate::time::{SimSpan, SimTime};
use crate::waits::levels::{Level, Levels, Mark};
use crate::waits::line::Line;

/// The time that a job has lost to each cause, in the order of [`Cause::ALL`].
pub type Spent = [SimSpan; Cause::ALL.len()];

/// What is known of a job's wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waited {
    /// What held it for longest, the first in [`Cause::ALL`] of several; `None` if it did not wait.
    pub cause: Option<Cause>,
    /// How many jobs of its standing (owners' and those with an owner's rights, or best-effort ones),
    /// submitted to its cluster before it, were waiting still when it was given its cores.
    pub overtook: u32,
}

/// The waits of a World's live jobs.
#[derive(Clone, Debug)]
pub struct Waits {
    clusters: Vec<Site>,
    /// By slot.
    jobs: Vec<Entry>,
    /// Jobs submitted in the present event, in order. Most jobs start in that very event, and never stand in
    /// a line.
    fresh: Vec<JobSlot>,
}

/// A cluster: those with an owner's rights, and best-effort jobs once there are some.
#[derive(Clone, Debug)]
struct Site {
    cores: u32,
    room: Room,
    owners: Queue,
    best_effort: Option<Queue>,
}

/// Jobs that wait for the same cores.
#[derive(Clone, Debug)]
struct Queue {
    levels: Levels,
    line: Line,
}

/// A job, as far as its wait is concerned.
#[derive(Clone, Debug, Default)]
enum Entry {
    /// None was there yet.
    #[default]
    Vacant,
    Fresh {
        cluster: ClusterIndex,
        kind: JobKind,
        cores: u32,
    },
    Waiting(Waiting),
    Over(Waited),
}

#[derive(Clone, Debug)]
struct Waiting {
    cluster: ClusterIndex,
    kind: JobKind,
    cores: u32,
    since: SimTime,
    /// What it waits for now.
    phase: Phase,
    /// What it has waited for in phases before.
    spent: Vec<(Cause, SimSpan)>,
    overtook: u32,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// In the line, for cores or for what [`Room::enough`] says.
    Room { place: usize, mark: Mark },
    /// In the line, for something else.
    Held { place: usize, from: SimTime, cause: Cause },
    /// Its cores are promised.
    Promised { from: SimTime },
}

impl Waits {
    /// Of clusters of so many cores.
    pub fn new(cores: impl IntoIterator<Item = u32>) -> Waits {
        let clusters = cores.into_iter().map(Site::new).collect();
        Waits { clusters, jobs: Vec::new(), fresh: Vec::new() }
    }

    /// A cluster has so much room from now on. To be told after each event that leaves somebody waiting.
    pub fn room(&mut self, now: SimTime, cluster: ClusterIndex, room: &Room) {
        let site = &mut self.clusters[cluster.index()];
        site.room = *room;
        site.owners.change(now, Level { free: room.owners, away: room.away });
        if let Some(queue) = &mut site.best_effort {
            queue.change(now, Level { free: room.best_effort, away: room.away });
        }
        if !self.fresh.is_empty() {
            self.line_up(now);
        }
    }

    /// A job has joined its queue.
    pub fn submitted(&mut self, slot: JobSlot, job: &Job) {
        if self.jobs.len() <= slot.index() {
            self.jobs.resize_with(slot.index() + 1, Entry::default);
        }
        let (cluster, kind, cores) = (job.cluster, job.spec.kind, job.asked_cores);
        self.jobs[slot.index()] = Entry::Fresh { cluster, kind, cores };
        self.fresh.push(slot);
    }

    /// Whoever was submitted in the present event and has not started joins the line.
    fn line_up(&mut self, now: SimTime) {
        let Waits { clusters, jobs, fresh } = self;
        for slot in fresh.drain(..) {
            let Entry::Fresh { cluster, kind, cores } = jobs[slot.index()] else { continue };
            let queue = clusters[cluster.index()].queue(kind);
            let place = queue.join(now, slot, |slot, place| jobs[slot.index()].stands_at(place));
            let phase = Phase::Room { place, mark: queue.levels.mark(now, cores) };
            let spent = Vec::new();
            let waiting = Waiting { cluster, kind, cores, since: now, phase, spent, overtook: 0 };
            jobs[slot.index()] = Entry::Waiting(waiting);
        }
    }

    /// Something else than a lack of free cores holds a job from now on; `None`: no more.
    pub fn held(&mut self, now: SimTime, slot: JobSlot, cause: Option<Cause>) {
        self.line_up(now);
        let Some((waiting, site)) = self.waiting(slot) else { return };
        let (Phase::Room { place, .. } | Phase::Held { place, .. }) = waiting.phase else { return };
        site.end_phase(now, waiting);
        waiting.phase = match cause {
            Some(cause) => Phase::Held { place, from: now, cause },
            None => {
                let mark = site.queue(waiting.kind).levels.mark(now, waiting.cores);
                Phase::Room { place, mark }
            }
        };
    }

    /// A job is promised its cores, and waits until those who are there have left.
    pub fn promised(&mut self, now: SimTime, slot: JobSlot) {
        self.line_up(now);
        let Some((waiting, site)) = self.waiting(slot) else { return };
        site.end_phase(now, waiting);
        site.leave_line(waiting);
        waiting.phase = Phase::Promised { from: now };
    }

    /// A job has its cores. Of one that began before the World nothing is known.
    pub fn started(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        let waited = match &self.jobs[slot.index()] {
            Entry::Fresh { .. } if self.fresh.len() == 1 => {
                self.fresh.clear();
                let queue = self.clusters[job.cluster.index()].queue(job.spec.kind);
                Waited { cause: None, overtook: queue.line.len() }
            }
            _ => self.leave(now, slot),
        };
        let known = job.start == now;
        self.jobs[slot.index()] = Entry::Over(if known { waited } else { Waited::default() });
    }

    /// A job has left without having started.
    pub fn withdrawn(&mut self, now: SimTime, slot: JobSlot) {
        let waited = self.leave(now, slot);
        self.jobs[slot.index()] = Entry::Over(Waited { overtook: 0, ..waited });
    }

    /// What a job has waited for until now, or until it started. One that has left is known as long as no
    /// other takes its slot.
    pub fn waited(&mut self, now: SimTime, slot: JobSlot) -> Waited {
        match self.spent(now, slot) {
            Some(spent) => Waited { cause: longest(&spent), overtook: 0 },
            None => match self.jobs.get(slot.index()) {
                Some(Entry::Over(waited)) => *waited,
                Some(_) | None => Waited::default(),
            },
        }
    }

    /// How long a job that waits has waited for what until now.
    pub fn spent(&mut self, now: SimTime, slot: JobSlot) -> Option<Spent> {
        if let Some(Entry::Fresh { .. }) = self.jobs.get(slot.index()) {
            return Some(Spent::default());
        }
        let (waiting, site) = self.waiting(slot)?;
        Some(site.spent(now, waiting))
    }

    /// A job waits no more.
    fn leave(&mut self, now: SimTime, slot: JobSlot) -> Waited {
        self.line_up(now);
        let (waiting, site) = self.waiting(slot).expect("who starts or leaves was waiting");
        site.leave_line(waiting);
        let waits = waiting.since < now;
        let cause = waits.then(|| longest(&site.spent(now, waiting))).flatten();
        Waited { cause, overtook: waiting.overtook }
    }

    /// A waiting job, and its cluster.
    fn waiting(&mut self, slot: JobSlot) -> Option<(&mut Waiting, &mut Site)> {
        match self.jobs.get_mut(slot.index()) {
            Some(Entry::Waiting(waiting)) => {
                let site = &mut self.clusters[waiting.cluster.index()];
                Some((waiting, site))
            }
            Some(_) | None => None,
        }
    }
}

impl Site {
    fn new(cores: u32) -> Site {
        // Until the first event, in which no time is lost.
        let room = Room {
            owners: 0,
            best_effort: 0,
            away: 0,
            enough: Cause::Pass,
            enough_besteffort: Cause::Pass,
            promised: Cause::Pass,
        };
        Site { cores, room, owners: Queue::new(cores, Level::default()), best_effort: None }
    }

    /// The queue of jobs of a kind.
    fn queue(&mut self, kind: JobKind) -> &mut Queue {
        let Site { cores, room, owners, best_effort } = self;
        match kind {
            JobKind::Local | JobKind::Grid => owners,
            JobKind::BestEffort => best_effort.get_or_insert_with(|| {
                Queue::new(*cores, Level { free: room.best_effort, away: room.away })
            }),
        }
    }

    /// A job that stands in the line leaves it.
    fn leave_line(&mut self, waiting: &mut Waiting) {
        if let Phase::Room { place, .. } | Phase::Held { place, .. } = waiting.phase {
            waiting.overtook = self.queue(waiting.kind).line.leave(place);
        }
    }

    /// Adds up what a job has waited for in the present phase until now.
    fn end_phase(&mut self, now: SimTime, waiting: &mut Waiting) {
        let Waiting { kind, cores, phase, ref mut spent, .. } = *waiting;
        self.each_cause(now, (kind, cores, phase), |cause, span| {
            if span > SimSpan::ZERO {
                spent.push((cause, span));
            }
        });
    }

    /// How long a job has waited for what until now.
    fn spent(&mut self, now: SimTime, waiting: &Waiting) -> Spent {
        let mut sums = [SimSpan::ZERO; Cause::ALL.len()];
        let mut add = |cause: Cause, span| sums[cause.index()] = sums[cause.index()] + span;
        waiting.spent.iter().for_each(|(cause, span)| add(*cause, *span));
        self.each_cause(now, (waiting.kind, waiting.cores, waiting.phase), add);
        sums
    }

    /// What a job has waited for in its present phase.
    fn each_cause(
        &mut self,
        now: SimTime,
        (kind, cores, phase): (JobKind, u32, Phase),
        mut tell: impl FnMut(Cause, SimSpan),
    ) {
        match phase {
            Phase::Room { mark, .. } => {
                let split = mark.until(self.queue(kind).levels.mark(now, cores));
                tell(Cause::Cores, split.cores);
                tell(Cause::Nodes, split.nodes);
                tell(self.room.enough(kind), split.enough);
            }
            Phase::Held { from, cause, .. } => tell(cause, now - from),
            Phase::Promised { from } => tell(self.room.promised, now - from),
        }
    }
}

impl Queue {
    fn new(cores: u32, level: Level) -> Queue {
        Queue { levels: Levels::new(cores, level), line: Line::new() }
    }

    fn join(&mut self, now: SimTime, slot: JobSlot, moved: impl FnMut(JobSlot, usize)) -> usize {
        if self.line.is_empty() {
            self.levels.skip(now);
        }
        self.line.join(slot, moved)
    }

    fn change(&mut self, now: SimTime, level: Level) {
        // Time in which nobody waits is nobody's.
        if self.line.is_empty() {
            self.levels.skip(now);
        }
        self.levels.change(now, level);
    }
}

impl Entry {
    /// The place of a waiting job in its line is another now.
    fn stands_at(&mut self, now_at: usize) {
        if let Entry::Waiting(Waiting {
            phase: Phase::Room { place, .. } | Phase::Held { place, .. },
            ..
        }) = self
        {
            *place = now_at;
        }
    }
}

/// The cause with the longest time, the first of several; `None` if there is no time.
fn longest(spent: &Spent) -> Option<Cause> {
    let most = spent.iter().copied().max()?;
    let at = spent.iter().position(|span| *span == most)?;
    (most > SimSpan::ZERO).then_some(Cause::ALL[at])
}
