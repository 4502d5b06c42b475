//! Simulated clusters. Knows no wall clock, no files, no tokio.

pub mod oar;
