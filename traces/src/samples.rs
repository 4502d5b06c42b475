//! The traces that come with Gleaner, in the program itself: where a trace is asked for as `sample:NAME`, no
//! file is needed. Must not know formats.

use std::path::Path;

/// What begins the name of a sample where a file could be named too.
pub const PREFIX: &str = "sample:";

/// A trace that comes with Gleaner.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// The name of its file in `traces/samples/`.
    pub(crate) name: &'static str,
    /// What is in that file.
    pub(crate) bytes: &'static [u8],
}

/// All samples, by name.
pub(crate) static SAMPLES: [Sample; 2] = [
    Sample { name: "month-128.swf.gz", bytes: include_bytes!("../samples/month-128.swf.gz") },
    Sample { name: "quickstart.swf", bytes: include_bytes!("../samples/quickstart.swf") },
];

/// Returns the name of the sample that `path` asks for, if it asks for one and for no file. There may be
/// none of that name.
pub fn asked(path: &Path) -> Option<&str> {
    path.to_str()?.strip_prefix(PREFIX)
}

/// Returns the last part of `path`, as text; of a sample, the name of its file.
pub fn file_name(path: &Path) -> String {
    let path = asked(path).map_or(path, Path::new);
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Returns the sample of that name.
pub(crate) fn named(name: &str) -> Option<&'static Sample> {
    SAMPLES.iter().find(|sample| sample.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::TraceError;
    use crate::open::{read_hashed, read_workload};
    use crate::workload::ReadOptions;

    #[test]
    fn samples_are_the_files_of_their_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
        let mut files: Vec<String> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "README.md")
            .collect();
        files.sort();
        assert_eq!(files, SAMPLES.map(|sample| sample.name));
        for sample in SAMPLES {
            assert!(std::fs::read(folder.join(sample.name)).unwrap() == sample.bytes);
        }
    }

    #[test]
    fn a_sample_is_read_as_its_file_is() {
        for sample in SAMPLES {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
            let asked = format!("{PREFIX}{}", sample.name);
            let read = |path: &Path| read_hashed(path, &ReadOptions::default()).unwrap();
            assert_eq!(read(Path::new(&asked)), read(&folder.join(sample.name)));
        }
    }

    #[test]
    fn what_is_no_sample_is_answered_by_those_there_are() {
        let read = |path: &str| read_workload(Path::new(path), &ReadOptions::default());
        let error = read("sample:quickstrat.swf").unwrap_err();
        assert!(matches!(&error, TraceError::NoSample { name } if name == "quickstrat.swf"));
        let hint = error.hint().unwrap();
        assert!(SAMPLES.iter().all(|sample| hint.contains(sample.name)), "{hint}");
        // A file may be called so all the same: by a path.
        assert!(matches!(read("./sample:quickstart.swf"), Err(TraceError::Open { .. })));
    }
}
