//! Files that users give, and standard input, read whole. Knows nothing of what they hold.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::failure::{BAD_INPUT, Failure};

/// What a user's file may have at most: more no daemon takes.
const BYTES_MAX: u64 = 1 << 30;

/// Reads a file, or standard input for `-`.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let all = |input: &mut dyn Read| {
        let mut bytes = Vec::new();
        input.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > BYTES_MAX {
            return Err(io::Error::other(format!("it has more than {BYTES_MAX} bytes")));
        }
        Ok(bytes)
    };
    let read = match path.as_os_str() == "-" {
        true => all(&mut io::stdin().lock()),
        false => File::open(path).and_then(|mut file| all(&mut file)),
    };
    read.map_err(|error| {
        let hint = "check the path, and that you may read it; `-` is standard input";
        let message = format!("cannot read `{}`: {error}", path.display());
        Failure::new(BAD_INPUT, message, Some(hint.to_owned()))
    })
}
