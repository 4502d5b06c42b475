//! Tests of the emulator as its clients see it.

#![expect(clippy::unwrap_used, reason = "all of this is tests: a panic is the failure")]

mod bench_of_one;
mod by_hand;
mod dialogue;
mod faults;
mod hostile;
mod life;
mod local;
mod orders;
mod recorded;
mod replay;
mod shape;
mod socket;
