//! The daemon as operators run it: `gleaner serve` against emulated clusters, killed at any
//! instant, and what happened counted from the clusters' side.

mod daemon;
mod emulator;
mod executions;
mod process;
