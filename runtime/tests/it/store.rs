//! The store, the driver and replaying, from outside: a scripted world answers the driver's orders.

#![allow(clippy::unwrap_used, reason = "a test may panic anywhere")]

mod alone;
mod begin;
mod blocks;
mod closed;
mod file;
mod messages;
mod replaying;
mod requests;
mod restoring;
mod rows;
mod sent;
pub(crate) mod stage;
mod steps;
pub(crate) mod world;
