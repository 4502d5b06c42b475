//! OAR 3's scheduler for a simulated cluster: a state, and functions on it that do what OAR's
//! modules do (the pass, job ends, kills, walltime checks). Knows no World, no event queue, no
//! clock: dates are arguments, latencies are the caller's.

pub mod bits;
pub mod config;
pub mod energy;
pub mod error;
pub mod event;
pub mod gantt;
pub mod glance;
pub mod ids;
pub mod job;
pub mod kill;
pub mod lifecycle;
pub mod load;
pub mod memory;
pub mod node_state;
pub mod order;
pub mod outcome;
pub mod pass;
pub mod platform;
pub mod priority;
pub mod quotas;
pub mod resource;
pub mod reuse;
pub mod rhythm;
pub mod rows;
pub mod run;
pub mod server;
pub mod shape;
pub mod slots;
pub mod state;
pub mod submit;
pub mod walltime_change;
