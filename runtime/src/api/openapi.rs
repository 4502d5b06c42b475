//! The description of all routes, made from the handlers themselves. A test holds it against the list of
//! routes.

mod common;

use axum::http::StatusCode;
use axum::response::Response;
use gleaner_api::routes::Endpoint;
use gleaner_api::shapes::answer::Problem;
use utoipa::OpenApi;

use crate::api::answer::RequestContext;
use crate::api::failed::Failed;
use crate::api::openapi::common::Common;
use crate::api::{
    access_tokens, campaigns, clusters, events, jobs, metrics, notifications, outputs, submit,
    tokens,
};

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Gleaner",
        description = "Campaigns on the idle cores of clusters. The routes of CiGri 3. Who asks is told by the \
                       Unix socket, by a proxy in a header, or by a token in `Authorization`; `?pretty` indents any answer."
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
        outputs::stdout,
        outputs::stderr,
        outputs::cluster_infos,
        clusters::list,
        clusters::one,
        tokens::list,
        tokens::register,
        tokens::remove,
        access_tokens::list,
        access_tokens::issue,
        access_tokens::revoke,
        notifications::list,
        notifications::subscribe_mail,
        notifications::unsubscribe_mail,
        notifications::subscribe_webhook,
        notifications::unsubscribe_webhook,
        notifications::subscribe_jabber,
        notifications::unsubscribe_jabber,
        metrics::health,
        metrics::scrape,
        document
    ),
    components(schemas(Problem))
)]
pub(super) struct Document;

/// Describe all routes.
#[utoipa::path(get, path = Endpoint::OpenApi.template(), tag = "daemon", responses((status = 200, body = Object)))]
pub(super) async fn document(context: RequestContext) -> Result<Response, Failed> {
    context.json(StatusCode::OK, &Document::openapi())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use gleaner_api::routes::Endpoint;
    use serde_json::Value;
    use utoipa::OpenApi;

    use super::Document;

    /// The parameters of an operation that stand behind the question mark.
    fn params(operation: &Value) -> BTreeSet<String> {
        let params = operation["parameters"].as_array().into_iter().flatten();
        let query = params.filter(|param| param["in"] == "query");
        query.map(|param| param["name"].as_str().expect("a name").to_owned()).collect()
    }

    #[test]
    fn the_document_describes_each_route_of_the_list_and_no_other() {
        let document = serde_json::to_value(Document::openapi()).unwrap();
        let paths = document["paths"].as_object().unwrap();
        let described: BTreeMap<(String, String), BTreeSet<String>> = paths
            .iter()
            .flat_map(|(path, methods)| {
                let methods = methods.as_object().unwrap().iter();
                methods.map(|(method, operation)| {
                    ((method.to_uppercase(), path.clone()), params(operation))
                })
            })
            .collect();
        let listed: BTreeMap<(String, String), BTreeSet<String>> = Endpoint::ALL
            .iter()
            .map(|endpoint| {
                let (method, path) = (endpoint.method().word(), endpoint.template());
                let params = endpoint.params().iter().map(|param| param.word().to_owned());
                ((method.to_owned(), path.to_owned()), params.collect())
            })
            .collect();
        assert_eq!(described, listed);
    }
}
