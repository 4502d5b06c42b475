//! The store, the driver and replaying, from outside: a scripted world answers the driver's orders.

mod begin;
mod replaying;
pub(crate) mod stage;
pub(crate) mod world;
