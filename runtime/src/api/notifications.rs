//! Subscriptions to messages: asked for, listed and ended, each user's own. Sends nothing.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use gleaner_api::notifications::{ADMINISTRATORS, Channel, Severity};
use gleaner_api::routes::{Endpoint, Param, Route};
use gleaner_api::shapes::answer::{Done, Problem, Rel};
use gleaner_api::shapes::notification::{NewSubscription, Subscription, SubscriptionList};

use crate::api::answer::RequestContext;
use crate::api::failed::Failed;
use crate::api::state::Api;
use crate::request::{Caller, Subject};
use crate::store::error::StoreError;
use crate::store::notifications::subscriptions::{Subscribed, Subscriptions, USER_MAX};

/// The largest body with a subscription.
const BODY_MAX: usize = 64 * 1024;

impl Api {
    async fn subscriptions<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Subscriptions) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Failed> {
        let subscriptions = self.subscriptions.as_ref().map(Arc::clone).ok_or_else(Failed::bug)?;
        let done = tokio::task::spawn_blocking(move || work(&subscriptions)).await;
        done.map_err(|_| Failed::bug())?.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "subscriptions");
            Failed::internal("the store cannot be used")
        })
    }
}

/// Whose subscriptions are meant: an administrator's are those of all administrators.
fn owner(caller: &Caller) -> String {
    if caller.may_change(Subject::Grid) { ADMINISTRATORS } else { caller.user() }.to_owned()
}

/// List the caller's subscriptions; an administrator's are those of all administrators.
#[utoipa::path(get, path = Endpoint::Notifications.template(), tag = "notifications",
    responses((status = 200, body = SubscriptionList), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    context: RequestContext,
) -> Result<Response, Failed> {
    let user = owner(&context.caller()?);
    let of = user.clone();
    let rows = api.subscriptions(move |subscriptions| subscriptions.of(&of)).await?;
    let items = rows.into_iter().map(|row| Subscription {
        id: row.id,
        grid_user: user.clone(),
        channel: row.channel,
        identity: row.identity,
        severity: row.severity,
    });
    let links = vec![context.link(Rel::Itself, Route::Notifications, None)];
    context.json(StatusCode::OK, &SubscriptionList { items: items.collect(), links })
}

async fn subscribe(
    api: &Api,
    context: &RequestContext,
    body: Body,
    channel: Channel,
) -> Result<Response, Failed> {
    let caller = context.caller()?;
    let body = api.room.read(body, context.bounds(BODY_MAX)).await?.bytes;
    let example = match channel {
        Channel::Mail => "somebody@example.org",
        Channel::Webhook => "https://host/path",
    };
    let hint = || {
        Some(format!(
            "send `{{\"identity\": \"{example}\", \"severity\": \"high\"}}`, with `low`, `medium` or `high`"
        ))
    };
    let new: NewSubscription = serde_json::from_slice(&body)
        .map_err(|_| Failed::bad("the body is no identity and severity", hint()))?;
    let missing = |key: &str| Failed::bad(format!("`{key}` is missing"), hint());
    let identity = new.identity.ok_or_else(|| missing("identity"))?.trim().to_owned();
    let word = new.severity.ok_or_else(|| missing("severity"))?;
    let severity = Severity::from_word(&word)
        .ok_or_else(|| Failed::bad("`severity` is none that there is", hint()))?;
    let allowed = context.settings.notifications.allow(channel, &identity);
    allowed.map_err(|not| Failed::bad(not.to_string(), Some(not.hint().to_owned())))?;
    let user = owner(&caller);
    let put =
        move |subscriptions: &Subscriptions| subscriptions.put(&user, channel, &identity, severity);
    match api.subscriptions(put).await? {
        Subscribed::New => {
            context.done(StatusCode::CREATED, "Created", "New subscription created".to_owned())
        }
        Subscribed::Known => Err(Failed::bad(
            "that address is subscribed already",
            Some("end that subscription first, to ask for another severity".to_owned()),
        )),
        Subscribed::TooMany => {
            let message = format!("a user has {USER_MAX} subscriptions at most");
            Err(Failed::bad(message, Some("end one of them first".to_owned())))
        }
    }
}

