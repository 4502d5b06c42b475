//! Workloads made by models instead of read from logs: same parameters and seed, same bytes.
//! Must not know files, nor where chance comes from: the caller gives it.

pub mod cycle;
pub mod estimates;
pub mod laws;
pub mod lublin;
pub mod poisson;
pub mod problem;
pub mod sampler;
pub mod spec;
