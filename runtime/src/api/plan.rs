//! What a submission would become, for whoever asks before submitting. Keeps and sends nothing.

use gleaner_api::numbers::ClusterNumber;
use gleaner_api::shapes::plan::{Plan, PlannedCluster};
use gleaner_core::jdl::spec::{CampaignSpec, ClusterSettings, JobKind};

use crate::api::settings::ApiSettings;

/// Parameters that are shown from the begin.
const FIRST: u32 = 3;

/// Shows what a campaign of this user would be.
pub(super) fn plan(
    spec: &CampaignSpec,
    user: &str,
    warnings: Vec<String>,
    api_settings: &ApiSettings,
) -> Plan {
    let parameters = &spec.parameters;
    let text = |index: u32| parameters.text(index).map(|text| text.into_owned());
    let last = parameters.len().checked_sub(1).filter(|last| *last >= FIRST);
    let clusters = spec.clusters.iter();
    Plan {
        name: spec.name.to_string(),
        user: user.to_owned(),
        total_jobs: parameters.len(),
        first: (0..FIRST).filter_map(text).collect(),
        last: last.and_then(text),
        clusters: clusters
            .map(|settings| on_cluster(settings, text(0).unwrap_or_default(), api_settings))
            .collect(),
        warnings,
    }
}

fn on_cluster(
    settings: &ClusterSettings,
    first: String,
    api_settings: &ApiSettings,
) -> PlannedCluster {
    let script = |script: &gleaner_core::jdl::spec::Script| script.text.to_string();
    PlannedCluster {
        cluster_id: ClusterNumber::from(settings.cluster).0,
        cluster_name: api_settings.name(settings.cluster).unwrap_or_default().to_owned(),
        enabled: api_settings.cluster(settings.cluster).is_some_and(|cluster| cluster.enabled),
        command: format!("{} {first}", settings.exec_file).trim_end().to_owned(),
        directory: settings.exec_directory.to_string(),
        resources: settings.resources.to_string(),
        cores: settings.cores,
        walltime_s: settings.walltime.seconds(),
        r#type: match settings.kind {
            JobKind::BestEffort => "best-effort".to_owned(),
            JobKind::Normal => "normal".to_owned(),
        },
        test_mode: settings.test_mode,
        max_jobs: settings.max_jobs,
        properties: settings.properties.to_string(),
        project: settings.project.to_string(),
        prologue: settings.prologue.as_ref().map(script),
        epilogue: settings.epilogue.as_ref().map(script),
    }
}
