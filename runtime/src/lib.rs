//! Production: the daemon that drives real clusters with the very core of the simulator.
//! Must not contain any scheduling rule: it tells facts and carries out commands.

pub mod api;
pub mod clock;
pub mod command;
pub mod config;
pub mod config_file;
pub mod daemon;
pub mod doctor;
pub mod driver;
pub mod failpoint;
pub mod heartbeat;
pub mod import;
pub mod known_resources;
pub mod notifications;
pub mod notify;
pub mod order;
pub mod replay;
pub mod request;
pub mod restore;
pub mod secrets;
pub mod sites;
pub mod store;
pub mod submission_name;
pub mod views;
pub mod worker;
