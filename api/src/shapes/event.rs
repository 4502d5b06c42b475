//! Events: as they are listed, shown and made.

#![expect(missing_docs, reason = "the description of the API tells what a name does not")]

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::shapes::answer::Link;
use crate::states::{EventClass, EventState};

/// The code of the one event that an administrator can make so far: a cluster is taken out of use.
pub const CLUSTER_DISABLED: &str = "CLUSTER_MANUALLY_DISABLED";

/// A new event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NewEvent {
    /// `CLUSTER_MANUALLY_DISABLED`.
    pub code: String,
    /// The cluster.
    pub cluster_id: u64,
}

/// An event in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    pub id: u64,
    /// `cluster`, `job`, `campaign`, `notify` or `log`.
    #[schema(value_type = String)]
    pub class: EventClass,
    pub code: String,
    pub job_id: Option<u64>,
    pub cluster_id: Option<u32>,
    pub cluster_name: Option<String>,
    pub date_open: String,
    pub message: Option<String>,
    /// The event that caused it.
    pub parent: Option<u64>,
    /// `open` or `closed`.
    #[schema(value_type = String)]
    pub state: EventState,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OneEvent {
    #[serde(flatten)]
    pub event: Event,
    pub campaign_id: Option<u32>,
    pub date_closed: Option<String>,
    pub date_update: String,
    pub links: Vec<Link>,
}

/// Events of a campaign, or of the grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventList {
    pub items: Vec<Event>,
    pub total: u64,
    pub offset: u64,
}
