//! When predictions are made only as far as launches need them: a pass may stop once no job that is
//! left could start now, since later starts are planned anew in every pass.
//!
//! A job could start now if enough resources stay free from now on for as long as it asks. Free sets
//! only shrink while a pass places jobs, so what once cannot start now never can in the same pass, nor
//! can whoever asks for no less. One need that can, the last in order, stands for all that are left.

use super::{Group, Occupant, Run};
use crate::oar::model::bits;
use crate::oar::model::shape::Search;
use crate::oar::model::slots::search::Lasting;

/// What one alternative of a job asks for, at least.
#[derive(Clone, Copy)]
struct LeastNeed {
    /// The job, counted through all groups.
    job: usize,
    count: u32,
    width_s: i64,
    besteffort: bool,
}

impl LeastNeed {
    /// Whether it asks for no less than another in every respect.
    fn is_beyond(&self, other: &Self) -> bool {
        self.count >= other.count
            && self.width_s >= other.width_s
            && (self.besteffort || !other.besteffort)
    }
}

/// What can still start now.
pub(in crate::oar::pass) struct EarlyStop {
    /// Needs in order, without those at the end that cannot be met now.
    needs: Vec<LeastNeed>,
    /// Number of the first job of each group.
    firsts: Vec<usize>,
    /// Those that could not be met now, without those beyond another.
    refused: Vec<LeastNeed>,
    /// What stays free for the last of the needs, once it was looked for.
    lasting: Option<Lasting>,
    /// Resources that best-effort jobs hold, out of reach of other best-effort jobs.
    held: bits::Bits,
    enabled: bool,
    stopped: bool,
}

impl EarlyStop {
    /// Looks at the jobs to be placed. Whatever makes launches depend on predictions in other ways
    /// than through occupied resources switches it off.
    pub(in crate::oar::pass) fn new(run: &mut Run<'_>, groups: &[Group]) -> Self {
        let mut enabled =
            run.config.only_launches_count() && run.config.besteffort_kill_before_s == 0;
        let queues = || groups.iter().flat_map(|group| &group.queues);
        enabled &= queues().all(|queue| run.state.table.to_schedule(*queue).is_empty());
        let mut early_stop = Self {
            needs: Vec::new(),
            firsts: Vec::new(),
            refused: Vec::new(),
            lasting: None,
            held: bits::empty(0),
            enabled,
            stopped: false,
        };
        if !enabled {
            return early_stop;
        }
        let mut jobs = 0;
        for group in groups {
            early_stop.firsts.push(jobs);
            for (_, entry_index) in &group.jobs {
                if !run.state.table.entry(*entry_index).plain {
                    early_stop.enabled = false;
                    return early_stop;
                }
                run.needs_of(*entry_index, jobs, group.besteffort, &mut early_stop.needs);
                jobs += 1;
            }
        }
        early_stop.held = bits::empty(run.platform.words);
        // OAR gives away what a job over its time still holds.
        let holds = |occupant: &&Occupant| occupant.besteffort && occupant.span.end() > run.now.0;
        for occupant in run.occupants.iter().filter(holds) {
            bits::unite(&mut early_stop.held, &occupant.set);
        }
        early_stop
    }

    /// Whether placement was cut short.
    pub(in crate::oar::pass) fn stopped(&self) -> bool {
        self.stopped
    }

    /// Whether no job from here on can start now.
    pub(in crate::oar::pass) fn may_stop(
        &mut self,
        run: &Run<'_>,
        group: usize,
        position: usize,
    ) -> bool {
        if !self.enabled {
            return false;
        }
        let job = self.firsts[group] + position;
        while let Some(need) = self.needs.last().copied().filter(|need| need.job >= job) {
            if self.may_be_met(run, need) {
                return false;
            }
            self.needs.pop();
            self.lasting = None;
        }
        self.stopped = true;
        true
    }

    /// Whether enough stays free for the last of the needs.
    fn may_be_met(&mut self, run: &Run<'_>, need: LeastNeed) -> bool {
        if self.lasting.is_none() {
            if self.refused.iter().any(|refused| need.is_beyond(refused)) {
                return false;
            }
            let held: &[u64] = if need.besteffort { &self.held } else { &[] };
            self.lasting = run.main.lasting(need.width_s, held, need.count);
        }
        let met = self.lasting.as_ref().is_some_and(|lasting| lasting.count() >= need.count);
        if !met {
            self.refused.retain(|refused| !refused.is_beyond(&need));
            self.refused.push(need);
        }
        met
    }

    /// A job was placed.
    pub(in crate::oar::pass) fn note_placed(&mut self, start: i64, chosen: &[u64]) {
        if let Some(lasting) = &mut self.lasting {
            lasting.take(start, chosen);
        }
    }
}

impl Run<'_> {
    /// Adds what each alternative of a job asks for at least.
    fn needs_of(
        &mut self,
        entry_index: u32,
        job: usize,
        besteffort: bool,
        needs: &mut Vec<LeastNeed>,
    ) {
        self.compile_shapes(entry_index);
        let entry = self.state.table.entry(entry_index);
        for (shape, asked) in entry.shapes.iter().zip(&entry.job.alternatives) {
            let count = match &self.state.shapes.get(*shape).search {
                Search::Never => continue,
                Search::Resources { count, .. }
                | Search::Count { count, .. }
                | Search::Blocks { count, .. } => *count,
            };
            let width_s = asked.walltime_s + self.config.job_security_time_s;
            needs.push(LeastNeed { job, count, width_s, besteffort });
        }
    }
}
