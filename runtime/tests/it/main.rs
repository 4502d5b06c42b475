//! Tests of the daemon's parts from outside.

mod api;
mod config;
mod doctor;
mod life;
mod recorded;
mod store;
