//! The injection policies that come with the core. The framework around them, in the folder above, knows none
//! of them: what a program offers is the catalogue that it hands in.

pub mod bounds;
pub mod greedy;
pub mod paper;
pub mod settings;
pub mod tap;

use crate::policy::catalogue::Catalogue;

/// Returns a catalogue of all policies of this folder.
pub fn standard() -> Catalogue {
    let mut catalogue = Catalogue::default();
    catalogue.register(tap::entry());
    catalogue.register(greedy::entry());
    catalogue.register(bounds::min());
    catalogue.register(bounds::max());
    catalogue
}
