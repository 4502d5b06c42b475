//! What one caller may take of the daemon: numbers in addresses, bytes and time of bodies, answers in pieces, turns
//! of readers. Knows no route.

pub(super) mod ids;
