//! OAR's words, shared by simulator, emulator and client: states, job types, and the grammars of
//! requests (`-l`), property filters and resource orders. Knows no HTTP, no scheduling, no policy.

pub mod error;
pub mod filter;
pub mod job_type;
pub mod order;
pub mod request;
pub mod states;
pub mod value;
pub mod walltime;
