//! What can be said of a campaign when it arrives: texts that would do harm on a cluster are refused, and what
//! looks as if it could not run, as far as the clusters' resources were last seen, is a warning. Asks no cluster.

use gleaner_core::jdl::spec::{CampaignSpec, ClusterSettings};
use gleaner_oar::inventory::{Fit, Inventory};
use gleaner_oar::texts::{JobTexts, Wanted};

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
        let wanted = texts(settings).check().map_err(|(key, error)| {
            let message = format!("Error submitting campaign: `clusters.{name}.{key}`: {error}");
            Failed::bad(message, Some(error.hint()))
        })?;
        if let Some(inventory) = seen.inventory(settings.cluster) {
            doubts(&wanted, settings, &inventory, name, &mut warnings);
        }
    }
    Ok(warnings)
}

fn texts(settings: &ClusterSettings) -> JobTexts<'_> {
    JobTexts {
        command: &settings.exec_file,
        directory: &settings.exec_directory,
        resources: &settings.resources,
        properties: &settings.properties,
        project: &settings.project,
        types: &settings.cluster_job_type,
        scripts: [&settings.prologue, &settings.epilogue]
            .map(|script| script.as_ref().map_or("", |script| &*script.text)),
    }
}

/// What the resources say against a campaign.
fn doubts(
    wanted: &Wanted,
    settings: &ClusterSettings,
    inventory: &Inventory,
    cluster: &str,
    warnings: &mut Vec<String>,
) {
    let mut warn = |key: &str, what: String| {
        warnings.push(format!("`clusters.{cluster}.{key}`: {what}"));
    };
    let filter = wanted.filter.as_ref();
    if let Some(Err(error)) = filter.map(|filter| inventory.knows(filter)) {
        return warn("properties", format!("{error}, as the cluster's resources were last seen"));
    }
    if let Some(level) = inventory.unknown_level(&wanted.request) {
        let what = format!("no resource has a `{level}`, as they were last seen");
        return warn("resources", what);
    }
    match inventory.judge(&wanted.request, Some(&settings.properties)) {
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
