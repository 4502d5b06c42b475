//! Tests of the emulator as its clients see it.

mod bench_of_one;
mod dialogue;
mod recorded;
mod replay;
mod shape;
