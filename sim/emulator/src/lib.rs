//! A server that answers like OAR, over a simulated World: any client of OAR's REST API runs
//! against it unchanged, in scaled wall time or by hand.
//!
//! `engine` is a plain state machine over the World; `faults` says what goes wrong on the way to it;
//! everything that waits, listens or starts processes stands in `serve` and `local`. Knows no
//! policy of the grid.

pub mod behaviour;
pub mod body;
pub mod calendar;
pub mod command;
pub mod engine;
pub mod error;
pub mod faults;
pub mod front;
pub mod identity;
pub mod pacing;
pub mod platform;
pub mod serve;
pub mod table;