async fn unsubscribe(
    api: &Api,
    context: &RequestContext,
    channel: Channel,
) -> Result<Response, Failed> {
    let user = owner(&context.caller()?);
    let identity = context.query.get(Param::Identity).map(|text| text.trim().to_owned());
    let identity = identity.ok_or_else(|| {
        let hint = Some("add `?identity=` and the address".to_owned());
        Failed::bad("it is not said which subscription ends", hint)
    })?;
    api.subscriptions(move |subscriptions| subscriptions.remove(&user, channel, &identity)).await?;
    context.done(StatusCode::ACCEPTED, "Deleted", "Unsubscription ok".to_owned())
}

/// Be told by mail.
#[utoipa::path(post, path = Endpoint::SubscribeMail.template(), tag = "notifications",
    request_body = NewSubscription,
    responses((status = 201, body = Done), (status = 400, body = Problem),
        (status = 403, body = Problem)))]
pub(super) async fn subscribe_mail(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    body: Body,
) -> Result<Response, Failed> {
    subscribe(&api, &context, body, Channel::Mail).await
}

/// Be told by a webhook.
#[utoipa::path(post, path = Endpoint::SubscribeWebhook.template(), tag = "notifications",
    request_body = NewSubscription,
    responses((status = 201, body = Done), (status = 400, body = Problem),
        (status = 403, body = Problem)))]
pub(super) async fn subscribe_webhook(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    body: Body,
) -> Result<Response, Failed> {
    subscribe(&api, &context, body, Channel::Webhook).await
}

/// Be told by mail no more.
#[utoipa::path(delete, path = Endpoint::UnsubscribeMail.template(), tag = "notifications",
    params(("identity" = String, Query, description = "The address of the subscription")),
    responses((status = 202, body = Done), (status = 400, body = Problem),
        (status = 403, body = Problem)))]
pub(super) async fn unsubscribe_mail(
    State(api): State<Arc<Api>>,
    context: RequestContext,
) -> Result<Response, Failed> {
    unsubscribe(&api, &context, Channel::Mail).await
}

/// Be told by a webhook no more.
#[utoipa::path(delete, path = Endpoint::UnsubscribeWebhook.template(), tag = "notifications",
    params(("identity" = String, Query, description = "The address of the subscription")),
    responses((status = 202, body = Done), (status = 400, body = Problem),
        (status = 403, body = Problem)))]
pub(super) async fn unsubscribe_webhook(
    State(api): State<Arc<Api>>,
    context: RequestContext,
) -> Result<Response, Failed> {
    unsubscribe(&api, &context, Channel::Webhook).await
}

fn no_jabber() -> Failed {
    let hint =
        "subscribe by mail (`/notifications/mail`) or by a webhook (`/notifications/webhook`)";
    Failed::bad("no messages are sent by Jabber", Some(hint.to_owned()))
}

/// Refused: CiGri's messages by Jabber have no successor but mail and webhooks.
#[utoipa::path(post, path = Endpoint::SubscribeJabber.template(), tag = "notifications",
    responses((status = 400, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn subscribe_jabber(context: RequestContext) -> Result<Response, Failed> {
    context.caller()?;
    Err(no_jabber())
}

/// Refused: nobody is told anything by Jabber.
#[utoipa::path(delete, path = Endpoint::UnsubscribeJabber.template(), tag = "notifications",
    params(("identity" = Option<String>, Query, description = "The address of the subscription")),
    responses((status = 400, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn unsubscribe_jabber(context: RequestContext) -> Result<Response, Failed> {
    context.caller()?;
    Err(no_jabber())
}
