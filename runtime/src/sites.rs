//! Clusters as the daemon sees them, whatever their resource manager is. What only one resource manager knows
//! stands in the folder that bears its name, and nothing but `dialects.rs` imports that.

pub mod answer;
pub mod cluster_check;
pub mod dialects;
pub mod failure;
pub mod job;
pub mod manager;
pub mod oar;
pub mod port;
pub mod resources;
pub mod session;
