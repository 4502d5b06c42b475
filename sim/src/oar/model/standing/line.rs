//! The waiting jobs in the order in which passes place them, and what each asks for. Kept from pass to pass,
//! since most of them are still the same.

use crate::oar::model::ids::JobId;

/// A waiting job that asks for any `count` resources for `width_s` seconds.
#[derive(Debug, Clone, Copy)]
pub struct Asking {
    /// Place of its queues among all.
    pub group: usize,
    /// The job.
    pub id: JobId,
    /// Index in the job table.
    pub entry_index: u32,
    /// How many resources.
    pub count: u32,
    /// For how long, with the security time.
    pub width_s: i64,
}

/// The jobs that wait, in order of placing.
#[derive(Debug, Clone, Default)]
pub struct Line {
    jobs: Vec<Asking>,
    last: Vec<Asking>,
    /// Revision of the platform for which their requests were read.
    revision: u64,
    /// Whether somebody came since the last time.
    fresh: bool,
}

impl Line {
    /// The jobs.
    #[must_use]
    pub fn jobs(&self) -> &[Asking] {
        &self.jobs
    }

    /// Whether nobody came or went when it was taken over the last time.
    #[must_use]
    pub fn is_same(&self) -> bool {
        !self.fresh && self.jobs.len() == self.last.len()
    }

    /// Takes over who waits now: groups, numbers and indices, in ascending order. `request` tells how many
    /// resources a job asks for on a platform of this revision, and how long. Whether all could be told.
    pub fn follow(
        &mut self,
        revision: u64,
        waiting: impl Iterator<Item = (usize, JobId, u32)>,
        mut request: impl FnMut(u32) -> Option<(u32, i64)>,
    ) -> bool {
        std::mem::swap(&mut self.jobs, &mut self.last);
        self.jobs.clear();
        self.fresh = false;
        if self.revision != revision {
            self.last.clear();
            self.revision = revision;
        }
        let mut known = self.last.iter().peekable();
        for (group, id, entry_index) in waiting {
            while known.next_if(|other| (other.group, other.id) < (group, id)).is_some() {}
            if let Some(same) = known.next_if(|other| (other.group, other.id) == (group, id)) {
                self.jobs.push(*same);
                continue;
            }
            self.fresh = true;
            let Some((count, width_s)) = request(entry_index) else { return false };
            self.jobs.push(Asking { group, id, entry_index, count, width_s });
        }
        true
    }
}
