//! Events: listed, shown, made by administrators, and closed by those they wait for.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use gleaner_api::dates::cigri_date;
use gleaner_api::numbers::{ClusterNumber, PathNumber};
use gleaner_api::routes::{Endpoint, Param, Route};
use gleaner_api::shapes::answer::{Done, Problem, Rel};
use gleaner_api::shapes::event::{CLUSTER_DISABLED, Event, EventList, NewEvent, OneEvent};
use gleaner_api::states::EventState;
use gleaner_core::ids::{CampaignId, EventId};

use crate::api::answer::RequestContext;
use crate::api::campaigns::readable;
use crate::api::failed::Failed;
use crate::api::lists::pieces::{Frame, answer};
use crate::api::lists::steps::RowSteps;
use crate::api::lists::{ListFields, left, step};
use crate::api::query::number;
use crate::api::state::Api;
use crate::request::{Request, Subject};
use crate::views::rows::EventRow;
use crate::views::{Page, Part, ReadError, Views};

/// The largest body of a new event.
const EVENT_MAX: usize = 64 * 1024;

impl RequestContext {
    fn event(&self, row: EventRow) -> Event {
        Event {
            id: row.id.0,
            class: row.class,
            code: row.code,
            job_id: row.job.map(|job| job.0),
            cluster_id: row.cluster.map(|id| ClusterNumber::from(id).0),
            cluster_name: row.cluster.and_then(|id| self.settings.name(id)).map(str::to_owned),
            date_open: cigri_date(row.opened_at),
            message: row.message,
            parent: row.parent.map(|parent| parent.0),
            state: if row.open { EventState::Open } else { EventState::Closed },
        }
    }
}

/// A list of events; CiGri answers 404 where there are none.
async fn list(
    api: Arc<Api>,
    context: RequestContext,
    page: Page,
    first: impl FnOnce(&dyn Views, Page) -> Result<Part<EventRow>, ReadError> + Send + 'static,
    behind: impl Fn(&dyn Views, EventId, u64) -> Result<Vec<EventRow>, ReadError>
    + Send
    + Sync
    + 'static,
) -> Result<Response, Failed> {
    let first = api.read_much(move |views| first(views, step(page.offset, &page)));
    let (rows, total) = first.await?;
    if total == 0 {
        return Err(Failed::not_found());
    }
    let around = ListFields { total, offset: Some(page.offset), limit: None, links: None };
    let frame = Frame::before("items", &around, context.query.on(Param::Pretty))?;
    let left = left(&page, total, rows.len());
    let after = |rows: &[EventRow]| rows.last().map(|row| row.id.0);
    let read =
        move |views: &dyn Views, after: u64, limit: u64| behind(views, EventId(after), limit);
    let show = move |row| context.event(row);
    answer(frame, RowSteps::behind(api, rows, left, after, read, show)).await
}

/// List what waits for somebody in a campaign; 404 if nothing does.
#[utoipa::path(get, path = Endpoint::CampaignEvents.template(), tag = "events",
    params(("id" = u32, Path, description = "Campaign"),
        ("all" = Option<bool>, Query, description = "Closed events too, and only those of the campaign"),
        ("limit" = Option<u64>, Query, description = "Events of a page, 100"),
        ("offset" = Option<u64>, Query, description = "Events before the page, 0")),
    responses((status = 200, body = EventList), (status = 400, body = Problem),
        (status = 404, body = Problem)))]
pub(super) async fn of_campaign(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let (id, page, all) = (number(&id)?, context.query.page()?, context.query.on(Param::All));
    let caller = context.caller()?;
    let first = move |views: &dyn Views, page| match readable(views, &caller, id)? {
        None => Ok((Vec::new(), 0)),
        Some(_) => views.campaign_events(id, all, page),
    };
    let behind =
        move |views: &dyn Views, after, limit| views.campaign_events_behind(id, all, after, limit);
    list(api, context, page, first, behind).await
}

