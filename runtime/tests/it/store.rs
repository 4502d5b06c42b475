//! The store, the driver and replaying, from outside: a scripted world answers the driver's orders.

mod begin;
mod file;
mod replaying;
mod requests;
mod rows;
pub(crate) mod stage;
pub(crate) mod world;
