//! Subscriptions to messages: as they are asked for, and listed.

#![expect(missing_docs, reason = "the description of the API tells what a name does not")]

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::notifications::{Channel, Severity};
use crate::shapes::answer::Link;

/// What somebody wants to hear, and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NewSubscription {
    /// A mail address, or the address of a webhook.
    pub identity: Option<String>,
    /// The least grave that is told: `low`, `medium` or `high`.
    pub severity: Option<String>,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Subscription {
    pub id: u64,
    /// Whose it is; `%%admin%%` for those of the administrators.
    pub grid_user: String,
    /// `mail` or `webhook`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub channel: Channel,
    /// A mail address, or the address of a webhook.
    pub identity: String,
    /// `low`, `medium` or `high`.
    #[schema(value_type = String)]
    pub severity: Severity,
}

/// Subscriptions of the caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SubscriptionList {
    pub items: Vec<Subscription>,
    pub links: Vec<Link>,
}
