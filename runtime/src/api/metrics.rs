//! Figures for a monitoring system, and whether the daemon is at work. All but the counters is read when
//! somebody asks.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use gleaner_api::routes::Endpoint;
use gleaner_api::shapes::answer::Problem;
use gleaner_api::shapes::daemon::Health;
use gleaner_api::states::CampaignState;
use gleaner_core::ids::ClusterId;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::api::answer::RequestContext;
use crate::api::counters::Labels;
use crate::api::failed::Failed;
use crate::api::state::Api;
use crate::notifications::figures::Figures;
use crate::views::rows::ClusterStatus;

type Gauges = Family<Labels, Gauge>;

/// Figures in the text form of Prometheus.
#[utoipa::path(get, path = Endpoint::Metrics.template(), tag = "daemon",
    responses((status = 200, body = String, content_type = "application/openmetrics-text"),
        (status = 500, body = Problem)))]
pub(super) async fn scrape(
    State(api): State<Arc<Api>>,
    context: RequestContext,
) -> Result<Response, Failed> {
    let ids: Vec<(ClusterId, String)> =
        context.settings.present().map(|(id, cluster)| (id, cluster.name.clone())).collect();
    let read = api.read(move |views| {
        let clusters: Result<Vec<(String, ClusterStatus)>, _> =
            ids.into_iter().map(|(id, name)| Ok((name, views.cluster(id)?))).collect();
        Ok((views.campaign_counts()?, clusters?))
    });
    let (campaigns, clusters) = read.await?;
    let mut registry = Registry::with_prefix("gleaner");
    registry.register("api_requests", "Answers by route and status", api.counters.requests.clone());
    let states = family(&mut registry, "campaigns", "Campaigns by state");
    for (state, count) in CampaignState::ALL.iter().zip(campaigns) {
        set(&states, vec![("state", state.word().to_owned())], count);
    }
    let usable = family(&mut registry, "cluster_usable", "Whether a cluster is used now");
    let stressed = family(&mut registry, "cluster_under_stress", "Whether it is above its limit");
    let cores = family(&mut registry, "cluster_cores", "Cores by use, those of our jobs apart");
    let jobs = family(&mut registry, "cluster_jobs", "Our jobs by state");
    let listed = family(
        &mut registry,
        "cluster_observed_timestamp_seconds",
        "When a cluster was last listed, in seconds since 1970",
    );
    for (name, status) in clusters {
        let one = || vec![("cluster", name.clone())];
        let two = |key, word: &str| vec![("cluster", name.clone()), (key, word.to_owned())];
        set(&usable, one(), u64::from(!status.blacklisted));
        set(&stressed, one(), u64::from(status.under_stress));
        let others = status.used_cores.saturating_sub(status.our_cores);
        let free = status.capacity_cores.saturating_sub(status.used_cores);
        set(&cores, two("use", "ours"), u64::from(status.our_cores));
        set(&cores, two("use", "others"), u64::from(others));
        set(&cores, two("use", "free"), u64::from(free));
        set(&jobs, two("state", "running"), u64::from(status.our_running));
        set(&jobs, two("state", "waiting"), u64::from(status.our_waiting));
        if let Some(at) = status.observed_at {
            listed.get_or_create(&one()).set(at.seconds());
        }
    }
    messages(&mut registry, &api.messages);
    let (there, turned_away, made_room) = api.connections.figures();
    let connections: Gauge = Gauge::default();
    connections.set(i64::try_from(there).unwrap_or(i64::MAX));
    registry.register("api_connections", "Connections that are open", connections);
    let counts = Family::<Labels, Counter>::default();
    let help = "Connections that were turned away, or closed to make room";
    registry.register("api_connections_full", help, counts.clone());
    for (what, count) in [("turned_away", turned_away), ("made_room", made_room)] {
        counts.get_or_create(&vec![("what", what.to_owned())]).inc_by(count);
    }
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|_| Failed::bug())?;
    let mut response = text.into_response();
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

/// Figures about messages to people.
fn messages(registry: &mut Registry, figures: &Figures) {
    let counts = Family::<Labels, Counter>::default();
    registry.register("notifications", "How it went with messages to people", counts.clone());
    for (channel, delivery, count) in figures.counts() {
        let labels =
            vec![("type", channel.word().to_owned()), ("result", delivery.word().to_owned())];
        counts.get_or_create(&labels).inc_by(count);
    }
    let waiting: Gauge = Gauge::default();
    waiting.set(i64::try_from(figures.waiting()).unwrap_or(i64::MAX));
    registry.register("notifications_waiting", "Messages to people that are not sent yet", waiting);
    let servers = family(
        registry,
        "notification_server_reachable",
        "Whether a server of messages could be reached last time",
    );
    for (server, reached) in figures.servers() {
        set(&servers, vec![("server", server)], u64::from(reached));
    }
}

fn family(registry: &mut Registry, name: &str, help: &str) -> Gauges {
    let family = Gauges::default();
    registry.register(name, help, family.clone());
    family
}

fn set(family: &Gauges, labels: Labels, value: u64) {
    family.get_or_create(&labels).set(i64::try_from(value).unwrap_or(i64::MAX));
}

/// Tell whether the daemon is at work: 200, or an error where rows cannot be read, or no cycle runs though
/// one is due.
#[utoipa::path(get, path = Endpoint::Health.template(), tag = "daemon",
    responses((status = 200, body = Health), (status = 500, body = Problem),
        (status = 503, body = Problem)))]
pub(super) async fn health(
    State(api): State<Arc<Api>>,
    context: RequestContext,
) -> Result<Response, Failed> {
    api.read(|views| views.campaign_counts()).await?;
    api.heartbeat.as_ref().map_or(Ok(()), |heartbeat| heartbeat.check()).map_err(Failed::from)?;
    let version = env!("CARGO_PKG_VERSION");
    context.json(StatusCode::OK, &Health { status: "ok".into(), version: version.into() })
}
