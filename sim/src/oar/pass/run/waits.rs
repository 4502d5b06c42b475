//! What a pass notes of the jobs that wait on, where somebody asks. Decides nothing: a pass is the same without.

use super::{Group, Run};
use crate::cause::Cause;
use crate::oar::model::bits;
use crate::oar::model::ids::JobId;
use crate::oar::model::shape::ShapeId;
use gleaner_oar::states::JobState;
use std::collections::BTreeMap;

impl Run<'_> {
    /// Notes what a job waits for.
    pub(super) fn note_wait(&mut self, id: JobId, cause: Cause) {
        if self.config.notes_waits {
            self.outcome.waits.held.push((id, cause));
        }
    }

    /// Keeps what owners' jobs leave free, if some request could be unhappy with it.
    pub(in crate::oar::pass) fn note_free(&mut self) {
        let matters = self.state.shapes.any_particular() || self.quotas.is_some();
        if self.config.notes_waits && matters {
            self.free_before = Some(self.main.free(0).into());
        }
    }

    /// Notes the jobs whose requests cannot be met by what is free once everybody has started who could.
    pub(in crate::oar::pass) fn note_unmet(&mut self, groups: &[Group]) {
        let Some(mut free) = self.free_before.take() else { return };
        for id in &self.outcome.launched {
            let job = self.state.job(*id).expect("a launched job is known");
            bits::remove(&mut free, &self.platform.ranks_of(&job.assigned, false));
        }
        let mut beside = free.clone();
        for occupant in self.occupants.iter().filter(|occupant| occupant.besteffort) {
            bits::remove(&mut beside, &occupant.set);
        }
        for group in groups {
            self.note_unmet_by(if group.besteffort { &beside } else { &free }, &group.jobs);
        }
    }

    /// Notes the jobs that came after all others of a plan that is kept and whose requests cannot be met by what
    /// is free.
    pub(in crate::oar::pass) fn note_unmet_arrivals(&mut self, arrivals: &[JobId]) {
        if self.config.notes_waits && self.state.shapes.any_particular() {
            let known = |id: &JobId| Some((*id, self.state.table.index(*id)?));
            let jobs: Vec<(JobId, u32)> = arrivals.iter().filter_map(known).collect();
            let free = bits::Bits::from(self.main.free(0));
            self.note_unmet_by(&free, &jobs);
        }
    }

    fn note_unmet_by(&mut self, free: &[u64], jobs: &[(JobId, u32)]) {
        let count = bits::count(free);
        let mut met: BTreeMap<ShapeId, bool> = BTreeMap::new();
        for &(id, entry_index) in jobs {
            self.compile_shapes(entry_index);
            let (shapes, platform) = (&self.state.shapes, &self.platform);
            let entry = self.state.table.entry(entry_index);
            let outside = entry.job.inner().is_none();
            let bare = entry.shapes.iter().all(|shape| shapes.get(*shape).is_bare());
            let looked_at = self.quotas.is_some() || !bare;
            if !(looked_at && outside) || entry.job.state != JobState::Waiting {
                continue;
            }
            let scratch = &mut self.scratch;
            let is_met = |shape: &ShapeId| {
                *met.entry(*shape).or_insert_with(|| {
                    let fill = |common: &mut [u64]| common.copy_from_slice(free);
                    scratch.solve(platform, shapes.get(*shape), fill)
                })
            };
            if !entry.shapes.iter().any(is_met) {
                self.outcome.waits.unmet.push((id, count));
            }
        }
    }
}
