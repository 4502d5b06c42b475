//! One campaign: its state, its figures, its clusters, and on demand its tasks.

use gleaner_api::routes::Route;
use gleaner_api::shapes::campaign::{Campaign, Stats};
use gleaner_client::client::Client;
use gleaner_core::ids::CampaignId;
use serde_json::{Value, json};

use crate::args::form::OutputForm;
use crate::args::grid::gridstat::GridstatArgs;
use crate::failure::Failure;
use crate::grid::dates;
use crate::grid::gridstat::list::{REMAINING_MAX_S, colour, progress, rows};
use crate::grid::gridstat::{dump, tasks};
use crate::output;

/// Jobs an hour below which a throughput says nothing.
const JOBS_PER_HOUR_MIN: f64 = 0.01;
const SECONDS_PER_HOUR: f64 = 3600.0;

/// Shows a campaign.
pub(super) fn show(options: &GridstatArgs, client: &Client, id: CampaignId) -> Result<(), Failure> {
    if options.dump {
        return dump::show(client, Route::Campaign { campaign: id }, options.pretty);
    }
    if options.full && options.output != OutputForm::Table {
        return tasks::show(client, id, options.offset, options.output);
    }
    let campaign: Campaign = client.read(Route::Campaign { campaign: id })?;
    match options.output {
        OutputForm::Table => {
            let stats: Stats = client.read(Route::Stats { campaign: id })?;
            picture(&campaign, &stats);
        }
        OutputForm::Json => {
            let stats: Value = client.read(Route::Stats { campaign: id })?;
            let mut value = json!(campaign);
            value["stats"] = stats;
            output::json(&value);
        }
        form => output::rows(form, &rows(&[campaign])),
    }
    if options.full {
        output::line(" Jobs:");
        tasks::show(client, id, options.offset, OutputForm::Table)?;
    }
    Ok(())
}

fn picture(campaign: &Campaign, stats: &Stats) {
    output::line(format!("Campaign: {}", campaign.id));
    output::line(format!("  Name: {}", campaign.name));
    output::line(format!("  User: {}", campaign.user));
    output::line(format!("  Date: {}", dates::listed(campaign.submission_time)));
    let events = if campaign.has_events { "(events)" } else { " " };
    let state = (colour(campaign), campaign.state.word());
    output::painted(&[(None, "  State: "), state, (None, &format!(" {events}"))]);
    output::line(format!("  Progress: {}", progress(campaign)));
    output::line("  Stats: ");
    for (name, text) in figures(stats) {
        output::line(format!("    {name}: {text}"));
    }
    output::line("  Clusters: ");
    for cluster in campaign.clusters.iter().flat_map(|clusters| clusters.values()) {
        output::line(format!("    {}:", cluster.cluster_name));
        output::line(format!("      active_jobs: {}", cluster.active_jobs));
        output::line(format!("      queued_jobs: {}", cluster.queued_jobs));
        output::line(format!("      prologue_ok: {}", cluster.prologue_ok));
        output::line(format!("      epilogue_ok: {}", cluster.epilogue_ok));
    }
    output::line("");
}

/// The figures as people read them: seconds, jobs an hour, hours, and rates in percent.
fn figures(stats: &Stats) -> [(&'static str, String); 6] {
    let seconds = |value: Option<f64>| value.map(short).unwrap_or_default();
    let per_hour = stats.jobs_throughput * SECONDS_PER_HOUR;
    let hours = stats.remaining_time / SECONDS_PER_HOUR;
    let known = |value: f64, good: bool| if good { format!("{value:.1}") } else { "~".to_owned() };
    let percent = |rate: f64| format!("{:.1} %", rate * 100.0);
    [
        ("average_jobs_duration", seconds(stats.average_jobs_duration)),
        ("stddev_jobs_duration", seconds(stats.stddev_jobs_duration)),
        ("jobs_throughput", format!("{} jobs/h", known(per_hour, per_hour >= JOBS_PER_HOUR_MIN))),
        (
            "remaining_time",
            format!("{} hours", known(hours, stats.remaining_time <= REMAINING_MAX_S)),
        ),
        ("failures_rate", percent(stats.failures_rate)),
        ("resubmit_rate", percent(stats.resubmit_rate)),
    ]
}

/// A number with at most four decimals.
fn short(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
