//! The daemon's own tokens: asked for, shown once, listed and revoked.

#![expect(missing_docs, reason = "the description of the API tells what a name does not")]

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::shapes::answer::Link;
use crate::words::words;

/// A token to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccessToken {
    /// Whose; the caller's where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// How long it counts, in seconds; as long as it may where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime_s: Option<u64>,
    /// What it is for, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// A token that was made. It is shown once, here.
// It has no `Debug`: a token must not get into a log.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct IssuedToken {
    /// What it is revoked by.
    pub id: u64,
    pub user: String,
    /// RFC 3339.
    pub expires_at: String,
    /// To be sent as `Authorization: Bearer TOKEN`.
    pub token: String,
}

words! {
    /// Whether a token counts.
    pub enum TokenState {
        /// It counts.
        Valid = "valid",
        /// Its time is over.
        Expired = "expired",
        /// It was revoked.
        Revoked = "revoked",
        /// The daemon's store was restored or copied since it was made.
        Restored = "restored",
    }
}

/// What is known of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccessToken {
    /// What it is revoked by.
    pub id: u64,
    pub user: String,
    /// Who had it made.
    pub issued_by: String,
    pub note: String,
    /// RFC 3339.
    pub issued_at: String,
    /// RFC 3339.
    pub expires_at: String,
    #[schema(value_type = String)]
    pub state: TokenState,
}

/// Tokens, the latest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccessTokenList {
    pub items: Vec<AccessToken>,
    pub links: Vec<Link>,
}
