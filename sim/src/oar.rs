//! OAR 3's scheduler for a simulated cluster: what a server knows (`model`), what happens to jobs and
//! nodes between passes (`life`), the pass, and the server that puts it all on a cluster. Below the
//! server nothing knows a World, an event queue or a clock: dates are arguments, latencies the caller's.

pub mod life;
pub mod model;
pub mod pass;
pub mod server;
