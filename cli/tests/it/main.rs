//! The built command as users call it: what it prints, writes and answers.

mod bad_input;
mod files;
mod readme;
mod run;
mod simulate;
mod trace;
