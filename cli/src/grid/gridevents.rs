//! `gridevents`: what went wrong, and that it is mended.

use gleaner_api::routes::{Param, Route};
use gleaner_api::shapes::answer::Done;
use gleaner_api::shapes::event::{CLUSTER_DISABLED, Event, NewEvent, OneEvent};
use gleaner_client::client::Client;
use gleaner_client::error::ClientError;
use gleaner_core::ids::{CampaignId, EventId};
use serde_json::json;

use crate::args::form::OutputForm;
use crate::args::grid::gridevents::GrideventsArgs;
use crate::failure::{BAD_INPUT, Failure};
use crate::grid::selector::Selector;
use crate::grid::{clusters, connection, dates, listing};
use crate::output::{self, Colour, Rows};

/// Dashes between two events.
const RULE: usize = 78;

/// Shows events, or closes them.
pub(crate) fn run(options: &GrideventsArgs) -> Result<(), Failure> {
    let selector = Selector::read(options.id.iter().chain(&options.campaign))?;
    let client = connection::client(&options.server)?;
    if let Some(cluster) = &options.blacklist_cluster {
        let cluster = clusters::number(&client, cluster)?;
        let event =
            NewEvent { code: CLUSTER_DISABLED.to_owned(), cluster_id: u64::from(cluster.0) };
        let done: OneEvent = client.post(Route::CreateEvent, &event)?;
        told(options.verbose, &format!("Event {} opened", done.event.id));
        return Ok(());
    }
    let closed = |route: Route| -> Result<(), Failure> {
        let address = match options.resubmit {
            true => route.with(Param::Resubmit, 1),
            false => route.into(),
        };
        let done: Done = client.read(address)?;
        told(options.verbose, &done.message);
        Ok(())
    };
    if let Some(event) = options.event.map(EventId) {
        if options.fix {
            return closed(Route::FixEvent { event });
        }
        let one: OneEvent = client.read(Route::Event { event })?;
        shown(options.output, &[one.event]);
        return Ok(());
    }
    if options.global {
        let events = none_if_empty(all_pages(&client, Route::Events.into()))?;
        shown(options.output, &events);
        return Ok(());
    }
    let Some(selector) = selector else {
        let message = "a campaign, --event or --global is needed";
        let hint = Some("`gridevents 3`, or `gridevents --global`".to_owned());
        return Err(Failure::new(BAD_INPUT, message, hint));
    };
    let ids = match selector.numbers() {
        Some(ids) => ids,
        None => selector.pick(&listing::campaigns(&client, selector.wants_ended(), None)?)?,
    };
    for campaign in ids.into_iter().map(CampaignId) {
        match options.fix {
            true => closed(Route::FixCampaign { campaign })?,
            false => of_campaign(&client, campaign, options.all, options.output)?,
        }
    }
    Ok(())
}

/// Shows the open events of a campaign, or all.
pub(crate) fn of_campaign(
    client: &Client,
    campaign: CampaignId,
    all: bool,
    form: OutputForm,
) -> Result<(), Failure> {
    let route = Route::CampaignEvents { campaign };
    let address = if all { route.with(Param::All, 1) } else { route.into() };
    let events = match all_pages(client, address) {
        // Not found are both: a campaign without events, and no campaign.
        Err(error) if error.status() == Some(404) => {
            client.text(Route::Campaign { campaign })?;
            Vec::new()
        }
        events => events?,
    };
    shown(form, &events);
    Ok(())
}

fn all_pages(
    client: &Client,
    address: gleaner_api::address::Address,
) -> Result<Vec<Event>, ClientError> {
    let mut events = Vec::new();
    client.pages(address, 0, |page: Vec<Event>| {
        events.extend(page);
        true
    })?;
    Ok(events)
}

fn none_if_empty(events: Result<Vec<Event>, ClientError>) -> Result<Vec<Event>, Failure> {
    match events {
        Err(error) if error.status() == Some(404) => Ok(Vec::new()),
        events => Ok(events?),
    }
}

fn told(verbose: bool, message: &str) {
    if verbose {
        output::line(format!("{}.", message.trim_end_matches('.')));
    }
}

fn shown(form: OutputForm, events: &[Event]) {
    match form {
        OutputForm::Table if events.is_empty() => output::line("No events!"),
        OutputForm::Table => {
            output::line("-".repeat(RULE));
            for event in events {
                picture(event);
                output::line("-".repeat(RULE));
            }
        }
        form => output::rows(form, &rows(events)),
    }
}

fn picture(event: &Event) {
    let mut rest = format!(") {}", event.code);
    if let Some(job) = event.job_id {
        rest += &format!(" of job {job}");
    }
    rest += &format!(" at {}", dates::local(&event.date_open));
    if let Some(cluster) = &event.cluster_name {
        rest += &format!(" on {cluster}");
    }
    if let Some(parent) = event.parent {
        rest += &format!(" because of {parent}");
    }
    let open = event.state == gleaner_api::states::EventState::Open;
    let colour = open.then_some(Colour::Red);
    let before = format!("{}: (", event.id);
    output::painted(&[(None, &before), (colour, event.state.word()), (None, &rest)]);
    if let Some(message) = event.message.as_deref().filter(|message| !message.is_empty()) {
        output::line(message.trim_end());
    }
}

fn rows(events: &[Event]) -> Rows {
    let row = |event: &Event| {
        vec![
            Some(json!(event.id)),
            Some(json!(event.class.word())),
            Some(json!(event.code)),
            Some(json!(event.state.word())),
            event.job_id.map(|id| json!(id)),
            event.cluster_name.as_ref().map(|name| json!(name)),
            Some(json!(event.date_open)),
            event.parent.map(|id| json!(id)),
            event.message.as_ref().map(|text| json!(text)),
        ]
    };
    Rows {
        columns: vec![
            "id",
            "class",
            "code",
            "state",
            "job",
            "cluster",
            "opened_at",
            "parent",
            "message",
        ],
        rows: events.iter().map(row).collect(),
    }
}
