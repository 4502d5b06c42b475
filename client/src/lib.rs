//! Asks a daemon: calls over `gleaner-api`'s routes and shapes, over TCP, TLS and Unix sockets, and errors that say what
//! was asked where, why it failed, and what to do. Reads no file and no environment, prints nothing, and knows nothing of
//! commands.

pub mod client;
pub mod error;
pub mod pages;
pub mod place;
