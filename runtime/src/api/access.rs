//! Access to routes: who calls, by the name that the proxy before us has put into a header, and whether that is enough
//! for the route. Believes the name, since only such a proxy can reach us; checks only that it can be a login. Behind it,
//! nobody compares names to grant a right.

use axum::http::HeaderMap;
use gleaner_api::routes::Endpoint;

use crate::api::failed::Failed;
use crate::config::ApiConfig;
use crate::request::{Caller, Rights, Subject};

/// The longest login, in bytes.
const LOGIN_MAX: usize = 64;

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// Everybody: what is only read is open to all, as with CiGri.
    Anybody,
    /// Whoever has a name. Whether a thing is theirs is decided where its owner is known: by [`Caller::may_change`],
    /// of the driver at the latest.
    Named,
    /// Administrators.
    Admins,
}

fn access(endpoint: Endpoint) -> Access {
    match endpoint {
        Endpoint::Root
        | Endpoint::Campaigns
        | Endpoint::Campaign
        | Endpoint::Stats
        | Endpoint::Jdl
        | Endpoint::Jobs
        | Endpoint::FinishedJobs
        | Endpoint::Task
        | Endpoint::CampaignEvents
        | Endpoint::Events
        | Endpoint::Event
        | Endpoint::Job
        | Endpoint::Clusters
        | Endpoint::Cluster
        | Endpoint::Health
        | Endpoint::Metrics
        | Endpoint::OpenApi => Access::Anybody,
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
pub(super) fn authorize(
    endpoint: Endpoint,
    headers: &HeaderMap,
    config: &ApiConfig,
) -> Result<Option<Caller>, Failed> {
    let access = access(endpoint);
    if access == Access::Anybody {
        return Ok(None);
    }
    let found = caller(headers, config)?;
    let caller = found.ok_or_else(|| Failed::anonymous(&config.identity_header))?;
    if access == Access::Admins && !caller.may_change(Subject::Grid) {
        return Err(Failed::forbidden("only an administrator can create an event", None));
    }
    Ok(Some(caller))
}

/// Reads the caller's name and rights; none for CiGri's words for nobody.
fn caller(headers: &HeaderMap, config: &ApiConfig) -> Result<Option<Caller>, Failed> {
    let mut values = headers.get_all(config.identity_header.as_str()).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        let header = &config.identity_header;
        return Err(Failed::forbidden(
            format!("the header `{header}` is there twice"),
            Some("let the proxy replace what callers send"),
        ));
    }
    let name = value.to_str().unwrap_or("\u{fffd}").trim();
    if name.is_empty() || ["unknown", "null"].iter().any(|word| name.eq_ignore_ascii_case(word)) {
        return Ok(None);
    }
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"._-@+".contains(&byte);
    if name.len() > LOGIN_MAX || !name.bytes().all(good) || name.starts_with('-') {
        return Err(Failed::forbidden(
            "the caller's name cannot be a login",
            Some("logins are at most 64 letters, digits and `._-@+`"),
        ));
    }
    let admin = config.admins.iter().any(|admin| admin == name);
    let rights = if admin { Rights::All } else { Rights::Own };
    Ok(Some(Caller::new(name, rights)))
}
