//! All resources of a server, in order of creation. Copies of a server share them piece by piece until one
//! changes something: a cluster has many, and servers are copied for each run.

use crate::oar::model::resource::Resource;
use std::ops::Index;
use std::sync::Arc;

/// Resources that are shared or copied together.
const PIECE: usize = 256;

/// Resources by row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resources {
    /// All of them are full but the last.
    pieces: Vec<Arc<Vec<Resource>>>,
}

impl Resources {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        let last = self.pieces.last().map_or(0, |piece| piece.len());
        self.pieces.len().saturating_sub(1) * PIECE + last
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// A resource by row.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&Resource> {
        self.pieces.get(row / PIECE)?.get(row % PIECE)
    }

    /// A resource by row, to be changed.
    pub fn get_mut(&mut self, row: usize) -> Option<&mut Resource> {
        Arc::make_mut(self.pieces.get_mut(row / PIECE)?).get_mut(row % PIECE)
    }

    /// All of them, by row.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Resource> + Clone + '_ {
        self.pieces.iter().flat_map(|piece| piece.iter())
    }

    /// All of them, by row, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Resource> + '_ {
        self.pieces.iter_mut().flat_map(|piece| Arc::make_mut(piece).iter_mut())
    }
}

impl Index<usize> for Resources {
    type Output = Resource;

    fn index(&self, row: usize) -> &Resource {
        &self.pieces[row / PIECE][row % PIECE]
    }
}

impl FromIterator<Resource> for Resources {
    fn from_iter<I: IntoIterator<Item = Resource>>(resources: I) -> Self {
        let mut resources = resources.into_iter();
        let piece = || {
            let piece: Vec<Resource> = resources.by_ref().take(PIECE).collect();
            (!piece.is_empty()).then(|| Arc::new(piece))
        };
        Self { pieces: std::iter::from_fn(piece).collect() }
    }
}

impl From<Vec<Resource>> for Resources {
    fn from(resources: Vec<Resource>) -> Self {
        resources.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oar::model::ids::ResourceId;

    #[test]
    fn copies_differ_only_in_what_was_changed() {
        for count in [0, 1, 255, 256, 257, 600] {
            let rows = (1..=count).map(|id| Resource::new(ResourceId(id), "n"));
            let first: Resources = rows.clone().collect();
            assert_eq!(first.len(), count as usize);
            assert!(first.iter().eq(rows.collect::<Vec<_>>().iter()));
            let mut second = first.clone();
            let last = first.len().wrapping_sub(1);
            assert_eq!(second.get_mut(last).is_some(), count > 0);
            let Some(changed) = second.get_mut(last) else { continue };
            changed.scheduler_priority = 7;
            assert_eq!(second[last].scheduler_priority, 7);
            assert_eq!(first[last].scheduler_priority, 0);
            let pieces = first.pieces.iter().zip(&second.pieces);
            let shared = pieces.filter(|(first, second)| Arc::ptr_eq(first, second));
            assert_eq!(shared.count(), first.pieces.len() - 1);
        }
    }
}
