//! Batsim's JSON workloads: jobs that name profiles. Must not know the reading rules of SWF.
//!
//! Formats: Batsim 4 (`delay`, `parallel_homogeneous`, `parallel_homogeneous_total`), Batsim 5
//! (`DelayProfile`, `ParallelTaskHomogeneousProfile` with a generation strategy, and the name
//! `ptask_homogeneous` of its development versions), after Batsim's documentation of workloads.

pub mod model;
pub mod read;
pub mod write;
