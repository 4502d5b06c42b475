//! Campaigns: listed, shown, changed, held, resumed and cancelled. Who may do what is the driver's to
//! know.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use gleaner_api::numbers::ClusterNumber;
use gleaner_api::routes::{Endpoint, Param, Route};
use gleaner_api::shapes::answer::{Done, Problem, Rel, Whole};
use gleaner_api::shapes::campaign::{Campaign, CampaignCluster, Stats};
use gleaner_api::states::CampaignState;
use gleaner_core::ids::CampaignId;
use gleaner_core::jdl;

use crate::api::answer::RequestContext;
use crate::api::failed::Failed;
use crate::api::lists::ListFields;
use crate::api::lists::pieces::{Frame, answer};
use crate::api::lists::steps::{RowSteps, STEP};
use crate::api::query::{Pairs, number};
use crate::api::state::Api;
use crate::request::{Caller, Receipt, Request, Subject};
use crate::views::rows::{CampaignRow, PairRow, StatsRow};
use crate::views::{Meant, ReadError, Views};

/// The largest form.
const FORM_MAX: usize = 64 * 1024;
/// Parameters of a step, at most.
const TEXTS_MAX: usize = 4096;
/// Jobs a second where none is known: CiGri divides by it.
const NO_THROUGHPUT: f64 = 1e-16;

impl RequestContext {
    pub(super) fn campaign(&self, row: CampaignRow, pairs: Option<Vec<PairRow>>) -> Campaign {
        let campaign = row.id;
        Campaign {
            id: row.id.0,
            name: row.name,
            user: row.user,
            state: row.state,
            has_events: row.has_events,
            submission_time: row.submitted_at.seconds(),
            total_jobs: row.total,
            finished_jobs: row.finished,
            links: vec![
                self.link(Rel::Itself, Route::Campaign { campaign }, None),
                self.link(Rel::Parent, Route::Campaigns, None),
                self.link(Rel::Collection, Route::Jobs { campaign }, Some("jobs")),
                self.link(Rel::Collection, Route::CampaignEvents { campaign }, Some("events")),
                self.link(Rel::Item, Route::Jdl { campaign }, Some("jdl")),
            ],
            clusters: pairs
                .map(|pairs| pairs.into_iter().map(|pair| self.campaign_cluster(pair)).collect()),
            warnings: Vec::new(),
        }
    }

    fn campaign_cluster(&self, pair: PairRow) -> (u32, CampaignCluster) {
        let cluster_name = self.settings.name(pair.cluster).unwrap_or_default().to_owned();
        let shape = CampaignCluster {
            cluster_name,
            active_jobs: pair.active,
            queued_jobs: pair.queued,
            prologue_ok: pair.prologue_ok,
            epilogue_ok: pair.epilogue_ok,
        };
        (ClusterNumber::from(pair.cluster).0, shape)
    }
}

/// The row of a campaign that the caller may read; of another it is not even said that it is there.
pub(super) fn readable(
    views: &dyn Views,
    caller: &Caller,
    id: CampaignId,
) -> Result<Option<CampaignRow>, ReadError> {
    let row = views.campaign(id)?;
    Ok(row.filter(|row| caller.may_read(Subject::Of(&row.user))))
}

impl Api {
    /// A campaign with its clusters.
    pub(super) async fn whole_campaign(
        &self,
        context: &RequestContext,
        id: CampaignId,
    ) -> Result<Campaign, Failed> {
        let caller = context.caller()?;
        let read = self.read(move |views| match readable(views, &caller, id)? {
            None => Ok(None),
            Some(row) => Ok(Some((row, views.pairs(id)?))),
        });
        let (row, pairs) = read.await?.ok_or_else(Failed::not_found)?;
        Ok(context.campaign(row, Some(pairs)))
    }

    /// A campaign's row.
    pub(super) async fn campaign_row(&self, id: CampaignId) -> Result<CampaignRow, Failed> {
        self.read(move |views| views.campaign(id)).await?.ok_or_else(Failed::not_found)
    }

