//! Plots with a panel for each cluster: which clusters have one. Must not know what is plotted within.

use crate::record::RunInfo;

/// Panels of a plot at most; of more clusters, the largest are shown.
const SHOWN_MAX: usize = 12;

/// A cluster with a panel of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Index in the run's clusters.
    pub(crate) cluster: u16,
    /// Its name.
    pub(crate) name: String,
    /// Its cores.
    pub(crate) cores: u32,
}

/// Returns the clusters that have a panel, in the order of the run.
pub(crate) fn shown(info: &RunInfo) -> Vec<Shown> {
    let mut all: Vec<Shown> = (0..)
        .zip(&info.clusters)
        .map(|(cluster, about)| Shown { cluster, name: about.name.clone(), cores: about.cores })
        .collect();
    all.sort_by_key(|shown| std::cmp::Reverse(shown.cores));
    all.truncate(SHOWN_MAX);
    all.sort_by_key(|shown| shown.cluster);
    all
}

/// Returns for each cluster of the run the number of its panel, if it has one.
pub(crate) fn panel_numbers(info: &RunInfo) -> Vec<Option<usize>> {
    let shown = shown(info);
    let number = |cluster| shown.iter().position(|s| s.cluster == cluster);
    (0..).zip(&info.clusters).map(|(cluster, _)| number(cluster)).collect()
}

/// Returns what must be said where not all clusters have a panel.
pub(crate) fn left_out(info: &RunInfo) -> Option<String> {
    let clusters = info.clusters.len();
    (clusters > SHOWN_MAX)
        .then(|| format!("Shown are the {SHOWN_MAX} largest of {clusters} clusters."))
}

/// Returns the same for a plot whose panels share a scale, and that they do.
pub(crate) fn one_scale(info: &RunInfo) -> Option<String> {
    let several = (info.clusters.len() > 1).then(|| "All clusters have one scale.".to_owned());
    let parts: Vec<String> = several.into_iter().chain(left_out(info)).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ClusterInfo;

    #[test]
    fn of_many_clusters_the_largest_are_shown() {
        let cluster = |index: u32| ClusterInfo {
            name: format!("c{index}"),
            cores: 1 + index % 20,
            nodes: 1,
            cores_per_node: 1,
            scheduler: "easy".into(),
            resizes: false,
        };
        let info = RunInfo { clusters: (0..20).map(cluster).collect(), ..RunInfo::default() };
        let indexes: Vec<u16> = shown(&info).iter().map(|shown| shown.cluster).collect();
        assert_eq!(indexes, (8..20).collect::<Vec<u16>>());
        assert_eq!([panel_numbers(&info)[7], panel_numbers(&info)[9]], [None, Some(1)]);
        assert_eq!(left_out(&info).unwrap(), "Shown are the 12 largest of 20 clusters.");
        let one = RunInfo { clusters: vec![cluster(0)], ..RunInfo::default() };
        assert_eq!([left_out(&one), one_scale(&one)], [None, None]);
    }
}
