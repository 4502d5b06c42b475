//! The waits of some jobs, phase by phase, as a run goes on: for whoever asks about these. Must not know how
//! they are told.

use std::collections::BTreeSet;

use gleaner_core::decision::Decision;
use gleaner_sim::cause::{Cause, Obstacle, Room};
use gleaner_sim::job::{ClusterIndex, Job, JobKind, JobSlot, JobTable};
use gleaner_sim::node::NodeState;
use gleaner_sim::observer::{Counts, Observer};
use gleaner_sim::time::SimTime;

use crate::observer::RunObserver;

/// A job that is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its cluster; `None`: the job of that number on each.
    pub cluster: Option<ClusterIndex>,
    /// Its number, as in `jobs.csv`.
    pub number: u64,
}

impl Asked {
    /// Whether it asks for jobs of that cluster.
    pub fn is_on(&self, cluster: ClusterIndex) -> bool {
        self.cluster.is_none_or(|asked| asked == cluster)
    }

    /// Whether it asks for the job of that number there.
    pub fn is(&self, cluster: ClusterIndex, number: u64) -> bool {
        self.number == number && self.is_on(cluster)
    }
}

/// What a job waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Where it is.
    pub cluster: ClusterIndex,
    /// Its number.
    pub number: u64,
    /// On whose behalf it runs.
    pub kind: JobKind,
    /// The cores it asks for.
    pub cores: u32,
    /// When it was submitted.
    pub submitted: SimTime,
    /// Since when it is known: later than `submitted` if the run went on from a snapshot.
    pub known: SimTime,
    /// What it waited for, in order of time and without gaps.
    pub phases: Vec<Phase>,
    /// How its wait ended.
    pub outcome: Outcome,
    /// How many of its standing, submitted before it, were still waiting when it was given its cores.
    pub overtook: u32,
    /// How many of its standing, submitted after it, were given their cores while it had none.
    pub overtaken: u32,
    generation: u32,
    /// Those before it that still wait.
    ahead: u32,
    /// What was heard last, and when.
    heard: Option<(SimTime, Heard)>,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has not.
    Waits,
    /// The job took its cores.
    Started(SimTime),
    /// The job was withdrawn.
    Withdrawn(SimTime),
}

/// A time in which one thing was in a job's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    /// From when.
    pub from: SimTime,
    /// Until when.
    pub to: SimTime,
    /// What it was.
    pub cause: Cause,
    /// The number of the job that had its place.
    pub by: Option<u64>,
    /// The least and the most cores that were free for it.
    pub free: (u32, u32),
    /// The most cores that could not be used.
    pub away: u32,
    /// When it was to start, by the last plan of this time.
    pub planned: Option<SimTime>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Heard {
    cause: Cause,
    by: Option<u64>,
    free: u32,
    away: u32,
    planned: Option<SimTime>,
}

impl Story {
    fn new(now: SimTime, job: &Job, ahead: u32) -> Story {
        Story {
            cluster: job.cluster,
            number: job.spec.number,
            kind: job.spec.kind,
            cores: job.asked_cores,
            submitted: job.spec.submit,
            known: now,
            phases: Vec::new(),
            outcome: Outcome::Waits,
            overtook: 0,
            overtaken: 0,
            generation: job.generation,
            ahead,
            heard: None,
        }
    }

    /// What was heard last has held until now.
    fn time_is(&mut self, now: SimTime) {
        let Some((from, heard)) = self.heard.filter(|(from, _)| *from < now) else { return };
        self.heard = Some((now, heard));
        let Heard { cause, by, free, away, planned } = heard;
        match self.phases.last_mut().filter(|last| (last.cause, last.by) == (cause, by)) {
            Some(last) => {
                last.to = now;
                last.free = (last.free.0.min(free), last.free.1.max(free));
                last.away = last.away.max(away);
                last.planned = planned;
            }
            None => {
                let free = (free, free);
                self.phases.push(Phase { from, to: now, cause, by, free, away, planned });
            }
        }
    }

    fn hear(&mut self, now: SimTime, heard: Heard) {
        self.time_is(now);
        self.heard = Some((now, heard));
    }

    fn ends(&mut self, now: SimTime, outcome: Outcome) {
        self.time_is(now);
        self.heard = None;
        self.outcome = outcome;
    }
}

/// Writes down the stories of the jobs asked for, and lets `O` watch, too.
pub struct Stories<O> {
    inner: O,
    asked: Vec<Asked>,
    stories: Vec<Story>,
    /// Those of them that wait, and where.
    waiting: Vec<(JobSlot, usize)>,
    /// How many wait in each line: owners' and like ones, best-effort ones, cluster by cluster.
    lines: Vec<[u32; 2]>,
    rooms: Vec<Option<Room>>,
    /// Jobs whose cores are promised.
    promised: BTreeSet<JobSlot>,
}

impl<O: RunObserver> Stories<O> {
    /// Of the jobs `asked` for on so many clusters; nothing is asked of the World where there are none.
    pub fn new(inner: O, clusters: usize, asked: Vec<Asked>) -> Stories<O> {
        Stories {
            inner,
            asked,
            stories: Vec::new(),
            waiting: Vec::new(),
            lines: vec![[0; 2]; clusters],
            rooms: vec![None; clusters],
            promised: BTreeSet::new(),
        }
    }

