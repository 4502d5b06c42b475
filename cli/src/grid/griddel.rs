//! `griddel`: campaigns cancelled, paused, resumed or purged, and single jobs killed.

use gleaner_api::address::Address;
use gleaner_api::numbers::JobId;
use gleaner_api::routes::{Param, Route};
use gleaner_api::shapes::answer::Done;
use gleaner_client::client::Client;
use gleaner_client::error::ClientError;
use gleaner_core::ids::CampaignId;

use crate::args::grid::griddel::GriddelArgs;
use crate::failure::{BAD_INPUT, Failure, REFUSED};
use crate::grid::selector::Selector;
use crate::grid::{connection, failed, listing};
use crate::output;

/// Does what the options say to each campaign, or to a job.
pub(crate) fn run(options: &GriddelArgs) -> Result<(), Failure> {
    let selector = Selector::read(options.campaigns.iter().chain(&options.campaign_ids))?;
    let client = connection::client(&options.server)?;
    if let Some(job) = options.job.map(JobId) {
        let address = match options.drop {
            true => Route::KillJob { job }.with(Param::Drop, 1),
            false => Route::KillJob { job }.into(),
        };
        return done(&client, address, options.verbose);
    }
    let Some(selector) = selector else {
        let hint = Some("name one: `griddel 3`, or `griddel --job 17`".to_owned());
        return Err(Failure::new(BAD_INPUT, "no campaign and no job is named", hint));
    };
    let ids = meant(&client, &selector, options)?;
    let one = |id| done(&client, address(CampaignId(id), options), options.verbose);
    failed::each(ids, one, output::failure)
}

fn address(campaign: CampaignId, options: &GriddelArgs) -> Address {
    let route = Route::RemoveCampaign { campaign };
    let flags = [
        (options.pause, Param::Hold),
        (options.resume, Param::Resume),
        (options.purge, Param::Purge),
    ];
    let flag = flags.into_iter().find(|(given, _)| *given);
    flag.map_or(route.into(), |(_, flag)| route.with(flag, 1))
}

fn done(client: &Client, address: Address, verbose: bool) -> Result<(), Failure> {
    match client.read::<Done>(address) {
        Ok(done) if verbose => output::line(format!("{}.", done.message.trim_end_matches('.'))),
        Ok(_) => {}
        // Nothing is wrong with the command line: what is asked for does not fit the state of the campaign.
        Err(error @ ClientError::Refused { .. }) if error.status() == Some(400) => {
            let hint = error.hint();
            return Err(Failure::new(REFUSED, error.to_string(), Some(hint)));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// The campaigns that are meant. Those that no number names are shown and have to be confirmed.
fn meant(client: &Client, selector: &Selector, options: &GriddelArgs) -> Result<Vec<u32>, Failure> {
    if let Some(ids) = selector.numbers() {
        return Ok(ids);
    }
    let list = listing::campaigns(client, selector.wants_ended(), None)?;
    let ids = selector.pick(&list)?;
    if options.yes || options.resume {
        return Ok(ids);
    }
    let act = match (options.pause, options.purge) {
        (true, _) => "pause",
        (_, true) => "purge",
        _ => "cancel",
    };
    for one in list.iter().filter(|one| ids.contains(&one.id)) {
        let (done, all) = (one.finished_jobs, one.total_jobs);
        output::note(format!(
            "{act} {}: {} of {}, {done} of {all} done",
            one.id, one.name, one.user
        ));
    }
    match output::confirmed(&format!("{act} these {} campaigns?", ids.len())) {
        Some(true) => Ok(ids),
        Some(false) => Err(Failure::new(REFUSED, "nothing was done", None)),
        None => {
            let message = format!("{} campaigns are selected, and nobody can be asked", ids.len());
            Err(Failure::new(
                REFUSED,
                message,
                Some("add --yes if all of them are meant".to_owned()),
            ))
        }
    }
}
