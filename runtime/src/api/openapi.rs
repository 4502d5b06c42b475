//! The description of all routes, made from the handlers themselves. A test holds it against the table of
//! routes.

mod common;

use axum::http::StatusCode;
use axum::response::Response;
use utoipa::OpenApi;

use crate::api::answer::Asked;
use crate::api::failed::Failed;
use crate::api::openapi::common::Common;
use crate::api::shapes::Problem;
use crate::api::{campaigns, clusters, events, jobs, metrics, submit, tokens};

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Gleaner",
        description = "Campaigns on the idle cores of clusters. The routes of CiGri 3. Who asks is told by a \
                       header that a proxy sets; `?pretty` indents any answer."
    ),
    modifiers(&Common),
    paths(
        clusters::root,
        campaigns::list,
        submit::submit,
        campaigns::one,
        campaigns::change,
        campaigns::remove,
        campaigns::stats,
        campaigns::jdl,
        jobs::tasks,
        submit::add,
        jobs::finished,
        jobs::task,
        events::of_campaign,
        events::fix_campaign,
        events::global,
        events::create,
        events::one,
        events::fix,
        jobs::job,
        jobs::kill,
        clusters::list,
        clusters::one,
        tokens::list,
        tokens::register,
        tokens::remove,
        metrics::health,
        metrics::scrape,
        document
    ),
    components(schemas(Problem))
)]
pub(super) struct Document;

/// Describe all routes.
#[utoipa::path(get, path = "/openapi.json", tag = "daemon", responses((status = 200, body = Object)))]
pub(super) async fn document(asked: Asked) -> Result<Response, Failed> {
    asked.json(StatusCode::OK, &Document::openapi())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use utoipa::OpenApi;

    use super::Document;
    use crate::api::routes::routes;

    #[test]
    fn the_document_describes_each_route_and_no_other() {
        let document = serde_json::to_value(Document::openapi()).unwrap();
        let paths = document["paths"].as_object().unwrap();
        let described: BTreeSet<(String, String)> = paths
            .iter()
            .flat_map(|(path, methods)| {
                let methods = methods.as_object().unwrap().keys();
                methods.map(move |method| (method.clone(), path.clone()))
            })
            .collect();
        let served: BTreeSet<(String, String)> =
            routes().iter().map(|route| (route.method.to_owned(), route.path.to_owned())).collect();
        assert_eq!(described, served);
    }
}
