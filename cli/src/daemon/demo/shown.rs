//! What the demo prints when it is ready: where things are, and what to try. Decides nothing.

use gleaner_core::ids::CampaignId;
use gleaner_emulator::pacing::Pace;
use serde_json::json;

use crate::daemon::demo::begin::Grid;
use crate::output;

/// What to try, and what it shows.
const COMMANDS: [(&str, &str); 6] = [
    ("gridstat", "your campaigns"),
    ("gridstat 1 --watch", "this one, as it goes on"),
    ("gridclusters -i", "the clusters"),
    ("gridevents 1", "what went wrong, if anything did"),
    (
        "gridsub -j '{\"name\": \"mine\", \"nb_jobs\": 50, \"exec_file\": \"sleep 60; echo\", \"clusters\": {\"terre\": {}}}'",
        "a campaign of your own",
    ),
    ("griddel 1", "end it"),
];

/// Prints where the grid is, and what to try.
pub(super) fn tell(grid: &Grid, campaign: CampaignId, speed: Pace, in_json: bool) {
    let api = format!("unix:{}", grid.socket().display());
    if in_json {
        output::json_line(&json!({
            "api": api,
            "campaign": campaign.0,
            "clusters": grid.clusters,
            "clock": grid.clock(),
            "log": grid.log(),
            "user": grid.login,
        }));
        return;
    }
    let pace = match speed {
        Pace::Speed(factor) => format!("{factor} seconds of theirs pass in each of yours"),
        Pace::Hand => "time stands still until it is turned".to_owned(),
    };
    let names: Vec<&str> = grid.clusters.iter().map(|cluster| &*cluster.cluster).collect();
    output::line(format!(
        "Two emulated clusters, {}, with owners' jobs; {pace}.\nThe daemon feeds campaign {} to them, for user {}. In another \
         terminal:\n",
        names.join(" and "),
        campaign.0,
        grid.login,
    ));
    output::line(format!("  export GLEANER_API={api}"));
    for (command, shows) in COMMANDS {
        output::line(format!("  gleaner {command}    # {shows}"));
    }
    output::line(format!(
        "\n  curl --unix-socket {} http://localhost/campaigns/1?pretty\n",
        grid.socket().display()
    ));
    for cluster in &grid.clusters {
        output::line(format!("{}: {} ({})", cluster.cluster, cluster.api_url, cluster.dialect));
    }
    output::line(format!("log: {}\nCtrl-C stops it all.", grid.log().display()));
}
