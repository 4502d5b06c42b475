//! The daemon's own tokens: made, listed and revoked. Who may have whose made, the settings say.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use gleaner_api::dates::rfc3339;
use gleaner_api::numbers::AccessTokenId;
use gleaner_api::routes::{Endpoint, Route};
use gleaner_api::shapes::access_token::{
    AccessToken, AccessTokenList, IssuedToken, NewAccessToken, TokenState,
};
use gleaner_api::shapes::answer::{Done, Problem, Rel};
use gleaner_core::time::{Duration, Timestamp};

use crate::api::answer::RequestContext;
use crate::api::failed::Failed;
use crate::api::identity;
use crate::api::query::number;
use crate::api::state::Api;
use crate::request::Subject;
use crate::secrets::signer::{OwnClaims, Signer};
use crate::store::access_tokens::{NewRow, Standing, TokenRow};

/// The largest body that asks for a token.
const BODY_MAX: usize = 16 * 1024;
/// The longest note, in characters.
const NOTE_MAX: usize = 200;
/// The shortest time that a token counts, in seconds.
const LIFETIME_LEAST_S: u64 = 60;

fn shown(row: TokenRow, now: Timestamp) -> AccessToken {
    let state = match row.standing {
        Standing::Revoked => TokenState::Revoked,
        Standing::Restored => TokenState::Restored,
        Standing::Good if row.expires_at <= now => TokenState::Expired,
        Standing::Good => TokenState::Valid,
    };
    AccessToken {
        id: row.id,
        user: row.user,
        issued_by: row.issued_by,
        note: row.note,
        issued_at: rfc3339(row.issued_at),
        expires_at: rfc3339(row.expires_at),
        state,
    }
}

/// List the tokens that the caller has or had made; for administrators, all.
#[utoipa::path(get, path = Endpoint::AccessTokens.template(), tag = "access tokens",
    responses((status = 200, body = AccessTokenList), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    context: RequestContext,
) -> Result<Response, Failed> {
    let caller = context.caller()?;
    let user = (!caller.may_change(Subject::Grid)).then(|| caller.user().to_string());
    let rows = api.access_tokens(move |rows| rows.list(user.as_deref())).await?;
    let now = (api.now)();
    let items = rows.into_iter().map(|row| shown(row, now)).collect();
    let links = vec![context.link(Rel::Itself, Route::AccessTokens, None)];
    context.json(StatusCode::OK, &AccessTokenList { items, links })
}

/// Make a token; it is shown in this answer, and never again.
#[utoipa::path(post, path = Endpoint::IssueAccessToken.template(), tag = "access tokens",
    request_body = NewAccessToken, responses((status = 201, body = IssuedToken),
        (status = 400, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn issue(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    body: Body,
) -> Result<Response, Failed> {
    let caller = context.caller()?;
    if caller.is_by_token() {
        let hint = Some("call over the Unix socket, or by way of the proxy");
        return Err(Failed::forbidden("a token cannot be used to make another", hint));
    }
    let body = api.room.read(body, context.bounds(BODY_MAX)).await?.bytes;
    let new: NewAccessToken = serde_json::from_slice(&body).map_err(|error| {
        let hint = "send `{}`, or `{\"user\": \"alice\", \"lifetime_s\": 3600, \"note\": \"...\"}`";
        Failed::bad(format!("the wish for a token cannot be read: {error}"), Some(hint.to_owned()))
    })?;
    let config = &context.settings.api;
    let user = new.user.unwrap_or_else(|| caller.user().to_string());
    // A name that is none is nobody's.
    identity::caller(&user, false)?;
    if !config.tokens.allows(caller.user(), &user, identity::is_admin(&user, config)) {
        let message = format!("you may not have a token of `{user}` made");
        let hint =
            Some("`own` and `issuers` in `[api.tokens]` of the daemon's configuration say who may");
        return Err(Failed::forbidden(message, hint));
    }
    let most = config.tokens.lifetime_max.ms().unsigned_abs() / 1000;
    let lifetime = new.lifetime_s.unwrap_or(most);
    if !(LIFETIME_LEAST_S..=most).contains(&lifetime) {
        let message = format!("a token cannot count for {lifetime} s");
        let hint = format!(
            "give {LIFETIME_LEAST_S} to {most} seconds: the bound is `api.tokens.lifetime_max`"
        );
        return Err(Failed::bad(message, Some(hint)));
    }
    if new.note.chars().count() > NOTE_MAX || new.note.chars().any(char::is_control) {
        let hint = format!("it is a line of at most {NOTE_MAX} characters");
        return Err(Failed::bad("the note cannot be kept", Some(hint)));
    }
    let now = (api.now)();
    let expires_at = now + Duration::from_seconds(lifetime);
    let number = Signer::number().map_err(|_| Failed::bug())?;
    let claims = OwnClaims {
        iss: config.tokens.issuer.clone(),
        aud: config.tokens.audience.clone(),
        sub: user.clone(),
        iat: now.seconds(),
        exp: expires_at.seconds(),
        jti: number.clone(),
    };
    let token = api.signer()?.sign(&claims).map_err(|_| Failed::bug())?;
    let issued_by = caller.user().to_string();
    let row = NewRow {
        number,
        user: user.clone(),
        issued_by,
        note: new.note,
        issued_at: now,
        expires_at,
    };
    let id = api.access_tokens(move |rows| rows.note(&row)).await?.ok_or_else(|| {
        let hint = Some("revoke some: `gleaner token list`, `gleaner token revoke`".to_owned());
        Failed::bad(format!("`{user}` has as many tokens as anybody may have"), hint)
    })?;
    tracing::info!(id, user, by = %caller.user(), "a token is made");
    let token = token.reveal().to_owned();
    let answer = IssuedToken { id, user, expires_at: rfc3339(expires_at), token };
    let mut response = context.json(StatusCode::CREATED, &answer)?;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Revoke a token of the caller's, or one that he had made; administrators revoke any.
#[utoipa::path(delete, path = Endpoint::RevokeAccessToken.template(), tag = "access tokens",
    params(("id" = u64, Path, description = "Token, as the list numbers it")),
    responses((status = 202, body = Done), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub(super) async fn revoke(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let caller = context.caller()?;
    let AccessTokenId(id) = number(&id)?;
    let row = api.access_tokens(move |rows| rows.one(id)).await?;
    let row = row.filter(|row| {
        caller.may_change(Subject::Of(&row.user)) || caller.may_change(Subject::Of(&row.issued_by))
    });
    let row = row.ok_or_else(Failed::not_found)?;
    let now = (api.now)();
    api.access_tokens(move |rows| rows.revoke(id, now)).await?;
    tracing::info!(id, user = row.user, by = %caller.user(), "a token is revoked");
    context.done(StatusCode::ACCEPTED, "Accepted", format!("Token {id} revoked"))
}
