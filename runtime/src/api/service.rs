//! What every request goes through, whatever its route: slashes at the end, `Allow`, counting, and the
//! body of a failure. Knows no route by name.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{ALLOW, RETRY_AFTER};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use gleaner_api::routes::{Endpoint, Param};
use gleaner_api::shapes::answer::Problem;
use tower::Layer;
use tower::util::{MapRequest, MapRequestLayer};

use crate::api::answer::{json, url};
use crate::api::failed::Failed;
use crate::api::query::Pairs;
use crate::api::routes::{allow, handler};
use crate::api::state::Api;

/// When to try again what cannot be done now, in seconds.
pub(crate) const LATER_S: &str = "5";

/// The API as a service.
pub type Service = MapRequest<Router, fn(Request) -> Request>;

/// Puts the routes and what is around them together.
pub fn service(api: Arc<Api>) -> Service {
    let mut router = Router::new();
    for endpoint in Endpoint::ALL {
        router = router.route(endpoint.template(), handler(*endpoint));
    }
    let router = router
        .fallback(async || Failed::not_found())
        .method_not_allowed_fallback(async || Failed::not_found())
        .layer(from_fn_with_state(Arc::clone(&api), around))
        .with_state(api);
    let rewrite: fn(Request) -> Request = without_slash;
    MapRequestLayer::new(rewrite).layer(router)
}

/// `/campaigns/` is `/campaigns`.
fn without_slash(mut request: Request) -> Request {
    let uri = request.uri();
    let path = uri.path();
    if path.len() > 1 && path.ends_with('/') {
        let bare = match path.trim_end_matches('/') {
            "" => "/",
            bare => bare,
        };
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        // A part of an address that was one.
        if let Ok(shorter) = format!("{bare}{query}").parse::<Uri>() {
            *request.uri_mut() = shorter;
        }
    }
    request
}

async fn around(
    State(api): State<Arc<Api>>,
    matched: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let headers = request.headers().clone();
    let uri = request.uri().clone();
    let path_and_query = uri.path_and_query().map_or("/", |both| both.as_str()).to_owned();
    let mut response = next.run(request).await;
    if response.status().is_client_error() || response.status().is_server_error() {
        let failed = response.extensions_mut().remove::<Failed>();
        // Without one, it is the framework that refused.
        let failed = failed.unwrap_or_else(|| refused(response.status()));
        let message = failed.message.unwrap_or_else(|| {
            let url = url(&headers, &path_and_query);
            format!("{method} {url} not found on this server")
        });
        let status = failed.status.as_u16();
        let problem = Problem { status, title: failed.title.into(), message, hint: failed.hint };
        let pretty = Pairs::parse(uri.query().unwrap_or_default()).on(Param::Pretty);
        response = json(failed.status, &problem, pretty)
            .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response());
        if failed.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(LATER_S));
        }
    }
    let route = matched.as_ref().map_or("", MatchedPath::as_str);
    if matches!(method, Method::GET | Method::HEAD)
        && let Some(allow) = allow(route)
    {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    }
    let status = response.status().as_u16();
    api.counters.request(method.as_str(), route, status);
    // Only the path: what stands behind it, and in bodies, is the callers' own.
    let ms = begun.elapsed().as_millis();
    tracing::trace!(%method, path = uri.path(), status, ms = ms as u64, "request");
    response
}

fn refused(status: StatusCode) -> Failed {
    let title = status.canonical_reason().unwrap_or("Error");
    Failed { status, title, message: Some(title.to_lowercase()), hint: None }
}
