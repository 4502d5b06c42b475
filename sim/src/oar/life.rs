//! What happens to jobs and nodes between passes, as OAR's modules write it down: submissions, launches,
//! ends, kills, changed walltimes, node states. Must not know how a pass decides.

pub mod kill;
pub mod lifecycle;
pub mod node_state;
pub mod priority;
pub mod submit;
pub mod walltime_change;
