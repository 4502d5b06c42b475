//! Which resource manager speaks which dialect: the one place outside of their folders that knows them all.

use crate::config::Dialect;
use crate::sites::manager::Manager;
use crate::sites::oar::{OAR2, OAR3};

/// The resource manager of clusters of which nothing is known.
pub static USUAL: &dyn Manager = &OAR3;

/// Returns the resource manager that speaks a dialect.
pub fn manager(dialect: Dialect) -> &'static dyn Manager {
    match dialect {
        Dialect::Oar2 => &OAR2,
        Dialect::Oar3 => &OAR3,
    }
}
