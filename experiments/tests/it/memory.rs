//! Figures in memory against those in files, and owners against themselves without campaigns.

use std::sync::Arc;

use gleaner_experiments::baseline::baseline;
use gleaner_experiments::cancel::Cancel;
use gleaner_experiments::manifest::manifest;
use gleaner_experiments::run::{record, run};
use gleaner_reports::recorder::Recorder;
use gleaner_sim::observer::Unobserved;

use crate::run::{TWO_HOURS, built, scenario};

#[test]
fn figures_in_memory_are_those_in_the_file() {
    let built = built(&scenario(TWO_HOURS, "".as_ref()));
    let quiet = baseline(&built, &Cancel::default()).unwrap().unwrap();
    for built in [built.clone(), built.against(quiet)] {
        let folder = tempfile::tempdir().unwrap();
        let recorder =
            Recorder::create(folder.path(), built.info().clone(), built.recorder_options(true));
        let written =
            record(&built, recorder.unwrap(), manifest(&built, "none"), &mut Unobserved).unwrap();
        let kept = run(&built, &mut Unobserved).unwrap();
        assert_eq!(kept.metrics, written.metrics);
        let file = std::fs::read_to_string(folder.path().join("metrics.json")).unwrap();
        assert_eq!(serde_json::to_string_pretty(&kept.metrics).unwrap() + "\n", file);
        for name in ["jobs.csv", "decisions.jsonl", "series.csv", "report.html", "manifest.json"] {
            assert!(folder.path().join(name).metadata().unwrap().len() > 0, "{name}");
        }
    }
}

#[test]
fn one_baseline_serves_many_runs() {
    let built = built(&scenario(TWO_HOURS, "".as_ref()));
    let quiet = baseline(&built, &Cancel::default()).unwrap().unwrap();
    let alone = built.without_campaigns().against(Arc::clone(&quiet));
    let alone = run(&alone, &mut Unobserved).unwrap().metrics;
    assert_eq!(alone.grid.owners_delay_max_s, Some(0.0), "nobody is in the owners' way");
    assert!(alone.campaigns.is_empty() && alone.grid.counts.submitted_jobs > 0);
    let with = run(&built.against(quiet), &mut Unobserved).unwrap().metrics;
    assert!(with.grid.owners_delay_max_s.is_some() && with.grid.done > 0);
    let cancelled = Cancel::default();
    cancelled.cancel();
    assert_eq!(
        baseline(&crate::run::built(&scenario(TWO_HOURS, "".as_ref())), &cancelled).unwrap(),
        None
    );
}
