//! The grid's clusters.

#![expect(missing_docs, reason = "the description of the API tells what a name does not")]

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::shapes::answer::Link;

/// A cluster in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClusterItem {
    pub id: u32,
    pub name: String,
    pub links: Vec<Link>,
}

/// One cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Cluster {
    pub id: u32,
    pub name: String,
    pub api_url: String,
    #[schema(value_type = String)]
    pub api_auth_type: Cow<'static, str>,
    /// The header that tells the server who a user is.
    pub api_auth_header: String,
    pub api_chunk_size: u32,
    pub api_limit: u32,
    pub ssh_host: String,
    /// `oar2_5` or `oar3`.
    #[schema(value_type = String)]
    pub batch: Cow<'static, str>,
    pub resource_unit: String,
    pub power: u32,
    pub properties: String,
    /// Last value and limit, as in `0/0.8`.
    pub stress_factor: String,
    pub enabled: bool,
    pub links: Vec<Link>,
    pub blacklisted: bool,
    pub under_stress: bool,
}
