//! Tests of the daemon's parts from outside.

mod config;
