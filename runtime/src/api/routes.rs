//! The table of routes: the one place that says which URL is answered by whom. Must not decide
//! anything.

use std::sync::Arc;

use axum::routing::{MethodRouter, delete, get, post, put};

use crate::api::state::Api;
use crate::api::{campaigns, clusters, events, jobs, metrics, openapi, submit, tokens};

/// A route.
pub(super) struct Route {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "a test holds the described routes against it")
    )]
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) handler: MethodRouter<Arc<Api>>,
}

/// All routes.
pub(super) fn routes() -> Vec<Route> {
    let route = |method, path, handler| Route { method, path, handler };
    vec![
        route("get", "/", get(clusters::root)),
        route("get", "/campaigns", get(campaigns::list)),
        route("post", "/campaigns", post(submit::submit)),
        route("get", "/campaigns/{id}", get(campaigns::one)),
        route("put", "/campaigns/{id}", put(campaigns::change)),
        route("delete", "/campaigns/{id}", delete(campaigns::remove)),
        route("get", "/campaigns/{id}/stats", get(campaigns::stats)),
        route("get", "/campaigns/{id}/jdl", get(campaigns::jdl)),
        route("get", "/campaigns/{id}/jobs", get(jobs::tasks)),
        route("post", "/campaigns/{id}/jobs", post(submit::add)),
        route("get", "/campaigns/{id}/jobs/finished", get(jobs::finished)),
        route("get", "/campaigns/{id}/jobs/{task}", get(jobs::task)),
        route("get", "/campaigns/{id}/events", get(events::of_campaign)),
        route("delete", "/campaigns/{id}/events", delete(events::fix_campaign)),
        route("get", "/events", get(events::global)),
        route("post", "/events", post(events::create)),
        route("get", "/events/{id}", get(events::one)),
        route("delete", "/events/{id}", delete(events::fix)),
        route("get", "/jobs/{id}", get(jobs::job)),
        route("delete", "/jobs/{id}", delete(jobs::kill)),
        route("get", "/clusters", get(clusters::list)),
        route("get", "/clusters/{id}", get(clusters::one)),
        route("get", "/tokens", get(tokens::list)),
        route("post", "/tokens", post(tokens::register)),
        route("delete", "/tokens/{id}", delete(tokens::remove)),
        route("get", "/healthz", get(metrics::health)),
        route("get", "/metrics", get(metrics::scrape)),
        route("get", "/openapi.json", get(openapi::document)),
    ]
}

/// The methods that CiGri tells callers of a read, its oddities included (nobody can POST to one
/// campaign).
pub(super) fn allow(path: &str) -> Option<&'static str> {
    Some(match path {
        "/campaigns" | "/campaigns/{id}/jobs" | "/campaigns/{id}/jobs/finished" => "GET,POST",
        "/campaigns/{id}" | "/events" | "/events/{id}" => "DELETE,GET,POST,PUT",
        "" => return None,
        _ => "GET",
    })
}