    /// Who watches, too.
    pub fn inner(&self) -> &O {
        &self.inner
    }

    /// Returns what was asked for, by job in order of submission; the run ended at `end`.
    pub fn told(mut self, end: SimTime) -> Vec<Story> {
        for (_, at) in self.waiting {
            self.stories[at].time_is(end);
        }
        self.stories
    }

    /// A job is given its cores, or leaves without them.
    fn leaves_line(&mut self, slot: JobSlot, job: &Job, served: bool) {
        let (cluster, line) = line_of(job);
        self.lines[cluster.index()][line] -= 1;
        for (other, at) in &self.waiting {
            let story = &mut self.stories[*at];
            if story.cluster != cluster || line_number(story.kind) != line {
                continue;
            }
            if *other == slot {
                story.overtook = if served { story.ahead } else { 0 };
            } else if job.generation < story.generation {
                story.ahead -= 1;
            } else if !self.promised.contains(other) {
                story.overtaken += u32::from(served);
            }
        }
    }

    fn waits_no_more(&mut self, now: SimTime, slot: JobSlot, outcome: Outcome) {
        if let Some(number) = self.waiting.iter().position(|(waiting, _)| *waiting == slot) {
            let (_, at) = self.waiting.remove(number);
            self.stories[at].ends(now, outcome);
        }
    }

    fn asks(&self) -> bool {
        !self.asked.is_empty()
    }
}

/// The line in which a job waits: its cluster's, for those of its standing.
fn line_of(job: &Job) -> (ClusterIndex, usize) {
    (job.cluster, line_number(job.spec.kind))
}

fn line_number(kind: JobKind) -> usize {
    usize::from(kind == JobKind::BestEffort)
}

impl<O: RunObserver> Observer for Stories<O> {
    fn job_submitted(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        if self.asks() {
            let (cluster, line) = line_of(job);
            let waiting = &mut self.lines[cluster.index()][line];
            if self.asked.iter().any(|asked| asked.is(cluster, job.spec.number)) {
                self.waiting.push((slot, self.stories.len()));
                self.stories.push(Story::new(now, job, *waiting));
            }
            *waiting += 1;
        }
        self.inner.job_submitted(now, slot, job);
    }

    fn job_promised(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        if self.asks() {
            self.leaves_line(slot, job, true);
            self.promised.insert(slot);
        }
        self.inner.job_promised(now, slot, job);
    }

    fn job_started(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        if self.asks() {
            if !self.promised.remove(&slot) {
                self.leaves_line(slot, job, true);
            }
            self.waits_no_more(now, slot, Outcome::Started(job.start));
        }
        self.inner.job_started(now, slot, job);
    }

    fn job_suspended(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        self.inner.job_suspended(now, slot, job);
    }

    fn job_resumed(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        self.inner.job_resumed(now, slot, job);
    }

    fn job_ended(&mut self, slot: JobSlot, job: &Job) {
        self.inner.job_ended(slot, job);
    }

    fn job_withdrawn(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        if self.asks() {
            if !self.promised.remove(&slot) {
                self.leaves_line(slot, job, false);
            }
            self.waits_no_more(now, slot, Outcome::Withdrawn(now));
        }
        self.inner.job_withdrawn(now, slot, job);
    }

    fn node_changed(&mut self, now: SimTime, cluster: ClusterIndex, node: u32, state: NodeState) {
        self.inner.node_changed(now, cluster, node, state);
    }

    fn changed(&mut self, now: SimTime, cluster: ClusterIndex, counts: &Counts) {
        self.inner.changed(now, cluster, counts);
    }

    fn asks_why(&self) -> bool {
        self.asks() || self.inner.asks_why()
    }

    fn room(&mut self, now: SimTime, cluster: ClusterIndex, room: &Room) {
        self.rooms[cluster.index()] = Some(*room);
        self.inner.room(now, cluster, room);
    }

    fn job_held(&mut self, now: SimTime, slot: JobSlot, job: &Job, cause: Option<Cause>) {
        self.inner.job_held(now, slot, job, cause);
    }

    fn follows(&self, number: usize) -> Option<JobSlot> {
        match self.waiting.get(number) {
            Some((slot, _)) => Some(*slot),
            None => self.inner.follows(number - self.waiting.len()),
        }
    }

    fn job_waits(&mut self, now: SimTime, slot: JobSlot, obstacle: &Obstacle, jobs: &JobTable) {
        let number = |slot: JobSlot| jobs.job(slot).spec.number;
        for (_, at) in self.waiting.iter().filter(|(waiting, _)| *waiting == slot) {
            let story = &mut self.stories[*at];
            let room = self.rooms[story.cluster.index()].expect("room is told before");
            let (free, away) = (room.free(story.kind), room.away);
            let Obstacle { cause, by, planned } = *obstacle;
            story.hear(now, Heard { cause, by: by.map(number), free, away, planned });
        }
        self.inner.job_waits(now, slot, obstacle, jobs);
    }

    fn go_on(&mut self, now: SimTime) -> bool {
        self.inner.go_on(now)
    }
}

impl<O: RunObserver> RunObserver for Stories<O> {
    fn decided(&mut self, now: SimTime, decision: &Decision) {
        self.inner.decided(now, decision);
    }
}
