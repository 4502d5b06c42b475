//! When predictions are made only as far as launches need them: a pass may stop once no job that is
//! left could start now, since later starts are planned anew in every pass.

use super::{Group, Occupant, Run};
use crate::oar::bits;
use crate::oar::config::Predictions;
use crate::oar::shape::Search;

/// Least number of free resources with which a job could start; one entry per job and a last one.
struct Needs {
    /// Least need of the jobs from here to the end of the group.
    least_from: Vec<u32>,
    besteffort: bool,
}

/// What can still start now.
pub(in crate::oar) struct Outlook {
    groups: Vec<Needs>,
    /// Resources that best-effort jobs hold, out of reach of other best-effort jobs.
    held: bits::Bits,
    enabled: bool,
    stopped: bool,
}

impl Outlook {
    /// Looks at the jobs to be placed. Whatever makes launches depend on predictions in other ways
    /// than through occupied resources switches it off.
    pub(in crate::oar) fn new(run: &mut Run<'_>, groups: &[Group]) -> Self {
        let mut enabled = run.config.predictions == Predictions::Needed
            && run.config.besteffort_kill_before_s == 0
            && run.config.energy_saving.is_none()
            && run.config.walltime_changes.is_none();
        let queues = || groups.iter().flat_map(|group| &group.queues);
        enabled &= queues().all(|queue| run.state.table.to_schedule(*queue).is_empty());
        let mut outlook =
            Self { groups: Vec::new(), held: bits::empty(0), enabled, stopped: false };
        if !enabled {
            return outlook;
        }
        for group in groups {
            let mut least_from = vec![u32::MAX; group.jobs.len() + 1];
            for (position, (_, place)) in group.jobs.iter().enumerate().rev() {
                if !run.state.table.entry(*place).plain {
                    outlook.enabled = false;
                    return outlook;
                }
                least_from[position] = least_from[position + 1].min(run.least_need(*place));
            }
            outlook.groups.push(Needs { least_from, besteffort: group.besteffort });
        }
        outlook.held = bits::empty(run.platform.words);
        // OAR gives away what a job over its time still holds.
        let holds = |occupant: &&Occupant| occupant.besteffort && occupant.span.end() > run.now.0;
        for occupant in run.occupants.iter().filter(holds) {
            bits::unite(&mut outlook.held, &occupant.set);
        }
        outlook
    }

    /// Whether placement was cut short.
    pub(in crate::oar) fn stopped(&self) -> bool {
        self.stopped
    }

    /// Whether no job from here on can start now.
    pub(in crate::oar) fn hopeless(
        &mut self,
        run: &Run<'_>,
        group: usize,
        position: usize,
    ) -> bool {
        if !self.enabled {
            return false;
        }
        let free = run.main.free(0);
        let all = bits::count(free);
        let beside = || {
            let held = free.iter().zip(&self.held);
            held.map(|(free, held)| (free & !held).count_ones()).sum::<u32>()
        };
        let fits = |(index, needs): (usize, &Needs)| {
            let least = needs.least_from[if index == group { position } else { 0 }];
            least <= if needs.besteffort { beside() } else { all }
        };
        let hopeless = !self.groups.iter().enumerate().skip(group).any(fits);
        self.stopped |= hopeless;
        hopeless
    }
}

impl Run<'_> {
    /// Fewest free resources with which some alternative of a job could start.
    fn least_need(&mut self, place: u32) -> u32 {
        self.compile_shapes(place);
        let shapes = &self.state.table.entry(place).shapes;
        let need = |shape| match &self.state.shapes.get(shape).search {
            Search::Never => u32::MAX,
            Search::Resources(count)
            | Search::Count { count, .. }
            | Search::Blocks { count, .. } => *count,
        };
        shapes.iter().map(|shape| need(*shape)).min().unwrap_or(u32::MAX)
    }
}
