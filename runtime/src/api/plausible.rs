//! What can be said of a campaign when it arrives: texts that would do harm on a cluster are refused, and what
//! looks as if it could not run, as far as the clusters' resources were last seen, is a warning. Asks no cluster.

use gleaner_core::jdl::spec::CampaignSpec;

use crate::api::failed::Failed;
use crate::api::settings::ApiSettings;
use crate::known_resources::KnownResources;
use crate::sites::dialects::manager;

/// Checks a campaign. Returns what its user should know.
///
/// # Errors
/// The first text that is wrong for certain, by the key that it came by.
pub(super) fn check(
    spec: &CampaignSpec,
    api_settings: &ApiSettings,
    known_resources: &KnownResources,
) -> Result<Vec<String>, Failed> {
    let mut warnings = Vec::new();
    for settings in &spec.clusters {
        let Some(cluster) = api_settings.cluster(settings.cluster) else { continue };
        let name = &cluster.name;
        manager(cluster.dialect).check_texts(settings).map_err(|(key, bad)| {
            let message = format!("Error submitting campaign: `clusters.{name}.{key}`: {bad}");
            Failed::bad(message, bad.hint)
        })?;
        let objection =
            known_resources.resources(settings.cluster).and_then(|seen| seen.objection(settings));
        warnings.extend(
            objection.map(|objection| {
                format!("`clusters.{name}.{}`: {}", objection.key, objection.what)
            }),
        );
    }
    Ok(warnings)
}
