//! Resources and nodes as the API shows them. Columns that a site has added stay as they are.

use super::field::{both, each, oar2, oar3, record};
use super::page::Link;
pub use super::values::ResourceId;
use super::values::{ApiTime, EchoedId};
use crate::states::ResourceState;

record! {
    /// A resource in a list or alone.
    pub struct Resource {
        /// Its id.
        id: ResourceId = both("id"),
        /// The node it is on.
        network_address: String = both("network_address"),
        /// Its state.
        state: ResourceState = both("state"),
        /// Until when it can be woken if absent, in seconds since 1970.
        available_upto: Option<i64> = both("available_upto").dropped(),
        /// The server's clock.
        api_timestamp: Option<ApiTime> = oar2("api_timestamp").dropped(),
        /// Links of OAR 2.
        links: Option<Vec<Link>> = oar2("links").dropped(),
    }
    /// Every other column, among them those of the site.
    rest properties
}

record! {
    /// A resource of a job: its id only in OAR 3, all of it in OAR 2.
    pub struct Assigned {
        /// Its id.
        id: ResourceId = both("id"),
        /// The node it is on.
        network_address: Option<String> = both("network_address").dropped(),
        /// `assigned`.
        status: Option<String> = oar2("status").dropped(),
        /// The server's clock.
        api_timestamp: Option<ApiTime> = oar2("api_timestamp").dropped(),
        /// Links of OAR 2.
        links: Option<Vec<Link>> = oar2("links").dropped(),
    }
    /// Every other column.
    rest properties
}

record! {
    /// A node of a job.
    pub struct Node {
        /// Its address.
        network_address: String = both("network_address"),
        /// `assigned`.
        status: Option<String> = oar2("status").dropped(),
        /// The server's clock.
        api_timestamp: Option<ApiTime> = oar2("api_timestamp").dropped(),
        /// Links of OAR 2.
        links: Option<Vec<Link>> = oar2("links").dropped(),
    }
}

record! {
    /// The answer to a change of a resource's state.
    pub struct ResourceChange {
        /// Which resource; not told if refused.
        id: Option<EchoedId> = both("id").dropped(),
        /// For people. OAR 3 says `Bad user` here, with status 200.
        status: String = both("status"),
        /// Where the resource is shown.
        uri: Option<String> = both("uri").dropped(),
        /// The server's clock.
        api_timestamp: Option<ApiTime> = both("api_timestamp").dropped(),
        /// The server's time zone.
        api_timezone: Option<String> = oar3("api_timezone"),
    }
}

record! {
    /// How many resources are busy (OAR 3).
    pub struct Busy {
        /// The count.
        busy: u64 = each("busy", "busy"),
        /// The server's clock.
        api_timestamp: Option<ApiTime> = both("api_timestamp").dropped(),
        /// The server's time zone.
        api_timezone: Option<String> = oar3("api_timezone"),
    }
}
