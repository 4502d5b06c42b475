//! Campaigns, ledger, policies and the grid scheduler: a plain synchronous function from facts to
//! decisions. Knows no clock, no randomness, no I/O.

pub mod backend;
pub mod checkpoint;
pub mod config;
pub mod decision;
pub mod fact;
pub mod ids;
pub mod jdl;
pub mod job;
pub mod ledger;
pub mod listing;
pub mod observation;
pub mod policy;
pub mod record;
pub mod report;
pub mod restore;
pub mod scheduler;
pub mod server_message;
pub mod sharing;
pub mod snapshot;
pub mod suggest;
pub mod text;
pub mod time;
