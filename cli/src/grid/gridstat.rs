//! `gridstat`: campaigns in a list, one campaign, one job, and what they wait for.

mod campaign;
mod dump;
mod follow;
mod job;
mod list;
mod tasks;

use gleaner_api::routes::Route;
use gleaner_client::client::Client;
use gleaner_core::ids::CampaignId;

use crate::args::grid::gridstat::GridstatArgs;
use crate::failure::{BAD_INPUT, Failure};
use crate::grid::gridevents;
use crate::grid::selector::Selector;
use crate::grid::{connection, listing};

/// Shows what is asked for.
pub(crate) fn run(options: &GridstatArgs) -> Result<(), Failure> {
    let selector = Selector::read(options.campaigns.iter().chain(&options.campaign))?;
    let client = connection::client(&options.server)?;
    if let Some(job) = options.job {
        return job::show(options, &client, job);
    }
    let one = [
        (options.full, "--full"),
        (options.events, "--events"),
        (options.jdl, "--jdl"),
        (options.wait, "--wait"),
        (options.watch, "--watch"),
    ];
    let Some(selector) = selector else {
        if let Some((_, option)) = one.iter().find(|(given, _)| *given) {
            let hint = "name it: `gridstat 3`, or `gridstat last`".to_owned();
            let message = format!("{option} needs a campaign");
            return Err(Failure::new(BAD_INPUT, message, Some(hint)));
        }
        return list::show(options, &client, None);
    };
    let ids = match selector.numbers() {
        Some(ids) => ids,
        None => {
            let user = options.username.as_deref();
            selector.pick(&listing::campaigns(&client, selector.wants_ended(), user)?)?
        }
    };
    if options.wait || options.watch {
        return follow::until_over(options, &client, &ids);
    }
    match ids[..] {
        [id] => one_campaign(options, &client, CampaignId(id)),
        _ if one.iter().any(|(given, _)| *given) => {
            ids.iter().try_for_each(|id| one_campaign(options, &client, CampaignId(*id)))
        }
        _ => list::show(options, &client, Some(&ids)),
    }
}

fn one_campaign(options: &GridstatArgs, client: &Client, id: CampaignId) -> Result<(), Failure> {
    if options.jdl {
        return dump::show(client, Route::Jdl { campaign: id }, true);
    }
    if options.events {
        return gridevents::of_campaign(client, id, false, options.output);
    }
    campaign::show(options, client, id)
}
