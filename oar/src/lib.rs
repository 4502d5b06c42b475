//! OAR's words, shared by simulator, emulator and client: states, job types, the grammars of
//! requests (`-l`), property filters and resource orders, and what its REST API says (`wire`).
//! Opens no connection; knows no scheduling and no policy.

pub mod error;
pub mod filter;
pub mod inventory;
pub mod jdl;
pub mod job_type;
pub mod order;
pub mod request;
pub mod states;
pub mod texts;
pub mod value;
pub mod walltime;
pub mod wire;
