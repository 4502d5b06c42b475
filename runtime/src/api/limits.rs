//! What one caller may take of the daemon: numbers in addresses, bytes and time of bodies, answers in pieces, turns
//! of readers. Knows no route.

pub(super) mod body;
pub(super) mod ids;
pub(super) mod leafing;
pub(super) mod pieces;
pub(super) mod turns;
