//! Sizes of a cluster over time: `nodes_at_start` and the tables `[[cluster.resize]]`. Must not know
//! what becomes of jobs.

use gleaner_sim::sizes::{Leave, SizeChange, Sizes};
use toml::Spanned;

use crate::duration::instant;
use crate::error::{Invalid, Problem};
use crate::format::ResizeTable;
use crate::names::Named;
use crate::read::Reader;
use crate::scenario::ClusterSize;

impl Reader<'_> {
    /// The sizes of a cluster that has at most `size`, as far as that is known.
    pub(super) fn sizes(
        &self,
        cluster: &str,
        size: Option<ClusterSize>,
        at_start: Option<&Spanned<u32>>,
        resizes: &[ResizeTable],
    ) -> Result<Sizes, Invalid> {
        let at_start = at_start.map(|nodes| self.declared(cluster, size, nodes)).transpose()?;
        let mut changes: Vec<SizeChange> = Vec::new();
        for ResizeTable { at, nodes, leave } in resizes {
            let nodes = self.declared(cluster, size, nodes)?;
            let time = instant(*at.get_ref());
            if changes.last().is_some_and(|last| last.time >= time) {
                return Err(self.at(at).invalid(Problem::ResizeOrder));
            }
            let leave = leave.map_or(Leave::Drain, |Named(leave)| leave);
            changes.push(SizeChange { time, nodes, leave });
        }
        Ok(Sizes { at_start, changes })
    }

    /// A number of nodes that the cluster may have.
    fn declared(
        &self,
        cluster: &str,
        size: Option<ClusterSize>,
        nodes: &Spanned<u32>,
    ) -> Result<u32, Invalid> {
        let (location, nodes, cluster) = (self.at(nodes), *nodes.get_ref(), cluster.to_owned());
        match size {
            None => Err(location.invalid(Problem::UnknownSize(cluster))),
            Some(ClusterSize { nodes: most, .. }) if nodes > most => {
                Err(location.invalid(Problem::TooManyNodes { cluster, nodes, most }))
            }
            Some(_) => Ok(nodes),
        }
    }
}
