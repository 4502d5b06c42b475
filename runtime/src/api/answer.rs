//! A request as all handlers see it, and how they answer: JSON with links, as CiGri writes it. Knows no
//! handler.

use std::fmt::Write;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::header::{CONTENT_TYPE, HOST, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use gleaner_api::address::Address;
use gleaner_api::routes::{Endpoint, Param, Route};
use gleaner_api::shapes::answer::{Done, Link, Rel};
use gleaner_core::ids::CampaignId;
use serde::Serialize;

use crate::api::access::authorize;
use crate::api::failed::Failed;
use crate::api::limits::body::Bounds;
use crate::api::query::Pairs;
use crate::api::settings::ApiSettings;
use crate::api::state::Api;
use crate::request::Caller;

/// Bytes that most paths fit into.
const PATH: usize = 32;

/// What every handler knows of a request.
#[derive(Clone, Debug)]
pub(super) struct RequestContext {
    /// Pairs of the query.
    pub(super) query: Pairs,
    /// The settings at its arrival.
    pub(super) settings: Arc<ApiSettings>,
    caller: Option<Caller>,
    prefix: String,
}

impl FromRequestParts<Arc<Api>> for RequestContext {
    type Rejection = Failed;

    async fn from_request_parts(
        parts: &mut Parts,
        api: &Arc<Api>,
    ) -> Result<RequestContext, Failed> {
        let settings = api.settings();
        // The table of routes puts it there.
        let endpoint = parts.extensions.get::<Endpoint>().copied().ok_or_else(Failed::bug)?;
        Ok(RequestContext {
            query: Pairs::parse(parts.uri.query().unwrap_or_default()),
            caller: authorize(endpoint, parts, api, &settings).await?,
            settings,
            prefix: prefix(&parts.headers),
        })
    }
}

impl RequestContext {
    /// Who asks, on a route that wants to know.
    pub(super) fn caller(&self) -> Result<Caller, Failed> {
        self.caller.clone().ok_or_else(Failed::bug)
    }

    /// An address below the prefix that the proxy has told.
    pub(super) fn href(&self, address: impl Into<Address>) -> String {
        let mut href = String::with_capacity(self.prefix.len() + PATH);
        href.push_str(&self.prefix);
        // A text takes whatever is written to it.
        let _ = write!(href, "{}", address.into());
        href
    }

    /// A link.
    pub(super) fn link(
        &self,
        rel: Rel,
        address: impl Into<Address>,
        title: Option<&'static str>,
    ) -> Link {
        Link { rel, href: self.href(address), title: title.map(Into::into) }
    }

    /// Answers with a value.
    pub(super) fn json(
        &self,
        status: StatusCode,
        value: &impl Serialize,
    ) -> Result<Response, Failed> {
        json(status, value, self.query.on(Param::Pretty))
    }

    /// Answers with a campaign's address too.
    pub(super) fn located(
        &self,
        campaign: CampaignId,
        value: &impl Serialize,
    ) -> Result<Response, Failed> {
        let mut response = self.json(StatusCode::CREATED, value)?;
        let location = HeaderValue::from_str(&self.href(Route::Campaign { campaign }));
        response.headers_mut().insert(LOCATION, location.map_err(|_| Failed::bug())?);
        Ok(response)
    }

    /// Answers that something is done.
    pub(super) fn done(
        &self,
        status: StatusCode,
        title: &'static str,
        message: String,
    ) -> Result<Response, Failed> {
        self.json(status, &Done { status: status.as_u16(), title: title.into(), message })
    }

    /// How long a body may be, and may take.
    pub(super) fn bounds(&self, max: usize) -> Bounds {
        let config = &self.settings.api;
        let (within, idle_within) = (config.body_within.to_std(), config.stall_within.to_std());
        Bounds { max, within, idle_within }
    }
}

/// Writes a body: JSON and a line feed.
pub(super) fn json(
    status: StatusCode,
    value: &impl Serialize,
    pretty: bool,
) -> Result<Response, Failed> {
    let text = if pretty { serde_json::to_vec_pretty(value) } else { serde_json::to_vec(value) };
    let mut body = text.map_err(|_| Failed::bug())?;
    body.push(b'\n');
    Ok(written(status, Body::from(body)))
}

/// Answers with JSON that is written.
pub(super) fn written(status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The URL as the caller has written it, for a 404.
pub(super) fn url(headers: &HeaderMap, path_and_query: &str) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("http://{host}{path_and_query}")
}

/// The part before our paths on the proxy: empty, or with a slash before and none behind. Anything that
/// is no path is left out.
fn prefix(headers: &HeaderMap) -> String {
    let text = headers.get("x-cigri-api-path-prefix").and_then(|text| text.to_str().ok());
    let path = text.unwrap_or_default().trim_matches('/');
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    if path.is_empty() || !path.bytes().all(good) { String::new() } else { format!("/{path}") }
}
