//! What a run waits for in which nothing can happen any more: which job, on which cluster, and why. Decides
//! nothing.

use std::fmt;

use gleaner_core::ids::TaskId;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::scheduler::explain::TaskLocation;
use gleaner_sim::job::{Job, JobState};
use gleaner_sim::observer::Observer;
use gleaner_sim::world::World;

/// Most tasks of a campaign that are looked at for the first one that is not done.
const LOOKED_AT_MAX: u32 = 100_000;

/// What is left of a run in which nothing can happen any more. Prints itself as a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// Jobs of clusters that are not done.
    pub jobs: usize,
    /// Campaigns that are not done.
    pub campaigns: usize,
    /// The first of the jobs, else of the campaigns.
    pub first: Option<Unfinished>,
}

/// Something that will never be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// What it is, and why.
    pub what: String,
    /// What could be changed.
    pub hint: &'static str,
}

impl Stuck {
    /// Looks for what is left in a world and its scheduler, which has the clusters by the same numbers.
    pub(crate) fn of<O: Observer>(world: &World<O>, scheduler: &Scheduler) -> Stuck {
        let campaigns = scheduler.campaigns();
        Stuck {
            jobs: world.jobs().len(),
            campaigns: campaigns.filter(|campaign| !campaign.state.is_over()).count(),
            first: first_job(world, scheduler).or_else(|| first_campaign(scheduler)),
        }
    }

    /// Returns a hint: what could be changed, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        self.first.as_ref().map(|unfinished| unfinished.hint)
    }
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing can happen any more, and ")?;
        match (self.jobs, self.campaigns) {
            (jobs, 0) => write!(f, "{jobs} jobs are not done"),
            (0, campaigns) => write!(f, "{campaigns} campaigns are not done"),
            (jobs, campaigns) => write!(f, "{jobs} jobs and {campaigns} campaigns are not done"),
        }?;
        self.first.as_ref().map_or(Ok(()), |unfinished| write!(f, ": {}", unfinished.what))
    }
}

/// Returns the first of the jobs that wait, by cluster and number.
fn first_job<O: Observer>(world: &World<O>, scheduler: &Scheduler) -> Option<Unfinished> {
    let waiting = world.jobs().iter().map(|(_, job)| job);
    let waiting = waiting.filter(|job| matches!(job.state, JobState::Waiting | JobState::Promised));
    let job = waiting.min_by_key(|job| (job.cluster, job.spec.number))?;
    let cluster = &scheduler.config().clusters[job.cluster.index()].name;
    let all = world.cores(job.cluster);
    let up = all - world.counts(job.cluster).down_cores;
    let (number, cores) = (job.spec.number, job.asked_cores);
    let absent = world.counts(job.cluster).absent_cores;
    let (why, hint) = if cores > all - absent {
        (
            format!("asks for {cores} cores, and {} of {all} are there for good", all - absent),
            "let nodes come by a later `resize`",
        )
    } else if cores > up {
        (
            format!("asks for {cores} cores, and {up} of {all} are up for good"),
            "give outages of nodes an `up` time",
        )
    } else {
        (reason(job), hint(job))
    };
    Some(Unfinished { what: format!("job {number} of cluster `{cluster}` {why}"), hint })
}

fn reason(job: &Job) -> String {
    match job.spec.request.as_deref() {
        Some(request) if !request.after.is_empty() => {
            "waits for another job to end well".to_owned()
        }
        Some(request) => match request.container() {
            Some(container) => format!("waits for the container `{container}`"),
            None => "finds no time at which its request could be met".to_owned(),
        },
        None => "is never started by the scheduler".to_owned(),
    }
}

fn hint(job: &Job) -> &'static str {
    match job.spec.request.as_deref() {
        Some(request) if !request.after.is_empty() => "see what it comes `after`",
        Some(_) => "see its `request`, `queue`, `types` and `properties`, and the cluster's quotas",
        None => "see the cluster's queues, quotas and nodes",
    }
}

/// Returns the first campaign that is not over, with its first task that is not done.
fn first_campaign(scheduler: &Scheduler) -> Option<Unfinished> {
    let campaign = scheduler.campaigns().find(|campaign| !campaign.state.is_over())?;
    let explained = (0..campaign.total.min(LOOKED_AT_MAX)).find_map(|index| {
        let task = TaskId { campaign: campaign.campaign, index };
        let told = scheduler.explain(task).ok()?;
        (!matches!(told.location, TaskLocation::Settled(_))).then_some(told)
    });
    let name = scheduler.spec(campaign.campaign).map_or("?", |spec| &*spec.name);
    let mut what = format!("campaign {} (`{name}`)", campaign.campaign);
    if campaign.events > 0 {
        what = format!("{what} has {} open events", campaign.events);
    }
    if let Some(told) = explained {
        what = format!("{what}: {}", told.to_string().replace("\n  ", "; "));
    }
    let hint = match campaign.events {
        0 => "see decisions.jsonl for what was decided about it",
        _ => "nobody fixes events here: see decisions.jsonl, or set `on_failure` in `[grid]`",
    };
    Some(Unfinished { what, hint })
}
