//! Metrics, tables, plots and the HTML report. Knows no scheduler and no SQL.
//!
//! Either world, simulated or real, maps what happened onto the records of [`record`] and hands them
//! to a [`recorder::Recorder`], which counts them and, if there is an output folder, writes its files as
//! they come. Nothing here reads a clock or draws random numbers: equal records give equal bytes.

pub mod assertion;
pub mod delay;
pub mod error;
pub mod metrics;
pub mod plots;
pub mod record;
pub mod recorder;

mod files;
mod jobs_csv;
mod page;
mod series;
mod sink;
mod text;
