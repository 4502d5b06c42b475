//! The campaigns that the daemon lists. Shows nothing.

use gleaner_api::address::Address;
use gleaner_api::routes::{Param, Route};
use gleaner_api::shapes::answer::Whole;
use gleaner_api::shapes::campaign::Campaign;
use gleaner_client::client::Client;

use crate::failure::Failure;

/// The campaigns that are not over, or all of them, by number; those of a user, or of everybody that the caller may see.
pub(crate) fn campaigns(
    client: &Client,
    ended: bool,
    user: Option<&str>,
) -> Result<Vec<Campaign>, Failure> {
    let mut address = Address::from(Route::Campaigns);
    if ended {
        address = address.with(Param::State, "all");
    }
    if let Some(user) = user {
        address = address.with(Param::User, user);
    }
    let list: Whole<Campaign> = client.read(address)?;
    let mut items = list.items;
    items.retain(|campaign| user.is_none_or(|user| campaign.user == user));
    items.sort_by_key(|campaign| campaign.id);
    Ok(items)
}
