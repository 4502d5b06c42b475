//! Tokens: as they are handed in, and what is told about them. A token itself is in no answer.

#![expect(missing_docs, reason = "the description of the API tells what a name does not")]

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::shapes::answer::Link;

/// A token to keep.
// It has no `Debug`: a token must not get into a log.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct NewToken {
    /// The cluster's number, as a number or a text.
    #[schema(value_type = u32)]
    pub cluster_id: serde_json::Value,
    /// The token, with or without `Bearer`.
    pub token: Option<String>,
}

/// A token, which is never shown itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Token {
    pub cluster_id: u32,
    pub cluster_name: String,
    /// By which tokens can be told apart.
    pub fingerprint: String,
    /// RFC 3339; null where the token does not say.
    pub expires_at: Option<String>,
    pub expired: bool,
    /// RFC 3339.
    pub registered_at: String,
}

/// Tokens of the caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TokenList {
    pub items: Vec<Token>,
    pub links: Vec<Link>,
}
