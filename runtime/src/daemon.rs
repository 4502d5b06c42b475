//! The whole of the runtime at work: what is started in which order, and stopped. Contains no scheduling rule.

pub mod life;
pub mod places;
pub mod signals;
