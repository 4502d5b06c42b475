//! Which entries of a configuration are which known clusters: by name, and where a name is new, by server. Jobs
//! are followed by their cluster's number, so that no number may come to stand for another server while any of
//! them lives. Writes nothing.

use std::collections::BTreeMap;

use gleaner_core::config::{ClusterSpec, SchedulerConfig};
use gleaner_core::ids::ClusterId;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::scheduler::reconfigure::Rename;

use crate::store::entries::Servers;

/// Settings that the core is to take, and where the clusters of them are.
#[derive(Clone, Debug)]
pub struct GridSettings {
    /// The settings.
    pub config: SchedulerConfig,
    /// The servers of the configuration's clusters. One that is not named cannot be known again under
    /// another name.
    pub servers: Servers,
}

impl From<SchedulerConfig> for GridSettings {
    fn from(config: SchedulerConfig) -> GridSettings {
        GridSettings { config, servers: Servers::new() }
    }
}

/// Why entries cannot be told to be the clusters that they were.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntriesError {
    /// An entry has the server of another, of which jobs live.
    #[error(
        "cluster `{name}` has the server that was that of `{other}`, of which {alive} jobs or submissions live"
    )]
    Taken {
        /// The entry.
        name: Box<str>,
        /// Whose server it was.
        other: Box<str>,
        /// What lives there.
        alive: usize,
    },
}

impl EntriesError {
    /// Returns a hint: what the operator can do about it.
    pub fn hint(&self) -> String {
        match self {
            EntriesError::Taken { other, .. } => format!(
                "to rename a cluster, change its name and nothing else, one cluster at a time; to give its server to \
                 another entry, first let the jobs of `{other}` end (`enabled = false`)"
            ),
        }
    }
}

/// Returns what is or may be alive on a cluster.
pub(super) fn alive(scheduler: &Scheduler, cluster: ClusterId) -> usize {
    let jobs = scheduler.jobs().filter(|job| job.cluster == cluster).count();
    jobs + scheduler.orphans_on(cluster).count()
}

/// Returns which known clusters have got other names: those that are named no more, whose server is that of
/// an entry with a new name. `servers` are the last ones, by number.
pub(super) fn renames(
    known: &[ClusterSpec],
    servers: &BTreeMap<ClusterId, String>,
    wanted: &GridSettings,
    alive: impl Fn(ClusterId) -> usize,
) -> Result<Vec<Rename>, EntriesError> {
    let named = |name: &str| wanted.config.clusters.iter().any(|spec| &*spec.name == name);
    let ids = || ClusterId::with_each(known);
    let mut renames = Vec::new();
    for (name, server) in &wanted.servers {
        let by_name = ids().find(|(_, spec)| spec.name == *name).map(|(id, _)| id);
        let Some((&by_server, _)) = servers.iter().find(|(_, known)| *known == server) else {
            continue;
        };
        let Some(other) = known.get(by_server.index()) else { continue };
        match by_name {
            Some(id) if id == by_server => {}
            None if !named(&other.name) => {
                renames.push(Rename { cluster: by_server, name: name.clone() });
            }
            // The entry is another cluster, which moves to that server, or is new there.
            Some(_) | None => {
                let alive = alive(by_server);
                if alive > 0 {
                    let (name, other) = (name.clone(), other.name.clone());
                    return Err(EntriesError::Taken { name, other, alive });
                }
            }
        }
    }
    Ok(renames)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gleaner_core::config::CoreUnits;
    use gleaner_core::config::{ClusterSpec, SchedulerConfig};
    use gleaner_core::ids::ClusterId;
    use gleaner_core::policy::spec::PolicySpec;

    use super::{GridSettings, renames};

    fn specs(names: &[&str]) -> Vec<ClusterSpec> {
        let spec =
            |name: &&str| ClusterSpec::new(*name, CoreUnits::flat(1), PolicySpec::named("tap"));
        names.iter().map(spec).collect()
    }

    /// Returns what becomes of clusters 0, 1, ... with servers s0, s1, ... by this configuration: the
    /// renamed, or the refusal.
    fn told(known: &[&str], wanted: &[(&str, &str)], living: &[u16]) -> String {
        let servers: BTreeMap<ClusterId, String> =
            (0..known.len() as u16).map(|id| (ClusterId(id), format!("s{id}"))).collect();
        let names: Vec<&str> = wanted.iter().map(|(name, _)| *name).collect();
        let wanted = GridSettings {
            config: SchedulerConfig::new(specs(&names)),
            servers: wanted
                .iter()
                .map(|(name, server)| ((*name).into(), (*server).into()))
                .collect(),
        };
        let alive = |id: ClusterId| usize::from(living.contains(&id.0));
        match renames(&specs(known), &servers, &wanted, alive) {
            Ok(renames) => {
                let told =
                    renames.iter().map(|rename| format!("{}={}", rename.cluster, rename.name));
                told.collect::<Vec<_>>().join(" ")
            }
            Err(error) => format!("{error}; {}", error.hint()),
        }
    }

    #[test]
    fn a_cluster_is_known_again_by_its_server() {
        let ab = ["a", "b"];
        assert_eq!(told(&ab, &[("a", "s0"), ("b", "s1")], &[0, 1]), "");
        assert_eq!(told(&ab, &[("c", "s0"), ("b", "s1")], &[0, 1]), "0=c");
        assert_eq!(told(&ab, &[("d", "s1"), ("c", "s0")], &[0, 1]), "0=c 1=d");
        assert_eq!(
            told(&ab, &[("b", "s1"), ("c", "s9")], &[0]),
            "",
            "another server, another cluster"
        );
        assert_eq!(told(&ab, &[("b", "s1")], &[0]), "", "gone");
        assert_eq!(told(&ab, &[("a", "s9"), ("b", "s1")], &[0, 1]), "", "an address is mended");
    }

    #[test]
    fn no_number_comes_to_stand_for_another_server_while_its_jobs_live() {
        let ab = ["a", "b"];
        let swapped = [("a", "s1"), ("b", "s0")];
        let refused = told(&ab, &swapped, &[0, 1]);
        assert!(
            refused.starts_with("cluster `a` has the server that was that of `b`"),
            "{refused}"
        );
        assert!(refused.contains("one cluster at a time"), "{refused}");
        assert_eq!(told(&ab, &swapped, &[]), "");
        let moved = [("a", "s9"), ("c", "s0")];
        assert!(told(&ab, &moved, &[0]).contains("`c` has the server that was that of `a`"));
        assert_eq!(told(&ab, &moved, &[]), "");
        assert!(
            told(&ab, &[("a", "s1")], &[1]).contains("`a` has the server that was that of `b`")
        );
    }
}
