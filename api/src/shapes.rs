//! The JSON of requests and answers, field by field, as CiGri's commands read it. Each shape is written by the daemon
//! and read by clients; what a reader does not know it passes over. Knows no route.

pub mod access_token;
pub mod answer;
pub mod campaign;
pub mod cluster;
pub mod daemon;
pub mod event;
pub mod job;
pub mod notification;
pub mod plan;
pub mod token;
