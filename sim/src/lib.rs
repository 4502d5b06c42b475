//! Simulated clusters: an event queue, cluster schedulers, and the World that drives them.
//!
//! One thread, integer milliseconds, ties broken by (time, class, sequence): the same setup gives
//! the same run on any host. Knows no wall clock, no files, no tokio, and nothing of production.

pub mod actions;
pub mod api_faults;
pub mod arrivals;
pub mod backend;
mod blocks;
pub mod cause;
pub mod cores;
pub mod faults;
mod guard;
pub mod job;
pub mod job_request;
pub mod manager;
pub mod node;
pub mod oar;
pub mod observer;
pub mod queue;
pub mod scheduler;
pub mod sizes;
pub mod snapshot;
pub mod textbook;
pub mod time;
pub mod waits;
pub mod world;
