//! The scenarios that come with Gleaner, in the program itself: what each is called, what it shows, and its
//! text. Must not know how they are read or run.

use std::path::Path;

use gleaner_core::suggest::Suggestion;

/// A commented scenario to begin with: what `gleaner init` writes.
pub const TEMPLATE: &str = include_str!("../library/template.toml");

/// A scenario that comes with Gleaner.
#[derive(Clone, Copy, Debug)]
pub struct LibraryScenario {
    /// Its name, by which it is asked for; that of its file without `.toml`.
    pub name: &'static str,
    /// What it shows, in a line.
    pub shows: &'static str,
    /// What stands in its file.
    pub text: &'static str,
}

/// A scenario after the other, from the name and what it shows.
macro_rules! library {
    ($($name:literal: $shows:literal,)*) => {
        &[$(LibraryScenario {
            name: $name,
            shows: $shows,
            text: include_str!(concat!("../library/", $name, ".toml")),
        }),*]
    };
}

/// All scenarios that come with Gleaner, in the order in which they are best read.
pub static SCENARIOS: &[LibraryScenario] = library! {
    "quickstart": "a busy week of a small cluster, and a campaign that lives on what is left",
    "demo": "the grid that `gleaner demo` shows live: two clusters, their owners, a campaign",
    "kth-like-year": "a year of a machine like KTH's SP2, generated",
    "easy-against-conservative": "two ways of backfilling, the same jobs",
    "node-failures": "what broken nodes cost, and how a figure can deceive",
    "deep-queue": "tens of thousands of jobs wait",
    "teaching-basics": "the whole idea on four cores: holes, harvest, kills",
    "two-unequal-clusters": "where the tasks of a campaign go",
    "kill-storm": "who must die when the owners come",
    "short-tasks-and-latency": "how many cores of a far-away cluster can be kept busy",
    "oar-backfilling": "who may overtake whom in OAR's plan",
    "oar-preemption": "best-effort jobs leave for an owner's: which, and how fast",
    "oar-moldable": "of several alternatives the one that ends first",
    "oar-quotas": "limits by day, none by night",
    "oar-fair-share": "who has had less comes first",
    "oar-reservations": "machines for ten o'clock sharp, and a refusal",
    "oar-containers": "a place held for a class, and jobs inside of it",
    "oar-energy-saving": "idle nodes are halted; what the next one waits for",
    "api-out-of-order": "whatever goes wrong between a grid and a cluster's API, to be emulated",
    "prologue-failure": "a preparation that fails on one cluster",
    "tap-oracle": "CiGri's loop on a case with a known answer",
    "gricad-like-month": "a month on a grid like that of Grenoble",
    "a-million-tasks": "a million tasks on a year of ten thousand cores",
};

/// Returns the scenario of that name.
pub fn named(name: &str) -> Option<&'static LibraryScenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name)
}

/// Returns what could have been meant by a name, or by the path of a file, that is not there.
pub fn nearest(asked: &Path) -> Suggestion {
    let name = asked.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".toml").unwrap_or(&name);
    Suggestion::new(name, SCENARIOS.iter().map(|scenario| scenario.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_what_its_folder_holds() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("library");
        let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, std::fs::read_to_string(path).unwrap())
            })
            .collect();
        let here = SCENARIOS.iter().map(|scenario| (scenario.name, scenario.text));
        let mut here: Vec<(String, String)> = here
            .chain([("template", TEMPLATE)])
            .map(|(name, text)| (format!("{name}.toml"), text.to_owned()))
            .collect();
        files.sort();
        here.sort();
        assert!(files == here, "add the scenario to `SCENARIOS`");
    }

    #[test]
    fn what_is_meant_is_told_from_names_and_from_paths() {
        for wrong in ["quickstrat", "Quickstart", "quickstart.toml", "scenarios/quickstart.toml"] {
            assert_eq!(nearest(Path::new(wrong)).nearest(), Some("quickstart"), "{wrong}");
        }
        for wrong in ["lab.toml", "..", ""] {
            assert_eq!(nearest(Path::new(wrong)).nearest(), None, "{wrong}");
        }
    }
}
