//! What the daemon answers, printed as it came.

use gleaner_api::routes::{Param, Route};
use gleaner_client::client::Client;

use crate::failure::Failure;
use crate::output;

/// Prints what the daemon answers, as it is, or indented.
pub(super) fn show(client: &Client, route: Route, pretty: bool) -> Result<(), Failure> {
    let address = if pretty { route.with(Param::Pretty, 1) } else { route.into() };
    output::json_text(&client.text(address)?.text);
    Ok(())
}
