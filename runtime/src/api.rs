//! The REST API: CiGri 3's routes, for people and their commands. Reads rows, hands requests to the
//! driver, and decides nothing about scheduling. Knows no SQL.

mod answer;
mod caller;
mod campaigns;
mod clusters;
mod events;
mod failed;
mod jobs;
mod limits;
mod metrics;
mod openapi;
mod param_file;
mod plausible;
mod query;
pub mod roster;
mod routes;
pub(crate) mod server;
pub mod service;
mod shapes;
pub mod state;
mod submit;
mod tokens;
pub mod views;
