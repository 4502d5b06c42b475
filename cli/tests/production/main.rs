//! The daemon as operators run it: `gleaner serve` against emulated clusters and a real one, killed
//! at any instant, and what happened counted from the clusters' side.

#![expect(clippy::print_stdout, reason = "what was skipped and how to repeat a run is told")]

mod agreement;
mod chaos;
mod clock;
mod commands;
mod daemon;
mod demo;
mod emulator;
mod executions;
mod foreign;
mod front;
mod full_disk;
mod grid;
mod identity;
mod load;
mod oar2;
mod outputs;
mod paced;
mod parameters;
mod process;
mod quickstart;
mod real_oar2;
mod refusals;
mod restored;
mod schemathesis;
mod serve;
mod shape;
mod side_by_side;
mod simulation;
mod throughput;
