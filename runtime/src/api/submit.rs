//! Campaigns and parameters on their way in. Bodies are parsed off the asynchronous threads, a few at a
//! time. The JDL's meaning is the core's to know.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use gleaner_core::jdl::params::{Parameters, check_names, check_texts};
use gleaner_core::jdl::spec::CampaignSpec;
use gleaner_core::jdl::{self, ParamSource};

use crate::api::answer::Asked;
use crate::api::campaigns::{campaign_id, not_yours};
use crate::api::failed::Failed;
use crate::api::param_file;
use crate::api::plausible;
use crate::api::roster::Roster;
use crate::api::shapes::{Campaign, Problem};
use crate::api::state::Api;
use crate::api::views::CampaignState;
use crate::request::{Receipt, Request};
use crate::seen::Seen;

/// A JDL that has become a campaign.
struct Parsed {
    spec: CampaignSpec,
    saved: String,
    warnings: Vec<String>,
}

/// Submit a campaign.
#[utoipa::path(post, path = "/campaigns", tag = "campaigns",
    request_body(content = Object, description = "A JDL", content_type = "application/json"),
    responses((status = 201, body = Campaign, headers(("Location" = String))),
        (status = 400, body = Problem), (status = 403, body = Problem), (status = 413, body = Problem)))]
pub(super) async fn submit(
    State(api): State<Arc<Api>>,
    asked: Asked,
    body: Body,
) -> Result<Response, Failed> {
    let caller = asked.caller()?;
    let (roster, user) = (Arc::clone(&asked.roster), Arc::clone(caller.user()));
    let seen = Arc::clone(&api.seen);
    let parsed = api.parse(&asked, body, move |bytes| parse(&bytes, &roster, &user, &seen)).await?;
    let request = Request::Submit { spec: Arc::new(parsed.spec), jdl: parsed.saved };
    let Receipt::Campaign(id) = api.ask(&caller, request).await? else {
        return Err(Failed::bug());
    };
    let mut campaign = api.whole_campaign(&asked, id).await?;
    campaign.warnings = parsed.warnings;
    asked.located(id, &campaign)
}

/// Add parameters to a campaign.
#[utoipa::path(post, path = "/campaigns/{id}/jobs", tag = "campaigns",
    params(("id" = u32, Path, description = "Campaign")),
    request_body(content = Vec<String>, description = "Parameters", content_type = "application/json"),
    responses((status = 201, body = Campaign, headers(("Location" = String))),
        (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn add(
    State(api): State<Arc<Api>>,
    asked: Asked,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, Failed> {
    let caller = asked.caller()?;
    let id = campaign_id(&id)?;
    let row = api.campaign_row(id).await?;
    if !caller.may_touch(&row.user) {
        return Err(not_yours(id));
    }
    if row.state == CampaignState::Cancelled {
        let message = format!("campaign {id} was cancelled and takes no more jobs");
        return Err(Failed::bad(message, Some("submit a new campaign".to_owned())));
    }
    let parameters = api.parse(&asked, body, |bytes| added(&bytes)).await?;
    if !parameters.is_empty() {
        let request = Request::AddJobs { campaign: id, parameters: Arc::new(parameters) };
        api.ask(&caller, request).await?;
    }
    let campaign = api.whole_campaign(&asked, id).await?;
    asked.located(id, &campaign)
}

impl Api {
    /// Reads a body and makes something of it, on a thread that may be busy for seconds.
    async fn parse<T: Send + 'static>(
        &self,
        asked: &Asked,
        body: Body,
        parse: impl FnOnce(Vec<u8>) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, Failed> {
        let _held = self.bodies.acquire().await.map_err(|_| Failed::bug())?;
        let bytes = asked.body(body, asked.roster.api.body_max).await?;
        let _busy = self.parsers.acquire().await.map_err(|_| Failed::bug())?;
        let parsed = tokio::task::spawn_blocking(move || parse(bytes)).await;
        parsed.map_err(|_| Failed::bug())?
    }
}

fn parse(bytes: &[u8], roster: &Roster, user: &str, seen: &Seen) -> Result<Parsed, Failed> {
    let jdl = jdl::parse(bytes, &roster.jdl_context())?;
    let mut warnings: Vec<String> = jdl.warnings.iter().map(ToString::to_string).collect();
    let saved = jdl.saved.to_string();
    let mut spec = match &jdl.source {
        ParamSource::File(path) => {
            let api = &roster.api;
            let text = param_file::read(path, user, &api.param_file_folders, api.body_max as u64)
                .map_err(|error| {
                let hint = Some(error.hint().to_owned());
                let cause = std::error::Error::source(&error);
                let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
                Failed::bad(format!("Error submitting campaign: {error}{cause}"), hint)
            })?;
            jdl.into_spec_with(&text)?
        }
        ParamSource::Inline(_) | ParamSource::Count(_) | ParamSource::Missing => jdl.into_spec()?,
    };
    let mut used = 0_usize;
    spec.clusters.retain(|settings| {
        let name = roster.name(settings.cluster).unwrap_or_default();
        match roster.cluster(settings.cluster) {
            None => warnings.push(format!("cluster `{name}` is gone and not used")),
            Some(cluster) if !cluster.enabled => {
                warnings.push(format!("cluster `{name}` is disabled: it gets nothing for now"));
            }
            Some(_) => used += 1,
        }
        roster.cluster(settings.cluster).is_some()
    });
    if used == 0 {
        let message = "Error submitting campaign: no cluster that it names is in use";
        let present: Vec<&str> = roster
            .present()
            .filter(|(_, cluster)| cluster.enabled)
            .map(|(_, cluster)| cluster.name.as_str())
            .collect();
        return Err(Failed::bad(message, Some(format!("in use: {}", present.join(", ")))));
    }
    warnings.extend(plausible::check(&spec, roster, seen)?);
    Ok(Parsed { spec, saved, warnings })
}

/// Parameters of a JSON list of texts; whether their names are new is the driver's to know.
fn added(bytes: &[u8]) -> Result<Parameters, Failed> {
    let bad = |message: String| {
        let hint = "send a list of texts: `[\"a 1\", \"b 2\"]`".to_owned();
        Failed::bad(format!("the parameters cannot be read: {message}"), Some(hint))
    };
    let texts: Vec<ParameterText> =
        serde_json::from_slice(bytes).map_err(|error| bad(error.to_string()))?;
    let parameters = Parameters::from_lines(texts.iter().map(|text| &text.0));
    let parameters = parameters.and_then(|parameters| {
        check_texts(&parameters)?;
        check_names(&[&parameters])?;
        Ok(parameters)
    });
    parameters.map_err(|error| Failed::bad(error.to_string(), Some(error.hint().to_owned())))
}

/// A parameter: a text, or a number or boolean taken as text, as in a JDL.
struct ParameterText(String);

impl<'de> serde::Deserialize<'de> for ParameterText {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<ParameterText, D::Error> {
        match serde_json::Value::deserialize(from)? {
            serde_json::Value::String(text) => Ok(ParameterText(text)),
            other @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_)) => {
                Ok(ParameterText(other.to_string()))
            }
            other => Err(serde::de::Error::custom(format!("`{other}` is not a text"))),
        }
    }
}
