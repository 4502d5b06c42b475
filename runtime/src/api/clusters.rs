//! The grid's clusters, and the root of all links.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use gleaner_api::numbers::ClusterNumber;
use gleaner_api::routes::{Endpoint, Route};
use gleaner_api::shapes::answer::{Problem, Rel, Root, Whole};
use gleaner_api::shapes::cluster::{Cluster, ClusterItem};

use crate::api::answer::RequestContext;
use crate::api::failed::Failed;
use crate::api::query::number;
use crate::api::state::Api;
use crate::config::{Auth, Dialect};

/// Show where to begin.
#[utoipa::path(get, path = Endpoint::Root.template(), tag = "grid", responses((status = 200, body = Root)))]
pub(super) async fn root(context: RequestContext) -> Result<Response, Failed> {
    let links = vec![
        context.link(Rel::Itself, Route::Root, None),
        context.link(Rel::Collection, Route::Campaigns, Some("campaigns")),
        context.link(Rel::Collection, Route::Clusters, Some("clusters")),
    ];
    context.json(StatusCode::OK, &Root { links })
}

/// List the clusters in use.
#[utoipa::path(get, path = Endpoint::Clusters.template(), tag = "grid",
    responses((status = 200, body = Whole<ClusterItem>)))]
pub(super) async fn list(context: RequestContext) -> Result<Response, Failed> {
    let enabled = context.settings.present().filter(|(_, cluster)| cluster.enabled);
    let items: Vec<ClusterItem> = enabled
        .map(|(id, cluster)| {
            let number = ClusterNumber::from(id);
            let links = vec![
                context.link(Rel::Itself, Route::Cluster { cluster: number }, None),
                context.link(Rel::Parent, Route::Clusters, None),
            ];
            ClusterItem { id: number.0, name: cluster.name.clone(), links }
        })
        .collect();
    let total = items.len() as u64;
    let links = vec![
        context.link(Rel::Itself, Route::Clusters, None),
        context.link(Rel::Parent, Route::Root, None),
    ];
    context.json(StatusCode::OK, &Whole { items, total, links })
}

/// Show a cluster, in use or not.
#[utoipa::path(get, path = Endpoint::Cluster.template(), tag = "grid",
    params(("id" = u32, Path, description = "Cluster")),
    responses((status = 200, body = Cluster), (status = 404, body = Problem)))]
pub(super) async fn one(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let number: ClusterNumber = number(&id)?;
    let id = number.id().ok_or_else(Failed::not_found)?;
    let cluster = context.settings.cluster(id).ok_or_else(Failed::not_found)?;
    let status = api.read(move |views| views.cluster(id)).await?;
    let stress = status.stress.unwrap_or(0.0);
    let shape = Cluster {
        id: number.0,
        name: cluster.name.clone(),
        api_url: cluster.api_url.clone(),
        api_auth_type: cluster.auth.word().into(),
        api_auth_header: match &cluster.auth {
            Auth::None => String::new(),
            Auth::Header(header) | Auth::Certificate(header) | Auth::Basic { header, .. } => {
                header.clone()
            }
            Auth::Jwt => "Authorization".to_owned(),
        },
        api_chunk_size: cluster.details_chunk,
        api_limit: cluster.page_size,
        ssh_host: cluster.ssh_host.clone(),
        batch: match cluster.dialect {
            Dialect::Oar2 => "oar2_5".into(),
            Dialect::Oar3 => "oar3".into(),
        },
        resource_unit: cluster.resource_unit.clone(),
        power: cluster.power,
        properties: cluster.properties.clone(),
        stress_factor: format!("{stress}/{}", cluster.stress_limit),
        enabled: cluster.enabled,
        links: vec![
            context.link(Rel::Itself, Route::Cluster { cluster: number }, None),
            context.link(Rel::Parent, Route::Clusters, None),
        ],
        blacklisted: status.blacklisted,
        under_stress: status.under_stress,
    };
    context.json(StatusCode::OK, &shape)
}
