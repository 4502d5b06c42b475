//! Circles of a graph, whatever its nodes are.

use std::collections::BTreeSet;

/// The circles among these arrows: each a set of nodes from any of which every other is reached.
pub(crate) fn circles<N: Ord + Clone>(arrows: &BTreeSet<(N, N)>) -> Vec<BTreeSet<N>> {
    let mut circles: Vec<BTreeSet<N>> = Vec::new();
    for (node, _) in arrows {
        if circles.iter().any(|circle| circle.contains(node)) {
            continue;
        }
        let reached = reached(node, arrows.iter().map(|(from, to)| (from, to)));
        let reach_it = self::reached(node, arrows.iter().map(|(from, to)| (to, from)));
        let circle: BTreeSet<N> = reached.intersection(&reach_it).map(|n| (*n).clone()).collect();
        if circle.len() > 1 {
            circles.push(circle);
        }
    }
    circles
}

/// The nodes that arrows lead to from `node`, itself included.
fn reached<'a, N: Ord>(
    node: &'a N,
    arrows: impl Iterator<Item = (&'a N, &'a N)> + Clone,
) -> BTreeSet<&'a N> {
    let mut reached = BTreeSet::from([node]);
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        for (_, to) in arrows.clone().filter(|(from, _)| *from == node) {
            if reached.insert(to) {
                open.push(to);
            }
        }
    }
    reached
}
