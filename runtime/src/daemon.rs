//! The whole of the runtime at work: what is started in which order, and stopped. Contains no scheduling rule.

mod descriptors;
pub mod error;
pub mod life;
mod reload;
pub(crate) mod settings;
pub mod signals;
pub mod start;
pub mod workers;
