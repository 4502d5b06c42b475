//! What people are told by mail and webhooks: events become messages in the store (`gather`), and messages go out from there
//! (`send`), both from a task of their own ([`task`]) that the driver neither waits for nor knows. A message is sent at
//! least once: one that a server took right before the daemon died goes again, under the same number.

pub mod figures;
mod gather;
mod grade;
mod mail;
mod outcome;
mod send;
pub mod task;
mod text;
mod webhook;
