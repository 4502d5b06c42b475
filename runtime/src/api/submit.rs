//! Campaigns and parameters on their way in. Bodies are parsed off the asynchronous threads, a few at a
//! time. The JDL's meaning is the core's to know.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use gleaner_api::routes::{Endpoint, Param};
use gleaner_api::shapes::answer::Problem;
use gleaner_api::shapes::campaign::Campaign;
use gleaner_api::shapes::plan::Plan;
use gleaner_api::states::CampaignState;
use gleaner_core::ids::CampaignId;
use gleaner_core::jdl;
use gleaner_core::jdl::error::JdlError;
use gleaner_core::jdl::params::{Names, ParametersError, check_names, check_texts};
use gleaner_core::jdl::spec::CampaignSpec;

use crate::api::answer::RequestContext;
use crate::api::failed::Failed;
use crate::api::limits::body::SMALL;
use crate::api::plan::plan;
use crate::api::plausible;
use crate::api::query::number;
use crate::api::settings::ApiSettings;
use crate::api::state::Api;
use crate::known_resources::KnownResources;
use crate::request::{Caller, Quota, Receipt, Refused, Request};

/// So often names are compared again because a campaign has grown meanwhile.
const TRIES_MAX: u32 = 20;

/// A JDL that has become a campaign.
struct Parsed {
    spec: CampaignSpec,
    saved: String,
    warnings: Vec<String>,
}

