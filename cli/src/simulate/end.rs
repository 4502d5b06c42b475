//! What a run that has ended means for the command: tasks explained, and an exit code. Decides nothing.

use gleaner_core::ids::TaskId;
use gleaner_experiments::result::{Ending, RunResult};
use gleaner_scenarios::build::grid::BuiltCampaign;

use crate::args::form::OutputForm;
use crate::failure::{FAILED, Failure, NOT_MET};
use crate::output;

/// Refuses to run for an explanation of tasks that no campaign has.
pub(crate) fn refuse_unknown_tasks(
    tasks: &[TaskId],
    campaigns: &[BuiltCampaign],
) -> Result<(), Failure> {
    for task in tasks {
        let campaign = (task.campaign.0 as usize).checked_sub(1).and_then(|at| campaigns.get(at));
        let (message, hint) = match campaign {
            Some(campaign) if task.index < campaign.tasks => continue,
            Some(campaign) => (
                format!("campaign {} has {} tasks", task.campaign, campaign.tasks),
                "tasks are numbered from 0",
            ),
            None => (
                format!("the scenario has {} campaigns", campaigns.len()),
                "campaigns are numbered from 1, in the order of their submission",
            ),
        };
        let message = format!("there is no task {task} to explain: {message}");
        return Err(Failure::new(NOT_MET, message, Some(hint.to_owned())));
    }
    Ok(())
}

/// Prints where each task asked for is, and why.
pub(crate) fn explain_tasks(
    result: &RunResult,
    tasks: &[TaskId],
    form: OutputForm,
) -> Result<(), Failure> {
    for task in tasks {
        let explanation = result
            .explain(*task)
            .map_err(|error| Failure::caused(NOT_MET, &error, Some(error.hint().to_owned())))?;
        output::beside(form, explanation);
    }
    Ok(())
}

/// Whether a run came to its own end.
pub(crate) fn judge(ending: &Ending) -> Result<(), Failure> {
    match ending {
        Ending::Finished | Ending::Limit => Ok(()),
        Ending::Interrupted => Err(interrupted()),
        Ending::Stuck(stuck) => {
            Err(Failure::new(FAILED, stuck.to_string(), stuck.hint().map(str::to_owned)))
        }
    }
}

fn interrupted() -> Failure {
    Failure::new(
        FAILED,
        "interrupted: the files are complete up to the moment of the interrupt",
        Some("run the same command again for the whole".to_owned()),
    )
}
