//! Texts that must never be shown: tokens and passwords. Knows not what they open.

pub mod key;
pub mod signer;
pub mod token;
pub mod vault;

use std::fmt;
use std::io;
use std::path::Path;

use aws_lc_rs::constant_time::verify_slices_are_equal;

/// The longest secret in a file.
const LINE_MAX: u64 = 4096;

/// A token or a password. Prints as `***`, everywhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    /// Takes a text that is to be shown no more.
    pub fn new(text: impl Into<Box<str>>) -> Secret {
        Secret(text.into())
    }

    /// Returns whether it is this text, in a time that tells nothing about where they differ.
    pub fn is(&self, text: &[u8]) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), text).is_ok()
    }

    /// Returns the text itself, for the one place that sends or encrypts it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Reads the first line of a file, where a secret stands that is not longer than 4 kB.
///
/// # Errors
/// The system's, or that it is no text.
pub fn first_line(path: &Path) -> io::Result<Secret> {
    use io::{BufRead, Read};
    let mut line = String::new();
    io::BufReader::new(std::fs::File::open(path)?.take(LINE_MAX)).read_line(&mut line)?;
    Ok(Secret::new(line.trim_end_matches(['\n', '\r'])))
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
