//! The REST API: CiGri 3's routes, for people and their commands, in the words of `gleaner-api`. Reads rows, hands
//! requests to the driver, and decides nothing about scheduling. Knows no SQL.

mod access;
mod access_tokens;
mod answer;
mod campaigns;
mod clusters;
mod counters;
mod events;
mod failed;
mod identity;
mod jobs;
mod limits;
mod lists;
mod metrics;
mod notifications;
mod openapi;
mod outputs;
pub mod peer;
mod plan;
mod plausible;
mod query;
mod routes;
pub mod server;
pub mod service;
pub mod settings;
pub mod state;
mod submit;
mod tokens;
