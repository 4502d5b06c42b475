//! How long a submitted job runs and how it ends: as the scenario's campaign says, else as its
//! command says, else as the cluster usually does. Must not know the World.

use std::collections::BTreeMap;
use std::sync::Arc;

use gleaner_core::ids::CampaignId;
use gleaner_core::jdl::spec::CampaignSpec;
use gleaner_sim::backend::{Behaviour, TaskBehaviour, TaskWork};
use gleaner_sim::time::SimSpan;

use crate::command::script::{Effect, effect};
use crate::command::{Parts, campaign_of_name};

/// Run times of jobs of which nothing is known: drawn by the number of the job.
pub type UsualRuntime = Box<dyn FnMut(u64) -> SimSpan + Send>;

/// The behaviour of the tasks of all campaigns that will be fed to the emulated clusters.
pub struct Behaviours {
    tasks: Arc<dyn TaskBehaviour>,
    campaigns: BTreeMap<CampaignId, Known>,
    /// Attempts so far that ended without success, by campaign and task.
    failed: BTreeMap<(CampaignId, u32), u32>,
}

/// A campaign of the scenario.
struct Known {
    spec: Arc<CampaignSpec>,
    /// Tasks by their parameter.
    tasks: BTreeMap<Box<str>, u32>,
}

/// How a job behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobBehaviour {
    /// What it does if nothing stops it.
    pub effect: Effect,
    /// The task of the scenario that it tries, if it is one.
    pub task: Option<(CampaignId, u32)>,
}

impl Behaviours {
    /// Takes over the scenario's campaigns, as they are numbered there.
    pub fn new(
        campaigns: impl IntoIterator<Item = (CampaignId, Arc<CampaignSpec>)>,
        tasks: Arc<dyn TaskBehaviour>,
    ) -> Behaviours {
        let known = |(id, spec): (CampaignId, Arc<CampaignSpec>)| {
            let parameters = &spec.parameters;
            let tasks = (0..parameters.len())
                .map(|task| (parameters.text(task).unwrap_or_default().into(), task))
                .collect();
            (id, Known { spec, tasks })
        };
        let campaigns = campaigns.into_iter().map(known).collect();
        Behaviours { tasks, campaigns, failed: BTreeMap::new() }
    }

    /// Returns how the job of that number, name and command behaves.
    pub fn of(
        &mut self,
        number: u64,
        name: Option<&str>,
        parts: &Parts<'_>,
        directory: &str,
        usual: &mut UsualRuntime,
    ) -> JobBehaviour {
        let campaign = parts.campaign.or_else(|| name.and_then(campaign_of_name));
        let work = campaign.and_then(|id| Some((CampaignId(id), self.work(id, &parts.rest)?)));
        if let Some((campaign, work)) = work {
            let task = work.task().map(|task| (campaign, task));
            let failed = task.and_then(|task| self.failed.get(&task)).copied().unwrap_or(0);
            let Behaviour { run, exit_code } = self.tasks.attempt(campaign, work, failed + 1);
            return JobBehaviour { effect: silent(run, i32::from(exit_code) << 8), task };
        }
        let understood = effect(&parts.rest, directory);
        let effect = understood.unwrap_or_else(|| silent(usual(number), 0));
        JobBehaviour { effect, task: None }
    }

    /// Notes that an attempt of a task ended without success.
    pub fn failed(&mut self, task: (CampaignId, u32)) {
        *self.failed.entry(task).or_default() += 1;
    }

    /// Which piece of work of a campaign a command is: the task whose parameter it ends with, or a
    /// script of the campaign.
    fn work(&self, campaign: u32, command: &str) -> Option<TaskWork> {
        let Known { spec, tasks } = self.campaigns.get(&CampaignId(campaign))?;
        let is = |script: Option<&str>| script.is_some_and(|text| text.trim() == command.trim());
        for settings in &spec.clusters {
            if is(settings.prologue.as_ref().map(|script| &*script.text)) {
                return Some(TaskWork::Prologue);
            }
            if is(settings.epilogue.as_ref().map(|script| &*script.text)) {
                return Some(TaskWork::Epilogue);
            }
        }
        // The command is an executable, a blank and the parameter, which may hold blanks itself.
        let blanks = command.match_indices(' ').map(|(at, _)| &command[at + 1..]);
        blanks.filter_map(|end| tasks.get(end)).copied().next().map(TaskWork::Task)
    }
}

fn silent(run: SimSpan, status: i32) -> Effect {
    Effect { run, status, stdout: String::new(), stderr: String::new() }
}
