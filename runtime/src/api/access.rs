//! Access to routes: which of them need a caller with a name, and which an administrator. Behind it, nobody compares names
//! to grant a right.

use axum::http::request::Parts;
use gleaner_api::routes::Endpoint;

use crate::api::failed::Failed;
use crate::api::identity::identify;
use crate::api::settings::ApiSettings;
use crate::api::state::Api;
use crate::request::{Caller, Subject};

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// Everybody: what concerns the whole grid.
    Anybody,
    /// Whoever may read it. Whose a thing is, is looked at where it is read: by [`Caller::may_read`].
    Readers,
    /// Whoever has a name. Whether a thing is theirs is decided where its owner is known: by [`Caller::may_change`],
    /// of the driver at the latest.
    Named,
    /// Administrators.
    Admins,
}

fn access(endpoint: Endpoint) -> Access {
    match endpoint {
        Endpoint::Root
        | Endpoint::Clusters
        | Endpoint::Cluster
        | Endpoint::Health
        | Endpoint::Metrics
        | Endpoint::OpenApi => Access::Anybody,
        Endpoint::Campaigns
        | Endpoint::Campaign
        | Endpoint::Stats
        | Endpoint::Jdl
        | Endpoint::Jobs
        | Endpoint::FinishedJobs
        | Endpoint::Task
        | Endpoint::CampaignEvents
        | Endpoint::Events
        | Endpoint::Event
        | Endpoint::Job => Access::Readers,
        Endpoint::Submit
        | Endpoint::ChangeCampaign
        | Endpoint::RemoveCampaign
        | Endpoint::AddJobs
        | Endpoint::FixCampaign
        | Endpoint::FixEvent
        | Endpoint::KillJob
        | Endpoint::Stdout
        | Endpoint::Stderr
        | Endpoint::ClusterInfos
        | Endpoint::Tokens
        | Endpoint::RegisterToken
        | Endpoint::RemoveToken
        | Endpoint::AccessTokens
        | Endpoint::IssueAccessToken
        | Endpoint::RevokeAccessToken
        | Endpoint::Notifications
        | Endpoint::SubscribeMail
        | Endpoint::UnsubscribeMail
        | Endpoint::SubscribeWebhook
        | Endpoint::UnsubscribeWebhook
        | Endpoint::SubscribeJabber
        | Endpoint::UnsubscribeJabber => Access::Named,
        Endpoint::CreateEvent => Access::Admins,
    }
}

/// Authorizes a request to its route. Returns the caller, where the route needs one.
pub(super) async fn authorize(
    endpoint: Endpoint,
    request: &Parts,
    api: &Api,
    settings: &ApiSettings,
) -> Result<Option<Caller>, Failed> {
    let access = access(endpoint);
    if access == Access::Anybody {
        return Ok(None);
    }
    if access == Access::Readers && settings.api.open_reads {
        // Who cannot be told may read all the same.
        let caller = identify(request, api, settings).await.unwrap_or_else(|_| Caller::nobody());
        return Ok(Some(caller.with_open_reads()));
    }
    let caller = identify(request, api, settings).await?;
    if access == Access::Admins && !caller.may_change(Subject::Grid) {
        return Err(Failed::forbidden("only an administrator can create an event", None));
    }
    Ok(Some(caller))
}
