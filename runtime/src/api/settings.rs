//! The settings that requests are answered by, as one value that can be replaced at once. Knows no
//! HTTP.

use gleaner_core::config::ClusterSpec;
use gleaner_core::ids::ClusterId;
use gleaner_core::jdl::JdlContext;
use gleaner_core::jdl::resources::{Language, Languages};

use crate::config::notifications::NotificationConfig;
use crate::config::{ApiConfig, ClusterConfig};
use crate::request::Quota;
use crate::secrets::Secret;
use crate::sites::dialects::{USUAL, manager};

/// Settings of the API, and the clusters that it shows.
#[derive(Clone, Debug)]
pub struct ApiSettings {
    /// Settings of the API.
    pub api: ApiConfig,
    /// What proxies of this machine prove themselves by; none: none can.
    pub proxy_secret: Option<Secret>,
    /// The resource text of a JDL that has none; without one, the least of each cluster's resource manager.
    pub default_resources: Option<String>,
    /// The walltime of a JDL that has none.
    pub default_walltime: String,
    /// Where messages may go.
    pub notifications: NotificationConfig,
    /// How much a user may have.
    pub quota: Quota,
    /// The clusters; a [`ClusterId`] is a position in this list. None: it was there once.
    pub clusters: Vec<Option<ClusterConfig>>,
    /// The same, as the core has to know them.
    pub specs: Vec<ClusterSpec>,
}

impl ApiSettings {
    /// Returns a cluster that is there now.
    pub fn cluster(&self, id: ClusterId) -> Option<&ClusterConfig> {
        self.clusters.get(id.index())?.as_ref()
    }

    /// Returns the name of a cluster, of one that is gone too.
    pub fn name(&self, id: ClusterId) -> Option<&str> {
        self.specs.get(id.index()).map(|spec| &*spec.name)
    }

    /// Returns the clusters that are there now.
    pub fn present(&self) -> impl Iterator<Item = (ClusterId, &ClusterConfig)> {
        let all = ClusterId::with_each(&self.clusters);
        all.filter_map(|(id, cluster)| Some((id, cluster.as_ref()?)))
    }

    /// Returns what a JDL is read against.
    pub fn jdl_context(&self) -> JdlContext<'_> {
        JdlContext {
            clusters: &self.specs,
            languages: self,
            default_resources: self.default_resources.as_deref(),
            default_walltime: &self.default_walltime,
            tasks_max: self.quota.campaign_tasks,
        }
    }
}

impl Languages for ApiSettings {
    /// That of the first cluster stands for those that nobody knows.
    fn of(&self, cluster: Option<ClusterId>) -> &Language {
        let known = cluster.and_then(|id| self.cluster(id));
        let cluster = known.or_else(|| self.present().next().map(|(_, cluster)| cluster));
        cluster.map_or(USUAL, |cluster| manager(cluster.dialect)).language()
    }
}
