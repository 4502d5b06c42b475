//! Campaigns followed until they are over: quietly, with a bar on the terminal, or shown anew at each change.

use std::thread::sleep;
use std::time::Duration;

use gleaner_api::routes::Route;
use gleaner_api::shapes::campaign::{Campaign, Stats};
use gleaner_api::states::CampaignState;
use gleaner_client::client::Client;
use gleaner_client::error::ClientError;
use gleaner_core::ids::CampaignId;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::args::form::OutputForm;
use crate::args::grid::gridstat::GridstatArgs;
use crate::failure::{FAILED, Failure};
use crate::grid::dates;
use crate::grid::gridstat::list::{self, rows};
use crate::output;

/// Between two questions.
const PAUSE: Duration = Duration::from_secs(1);
/// A daemon that is away is asked again so often: it may be restarted meanwhile.
const AWAY_MAX: u32 = 120;

/// Waits until all campaigns are over. Ends well if all their tasks are done.
pub(super) fn until_over(
    options: &GridstatArgs,
    client: &Client,
    ids: &[u32],
) -> Result<(), Failure> {
    let progress = Progress::new(options.wait);
    let mut shown = Vec::new();
    let mut told = Vec::new();
    let mut away = 0;
    loop {
        let now = match read(client, ids) {
            Ok(now) => now,
            Err(error) if away < AWAY_MAX && !shown.is_empty() && passes(&error) => {
                away += 1;
                if away == 1 {
                    output::note(format!("waiting for the daemon: {error}"));
                }
                sleep(PAUSE);
                continue;
            }
            Err(error) => {
                progress.close();
                return Err(error.into());
            }
        };
        away = 0;
        if now != shown {
            if options.watch {
                list::again(options, &now, shown.len());
            }
            for one in now.iter().filter(|one| one.has_events) {
                if !told.contains(&one.id) {
                    told.push(one.id);
                    let id = one.id;
                    output::note(format!("campaign {id} has events: `gridevents {id}` shows them"));
                }
            }
            progress.show(client, &now);
            shown = now;
        }
        if shown.iter().all(over) {
            progress.close();
            return end(options, &shown);
        }
        sleep(PAUSE);
    }
}

/// Whether a failure may pass by itself.
fn passes(error: &ClientError) -> bool {
    matches!(error, ClientError::Unreachable { .. } | ClientError::Lost { .. })
        || error.status().is_some_and(|status| matches!(status, 429 | 502..=504))
}

fn read(client: &Client, ids: &[u32]) -> Result<Vec<Campaign>, ClientError> {
    ids.iter().map(|id| client.read(Route::Campaign { campaign: CampaignId(*id) })).collect()
}

fn over(campaign: &Campaign) -> bool {
    matches!(campaign.state, CampaignState::Terminated | CampaignState::Cancelled)
}

/// What it came to: all is done, or what is lacking.
fn end(options: &GridstatArgs, campaigns: &[Campaign]) -> Result<(), Failure> {
    if options.output != OutputForm::Table && !options.watch {
        output::rows(options.output, &rows(campaigns));
    }
    let lacks = |one: &Campaign| {
        let cancelled = one.state == CampaignState::Cancelled;
        let (id, done, all) = (one.id, one.finished_jobs, one.total_jobs);
        (cancelled || done < all).then(|| {
            let how = if cancelled { "was cancelled" } else { "has ended" };
            format!("campaign {id} {how} with {done} of {all} tasks done")
        })
    };
    let lacking: Vec<String> = campaigns.iter().filter_map(lacks).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let hint = Some("`gridevents` tells what went wrong".to_owned());
    Err(Failure::new(FAILED, lacking.join("; "), hint))
}

/// Tasks done, and how long the rest may take, on the terminal.
struct Progress {
    bar: ProgressBar,
}

impl Progress {
    fn new(wanted: bool) -> Progress {
        let target = match wanted && output::can_draw() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} tasks, {msg}");
        let bar = ProgressBar::with_draw_target(None, target);
        Progress { bar: bar.with_style(style.expect("the template is well-formed")) }
    }

    fn show(&self, client: &Client, campaigns: &[Campaign]) {
        if self.bar.is_hidden() {
            return;
        }
        let sum = |part: &dyn Fn(&Campaign) -> u32| {
            campaigns.iter().map(|one| u64::from(part(one))).sum()
        };
        self.bar.set_length(sum(&|one| one.total_jobs));
        self.bar.set_position(sum(&|one| one.finished_jobs));
        // The longest of them. Without figures, it is not known.
        let left = |one: &Campaign| {
            let campaign = CampaignId(one.id);
            let stats = client.read::<Stats>(Route::Stats { campaign }).ok()?;
            Some(stats.remaining_time).filter(|left| *left < list::REMAINING_MAX_S)
        };
        let left = campaigns.iter().filter(|one| !over(one)).map(left);
        let longest =
            left.collect::<Option<Vec<f64>>>().map(|all| all.into_iter().fold(0.0, f64::max));
        self.bar.set_message(longest.map_or("time left unknown".to_owned(), |left| {
            format!("about {} left", dates::span(left))
        }));
        self.bar.tick();
    }

    fn close(&self) {
        self.bar.finish_and_clear();
    }
}
