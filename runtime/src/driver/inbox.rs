//! What reaches the driver from outside.

use gleaner_core::config::SchedulerConfig;

use crate::order::News;
use crate::request::Envelope;

/// A message to the driver.
#[derive(Debug)]
pub enum Inbox {
    /// A worker tells what happened.
    News(News),
    /// Somebody asks for something.
    Asked(Envelope),
    /// The settings have changed.
    Reconfigure(Box<SchedulerConfig>),
    /// Finish the cycle and stop.
    Stop,
}
