//! Which row a resource id stands in. Ids mostly have no gaps, so that a lookup is one look.

use crate::oar::model::ids::ResourceId;

/// Rows by id.
#[derive(Debug, Clone, Default)]
pub struct RowIndex(Vec<(ResourceId, u32)>);

impl RowIndex {
    /// Indexes rows by their ids, in order of rows.
    ///
    /// # Errors
    /// An id that is 0 or comes twice.
    pub fn new(ids: impl Iterator<Item = ResourceId>) -> Result<Self, ResourceId> {
        let mut rows: Vec<(ResourceId, u32)> = ids.zip(0..).collect();
        rows.sort_unstable();
        let twice = rows.windows(2).find(|two| two[0].0 == two[1].0).map(|two| two[0].0);
        match twice.or(rows.first().map(|row| row.0).filter(|id| id.0 == 0)) {
            Some(bad) => Err(bad),
            None => Ok(Self(rows)),
        }
    }

    /// The row of an id.
    #[must_use]
    pub fn get(&self, id: ResourceId) -> Option<u32> {
        let first = self.0.first()?.0;
        let guess = id.0.checked_sub(first.0).and_then(|at| self.0.get(at as usize));
        if let Some((_, row)) = guess.filter(|(known, _)| *known == id) {
            return Some(*row);
        }
        let at = self.0.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(self.0[at].1)
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_with_gaps_are_found() {
        let index = RowIndex::new([7, 3, 4, 90].map(ResourceId).into_iter()).unwrap();
        let rows: Vec<_> = [3, 4, 5, 7, 90, 91].map(|id| index.get(ResourceId(id))).into();
        assert_eq!(rows, [Some(1), Some(2), None, Some(0), Some(3), None]);
        assert_eq!(RowIndex::new([2, 2].map(ResourceId).into_iter()).unwrap_err(), ResourceId(2));
    }
}
