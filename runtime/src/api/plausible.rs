//! What can be said of a campaign when it arrives: texts that would do harm on a cluster are refused, and what
//! looks as if it could not run, as far as the clusters' resources were last seen, is a warning. Asks no cluster.

use gleaner_core::jdl::spec::{CampaignSpec, ClusterSettings};
use gleaner_oar::inventory::{Fit, Inventory};
use gleaner_oar::texts;

use crate::api::failed::Failed;
use crate::api::roster::Roster;
use crate::seen::Seen;

/// Checks a campaign; answers what its user should know.
///
/// # Errors
/// The first text that is wrong for certain, by the key that it came by.
pub(super) fn check(
    spec: &CampaignSpec,
    roster: &Roster,
    seen: &Seen,
) -> Result<Vec<String>, Failed> {
    let mut warnings = Vec::new();
    for settings in &spec.clusters {
        let name = roster.name(settings.cluster).unwrap_or_default();
        texts::check(settings.texts()).map_err(|(key, error)| {
            let message = format!("Error submitting campaign: `clusters.{name}.{key}`: {error}");
            Failed::bad(message, Some(error.hint()))
        })?;
        if let Some(inventory) = seen.inventory(settings.cluster) {
            doubts(settings, &inventory, name, &mut warnings);
        }
    }
    Ok(warnings)
}

/// What the resources say against a campaign.
fn doubts(
    settings: &ClusterSettings,
    inventory: &Inventory,
    cluster: &str,
    warnings: &mut Vec<String>,
) {
    let mut warn = |key: &str, what: String| {
        warnings.push(format!("`clusters.{cluster}.{key}`: {what}"));
    };
    let filter = texts::filter(&settings.properties).ok().flatten();
    if let Some(Err(error)) = filter.map(|filter| inventory.knows(&filter)) {
        return warn("properties", format!("{error}, as the cluster's resources were last seen"));
    }
    let Ok(request) = texts::request(&settings.resources) else { return };
    if let Some(level) = inventory.unknown_level(&request) {
        let what = format!("no resource has a `{level}`, as they were last seen");
        return warn("resources", what);
    }
    match inventory.judge(&request, Some(&settings.properties)) {
        Ok(Fit::Now) => {}
        Ok(Fit::Later(misfit)) => {
            warn(
                "resources",
                format!("for the moment, as last seen: {misfit}; the campaign waits there"),
            );
        }
        Ok(Fit::Never(misfit)) => {
            warn("resources", format!("as last seen: {misfit}; the cluster will refuse it"));
        }
        Err(error) => warn("resources", error.to_string()),
    }
}
