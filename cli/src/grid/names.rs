//! The names by which the users' commands are called, as links to the one binary. Runs nothing.

use std::ffi::OsString;
use std::path::Path;

/// The commands that are called by their own names.
pub(crate) const NAMES: [&str; 7] =
    ["gridclusters", "griddel", "gridevents", "gridnotify", "gridstat", "gridsub", "gridtoken"];

/// The command that the binary was called as; none where it was called by its own name, or another.
pub(crate) fn called(program: Option<OsString>) -> Option<&'static str> {
    let program = program?;
    let name = Path::new(&program).file_name()?.to_str()?;
    NAMES.into_iter().find(|known| *known == name)
}

#[cfg(test)]
mod tests {
    use super::called;

    #[test]
    fn a_link_says_which_command_is_meant() {
        assert_eq!(called(Some("/usr/bin/gridstat".into())), Some("gridstat"));
        for other in [Some("gleaner".into()), Some("./gridstats".into()), Some("..".into()), None] {
            assert_eq!(called(other), None);
        }
    }
}
