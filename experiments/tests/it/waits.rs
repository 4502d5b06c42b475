//! What jobs waited for, on cases made by hand: scenarios with what must be told of each job, as text files. The
//! files of a run must say the same of each.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use gleaner_experiments::run::record;
use gleaner_experiments::stories::{Asked, Outcome, Stories, Story};
use gleaner_reports::recorder::Recorder;
use gleaner_sim::cause::Cause;
use gleaner_sim::observer::Unobserved;
use gleaner_sim::time::SimSpan;
use serde_json::Value;

use crate::expect;
use crate::run::{built, scenario};

/// The most jobs of a case.
const JOBS_MAX: u64 = 40;

/// What held each job for most of its wait, by the plain sum of its story.
fn longest(story: &Story) -> &'static str {
    let mut sums: BTreeMap<Cause, SimSpan> = BTreeMap::new();
    for phase in &story.phases {
        let sum = sums.entry(phase.cause).or_default();
        *sum = *sum + (phase.to - phase.from);
    }
    let most = sums.values().max().copied();
    sums.iter().find(|(_, sum)| Some(**sum) == most).map_or("", |(cause, _)| cause.word())
}

fn told(story: &Story, cluster: &str) -> String {
    let Story { number, submitted, overtook, overtaken, .. } = story;
    let mut line = format!("{cluster} {number}: submitted {}", submitted.whole_s());
    for phase in &story.phases {
        let (from, to) = (phase.from.whole_s(), phase.to.whole_s());
        let _ = write!(line, ", {} {from}-{to}", phase.cause);
        if let Some(by) = phase.by {
            let _ = write!(line, " by {by}");
        }
        if let Some(planned) = phase.planned {
            let _ = write!(line, " planned {}", planned.whole_s());
        }
    }
    let _ = match story.outcome {
        Outcome::Waits => write!(line, ", waits"),
        Outcome::Started(time) => write!(line, ", started {}", time.whole_s()),
        Outcome::Withdrawn(time) => write!(line, ", withdrawn {}", time.whole_s()),
    };
    let _ = write!(line, ", overtook {overtook}, overtaken {overtaken}: {}", longest(story));
    line
}

/// The columns of `jobs.csv` by its first line.
fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).expect("the table of jobs");
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().expect("a first line").split(',').collect();
    let row = |line: &str| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .zip(line.split(',').map(str::to_owned))
            .collect()
    };
    lines.map(row).collect()
}

fn run(text: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/waits");
    let built = built(&scenario(text, &folder));
    let out = tempfile::tempdir().expect("a temporary folder");
    let recorder =
        Recorder::create(out.path(), built.info().clone(), built.recorder_options(false))
            .expect("a recorder");
    let clusters = &built.info().clusters;
    let asked = (0..=JOBS_MAX).map(|number| Asked { cluster: None, number }).collect();
    let mut observer = Stories::new(Unobserved, clusters.len(), asked);
    let result = record(&built, recorder, Value::Null, &mut observer).expect("it runs");
    let mut stories = observer.told(result.end);
    stories.sort_by_key(|story| (story.cluster, story.number));
    let rows = table(&out.path().join("jobs.csv"));
    assert_eq!(rows.len(), stories.len(), "the file has each job");
    let mut lines = String::new();
    for story in &stories {
        let name = &clusters[story.cluster.index()].name;
        let number = story.number.to_string();
        let is_it = |row: &&BTreeMap<_, _>| row["job_id"] == number && row["cluster"] == *name;
        let row = rows.iter().find(is_it).expect("it is in the file");
        let said = (row["wait_cause"].as_str(), row["overtook"].as_str());
        assert_eq!(said, (longest(story), story.overtook.to_string().as_str()), "{story:?}");
        lines.push_str(&told(story, name));
        lines.push('\n');
    }
    lines
}

#[test]
fn jobs_wait_for_what_the_cases_say() {
    expect::check_folder("waits", run);
}
