//! How often tasks went wrong on which clusters: CiGri's affinity, with the sign turned. Must not know where
//! the tasks are.

use std::num::NonZeroU32;

use smallvec::SmallVec;

/// Position of a cluster among those of a campaign.
pub(crate) type ClusterPosition = u16;

/// The penalties of one task: on which cluster how many.
pub(super) type OfTask = SmallVec<[(ClusterPosition, u16); 4]>;

/// Where the penalties of a task are; none as long as it has none.
pub(super) type Place = Option<NonZeroU32>;

/// The penalties of all tasks that have some. Each task remembers its place.
#[derive(Debug, Default)]
pub(super) struct Penalties {
    /// That of place 1 is the first.
    places: Vec<OfTask>,
    /// Places of tasks that have none any more.
    free: Vec<NonZeroU32>,
}

impl Penalties {
    pub(super) fn of(&self, place: Place) -> &[(ClusterPosition, u16)] {
        place.map_or(&[], |place| &self.places[index(place)])
    }

    /// How often the task of that place went wrong on a cluster.
    pub(super) fn on(&self, place: Place, cluster: ClusterPosition) -> u16 {
        self.of(place).iter().find(|(at, _)| *at == cluster).map_or(0, |(_, penalty)| *penalty)
    }

    /// Returns those of a task, to be changed. It gets a place if it had none.
    pub(super) fn of_mut(&mut self, place: &mut Place) -> &mut OfTask {
        let place = *place.get_or_insert_with(|| match self.free.pop() {
            Some(free) => free,
            None => {
                self.places.push(OfTask::new());
                // No more places than tasks, which are counted in `u32` and numbered from 0.
                NonZeroU32::new(self.places.len() as u32).expect("one was just added")
            }
        });
        &mut self.places[index(place)]
    }

    /// Forgets those of a task.
    pub(super) fn clear(&mut self, place: &mut Place) {
        if let Some(place) = place.take() {
            self.places[index(place)].clear();
            self.free.push(place);
        }
    }
}

fn index(place: NonZeroU32) -> usize {
    place.get() as usize - 1
}