    /// The row of a campaign that the caller may change: asked before anything is read of the request. What is
    /// changed, the driver decides anew.
    pub(super) async fn changeable(
        &self,
        caller: &Caller,
        id: CampaignId,
    ) -> Result<CampaignRow, Failed> {
        let row = self.campaign_row(id).await?;
        if !caller.may_change(Subject::Of(&row.user)) {
            let hint = Some("its owner or an administrator can do this");
            return Err(Failed::forbidden(format!("campaign {id} belongs to somebody else"), hint));
        }
        Ok(row)
    }
}

/// The word for campaigns in any state.
const ALL: &str = "all";

/// Which campaigns are asked for: those that are not over, if nothing is said.
fn meant(query: &Pairs) -> Result<Meant, Failed> {
    let user = query.get(Param::User).map(str::to_owned);
    let states = match query.get(Param::State) {
        None => Meant::active().states,
        Some(ALL) => CampaignState::ALL.to_vec(),
        Some(text) => {
            let known = |word: &str| {
                CampaignState::from_word(word.trim()).ok_or_else(|| {
                    let words = CampaignState::ALL.map(CampaignState::word).join(", ");
                    let hint = format!("give some of {words}, with commas, or `{ALL}`");
                    Failed::bad(format!("`{word}` is no state of a campaign"), Some(hint))
                })
            };
            text.split(',').map(known).collect::<Result<_, _>>()?
        }
    };
    Ok(Meant { states, user })
}

/// List campaigns, latest first: those that are in treatment or paused, unless other states are asked for.
#[utoipa::path(get, path = Endpoint::Campaigns.template(), tag = "campaigns",
    params(("state" = Option<String>, Query, description = "States, with commas, or `all`"),
        ("user" = Option<String>, Query, description = "Whose")),
    responses((status = 200, body = Whole<Campaign>), (status = 400, body = Problem)))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    context: RequestContext,
) -> Result<Response, Failed> {
    let mut meant = meant(&context.query)?;
    if let Some(own) = context.caller()?.reads_of() {
        if meant.user.as_ref().is_some_and(|user| **user != **own) {
            // Of what is somebody else's, nothing is there.
            meant.states.clear();
        }
        meant.user = Some(own.to_string());
    }
    let meant = Arc::new(meant);
    let asked = Arc::clone(&meant);
    let first = api.read_much(move |views| views.campaigns(&asked, None, STEP));
    let (rows, total) = first.await?;
    let links = vec![
        context.link(Rel::Itself, Route::Campaigns, None),
        context.link(Rel::Parent, Route::Root, None),
    ];
    let around = ListFields { total, offset: None, limit: None, links: Some(links) };
    let frame = Frame::before("items", &around, context.query.on(Param::Pretty))?;
    let after = |rows: &[CampaignRow]| {
        let full = rows.len() as u64 == STEP;
        rows.last().filter(|_| full).map(|row| u64::from(row.id.0))
    };
    let read = move |views: &dyn Views, before: u64, _: u64| {
        let before = u32::try_from(before).ok().map(CampaignId);
        views.campaigns(&meant, before, STEP).map(|(rows, _)| rows)
    };
    let show = move |row| context.campaign(row, None);
    answer(frame, RowSteps::behind(api, rows, u64::MAX, after, read, show)).await
}

/// Show a campaign.
#[utoipa::path(get, path = Endpoint::Campaign.template(), tag = "campaigns",
    params(("id" = u32, Path, description = "Campaign")),
    responses((status = 200, body = Campaign), (status = 404, body = Problem)))]
pub(super) async fn one(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let campaign = api.whole_campaign(&context, number(&id)?).await?;
    context.json(StatusCode::OK, &campaign)
}

