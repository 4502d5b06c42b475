//! Tests of the daemon's parts from outside.

mod api;
mod client;
mod config;
mod daemon;
mod doctor;
mod life;
mod recorded;
mod rights;
mod store;
mod worker;
