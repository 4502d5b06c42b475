//! The built command as users call it: what it prints, writes and answers.

mod bad_input;
mod campaigns;
mod cases;
mod daemon;
mod docs;
mod emulate;
mod events;
mod figures;
mod files;
mod harvest;
mod in_memory;
mod journal;
mod older_journals;
mod policies;
mod readme;
mod run;
mod simulate;
mod tables;
mod trace;
