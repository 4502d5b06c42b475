//! What one caller may take of the daemon: connections, bytes and time of bodies, turns of readers. Knows no route.

pub(super) mod body;
pub(super) mod connections;
pub(super) mod queues;