/// Rename a campaign, or hold or resume it.
#[utoipa::path(put, path = Endpoint::ChangeCampaign.template(), tag = "campaigns",
    params(("id" = u32, Path, description = "Campaign"),
        ("name" = Option<String>, Query, description = "New name; in a form or a JSON body too"),
        ("state" = Option<String>, Query, description = "`paused` or `in_treatment`")),
    responses((status = 202, body = Campaign), (status = 400, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn change(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path(id): Path<String>,
    request: axum::extract::Request,
) -> Result<Response, Failed> {
    let caller = context.caller()?;
    let id: CampaignId = number(&id)?;
    let row = api.changeable(&caller, id).await?;
    let wanted = context.query.clone().and(form(&api, &context, request).await?);
    let state = match wanted.get(Param::State) {
        None => None,
        Some(word) => match CampaignState::from_word(word) {
            Some(state @ CampaignState::Paused) => Some((state, Request::Hold(id))),
            Some(state @ CampaignState::InTreatment) => Some((state, Request::Resume(id))),
            Some(CampaignState::Terminated | CampaignState::Cancelled) | None => {
                let [paused, goes_on] =
                    [CampaignState::Paused, CampaignState::InTreatment].map(CampaignState::word);
                let hint = format!("give `{paused}` or `{goes_on}`; DELETE cancels a campaign");
                let message = format!("a campaign cannot become `{word}`");
                return Err(Failed::bad(message, Some(hint)));
            }
        },
    };
    if let Some(name) = wanted.get(Param::Name) {
        jdl::check_name(name)
            .map_err(|error| Failed::bad(error.to_string(), Some(error.hint())))?;
        let request = Request::Rename(id, name.into());
        api.ask(&caller, request).await?;
    }
    if let Some((state, request)) = state
        && state != row.state
    {
        api.ask(&caller, request).await?;
    }
    let campaign = api.whole_campaign(&context, id).await?;
    context.json(StatusCode::ACCEPTED, &campaign)
}

/// Cancel a campaign, or hold, resume or purge it.
#[utoipa::path(delete, path = Endpoint::RemoveCampaign.template(), tag = "campaigns",
    params(("id" = u32, Path, description = "Campaign"),
        ("hold" = Option<bool>, Query, description = "Pause it instead"),
        ("resume" = Option<bool>, Query, description = "Go on with it instead"),
        ("purge" = Option<bool>, Query, description = "Forget its parameters and tasks instead, once it is over")),
    responses((status = 202, body = Done), (status = 400, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn remove(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let caller = context.caller()?;
    let id: CampaignId = number(&id)?;
    let flags = [Param::Hold, Param::Resume, Param::Purge].map(|flag| context.query.on(flag));
    let (request, done) = match flags {
        [false, false, false] => (Request::Cancel(id), "cancelled"),
        [true, false, false] => (Request::Hold(id), "paused"),
        [false, true, false] => (Request::Resume(id), "resumed"),
        [false, false, true] => (Request::Purge(id), "purged"),
        _ => {
            let message = "`hold`, `resume` and `purge` exclude each other";
            return Err(Failed::bad(message, Some("send one of them".to_owned())));
        }
    };
    let mut receipt = api.ask(&caller, request).await?;
    // Only purging goes by parts, so that others are served in between.
    while receipt == Receipt::More {
        receipt = api.ask(&caller, Request::Purge(id)).await?;
    }
    context.done(StatusCode::ACCEPTED, "Accepted", format!("Campaign {id} {done}"))
}

/// Figures of a campaign.
#[utoipa::path(get, path = Endpoint::Stats.template(), tag = "campaigns",
    params(("id" = u32, Path, description = "Campaign")),
    responses((status = 200, body = Stats), (status = 404, body = Problem)))]
pub(super) async fn stats(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let id: CampaignId = number(&id)?;
    let caller = context.caller()?;
    let read = api.read_much(move |views| match readable(views, &caller, id)? {
        None => Ok(None),
        Some(row) => Ok(Some((row, views.stats(id)?))),
    });
    let (row, stats) = read.await?.ok_or_else(Failed::not_found)?;
    let left = row.total.saturating_sub(row.finished);
    context.json(StatusCode::OK, &figures(&stats, left))
}

/// CiGri's formulas: jobs that started in the hour before the last start, over the time from the first
/// of them to the last; rates count events over events and done jobs.
fn figures(row: &StatsRow, left: u32) -> Stats {
    let span = match (row.window_start, row.last_start) {
        (Some(first), Some(last)) => last.since(first).seconds(),
        _ => 0,
    };
    let throughput = if span > 0 { row.window_jobs as f64 / span as f64 } else { NO_THROUGHPUT };
    let rate = |events: u64| {
        let all = events + row.done;
        if all == 0 { 0.0 } else { events as f64 / all as f64 }
    };
    Stats {
        average_jobs_duration: row.mean_s,
        stddev_jobs_duration: row.stddev_s,
        jobs_throughput: throughput,
        remaining_time: f64::from(left) / throughput,
        failures_rate: rate(row.failures),
        resubmit_rate: rate(row.resubmissions),
    }
}

/// Show a campaign's JDL, expanded, with its parameters.
#[utoipa::path(get, path = Endpoint::Jdl.template(), tag = "campaigns",
    params(("id" = u32, Path, description = "Campaign")),
    responses((status = 200, body = Object), (status = 404, body = Problem)))]
