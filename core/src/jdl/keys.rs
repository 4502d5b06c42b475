//! The keys of a JDL, and which of them were probably misspelt: CiGri takes any key, and says nothing of
//! one that means nothing.

use serde_json::{Map, Value};

use crate::jdl::error::JdlWarning;
use crate::jdl::text;
use crate::suggest::Suggestion;

/// Keys that are texts, each with the default that CiGri fills in; none where there is no default.
pub(super) const TEXT_KEYS: [(&str, Option<&str>); 17] = [
    ("exec_file", None),
    ("exec_directory", Some("$HOME")),
    ("resources", None),
    ("walltime", None),
    ("type", Some("best-effort")),
    ("test_mode", Some("false")),
    ("max_jobs", None),
    ("properties", Some("")),
    ("project", Some("")),
    ("cluster_job_type", Some("")),
    ("prologue_walltime", None),
    ("epilogue_walltime", None),
    ("temporal_grouping", Some("false")),
    ("dimensional_grouping", Some("false")),
    ("output_gathering_method", Some("None")),
    ("checkpointing_type", Some("None")),
    ("output_file", None),
];

/// Keys that are lists of lines.
pub(super) const SCRIPTS: [&str; 2] = ["prologue", "epilogue"];

/// Keys of the whole campaign, beside which those of clusters may stand.
const CAMPAIGN: [&str; 6] = ["name", "clusters", "params", "nb_jobs", "param_file", "jobs_type"];

/// Keys of CiGri that nothing here uses, beyond those of [`TEXT_KEYS`].
const NOT_USED: [&str; 2] = ["output_destination", "heaviness"];

/// The most unknown keys that are noted one by one.
const NOTED_MAX: usize = 20;

/// Notes keys that mean nothing: those beside `clusters`, then those of each cluster. Keys of clusters
/// keep their case.
pub(super) fn note_unknown(keys: &Map<String, Value>, warnings: &mut Vec<JdlWarning>) {
    for key in keys.keys().filter(|key| !CAMPAIGN.contains(&key.as_str())) {
        note(key, key, || CAMPAIGN.into_iter().chain(of_clusters()), warnings);
    }
    let clusters = keys.get("clusters").and_then(Value::as_object);
    for (cluster, own) in clusters.into_iter().flatten() {
        for key in own.as_object().into_iter().flat_map(Map::keys) {
            let path = text::path(cluster, Some(key));
            if CAMPAIGN.contains(&key.as_str()) {
                warnings.push(JdlWarning::CampaignKey { key: path });
            } else {
                note(key, &path, of_clusters, warnings);
            }
        }
    }
}

fn note<I: Iterator<Item = &'static str>>(
    key: &str,
    path: &str,
    known: impl Fn() -> I,
    warnings: &mut Vec<JdlWarning>,
) {
    if NOT_USED.contains(&key) {
        warnings.push(JdlWarning::NoEffect { key: path.into() });
    } else if !of_clusters().any(|known| known == key) {
        let unknown = |warning: &&JdlWarning| matches!(warning, JdlWarning::UnknownKey { .. });
        if warnings.iter().filter(unknown).count() == NOTED_MAX {
            return match warnings.last_mut() {
                Some(JdlWarning::MoreUnknownKeys { count }) => *count += 1,
                _ => warnings.push(JdlWarning::MoreUnknownKeys { count: 1 }),
            };
        }
        let nearest = Suggestion::new(key, known()).nearest().map(Box::from);
        warnings.push(JdlWarning::UnknownKey { key: path.into(), nearest });
    }
}

/// Returns the keys that mean something in a cluster.
fn of_clusters() -> impl Iterator<Item = &'static str> {
    TEXT_KEYS.iter().map(|(key, _)| *key).chain(SCRIPTS)
}
