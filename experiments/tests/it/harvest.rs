//! Harvesting costs the owners nothing, on a log: each job of KTH starts when it would without it.

use gleaner_core::ledger::task_state::TaskState;
use gleaner_experiments::result::Ending;

use crate::reference::KTH_CLEANED;
use crate::run::{Ended, Ends, watched};

/// Short tasks, enough of them to fill the holes of months.
const TASKS: u32 = 30_000;

fn starts(jobs: &[Ended]) -> Vec<(u64, i64)> {
    let owners = jobs.iter().filter(|job| job.local);
    let mut starts: Vec<_> = owners.map(|job| (job.number, job.start_s)).collect();
    starts.sort_unstable();
    starts
}

fn check(how: &str) {
    let campaign = format!(
        "[grid]\npolicy = \"greedy\"\n\
         [[campaign]]\ntasks = {TASKS}\nwalltime = \"6h\"\nruntime = \"exponential:600\"\n"
    );
    let (Some(quiet), Some(harvested)) =
        (KTH_CLEANED.scenario(how, ""), KTH_CLEANED.scenario(how, &campaign))
    else {
        return;
    };
    let (alone, quiet) = watched(&quiet, Ends::default());
    let (harvested, with) = watched(&harvested, Ends::default());
    assert_eq!((alone.ending, harvested.ending), (Ending::Finished, Ending::Finished), "{how}");
    let campaign = harvested.scheduler.campaigns().next().expect("it was submitted");
    assert_eq!(campaign.tasks.of(TaskState::Done), TASKS, "{how}");
    assert!(campaign.killed > 1_000, "{how}: only {} tasks were in the way", campaign.killed);
    let (quiet, harvested) = (starts(&quiet.jobs), starts(&with.jobs));
    assert_eq!((quiet.len(), harvested.len()), (27_992, 27_992), "{how}");
    let differing = quiet.iter().zip(&harvested).find(|(quiet, harvested)| quiet != harvested);
    assert_eq!(differing, None, "{how}: number and start without and with the campaign");
}

#[test]
fn a_campaign_changes_no_start_of_kth_under_fcfs() {
    check("scheduler = \"fcfs\"");
}

#[test]
fn a_campaign_changes_no_start_of_kth_under_easy() {
    check("scheduler = \"easy\"");
    check("scheduler = \"easy\"\nevents = \"instant\"");
}

#[test]
fn a_campaign_changes_no_start_of_kth_under_easy_sjbf() {
    check("scheduler = \"easy-sjbf\"");
}

#[test]
fn a_campaign_changes_no_start_of_kth_under_conservative() {
    check("scheduler = \"conservative\"");
}
