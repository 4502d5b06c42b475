//! From jobs that were found by their names to what the core is told of them. Asks nobody.

use std::collections::{BTreeMap, BTreeSet};

use gleaner_core::fact::{Fact, Outcome, RecoveredWork};
use gleaner_core::ids::{CampaignId, ClusterId, CommandId, TaskId};
use gleaner_core::jdl::macros::CAMPAIGN_VARIABLE;
use gleaner_core::ledger::task_state::TaskState;
use gleaner_core::scheduler::Scheduler;

use crate::command::line::{Named, named};
use crate::config::ClusterConfig;
use crate::restore::past::PastJob;

/// What stands between the campaign and the number of a task in a command.
const TASK_PREFIX: &str = ": task ";

/// A job that was sent since the backup.
#[derive(Clone, Debug)]
pub(super) struct SentJob {
    pub(super) cluster: ClusterId,
    pub(super) campaign: CampaignId,
    /// What it does, as its command says; none where it says nothing that the backup knows.
    work: Option<RecoveredWork>,
    /// When it was sent: the epoch's place among all, and the command.
    sent: (usize, CommandId),
    job: PastJob,
}

impl SentJob {
    /// None where a job of such a name belongs to somebody else than the campaign's user.
    pub(super) fn of(
        scheduler: &Scheduler,
        parameters: &mut TasksByParameter,
        cluster: ClusterId,
        settings: &ClusterConfig,
        (epoch, command, campaign): (usize, CommandId, CampaignId),
        job: PastJob,
    ) -> Option<SentJob> {
        let user = scheduler.user(campaign);
        let theirs = user.is_none_or(|user| settings.login(user) == Some(&job.owner));
        let command_line = job.command.as_deref().unwrap_or_default();
        let work = work_of(scheduler, parameters, cluster, campaign, command_line);
        theirs.then_some(SentJob { cluster, campaign, work, sent: (epoch, command), job })
    }
}

/// The tasks of campaigns by their parameters; none for a parameter that several have. Read when they are first
/// asked for.
#[derive(Debug, Default)]
pub(super) struct TasksByParameter(BTreeMap<CampaignId, BTreeMap<String, Option<u32>>>);

impl TasksByParameter {
    fn task(
        &mut self,
        scheduler: &Scheduler,
        campaign: CampaignId,
        parameter: &str,
    ) -> Option<u32> {
        let known = self.0.entry(campaign).or_insert_with(|| {
            let total = scheduler.campaign(campaign).map_or(0, |progress| progress.total);
            let mut known = BTreeMap::new();
            for index in 0..total {
                let text = scheduler.parameter(TaskId { campaign, index });
                let text = text.unwrap_or_default().trim().to_owned();
                known.entry(text).and_modify(|one| *one = None).or_insert(Some(index));
            }
            known
        });
        known.get(parameter).copied().flatten()
    }
}

/// Returns what a command does. It names its task, or has its parameter, where a daemon sent no numbers.
fn work_of(
    scheduler: &Scheduler,
    parameters: &mut TasksByParameter,
    cluster: ClusterId,
    campaign: CampaignId,
    command: &str,
) -> Option<RecoveredWork> {
    match named(command) {
        Named::Task(of, index) => {
            let total = scheduler.campaign(campaign).map_or(0, |progress| progress.total);
            return (of == campaign && index < total).then_some(RecoveredWork::Task(index));
        }
        Named::None => return None,
        Named::Unnumbered => {}
    }
    let spec = scheduler.spec(campaign)?;
    let settings = spec.clusters.iter().find(|settings| settings.cluster == cluster)?;
    let (_, what) = command.split_once(&format!("export {CAMPAIGN_VARIABLE}={campaign};"))?;
    let script = |script: &Option<gleaner_core::jdl::spec::Script>| {
        script.as_ref().is_some_and(|script| script.text.trim() == what.trim())
    };
    if script(&settings.prologue) {
        return Some(RecoveredWork::Prologue);
    }
    if script(&settings.epilogue) {
        return Some(RecoveredWork::Epilogue);
    }
    if let Some(numbered) = what.trim_start().strip_prefix(TASK_PREFIX) {
        let (number, _) = numbered.split_once(';')?;
        // People count from 1.
        let index = number.trim().parse::<u32>().ok()?.checked_sub(1)?;
        return Some(RecoveredWork::Task(index));
    }
    // Of a release that did not number its lines.
    let parameter = what.trim_start().strip_prefix(&*settings.exec_file)?.trim();
    // Where several tasks have one parameter, nobody knows whose job it was.
    parameters.task(scheduler, campaign, parameter).map(RecoveredWork::Task)
}

/// Jobs that were found by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundJobs {
    /// Ended well: their tasks are done.
    pub done: u64,
    /// Ended otherwise.
    pub ended: u64,
    /// Alive, and followed from now on.
    pub alive: u64,
    /// Alive without a task that waits for them: they are to be deleted.
    pub unwanted: u64,
    /// Alive, of campaigns that the backup does not know.
    pub of_unknown_campaigns: BTreeMap<u32, u64>,
}

