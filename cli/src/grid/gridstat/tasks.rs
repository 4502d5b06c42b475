//! The tasks of a campaign, a line a try, page by page: a million of them stand in no memory.

use gleaner_api::routes::Route;
use gleaner_api::shapes::job::Task;
use gleaner_client::client::Client;
use gleaner_core::ids::CampaignId;
use serde_json::json;

use crate::args::form::OutputForm;
use crate::failure::Failure;
use crate::output::{self, Rows};

/// Shows the tasks behind so many.
pub(super) fn show(
    client: &Client,
    campaign: CampaignId,
    offset: u64,
    form: OutputForm,
) -> Result<(), Failure> {
    let mut all = Vec::new();
    let mut header = true;
    client.pages(Route::Jobs { campaign }, offset, |page: Vec<Task>| {
        match form {
            OutputForm::Table => page.iter().for_each(line),
            // A document is whole.
            OutputForm::Json => all.extend(page),
            OutputForm::Csv | OutputForm::Quiet => output::part_of_rows(form, &rows(&page), header),
        }
        header = false;
        true
    })?;
    match form {
        OutputForm::Json => output::rows(form, &rows(&all)),
        OutputForm::Csv if header => output::rows(form, &rows(&[])),
        _ => {}
    }
    Ok(())
}

fn line(task: &Task) {
    let number = |id: Option<u64>| id.map_or_else(|| "*".to_owned(), |id| id.to_string());
    output::line(format!(
        "  {}: {},{},{},{},{},{}",
        task.id,
        number(task.cigri_job_id),
        number(task.remote_id),
        task.state.word(),
        task.cluster.as_deref().unwrap_or("*"),
        task.name,
        task.parameters
    ));
}

fn rows(tasks: &[Task]) -> Rows {
    let row = |task: &Task| {
        vec![
            Some(json!(task.id)),
            task.cigri_job_id.map(|id| json!(id)),
            task.remote_id.map(|id| json!(id)),
            Some(json!(task.state.word())),
            task.cluster.as_ref().map(|name| json!(name)),
            Some(json!(task.name)),
            Some(json!(task.parameters)),
        ]
    };
    Rows {
        columns: vec!["task", "job", "remote_id", "state", "cluster", "name", "parameters"],
        rows: tasks.iter().map(row).collect(),
    }
}
