//! What a simulated OAR server knows: settings, resources, queues, jobs, events, the last plan, and free
//! resources over time. Holds and finds; must not know what becomes of jobs, nor how a pass decides.

pub mod bits;
pub mod config;
pub mod error;
pub mod event;
pub mod gantt;
pub mod ids;
pub mod job;
pub mod memory;
pub mod platform;
pub mod properties;
pub mod resource;
pub mod resources;
pub mod rows;
pub mod shape;
pub mod slots;
pub mod standing;
pub mod state;
