//! The one place that says which injection policies this program has: simulation, daemon, replay and checks are
//! all handed the same catalogue. Knows no policy itself.

use gleaner_core::policy::catalogue::Catalogue;
use gleaner_core::policy::injection;

/// Returns all policies that can be asked for.
pub(crate) fn catalogue() -> Catalogue {
    injection::standard()
}
