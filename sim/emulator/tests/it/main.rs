//! Tests of the emulator as its clients see it.

#![expect(clippy::unwrap_used, reason = "all of this is tests: a panic is the failure")]

mod by_hand;
mod dialogue;
mod faults;
mod hostile;
mod life;
mod local;
mod one_cluster;
mod orders;
mod recorded;
mod replay;
mod shape;
mod socket;
