//! What the daemon says of itself.

#![expect(missing_docs, reason = "the description of the API tells what a name does not")]

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether the daemon is at work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    #[schema(value_type = String)]
    pub status: Cow<'static, str>,
    #[schema(value_type = String)]
    pub version: Cow<'static, str>,
}
