//! The front: requests come in as plain values, answers go out as plain values; each dialect has
//! its folder. Must not know sockets.

pub mod answer;
pub mod entry;
mod intake;
pub mod job_text;
mod listing;
pub mod oar2;
pub mod oar3;
pub mod request;
