//! `--snapshot-at` and `snapshot` as users type them: what a run leaves, what begins with it, what is refused.

use std::collections::BTreeSet;

use crate::run::Workdir;

const DAY: &str = "seed = 3\n\
                   [[cluster]]\n\
                   name = \"lab\"\n\
                   nodes = 16\n\
                   cores_per_node = 4\n\
                   scheduler = \"easy\"\n\
                   owners = { generate = { model = \"lublin\", jobs = 200, load = 0.7 } }\n";

fn rows(workdir: &Workdir, run: &str) -> BTreeSet<String> {
    let text = workdir.read(&format!("{run}/jobs.csv"));
    text.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn an_afternoon_begins_with_the_file_that_the_day_left() {
    let workdir = Workdir::new();
    workdir.write("day.toml", DAY);
    let whole = ["simulate", "day.toml", "--out", "day", "--output", "quiet"];
    workdir.done(&[&whole[..], &["--snapshot-at", "12h"]].concat());
    workdir.write("noon.toml", format!("{DAY}snapshot = \"day/snapshot-lab.json\"\n"));
    workdir.done(&["simulate", "noon.toml", "--out", "noon", "--output", "quiet"]);
    let (day, noon) = (rows(&workdir, "day"), rows(&workdir, "noon"));
    assert!(!noon.is_empty() && noon.len() < day.len(), "{} of {}", noon.len(), day.len());
    assert!(noon.is_subset(&day), "{:?}", noon.difference(&day).next());
    // The file changes nothing of the run that leaves it.
    workdir.done(&["simulate", "day.toml", "--out", "plain", "--output", "quiet"]);
    assert_eq!(day, rows(&workdir, "plain"));
}

#[test]
fn a_time_behind_the_end_is_refused_and_leaves_nothing_in_the_way() {
    let workdir = Workdir::new();
    workdir.write("day.toml", DAY);
    let run = |at| workdir.gleaner(&["simulate", "day.toml", "--out", "day", "--snapshot-at", at]);
    run("1000d").fails(2, &["there is no snapshot at", "the run is over at", "an earlier time"]);
    assert_eq!(run("12h").code, 0);
    assert!(workdir.read("day/snapshot-lab.json").contains("gleaner-snapshot-1"));
}
