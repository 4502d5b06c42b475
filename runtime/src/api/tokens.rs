//! Users' tokens: handed in, told about, forgotten. A token itself is never in an answer.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use gleaner_api::dates::rfc3339;
use gleaner_api::numbers::ClusterNumber;
use gleaner_api::routes::{Endpoint, Route};
use gleaner_api::shapes::answer::{Done, Problem, Rel};
use gleaner_api::shapes::token::{NewToken, Token, TokenList};
use gleaner_core::ids::ClusterId;

use crate::api::answer::RequestContext;
use crate::api::failed::Failed;
use crate::api::state::Api;
use crate::config::{Auth, ClusterConfig};
use crate::order::TokenOwner;
use crate::request::{Caller, Subject};
use crate::secrets::token;
use crate::secrets::vault::{Vault, VaultError};
use crate::sites::dialects::manager;

/// The largest body with a token.
const BODY_MAX: usize = 64 * 1024;

impl RequestContext {
    /// A cluster that takes tokens, and whose token is meant: an administrator's is that of the daemon
    /// itself.
    fn token_of<'a>(
        &'a self,
        number: &str,
        caller: &'a Caller,
    ) -> Result<(ClusterId, &'a ClusterConfig, &'a str), Failed> {
        let id = number.parse().ok().map(ClusterNumber).and_then(ClusterNumber::id);
        let cluster = id.and_then(|id: ClusterId| Some((id, self.settings.cluster(id)?)));
        match cluster.filter(|(_, cluster)| cluster.auth == Auth::Jwt) {
            Some((id, cluster)) => Ok((id, cluster, token_user(cluster, caller))),
            None => Err(Failed {
                title: "Error",
                ..Failed::forbidden(
                    format!("cluster `{number}` takes no tokens"),
                    Some("GET /clusters/ID tells `api_auth_type`, which must be `jwt`"),
                )
            }),
        }
    }
}

/// The login that a token is of is no secret of the caller's, but it may be anything: it is not repeated.
fn somebody_elses(cluster: &ClusterConfig, login: &str, hint: Option<String>) -> Failed {
    let name = &cluster.name;
    let message =
        format!("the token is not that of `{login}`, as whom jobs are sent to cluster `{name}`");
    Failed::bad(message, hint)
}

fn token_user<'a>(cluster: &'a ClusterConfig, caller: &'a Caller) -> &'a str {
    if caller.may_change(Subject::Grid) { &cluster.service_login } else { caller.user() }
}

impl Api {
    async fn vault<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Vault) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, Failed> {
        let vault = Arc::clone(&self.vault);
        let done = tokio::task::spawn_blocking(move || work(&vault)).await;
        done.map_err(|_| Failed::bug())?.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "tokens");
            Failed::internal(&error.to_string())
        })
    }
}

/// List what is known of the caller's tokens.
#[utoipa::path(get, path = Endpoint::Tokens.template(), tag = "tokens",
    responses((status = 200, body = TokenList), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    context: RequestContext,
) -> Result<Response, Failed> {
    let caller = context.caller()?;
    let now = (api.now)();
    let mut items = Vec::new();
    for (id, cluster) in context.settings.present().filter(|(_, cluster)| cluster.auth == Auth::Jwt)
    {
        let (user, name) = (token_user(cluster, &caller).to_owned(), cluster.name.clone());
        let notes = api.vault(move |vault| vault.notes(&user)).await?;
        items.extend(notes.into_iter().filter(|note| note.cluster == name).map(|note| Token {
            cluster_id: ClusterNumber::from(id).0,
            cluster_name: note.cluster,
            fingerprint: note.fingerprint,
            expired: note.expires_at.is_some_and(|at| at <= now),
            expires_at: note.expires_at.map(rfc3339),
            registered_at: rfc3339(note.registered_at),
        }));
    }
    let links = vec![context.link(Rel::Itself, Route::Tokens, None)];
    context.json(StatusCode::OK, &TokenList { items, links })
}

/// Hand in a token; it takes the place of an older one.
#[utoipa::path(post, path = Endpoint::RegisterToken.template(), tag = "tokens", request_body = NewToken,
    responses((status = 201, body = Done), (status = 400, body = Problem),
        (status = 403, body = Problem)))]
pub(super) async fn register(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    body: Body,
) -> Result<Response, Failed> {
    let caller = context.caller()?;
    let body = api.room.read(body, context.bounds(BODY_MAX)).await?.bytes;
    let hint = || Some("send `{\"cluster_id\": 1, \"token\": \"...\"}`".to_owned());
    // The parser's message would quote the body, and with it the token.
    let new: NewToken = serde_json::from_slice(&body)
        .map_err(|_| Failed::bad("the body is no token and cluster", hint()))?;
    let number = match &new.cluster_id {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let (id, cluster, user) = context.token_of(&number, &caller)?;
    let token = token::read(new.token.as_deref().unwrap_or_default())
        .map_err(|error| Failed::bad(error.to_string(), hint()))?;
    let manager = manager(cluster.dialect);
    let another = || Some(manager.token_hint(&cluster.name));
    let claims = manager.claims(&token).map_err(|bad| Failed::bad(bad.message, another()))?;
    let now = (api.now)();
    if claims.expires_at.is_some_and(|at| at <= now) {
        return Err(Failed::bad("the token has expired", another()));
    }
    let login = if caller.may_change(Subject::Grid) { Some(user) } else { cluster.login(user) };
    let login = login.ok_or_else(|| {
        let hint = Some("administrators give one, by `logins`");
        Failed::forbidden(format!("you have no login on cluster `{}`", cluster.name), hint)
    })?;
    // What a token says of itself counts for nothing if the cluster says otherwise.
    if claims.user != login {
        return Err(somebody_elses(cluster, login, another()));
    }
    let told = api.whose(id, &token).await;
    match &told {
        TokenOwner::Login(found) if found == login => {}
        TokenOwner::Unknown => {}
        TokenOwner::Login(_) => return Err(somebody_elses(cluster, login, another())),
        TokenOwner::Nobody => {
            let message = format!("cluster `{}` does not take the token", cluster.name);
            return Err(Failed::bad(message, another()));
        }
    }
    let (name, owner) = (cluster.name.clone(), user.to_owned());
    api.vault(move |vault| vault.put(&owner, &name, &token, now)).await?;
    api.new_token(id, user.into());
    context.done(StatusCode::CREATED, "Created", "New token registered".to_owned())
}

/// Forget a token.
#[utoipa::path(delete, path = Endpoint::RemoveToken.template(), tag = "tokens",
    params(("id" = u32, Path, description = "Cluster")),
    responses((status = 202, body = Done), (status = 403, body = Problem)))]
pub(super) async fn remove(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path(number): Path<String>,
) -> Result<Response, Failed> {
    let caller = context.caller()?;
    let (_, cluster, user) = context.token_of(&number, &caller)?;
    let (cluster, user) = (cluster.name.clone(), user.to_owned());
    api.vault(move |vault| vault.remove(&user, &cluster)).await?;
    context.done(StatusCode::ACCEPTED, "Accepted", format!("Token for cluster {number} removed"))
}
