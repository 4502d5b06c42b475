//! Properties of simulated clusters: fast schedulers equal plain ones, the guards hold on random
//! worlds, and harvesting costs the owners nothing.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a panic is how a test fails")]

mod grid;
mod grid_properties;
mod harvest;
mod instance;
mod lifo;
mod nodes;
mod oar_waits;
mod plain;
mod plain_schedulers;
mod random_worlds;
mod reactions;
mod requests;
mod sizes;
mod snapshots;
mod waits;
