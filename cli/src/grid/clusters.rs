//! Clusters by number or name, as people type them. Shows nothing.

use gleaner_api::numbers::{ClusterNumber, PathNumber};
use gleaner_api::routes::Route;
use gleaner_api::shapes::answer::Whole;
use gleaner_api::shapes::cluster::ClusterItem;
use gleaner_client::client::Client;
use gleaner_core::suggest::Suggestion;

use crate::failure::{Failure, NOT_MET};

/// The clusters in use, by number.
pub(crate) fn all(client: &Client) -> Result<Vec<ClusterItem>, Failure> {
    let list: Whole<ClusterItem> = client.read(Route::Clusters)?;
    let mut items = list.items;
    items.sort_by_key(|cluster| cluster.id);
    Ok(items)
}

/// The number of the cluster that a text means: a number as it is, or a name.
pub(crate) fn number(client: &Client, text: &str) -> Result<ClusterNumber, Failure> {
    if let Some(number) = ClusterNumber::read(text) {
        return Ok(number);
    }
    let all = all(client)?;
    let found = all.iter().find(|cluster| cluster.name == text);
    found.map(|cluster| ClusterNumber(cluster.id)).ok_or_else(|| {
        let names = all.iter().map(|cluster| cluster.name.as_str());
        let hint = Suggestion::new(text, names).to_string();
        Failure::new(NOT_MET, format!("no cluster is called `{text}`"), Some(hint))
    })
}