/// Close all events of a campaign.
#[utoipa::path(delete, path = Endpoint::FixCampaign.template(), tag = "events",
    params(("id" = u32, Path, description = "Campaign"),
        ("resubmit" = Option<bool>, Query, description = "Try what failed again")),
    responses((status = 202, body = Done), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub(super) async fn fix_campaign(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let caller = context.caller()?;
    let (campaign, retry): (CampaignId, bool) = (number(&id)?, context.query.on(Param::Resubmit));
    api.ask(&caller, Request::FixCampaign { campaign, retry }).await?;
    context.done(StatusCode::ACCEPTED, "Accepted", format!("Campaign {campaign} events closed"))
}

/// List what waits for an administrator; 404 if nothing does.
#[utoipa::path(get, path = Endpoint::Events.template(), tag = "events",
    params(("limit" = Option<u64>, Query, description = "Events of a page, 100"),
        ("offset" = Option<u64>, Query, description = "Events before the page, 0")),
    responses((status = 200, body = EventList), (status = 400, body = Problem),
        (status = 404, body = Problem)))]
pub(super) async fn global(
    State(api): State<Arc<Api>>,
    context: RequestContext,
) -> Result<Response, Failed> {
    let page = context.query.page()?;
    let first = |views: &dyn Views, page| views.global_events(page);
    let behind = |views: &dyn Views, after, limit| views.global_events_behind(after, limit);
    list(api, context, page, first, behind).await
}

/// Take a cluster out of use until the event is closed. For administrators.
#[utoipa::path(post, path = Endpoint::CreateEvent.template(), tag = "events", request_body = NewEvent,
    responses((status = 201, body = Done), (status = 400, body = Problem),
        (status = 403, body = Problem)))]
pub(super) async fn create(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    body: Body,
) -> Result<Response, Failed> {
    let caller = context.caller()?;
    let body = api.room.read(body, context.bounds(EVENT_MAX)).await?.bytes;
    let new: NewEvent = serde_json::from_slice(&body).map_err(|error| {
        let hint = format!("send `{{\"code\": \"{CLUSTER_DISABLED}\", \"cluster_id\": 1}}`");
        Failed::bad(format!("the event cannot be read: {error}"), Some(hint))
    })?;
    if new.code != CLUSTER_DISABLED {
        let message = format!("an event `{}` cannot be created", new.code);
        return Err(Failed::bad(message, Some(format!("`{CLUSTER_DISABLED}` can"))));
    }
    let cluster = ClusterNumber::from_number(new.cluster_id).and_then(ClusterNumber::id);
    let cluster = cluster.filter(|id| context.settings.cluster(*id).is_some());
    let cluster = cluster.ok_or_else(|| {
        let hint = "GET /clusters lists them".to_owned();
        Failed::bad(format!("there is no cluster {}", new.cluster_id), Some(hint))
    })?;
    api.ask(&caller, Request::DisableCluster(cluster)).await?;
    context.done(StatusCode::CREATED, "Created", "New event created".to_owned())
}

/// Show an event.
#[utoipa::path(get, path = Endpoint::Event.template(), tag = "events",
    params(("id" = u64, Path, description = "Event")),
    responses((status = 200, body = OneEvent), (status = 404, body = Problem)))]
pub(super) async fn one(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let id: EventId = number(&id)?;
    let caller = context.caller()?;
    let read = api.read(move |views| {
        let Some(row) = views.event(id)? else { return Ok(None) };
        let may = match row.campaign {
            None => caller.may_read(Subject::Grid),
            Some(campaign) => readable(views, &caller, campaign)?.is_some(),
        };
        Ok(may.then_some(row))
    });
    let row = read.await?.ok_or_else(Failed::not_found)?;
    let (campaign, opened, closed) = (row.campaign, row.opened_at, row.closed_at);
    let shape = OneEvent {
        event: context.event(row),
        campaign_id: campaign.map(|campaign| campaign.0),
        date_closed: closed.map(cigri_date),
        date_update: cigri_date(closed.unwrap_or(opened)),
        links: vec![
            context.link(Rel::Itself, Route::Event { event: id }, None),
            context.link(Rel::Parent, Route::Events, None),
        ],
    };
    context.json(StatusCode::OK, &shape)
}

/// Close an event.
#[utoipa::path(delete, path = Endpoint::FixEvent.template(), tag = "events",
    params(("id" = u64, Path, description = "Event"),
        ("resubmit" = Option<bool>, Query, description = "Try what failed again")),
    responses((status = 202, body = Done), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub(super) async fn fix(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let caller = context.caller()?;
    let (event, retry): (EventId, bool) = (number(&id)?, context.query.on(Param::Resubmit));
    api.ask(&caller, Request::FixEvent { event, retry }).await?;
    context.done(StatusCode::ACCEPTED, "Accepted", format!("Event {event} closed"))
}