/// Submit a campaign.
#[utoipa::path(post, path = Endpoint::Submit.template(), tag = "campaigns",
    params(("dry_run" = Option<bool>, Query, description = "Show what it would become, and submit nothing")),
    request_body(content = Object, description = "A JDL", content_type = "application/json"),
    responses((status = 200, body = Plan), (status = 201, body = Campaign, headers(("Location" = String))),
        (status = 400, body = Problem), (status = 403, body = Problem), (status = 408, body = Problem),
        (status = 413, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn submit(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    body: Body,
) -> Result<Response, Failed> {
    let caller = context.caller()?;
    let api_settings = Arc::clone(&context.settings);
    let known_resources = Arc::clone(&api.known_resources);
    let parsed = api
        .parse(&context, body, move |bytes| parse(bytes, &api_settings, &known_resources))
        .await?;
    if context.query.on(Param::DryRun) {
        let plan = plan(&parsed.spec, caller.user(), parsed.warnings, &context.settings);
        return context.json(StatusCode::OK, &plan);
    }
    let (spec, quota) = (Arc::new(parsed.spec), context.settings.quota);
    let request = Request::Submit { spec, jdl: parsed.saved, quota };
    let Receipt::Campaign(id) = api.ask(&caller, request).await? else {
        return Err(Failed::bug());
    };
    let mut campaign = api.whole_campaign(&context, id).await?;
    campaign.warnings = parsed.warnings;
    context.located(id, &campaign)
}

/// Add parameters to a campaign.
#[utoipa::path(post, path = Endpoint::AddJobs.template(), tag = "campaigns",
    params(("id" = u32, Path, description = "Campaign")),
    request_body(content = Vec<String>, description = "Parameters", content_type = "application/json"),
    responses((status = 201, body = Campaign, headers(("Location" = String))),
        (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 408, body = Problem), (status = 413, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn add(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, Failed> {
    let caller = context.caller()?;
    let id: CampaignId = number(&id)?;
    let row = api.changeable(&caller, id).await?;
    if row.state == CampaignState::Cancelled {
        let message = format!("campaign {id} was cancelled and takes no more jobs");
        return Err(Failed::bad(message, Some("submit a new campaign".to_owned())));
    }
    let most = context.settings.quota.campaign_tasks;
    let names = api.parse(&context, body, move |bytes| added(bytes, most)).await?;
    if !names.parameters().is_empty() {
        api.add(&caller, id, Arc::new(names), context.settings.quota).await?;
    }
    let campaign = api.whole_campaign(&context, id).await?;
    context.located(id, &campaign)
}

impl Api {
    /// Reads a body and makes something of it, on a thread that may be busy for seconds.
    async fn parse<T: Send + 'static>(
        &self,
        context: &RequestContext,
        body: Body,
        parse: impl FnOnce(&[u8]) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, Failed> {
        let body = self.room.read(body, context.bounds(context.settings.api.body_max)).await?;
        let line = match body.bytes.len() {
            ..=SMALL => &self.queues.small,
            _ => &self.queues.large,
        };
        line.work(move || parse(&body.bytes)).await?
    }

    /// Adds parameters whose names the campaign does not have. They are compared block by block, while others have
    /// their turn; should the campaign grow meanwhile, with what is new.
    async fn add(
        &self,
        caller: &Caller,
        campaign: CampaignId,
        names: Arc<Names>,
        quota: Quota,
    ) -> Result<Receipt, Failed> {
        let mut compared = 0;
        for _ in 0..TRIES_MAX {
            let total = self.campaign_row(campaign).await?.total;
            while compared < total {
                let (names, from) = (Arc::clone(&names), compared);
                let read = self.read_much(move |views| {
                    let Some((first, block)) = views.block(campaign, from)? else {
                        return Ok(None);
                    };
                    Ok(Some((first + block.len(), names.apart_from(first, &block, total))))
                });
                let (next, apart) = read.await?.ok_or_else(Failed::not_found)?;
                let named = |error: ParametersError| {
                    Failed::bad(error.to_string(), Some(error.hint().to_owned()))
                };
                apart.map_err(named)?;
                compared = next;
            }
            let parameters = Arc::clone(names.parameters());
            let request = Request::AddJobs { campaign, parameters, behind: compared, quota };
            match self.answered(caller, request).await? {
                Err(Refused::Changed(_)) => {}
                answer => return answer.map_err(Failed::from),
            }
        }
        Err(Failed::busy("others add parameters to this campaign again and again"))
    }
}

fn parse(
    bytes: &[u8],
    api_settings: &ApiSettings,
    known_resources: &KnownResources,
) -> Result<Parsed, Failed> {
    let jdl = jdl::parse(bytes, &api_settings.jdl_context())?;
    let mut warnings: Vec<String> = jdl.warnings.iter().map(ToString::to_string).collect();
    let saved = jdl.saved.to_string();
    let mut spec = jdl.into_spec()?;
    let mut used = 0_usize;
    spec.clusters.retain(|settings| {
        let name = api_settings.name(settings.cluster).unwrap_or_default();
        match api_settings.cluster(settings.cluster) {
            None => warnings.push(format!("cluster `{name}` is gone and not used")),
            Some(cluster) if !cluster.enabled => {
                warnings.push(format!("cluster `{name}` is disabled: it gets nothing for now"));
            }
            Some(_) => used += 1,
        }
        api_settings.cluster(settings.cluster).is_some()
    });
    if used == 0 {
        let message = "Error submitting campaign: no cluster that it names is in use";
        let present: Vec<&str> = api_settings
            .present()
            .filter(|(_, cluster)| cluster.enabled)
            .map(|(_, cluster)| cluster.name.as_str())
            .collect();
        return Err(Failed::bad(message, Some(format!("in use: {}", present.join(", ")))));
    }
    warnings.extend(plausible::check(&spec, api_settings, known_resources)?);
    Ok(Parsed { spec, saved, warnings })
}

/// Parameters of a JSON list of texts; whether their names are new is asked later.
fn added(bytes: &[u8], most: u32) -> Result<Names, Failed> {
    let parameters = jdl::parse_params(bytes, most).map_err(|error| {
        let hint = match &error {
            JdlError::Parameters { .. } => error.hint(),
            _ => "send a list of texts: `[\"a 1\", \"b 2\"]`".to_owned(),
        };
        let message = match &error {
            JdlError::Syntax { line, column, message } => {
                format!("{message} at line {line} column {column}")
            }
            other => match std::error::Error::source(other) {
                Some(cause) => cause.to_string(),
                None => other.to_string(),
            },
        };
        Failed::bad(format!("the parameters cannot be read: {message}"), Some(hint))
    })?;
    let checked = check_texts(&parameters).and_then(|()| check_names(&parameters));
    checked.map_err(|error| Failed::bad(error.to_string(), Some(error.hint().to_owned())))?;
    Ok(Names::new(Arc::new(parameters)))
}
