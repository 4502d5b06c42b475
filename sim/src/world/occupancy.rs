//! How many cores of a cluster are in use and unavailable. Counts jobs as long as each core has one
//! holder, and cores one by one from the moment at which they can be shared. Must not know
//! schedulers, nor the guard that watches beside it.

use crate::cores::Intervals;
use crate::job::{Job, JobKind, JobState};
use crate::job_request::JobRequest;
use crate::observer::Counts;

/// Who uses a core.
#[derive(Clone, Copy, Debug, Default)]
struct CoreUse {
    owners: u32,
    /// Of these, jobs that are over.
    over: u32,
    campaigns: u32,
    unavailable: bool,
}

/// Which of the counts a core belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    Owners,
    Cleaning,
    Campaigns,
    Unavailable,
    Free,
}

impl CoreUse {
    fn share(self) -> Share {
        match self {
            CoreUse { owners: 1.., over, .. } if over == self.owners => Share::Cleaning,
            CoreUse { owners: 1.., .. } => Share::Owners,
            CoreUse { campaigns: 1.., .. } => Share::Campaigns,
            CoreUse { unavailable: true, .. } => Share::Unavailable,
            CoreUse { .. } => Share::Free,
        }
    }

    /// `job` has taken the core, or given it back; what is over was told to be.
    fn hold(&mut self, job: &Job, holds: bool) {
        let count = if owners(job) { &mut self.owners } else { &mut self.campaigns };
        *count = step(*count, holds);
        if job.state == JobState::CleaningUp && owners(job) {
            self.over = step(self.over, holds);
        }
    }
}

/// The use of a cluster's cores.
#[derive(Debug, Default)]
pub(super) struct Occupancy {
    /// Core by core, once cores may be shared, or held while they are unavailable.
    exact: Option<Vec<CoreUse>>,
}

impl Occupancy {
    /// Whether a job makes it necessary to count core by core.
    pub(super) fn asks_for_exact(job: &Job) -> bool {
        job.spec.request.as_deref().is_some_and(JobRequest::shares)
    }

    pub(super) fn is_exact(&self) -> bool {
        self.exact.is_some()
    }

    /// Counts core by core from now on: `holders` hold cores, `unavailable` are.
    pub(super) fn make_exact<'a>(
        &mut self,
        cores: u32,
        holders: impl Iterator<Item = &'a Job>,
        unavailable: impl Iterator<Item = Intervals>,
    ) {
        let mut all = vec![CoreUse::default(); cores as usize];
        for job in holders {
            for core in job.cores.cores() {
                all[core as usize].hold(job, true);
            }
        }
        for core in unavailable.flat_map(|cores| cores.cores().collect::<Vec<_>>()) {
            all[core as usize].unavailable = true;
        }
        self.exact = Some(all);
    }

    pub(super) fn take(&mut self, job: &Job, counts: &mut Counts) {
        match &mut self.exact {
            None => *used(counts, job) += job.spec.cores,
            Some(all) => change(all, &job.cores, counts, |core| core.hold(job, true)),
        }
    }

    /// A job that holds cores is over: from now on they are cleaned up.
    pub(super) fn is_over(&mut self, job: &Job, counts: &mut Counts) {
        match &mut self.exact {
            _ if !owners(job) => {}
            None => counts.cleaning_cores += job.spec.cores,
            Some(all) => change(all, &job.cores, counts, |core| core.over += 1),
        }
    }

    pub(super) fn give_back(&mut self, job: &Job, counts: &mut Counts) {
        match &mut self.exact {
            None => {
                *used(counts, job) -= job.spec.cores;
                if job.state == JobState::CleaningUp && owners(job) {
                    counts.cleaning_cores -= job.spec.cores;
                }
            }
            Some(all) => change(all, &job.cores, counts, |core| core.hold(job, false)),
        }
    }

    pub(super) fn set_available(
        &mut self,
        cores: &Intervals,
        available: bool,
        counts: &mut Counts,
    ) {
        match &mut self.exact {
            None if available => counts.down_cores -= cores.len(),
            None => counts.down_cores += cores.len(),
            Some(all) => change(all, cores, counts, |core| core.unavailable = !available),
        }
    }
}

/// Changes the use of `cores`, and the counts with it.
fn change(
    all: &mut [CoreUse],
    cores: &Intervals,
    counts: &mut Counts,
    change: impl Fn(&mut CoreUse),
) {
    let mut move_one = |share: Share, by: i32| {
        if share == Share::Cleaning {
            counts.cleaning_cores = counts
                .cleaning_cores
                .checked_add_signed(by)
                .expect("a core was counted where it is");
        }
        let count = match share {
            Share::Owners | Share::Cleaning => &mut counts.local_cores,
            Share::Campaigns => &mut counts.besteffort_cores,
            Share::Unavailable => &mut counts.down_cores,
            Share::Free => return,
        };
        *count = count.checked_add_signed(by).expect("a core was counted where it is");
    };
    for core in cores.cores() {
        let core = &mut all[core as usize];
        let before = core.share();
        change(core);
        if before != core.share() {
            move_one(before, -1);
            move_one(core.share(), 1);
        }
    }
}

/// The number of cores in use that those of a job belong to.
fn used<'a>(counts: &'a mut Counts, job: &Job) -> &'a mut u32 {
    if owners(job) { &mut counts.local_cores } else { &mut counts.besteffort_cores }
}

/// Whether a job is an owner's; a campaign's is none, whatever its rights.
fn owners(job: &Job) -> bool {
    job.spec.kind == JobKind::Local
}

/// One more or one less.
fn step(count: u32, more: bool) -> u32 {
    if more { count + 1 } else { count - 1 }
}
