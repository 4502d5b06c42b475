//! What the user should know before a run: silence about dropped rows would be a repair.

use gleaner_scenarios::build::BuiltCluster;
use gleaner_scenarios::build::grid::BuiltGrid;
use gleaner_scenarios::scenario::Scenario;

use crate::output;

/// Most warnings shown; the rest is counted.
const WARNINGS_MAX: usize = 10;

/// Says what reading the traces dropped or skipped.
pub(crate) fn about_traces(scenario: &Scenario, built: &[BuiltCluster]) {
    for (plan, built) in scenario.clusters.iter().zip(built) {
        crate::trace::tell_reading(&format!("{}: ", plan.name), &built.workload.dropped);
    }
}

/// Says what the campaigns' job descriptions ask for in vain.
pub(crate) fn about_campaigns(grid: Option<&BuiltGrid>) {
    let campaigns = grid.iter().flat_map(|grid| &grid.campaigns);
    let warnings = campaigns
        .flat_map(|campaign| campaign.warnings.iter().map(move |warning| (campaign, warning)));
    let mut count = 0;
    for (campaign, warning) in warnings {
        count += 1;
        if count <= WARNINGS_MAX {
            output::note(format!("note: campaign {}: {warning}", campaign.name));
        }
    }
    if count > WARNINGS_MAX {
        output::note(format!("note: and {} more warnings", count - WARNINGS_MAX));
    }
}
