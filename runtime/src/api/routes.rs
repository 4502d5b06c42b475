//! Which handler answers which route of the list. Must not decide anything.

use std::sync::Arc;

use axum::Extension;
use axum::routing::{MethodFilter, MethodRouter, on};
use gleaner_api::routes::{Endpoint, Method};

use crate::api::state::Api;
use crate::api::{
    access_tokens, campaigns, clusters, events, jobs, metrics, notifications, openapi, outputs,
    submit, tokens,
};

/// Returns what answers a route. It is told which route that is.
pub(super) fn handler(endpoint: Endpoint) -> MethodRouter<Arc<Api>> {
    let filter = match endpoint.method() {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Put => MethodFilter::PUT,
        Method::Delete => MethodFilter::DELETE,
    };
    let handler = match endpoint {
        Endpoint::Root => on(filter, clusters::root),
        Endpoint::Campaigns => on(filter, campaigns::list),
        Endpoint::Submit => on(filter, submit::submit),
        Endpoint::Campaign => on(filter, campaigns::one),
        Endpoint::ChangeCampaign => on(filter, campaigns::change),
        Endpoint::RemoveCampaign => on(filter, campaigns::remove),
        Endpoint::Stats => on(filter, campaigns::stats),
        Endpoint::Jdl => on(filter, campaigns::jdl),
        Endpoint::Jobs => on(filter, jobs::tasks),
        Endpoint::AddJobs => on(filter, submit::add),
        Endpoint::FinishedJobs => on(filter, jobs::finished),
        Endpoint::Task => on(filter, jobs::task),
        Endpoint::CampaignEvents => on(filter, events::of_campaign),
        Endpoint::FixCampaign => on(filter, events::fix_campaign),
        Endpoint::Events => on(filter, events::global),
        Endpoint::CreateEvent => on(filter, events::create),
        Endpoint::Event => on(filter, events::one),
        Endpoint::FixEvent => on(filter, events::fix),
        Endpoint::Job => on(filter, jobs::job),
        Endpoint::KillJob => on(filter, jobs::kill),
        Endpoint::Stdout => on(filter, outputs::stdout),
        Endpoint::Stderr => on(filter, outputs::stderr),
        Endpoint::ClusterInfos => on(filter, outputs::cluster_infos),
        Endpoint::Clusters => on(filter, clusters::list),
        Endpoint::Cluster => on(filter, clusters::one),
        Endpoint::AccessTokens => on(filter, access_tokens::list),
        Endpoint::IssueAccessToken => on(filter, access_tokens::issue),
        Endpoint::RevokeAccessToken => on(filter, access_tokens::revoke),
        Endpoint::Tokens => on(filter, tokens::list),
        Endpoint::RegisterToken => on(filter, tokens::register),
        Endpoint::RemoveToken => on(filter, tokens::remove),
        Endpoint::Notifications => on(filter, notifications::list),
        Endpoint::SubscribeMail => on(filter, notifications::subscribe_mail),
        Endpoint::UnsubscribeMail => on(filter, notifications::unsubscribe_mail),
        Endpoint::SubscribeWebhook => on(filter, notifications::subscribe_webhook),
        Endpoint::UnsubscribeWebhook => on(filter, notifications::unsubscribe_webhook),
        Endpoint::SubscribeJabber => on(filter, notifications::subscribe_jabber),
        Endpoint::UnsubscribeJabber => on(filter, notifications::unsubscribe_jabber),
        Endpoint::Health => on(filter, metrics::health),
        Endpoint::Metrics => on(filter, metrics::scrape),
        Endpoint::OpenApi => on(filter, openapi::document),
    };
    handler.layer(Extension(endpoint))
}

/// The methods that CiGri tells callers of a read, its oddities included (nobody can POST to one
/// campaign); none for what is no route.
pub(super) fn allow(template: &str) -> Option<&'static str> {
    if template.is_empty() {
        return None;
    }
    let mut reads = Endpoint::ALL.iter().filter(|endpoint| endpoint.method() == Method::Get);
    Some(match reads.find(|endpoint| endpoint.template() == template) {
        Some(Endpoint::Campaigns | Endpoint::Jobs | Endpoint::FinishedJobs) => "GET,POST",
        Some(Endpoint::Campaign | Endpoint::Events | Endpoint::Event) => "DELETE,GET,POST,PUT",
        _ => "GET",
    })
}
