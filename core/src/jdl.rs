//! CiGri's job description language: from JSON text to a campaign. Knows no file, no environment
//! and no cluster but by name: what has to be read is returned, and the caller reads.

pub mod params;
pub mod resources;
pub mod spec;
