//! The built command as users call it: what it prints, writes and answers.

mod bad_input;
mod campaigns;
mod cases;
mod daemon;
mod docs;
mod emulate;
mod evalys;
mod events;
mod figures;
mod files;
mod harvest;
mod in_memory;
mod journal;
mod older_journals;
mod page;
mod policies;
mod readme;
mod reference;
mod repeat;
mod run;
mod scenarios;
mod simulate;
mod snapshots;
mod tables;
mod trace;
mod why;
