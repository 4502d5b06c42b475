//! From when to when nodes could not be used, made of their changes as they come. Must not know how that looks.

use std::collections::BTreeMap;

use crate::record::{NodeRecord, NodeState};

/// Whatever is before this was so from the beginning.
const EARLIEST_MS: i64 = i64::MIN / 4;

/// Neighbouring nodes in one state for one stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeSpan {
    /// Index of their cluster.
    pub(crate) cluster: u16,
    /// How they were: never up.
    pub(crate) state: NodeState,
    /// From when.
    pub(crate) from_ms: i64,
    /// Until when.
    pub(crate) to_ms: i64,
    /// The first of them.
    pub(crate) first: u32,
    /// The last of them.
    pub(crate) last: u32,
}

impl NodeSpan {
    /// Takes in the next node if it was the same for the same time.
    fn joins(&mut self, next: &NodeSpan) -> bool {
        let joined = NodeSpan { last: next.last, ..*self };
        let fits = self.last + 1 == next.first && NodeSpan { first: self.first, ..*next } == joined;
        if fits {
            self.last = next.last;
        }
        fits
    }
}

/// Nodes that are not up, and since when. Its memory grows with the nodes and not with their changes.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    open: BTreeMap<(u16, u32), (NodeState, i64)>,
    /// Spans from the beginning, whose time is only known at the end.
    early: Vec<NodeSpan>,
    /// The last span, to which its neighbours may still come.
    last: Option<NodeSpan>,
}

impl Nodes {
    /// Takes a change, and tells a span that has come to its end.
    pub(crate) fn change(&mut self, record: &NodeRecord) -> Option<NodeSpan> {
        let NodeRecord { time_ms, cluster, node, state } = *record;
        let before = self.open.get(&(cluster, node)).copied();
        if before.is_some_and(|(before, _)| before == state) {
            return None;
        }
        match state {
            NodeState::Up => self.open.remove(&(cluster, node)),
            _ => self.open.insert((cluster, node), (state, time_ms)),
        };
        let (state, from_ms) = before?;
        if from_ms == time_ms {
            return None;
        }
        let span = NodeSpan { cluster, state, from_ms, to_ms: time_ms, first: node, last: node };
        if from_ms < EARLIEST_MS {
            self.early.push(span);
            return None;
        }
        if self.last.as_mut().is_some_and(|last| last.joins(&span)) {
            return None;
        }
        self.last.replace(span)
    }

    /// Ends everything at `to_ms` and returns what has not been told; nothing begins before `from_ms`.
    pub(crate) fn finish(&mut self, from_ms: i64, to_ms: i64) -> Vec<NodeSpan> {
        let open = std::mem::take(&mut self.open).into_iter();
        let mut rest = std::mem::take(&mut self.early);
        rest.extend(open.map(|((cluster, node), (state, since_ms))| NodeSpan {
            cluster,
            state,
            from_ms: since_ms,
            to_ms,
            first: node,
            last: node,
        }));
        rest.iter_mut().for_each(|span| span.from_ms = span.from_ms.max(from_ms));
        rest.retain(|span| span.from_ms < span.to_ms);
        rest.sort_unstable_by_key(|s| (s.cluster, s.state, s.from_ms, s.to_ms, s.first));
        rest.extend(self.last.take());
        rest.dedup_by(|next, span| span.joins(next));
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(nodes: &mut Nodes, time_ms: i64, node: u32, state: NodeState) -> Option<NodeSpan> {
        nodes.change(&NodeRecord { time_ms, cluster: 0, node, state })
    }

    fn span(state: NodeState, time_ms: [i64; 2], first: u32, last: u32) -> NodeSpan {
        let [from_ms, to_ms] = time_ms;
        NodeSpan { cluster: 0, state, from_ms, to_ms, first, last }
    }

    #[test]
    fn neighbours_that_change_together_are_one() {
        let mut nodes = Nodes::default();
        for node in 0..4 {
            change(&mut nodes, 10, node, NodeState::Halted);
        }
        let told: Vec<_> =
            (0..3).filter_map(|node| change(&mut nodes, 20, node, NodeState::Up)).collect();
        assert_eq!(told, [], "the next node may belong to it");
        let told = change(&mut nodes, 25, 3, NodeState::Broken);
        assert_eq!(told, Some(span(NodeState::Halted, [10, 20], 0, 2)));
        let rest =
            [span(NodeState::Broken, [25, 40], 3, 3), span(NodeState::Halted, [10, 25], 3, 3)];
        assert_eq!(nodes.finish(0, 40), rest);
    }

    #[test]
    fn what_was_so_from_the_beginning_begins_with_the_chart() {
        let mut nodes = Nodes::default();
        for node in 2..5 {
            change(&mut nodes, i64::MIN, node, NodeState::Absent);
        }
        assert_eq!(change(&mut nodes, 30, 2, NodeState::Up), None);
        let rest = [span(NodeState::Absent, [5, 30], 2, 2), span(NodeState::Absent, [5, 90], 3, 4)];
        assert_eq!(nodes.finish(5, 90), rest);
    }

    #[test]
    fn a_state_said_again_or_left_at_once_is_nothing() {
        let mut nodes = Nodes::default();
        change(&mut nodes, 1, 0, NodeState::Halted);
        assert_eq!(change(&mut nodes, 5, 0, NodeState::Halted), None);
        assert_eq!(change(&mut nodes, 7, 0, NodeState::Broken), None);
        assert_eq!(
            change(&mut nodes, 7, 0, NodeState::Up),
            None,
            "broken for no time; what it was before is kept back for its neighbours"
        );
        assert_eq!(nodes.finish(0, 9), [span(NodeState::Halted, [1, 7], 0, 0)]);
    }
}
