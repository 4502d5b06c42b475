//! Lists of many pages, read one after the other.

use gleaner_api::address::Address;
use gleaner_api::routes::Param;
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::error::ClientError;

/// Entries of a page: what the daemon gives at most.
pub const PAGE: u64 = 10_000;

/// A page, as far as all lists have it. One behind the end of the tasks of a campaign has neither field.
#[derive(serde::Deserialize)]
#[serde(bound(deserialize = "T: serde::Deserialize<'de>"))]
struct Page<T> {
    #[serde(default = "Vec::new")]
    items: Vec<T>,
    #[serde(default)]
    total: u64,
}

impl Client {
    /// Reads a list page by page, from `offset` on, and hands each over; ends with the list, or when `each` says so by
    /// `false`. Offsets count things: of the tasks of a campaign, each may have several rows.
    ///
    /// # Errors
    /// As [`Client::read`].
    pub fn pages<T: DeserializeOwned>(
        &self,
        list: impl Into<Address>,
        offset: u64,
        mut each: impl FnMut(Vec<T>) -> bool,
    ) -> Result<(), ClientError> {
        let list = list.into();
        let mut offset = offset;
        loop {
            let address = list.clone().with(Param::Limit, PAGE).with(Param::Offset, offset);
            let page: Page<T> = self.read(address)?;
            offset += PAGE;
            if page.items.is_empty() || !each(page.items) || offset >= page.total {
                return Ok(());
            }
        }
    }
}
