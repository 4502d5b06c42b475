//! What OAR's REST API says and is asked, in the dialects of OAR 2.5 and OAR 3, as one model: the
//! client reads what the emulator writes. Opens no connection, and does not decide anything.

pub mod answer;
pub mod call;
pub mod charset;
pub mod check;
pub mod error;
mod escape;
mod field;
pub mod job;
pub mod page;
pub mod parse;
pub mod problem;
pub mod receipt;
pub mod render;
pub mod resource;
pub mod server;
pub mod submission;
mod values;

/// Which API a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// OAR 2.5, Perl behind a web server.
    Oar2,
    /// OAR 3, Python.
    Oar3,
}
