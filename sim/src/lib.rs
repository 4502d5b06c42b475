//! Simulated clusters. Knows no wall clock, no files, no tokio.
