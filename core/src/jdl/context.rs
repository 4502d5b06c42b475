//! What a JDL is read against. Knows nothing of a JDL itself.

use crate::config::ClusterSpec;
use crate::ids::ClusterId;
use crate::jdl::resources::Languages;

/// What a JDL is read against.
#[derive(Clone, Copy, Debug)]
pub struct JdlContext<'a> {
    /// The clusters of the grid, in the order of their ids.
    pub clusters: &'a [ClusterSpec],
    /// The languages of their resource managers.
    pub languages: &'a dyn Languages,
    /// The resource text of a JDL that has none; without one, the least that each cluster's language has.
    pub default_resources: Option<&'a str>,
    /// The walltime of a JDL that has none.
    pub default_walltime: &'a str,
    /// The most tasks of a campaign: ten million.
    pub tasks_max: u32,
}

/// The most tasks of a campaign where nobody says otherwise. A task that was tried costs some twenty bytes of memory
/// until its campaign is over.
pub const CAMPAIGN_TASKS_MAX: u32 = 10_000_000;

impl<'a> JdlContext<'a> {
    /// Makes a context with CiGri's shipped defaults: the least of resources, one hour.
    pub fn new(clusters: &'a [ClusterSpec], languages: &'a dyn Languages) -> JdlContext<'a> {
        JdlContext {
            clusters,
            languages,
            default_resources: None,
            default_walltime: "01:00:00",
            tasks_max: CAMPAIGN_TASKS_MAX,
        }
    }
    /// Returns the names that a JDL may use.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.clusters.iter().filter(|spec| !spec.retired).map(|spec| &*spec.name)
    }

    /// Returns the cluster of a name that a JDL may use.
    pub(super) fn cluster(&self, name: &str) -> Option<(ClusterId, &'a ClusterSpec)> {
        let mut clusters = (0..=u16::MAX).map(ClusterId).zip(self.clusters);
        clusters.find(|(_, spec)| &*spec.name == name && !spec.retired)
    }
}
