//! The words of the REST API: which routes there are, which states things have, and what their JSON looks like. The
//! daemon answers in them, and clients ask and read in them. Knows no HTTP, no rows and no scheduling.

pub mod address;
pub mod dates;
pub mod notifications;
pub mod numbers;
pub mod routes;
pub mod shapes;
pub mod states;
mod words;
