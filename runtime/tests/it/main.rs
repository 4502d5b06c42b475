//! Tests of the daemon's parts from outside.

mod access_tokens;
mod api;
mod client;
mod config;
mod daemon;
mod doctor;
mod doors;
#[path = "../../../core/tests/expect/mod.rs"]
mod expect;
mod fake_cluster;
mod import;
mod life;
mod listed;
mod notifications;
mod recorded;
mod rights;
mod store;
mod worker;
