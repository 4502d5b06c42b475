//! Readers, writers and generators of workload traces. Reports bad rows, never repairs silently.
//!
//! Knows file formats and statistics of jobs; must not know clusters, schedulers or policies.
//! Nothing here reads a clock or random numbers of its own: the caller gives the seed.

pub mod batsim;
mod bounded;
pub mod campaigns;
mod clean;
pub mod error;
mod finish;
pub mod generate;
pub mod gzip;
pub mod hash;
pub mod inflate;
pub mod info;
#[cfg(test)]
mod jobs_csv;
mod lines;
pub mod long;
pub mod open;
pub mod samples;
pub mod swf;
pub mod workload;
