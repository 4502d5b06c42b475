//! What is known of who users are on the cluster. Asks nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gleaner_core::ids::RemoteJobId;

/// What is known of users, as long as the cluster is talked to by the same settings.
#[derive(Debug, Default)]
pub(super) struct Identities {
    /// Who is taken for the right login, by what: a token, or the login itself.
    pub(super) right: BTreeMap<Arc<str>, String>,
    /// First jobs of users of whom nothing told; whose they are is still to be seen.
    pub(super) unproven: BTreeMap<Arc<str>, BTreeSet<RemoteJobId>>,
    /// Users whose jobs came to belong to somebody else, by what, and to whom.
    pub(super) wrong: BTreeMap<Arc<str>, (String, String)>,
}
