//! The words of the API against what the daemon was recorded to answer, and against themselves.

mod routes;
mod shapes;
