//! A campaign made of another: its JDL, with those of its parameters that are in some state.

use std::collections::BTreeMap;

use gleaner_api::routes::Route;
use gleaner_api::shapes::campaign::Campaign;
use gleaner_api::shapes::job::Task;
use gleaner_api::states::{CampaignState, JobState, ShownTaskState};
use gleaner_client::client::Client;
use gleaner_core::ids::CampaignId;
use serde_json::{Map, Value};

use crate::args::grid::gridsub::TaskChoice;
use crate::failure::{Failure, NOT_MET, REFUSED};

/// The JDL of a campaign with the parameters that are chosen.
pub(super) fn jdl(
    client: &Client,
    campaign: CampaignId,
    choice: TaskChoice,
) -> Result<Vec<u8>, Failure> {
    let known: Campaign = client.read(Route::Campaign { campaign })?;
    let over = matches!(known.state, CampaignState::Terminated | CampaignState::Cancelled);
    if !over && matches!(choice, TaskChoice::Failed | TaskChoice::Unfinished) {
        let message = format!("campaign {campaign} is not over: what is not done may still be");
        let hint = format!(
            "`gridevents {campaign} --fix --resubmit` tries again what failed; `griddel {campaign}` ends it"
        );
        return Err(Failure::new(REFUSED, message, Some(hint)));
    }
    let mut jdl: Map<String, Value> = client.read(Route::Jdl { campaign })?;
    if choice != TaskChoice::All {
        let chosen = chosen(client, campaign, choice)?;
        jdl.insert("params".to_owned(), Value::Array(chosen));
    }
    match jdl.get("params").and_then(Value::as_array) {
        Some(params) if !params.is_empty() => Ok(Value::Object(jdl).to_string().into_bytes()),
        _ => {
            let message = format!("campaign {campaign} has no such tasks");
            let hint =
                Some(format!("`gridstat {campaign} --full` lists its tasks with their states"));
            Err(Failure::new(NOT_MET, message, hint))
        }
    }
}

/// What became of a task, by all tries at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Became {
    Untried,
    Tried,
    Done,
}

/// The parameters of the tasks that are chosen, in their order.
fn chosen(
    client: &Client,
    campaign: CampaignId,
    choice: TaskChoice,
) -> Result<Vec<Value>, Failure> {
    let mut tasks: BTreeMap<u64, (Became, String)> = BTreeMap::new();
    client.pages(Route::Jobs { campaign }, 0, |page: Vec<Task>| {
        for task in page {
            let now = match task.state {
                ShownTaskState::Pending | ShownTaskState::Queued => Became::Untried,
                ShownTaskState::Job(JobState::Terminated) => Became::Done,
                ShownTaskState::Job(_) => Became::Tried,
            };
            let known = tasks.entry(task.id).or_insert((now, task.parameters));
            if known.0 != Became::Done {
                known.0 = now;
            }
        }
        true
    })?;
    let fits = |became: Became| match choice {
        TaskChoice::Failed => became == Became::Tried,
        TaskChoice::Unfinished => became != Became::Done,
        TaskChoice::Done => became == Became::Done,
        TaskChoice::All => true,
    };
    let chosen = tasks.into_values().filter(|(became, _)| fits(*became));
    Ok(chosen.map(|(_, parameter)| Value::String(parameter)).collect())
}