pub(super) async fn jdl(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let id: CampaignId = number(&id)?;
    let caller = context.caller()?;
    let read = api.read(move |views| Ok(readable(views, &caller, id)?.zip(views.jdl(id)?)));
    let (row, jdl) = read.await?.ok_or_else(Failed::not_found)?;
    let keys = serde_json::from_str(&jdl).map_err(|_| Failed::bug())?;
    let frame = Frame::behind(&keys, "params", context.query.on(Param::Pretty))?;
    // Places of parameters beside them: what is added meanwhile is for the next time.
    let total = u64::from(row.total);
    let first = api.read_much(move |views| texts(views, id, 0)).await?;
    let after = move |rows: &[(u64, String)]| {
        rows.last().map(|(place, _)| place + 1).filter(|next| *next < total)
    };
    let read = move |views: &dyn Views, from: u64, _: u64| texts(views, id, from);
    let show = |(_, text): (u64, String)| text;
    answer(frame, RowSteps::behind(api, first, u64::MAX, after, read, show)).await
}

/// Some parameters with their places, from one on; none only where there are none.
fn texts(views: &dyn Views, id: CampaignId, from: u64) -> Result<Vec<(u64, String)>, ReadError> {
    let index = u32::try_from(from).unwrap_or(u32::MAX);
    let Some((first, block)) = views.block(id, index)? else {
        if from == 0 {
            return Ok(Vec::new());
        }
        let gone = std::io::Error::other("the parameters are gone");
        return Err(ReadError(Box::new(gone)));
    };
    let places = (index - first..block.len()).take(TEXTS_MAX);
    let text = |place| Some((u64::from(first + place), block.text(place)?.into_owned()));
    Ok(places.filter_map(text).collect())
}

/// The pairs of a body: a form, or a JSON object of texts.
async fn form(
    api: &Api,
    context: &RequestContext,
    request: axum::extract::Request,
) -> Result<Pairs, Failed> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let json = kind.is_some_and(|kind| kind.starts_with("application/json"));
    let body: Body = request.into_body();
    let bytes = api.room.read(body, context.bounds(FORM_MAX)).await?.bytes;
    let text = String::from_utf8(bytes).map_err(|_| Failed::bad("the body is not UTF-8", None))?;
    if !json && !text.trim_start().starts_with('{') {
        return Ok(Pairs::parse(text.trim()));
    }
    if text.trim().is_empty() {
        return Ok(Pairs::default());
    }
    let texts: std::collections::BTreeMap<String, String> =
        serde_json::from_str(&text).map_err(|error| {
            let hint = "send `{\"name\": \"...\"}` or `{\"state\": \"paused\"}`".to_owned();
            Failed::bad(format!("the body cannot be read: {error}"), Some(hint))
        })?;
    Ok(Pairs::from_iter(texts))
}

#[cfg(test)]
mod tests {
    use gleaner_core::time::Timestamp;

    use super::figures;
    use crate::views::rows::StatsRow;

    #[test]
    fn figures_follow_the_recorded_ones() {
        // Recorded mid-run: 5 jobs in 12 s, 8 of 12 left.
        let at = |seconds| Some(Timestamp::from_seconds(seconds));
        let row = StatsRow {
            last_start: at(112),
            window_start: at(100),
            window_jobs: 5,
            done: 5,
            ..StatsRow::default()
        };
        let stats = figures(&row, 8);
        assert!((stats.jobs_throughput - 0.416_666_666_666_666_7).abs() < 1e-15);
        assert!((stats.remaining_time - 19.2).abs() < 1e-9);
        // None done: CiGri's 1e-16 jobs a second.
        let none = figures(&StatsRow { failures: 1, ..StatsRow::default() }, 12);
        assert!((none.remaining_time - 1.2e17).abs() < 1e3);
        assert!((none.failures_rate - 1.0).abs() < f64::EPSILON);
    }
}