/// Returns the facts, in the order in which things happened to each task, and how many jobs they
/// are about.
pub(super) fn facts(scheduler: &Scheduler, mut jobs_sent: Vec<SentJob>) -> (Vec<Fact>, FoundJobs) {
    let place = |work: Option<RecoveredWork>| match work {
        Some(RecoveredWork::Prologue) => 0,
        Some(RecoveredWork::Task(index)) => u64::from(index) + 1,
        Some(RecoveredWork::Epilogue) => u64::MAX - 1,
        None => u64::MAX,
    };
    jobs_sent.sort_by_key(|one| (one.campaign, place(one.work), one.sent, one.job.job));
    let (mut facts, mut found) = (Vec::new(), FoundJobs::default());
    let mut done: BTreeSet<(CampaignId, u32)> = BTreeSet::new();
    let mut of_unknown_campaigns: BTreeMap<u32, u64> = BTreeMap::new();
    for SentJob { cluster, campaign, work, job, .. } in jobs_sent {
        let PastJob { job, started_at, ended, submitted_at, .. } = job;
        if scheduler.campaign(campaign).is_none() {
            *of_unknown_campaigns.entry(campaign.0).or_default() += u64::from(ended.is_none());
            continue;
        }
        let waits = |work: &RecoveredWork| match *work {
            RecoveredWork::Task(index) => {
                !done.contains(&(campaign, index)) && may_run(scheduler, TaskId { campaign, index })
            }
            RecoveredWork::Prologue | RecoveredWork::Epilogue => true,
        };
        let Some(work) = work.filter(waits) else {
            if ended.is_none() {
                found.unwanted += 1;
                facts.push(Fact::JobFound { cluster, job, campaign });
            }
            continue;
        };
        facts.push(Fact::JobRecovered { cluster, job, campaign, work, submitted_at });
        facts.extend(started_at.map(|at| Fact::JobStarted { cluster, job, at }));
        facts.extend(ended.map(|(at, outcome)| Fact::JobEnded { cluster, job, at, outcome }));
        match (ended, work) {
            (None, _) => found.alive += 1,
            (Some((_, Outcome::Exited(0))), RecoveredWork::Task(index)) => {
                found.done += 1;
                done.insert((campaign, index));
            }
            (Some(_), _) => found.ended += 1,
        }
    }
    of_unknown_campaigns.retain(|_, jobs| *jobs > 0);
    found.of_unknown_campaigns = of_unknown_campaigns;
    (facts, found)
}

/// Returns whether the backup's core would run a task, or believes that it runs.
fn may_run(scheduler: &Scheduler, task: TaskId) -> bool {
    match scheduler.task_state(task) {
        Some(TaskState::Pending | TaskState::Queued | TaskState::Live | TaskState::Blocked) => true,
        Some(TaskState::Done | TaskState::Failed | TaskState::Cancelled) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gleaner_core::config::CoreUnits;
    use gleaner_core::config::{ClusterSpec, SchedulerConfig};
    use gleaner_core::decision::Decision;
    use gleaner_core::fact::{Fact, RecoveredWork};
    use gleaner_core::ids::{CampaignId, ClusterId};
    use gleaner_core::jdl::{self, JdlContext};
    use gleaner_core::observation::Observation;
    use gleaner_core::policy::injection;
    use gleaner_core::scheduler::Scheduler;

    use super::{TasksByParameter, work_of};
    use crate::sites::oar::LANGUAGE;

    #[test]
    fn a_command_says_what_its_job_does_or_nothing() {
        let policy = "tap".parse().unwrap();
        let config = SchedulerConfig::new(vec![ClusterSpec::new("c", CoreUnits::flat(1), policy)]);
        let mut scheduler = Scheduler::new(config.clone(), &injection::standard()).unwrap();
        let text = r#"{"name": "n", "exec_file": "run", "params": ["a", "b c", "x", "y"],
                       "clusters": {"c": {"prologue": "make ready", "epilogue": "tidy"}}}"#;
        let jdl =
            jdl::parse(text.as_bytes(), &JdlContext::new(&config.clusters, &LANGUAGE)).unwrap();
        let campaign = CampaignId(7);
        let spec = Arc::new(jdl.into_spec().unwrap());
        let fact = Fact::CampaignSubmitted { campaign, user: "amy".into(), spec };
        scheduler
            .step(&Observation { facts: vec![fact], ..Observation::new() }, &mut Decision::new());
        let mut parameters = TasksByParameter::default();
        let mut work = |what: &str| {
            let command =
                format!("[ $(date +%s) -lt 5 ] || exit 68; export CIGRI_CAMPAIGN_ID=7;{what}");
            work_of(&scheduler, &mut parameters, ClusterId(0), campaign, &command)
        };
        let task = |index| Some(RecoveredWork::Task(index));
        assert_eq!(
            (work(" : task 2; run b c"), work(" : task 4; eval \"$(\"")),
            (task(1), task(3))
        );
        assert_eq!((work(" run a"), work(" run b c")), (task(0), task(1)));
        assert_eq!(work("\nmake ready\n"), Some(RecoveredWork::Prologue));
        assert_eq!(work("\ntidy"), Some(RecoveredWork::Epilogue));
        for other in [" : task 0; run", " : task x; run", " : task", " run q", " walk a", ""] {
            assert_eq!(work(other), None, "{other}");
        }
        let known = work_of(&scheduler, &mut parameters, ClusterId(0), campaign, "run a");
        assert_eq!(known, None);
    }
}
