//! Injection policies: how many jobs of which campaign a cluster gets in a cycle. They see facts,
//! snapshots and the ledger only.

pub mod error;
pub mod spec;
