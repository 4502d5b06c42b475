//! A cluster whose nodes come and leave, from its scenario to its figures: they count the cores that are
//! there, and the grid fills no others.

use std::path::Path;

use gleaner_experiments::observer::RunObserver;
use gleaner_experiments::result::Ending;
use gleaner_reports::recorder::Recorder;
use gleaner_sim::job::ClusterIndex;
use gleaner_sim::observer::{Counts, Observer};
use gleaner_sim::time::SimTime;
use serde_json::Value;

use crate::run::{built, scenario, watched};

/// Two nodes of two cores, from 1:00 on four, from 3:00 on one. Owners hold two cores from 0:00 to 4:00, and
/// tasks fill what is left.
const TEXT: &str = r#"
[[cluster]]
name = "lab"
nodes = 4
cores_per_node = 2
nodes_at_start = 2
scheduler = "SCHEDULER"
SETTINGS

[[cluster.resize]]
at = "1h"
nodes = 4

[[cluster.resize]]
at = "3h"
nodes = 1
leave = "LEAVE"

[[cluster.job]]
name = "two cores"
at = "0s"
request = "/core=2,walltime=4:00:00"
run = "4h"

[[campaign]]
name = "fill"
tasks = 24
runtime = "fixed:2100"
walltime = "1h"
"#;

/// Most cores that campaigns held while so many were there.
#[derive(Default)]
struct Most {
    held: Vec<(u32, u32)>,
}

impl Observer for Most {
    fn changed(&mut self, _: SimTime, _: ClusterIndex, counts: &Counts) {
        let there = 8 - counts.absent_cores;
        let held = counts.local_cores + counts.besteffort_cores;
        match self.held.iter_mut().find(|(cores, _)| *cores == there) {
            Some((_, most)) => *most = held.max(*most),
            None => self.held.push((there, held)),
        }
    }
}

impl RunObserver for Most {}

fn text(scheduler: &str, leave: &str) -> String {
    let settings = match scheduler {
        "oar" => "[cluster.oar]\npass = \"ideal\"\n",
        _ => "",
    };
    let text = TEXT.replace("SCHEDULER", scheduler).replace("LEAVE", leave);
    text.replace("SETTINGS\n", "").replacen(
        "[[cluster.job]]",
        &format!("{settings}\n[[cluster.job]]"),
        1,
    )
}

#[test]
fn figures_count_the_cores_that_are_there() {
    for scheduler in ["fcfs", "easy", "easy-sjbf", "conservative", "oar"] {
        let scenario = scenario(&text(scheduler, "kill"), Path::new(""));
        let (result, most) = watched(&scenario, Most::default());
        assert_eq!(result.ending, Ending::Finished, "{scheduler}");
        let lab = &result.metrics.clusters["lab"];
        // An hour of four cores, two of eight, one of two.
        let capacity = 3600.0 * f64::from(4 + 2 * 8 + 2);
        assert_eq!(lab.capacity_core_s, Some(capacity), "{scheduler}");
        assert_eq!(lab.utilisation, Some(4.0 * 2.0 * 3600.0 / capacity), "{scheduler}");
        assert_eq!((lab.unavailable_core_s, lab.jobs), (0.0, 1), "{scheduler}");
        assert_eq!(result.metrics.grid.utilisation, lab.utilisation, "{scheduler}");
        let idle = capacity - 4.0 * 2.0 * 3600.0;
        assert_eq!(lab.idle_core_s, idle, "{scheduler}");
        let mut held = most.held;
        held.sort_unstable();
        assert_eq!(held, [(2, 2), (4, 4), (8, 8)], "{scheduler}: the grid fills what is there");
        assert_eq!(result.metrics.campaigns["fill"].done, 24, "{scheduler}");
    }
}

#[test]
fn nodes_with_jobs_count_until_these_are_over() {
    let scenario = scenario(&text("easy", "drain"), Path::new(""));
    let (result, _) = watched(&scenario, Most::default());
    let lab = &result.metrics.clusters["lab"];
    let capacity = 3600.0 * f64::from(4 + 2 * 8 + 2);
    let more = lab.capacity_core_s.expect("sizes change") - capacity;
    // Tasks of 35 minutes are on them at 3:00; none is killed for it.
    assert!(more > 0.0 && more <= 6.0 * 2100.0, "{more}");
    assert_eq!(lab.killed_jobs, 0);
}

#[test]
fn the_series_tells_how_many_cores_are_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let built = built(&scenario(&text("easy", "kill"), Path::new("")));
    let options = built.recorder_options(true);
    let recorder = Recorder::create(folder.path(), built.info().clone(), options).unwrap();
    gleaner_experiments::run::record(&built, recorder, Value::Null, &mut Most::default()).unwrap();
    let series = std::fs::read_to_string(folder.path().join("series.csv")).unwrap();
    let mut lines = series.lines();
    assert!(lines.next().unwrap().ends_with(",load,absent"));
    let absent = |line: &str| line.rsplit(',').next().map(str::to_owned);
    let mut told: Vec<String> = lines.filter_map(absent).collect();
    told.dedup();
    assert_eq!(told, ["4", "0", "6"]);
    let plot =
        |name: &str| std::fs::read_to_string(folder.path().join("plots").join(name)).unwrap();
    assert!(plot("gantt.svg").contains("not there"));
    assert!(!plot("gantt.svg").contains("about to leave"));
    assert!(plot("utilisation.svg").contains("cores that are there"));
}

#[test]
fn the_chart_tells_which_nodes_are_about_to_leave() {
    let folder = tempfile::tempdir().unwrap();
    let built = built(&scenario(&text("easy", "drain"), Path::new("")));
    let options = built.recorder_options(true);
    let recorder = Recorder::create(folder.path(), built.info().clone(), options).unwrap();
    gleaner_experiments::run::record(&built, recorder, Value::Null, &mut Most::default()).unwrap();
    let plot = std::fs::read_to_string(folder.path().join("plots/gantt.svg")).unwrap();
    assert!(plot.contains("about to leave") && plot.contains("not there"));
    // Their jobs would hide it: the lines lie upon these.
    assert!(plot.rfind("<path d=\"M") > plot.rfind("<rect"));
}
