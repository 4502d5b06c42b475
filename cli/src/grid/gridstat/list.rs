//! The list of campaigns, a line each, as CiGri's users know it.

use gleaner_api::routes::Route;
use gleaner_api::shapes::campaign::Campaign;
use gleaner_api::states::CampaignState;
use gleaner_client::client::Client;
use gleaner_core::ids::CampaignId;
use serde_json::json;

use crate::args::form::OutputForm;
use crate::args::grid::gridstat::GridstatArgs;
use crate::failure::Failure;
use crate::grid::gridstat::dump;
use crate::grid::{dates, listing};
use crate::output::{self, Colour, Rows};

/// A remaining time above this says nothing.
pub(super) const REMAINING_MAX_S: f64 = 10_000.0 * 3600.0;

/// Letters of a campaign's name that are shown.
const NAME: usize = 19;

/// Shows the campaigns of these numbers, or all that are not over.
pub(super) fn show(
    options: &GridstatArgs,
    client: &Client,
    ids: Option<&[u32]>,
) -> Result<(), Failure> {
    if options.dump && ids.is_none() && options.username.is_none() {
        return dump::show(client, Route::Campaigns, options.pretty);
    }
    let campaigns = match ids {
        None => listing::campaigns(client, false, options.username.as_deref())?,
        Some(ids) => {
            let read = |id: &u32| client.read(Route::Campaign { campaign: CampaignId(*id) });
            ids.iter().map(read).collect::<Result<Vec<Campaign>, _>>()?
        }
    };
    if options.dump {
        match options.pretty {
            true => output::json(&campaigns),
            false => output::json_line(&campaigns),
        }
        return Ok(());
    }
    match options.output {
        OutputForm::Table => table(&campaigns, !options.headerless),
        form => output::rows(form, &rows(&campaigns)),
    }
    Ok(())
}

/// Shows the campaigns anew, on a terminal in the place of the `before` lines that it showed of them.
pub(super) fn again(options: &GridstatArgs, campaigns: &[Campaign], before: usize) {
    match options.output {
        OutputForm::Table => {
            output::up(before);
            table(campaigns, !options.headerless && before == 0);
        }
        OutputForm::Json => campaigns.iter().for_each(output::json_line),
        form => output::part_of_rows(form, &rows(campaigns), before == 0),
    }
}

fn table(campaigns: &[Campaign], header: bool) {
    if header {
        let titles = ["Campaign id", "Name", "User", "Submission time", "S", "Progress"];
        let line = |[id, name, user, time, state, progress]: [&str; 6]| {
            output::line(format!(
                "{id:<11} {name:<19} {user:<16} {time:<19} {state:<2} {progress}"
            ));
        };
        line(titles);
        let rules = [11, 19, 16, 19, 2, 8].map(|width| "-".repeat(width));
        line(rules.each_ref().map(String::as_str));
    }
    for one in campaigns {
        let name: String = one.name.chars().take(NAME).collect();
        let before = format!(
            "{:<11} {name:<19} {:<16} {:<19} ",
            one.id,
            one.user,
            dates::listed(one.submission_time)
        );
        let state = format!("{:<2}", letters(one));
        output::painted(&[
            (None, &before),
            (colour(one), &state),
            (None, &format!(" {}", progress(one))),
        ]);
    }
}

/// The letter of a campaign's state, and an `e` where somebody should look at its events.
fn letters(campaign: &Campaign) -> String {
    let letter = match campaign.state {
        CampaignState::InTreatment => 'R',
        CampaignState::Paused => 'P',
        CampaignState::Terminated => 'T',
        CampaignState::Cancelled => 'C',
    };
    format!("{letter}{}", if campaign.has_events { "e" } else { "" })
}

pub(super) fn colour(campaign: &Campaign) -> Option<Colour> {
    match campaign.state {
        _ if campaign.has_events => Some(Colour::Red),
        CampaignState::InTreatment => Some(Colour::Green),
        CampaignState::Paused => Some(Colour::Yellow),
        CampaignState::Terminated | CampaignState::Cancelled => None,
    }
}

/// How far a campaign is, as `4/12 (33%)`.
pub(super) fn progress(campaign: &Campaign) -> String {
    let (done, all) = (u64::from(campaign.finished_jobs), u64::from(campaign.total_jobs));
    let percent = (done * 100).checked_div(all).unwrap_or(100);
    format!("{done}/{all} ({percent}%)")
}

/// The campaigns for programs.
pub(super) fn rows(campaigns: &[Campaign]) -> Rows {
    let row = |one: &Campaign| {
        vec![
            Some(json!(one.id)),
            Some(json!(one.name)),
            Some(json!(one.user)),
            Some(json!(dates::exact(one.submission_time))),
            Some(json!(one.state.word())),
            Some(json!(one.has_events)),
            Some(json!(one.finished_jobs)),
            Some(json!(one.total_jobs)),
        ]
    };
    Rows {
        columns: vec!["id", "name", "user", "submitted_at", "state", "has_events", "done", "tasks"],
        rows: campaigns.iter().map(row).collect(),
    }
}
