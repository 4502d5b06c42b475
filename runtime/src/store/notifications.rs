//! Tables of notifications: who subscribes to what, what has been told, and what is still to be sent. They follow from no
//! journal, and no decision reads them.

pub(crate) mod outbox;
pub mod subscriptions;
pub(crate) mod told;

/// The tables, as a migration.
pub const MIGRATION: &str = include_str!("notifications.sql");
