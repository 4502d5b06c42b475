//! Messages of events: the cluster's words, clusters by their names, jobs by the numbers of the API.

use gleaner_core::config::{OnFailure, SchedulerConfig};
use gleaner_core::fact::{Fact, Outcome, Refusal};
use gleaner_core::ids::{CampaignId, ClusterId, CommandId};
use gleaner_core::server_message::ServerMessage;
use gleaner_core::time::Timestamp;
use gleaner_runtime::store::views::StoredViews;
use gleaner_runtime::views::{Page, Views};

use crate::store::stage::{Stage, config, jdl, job};

const FIRST: CampaignId = CampaignId(1);
const ALL: Page = Page { offset: 0, limit: 100 };

/// Code, whether it is open, and message of each event of the campaign.
fn events(stage: &Stage) -> Vec<(String, bool, String)> {
    let views = StoredViews::open(&stage.path).unwrap();
    let (rows, _) = views.campaign_events(FIRST, true, ALL).unwrap();
    rows.into_iter().map(|row| (row.code, row.open, row.message.unwrap_or_default())).collect()
}

fn event(code: &str, open: bool, message: &str) -> (String, bool, String) {
    (code.to_owned(), open, message.to_owned())
}

fn refused(command: u64, reason: Refusal, words: &str) -> Fact {
    Fact::CommandRefused { command: CommandId(command), reason, words: ServerMessage::new(words) }
}

fn blocking() -> SchedulerConfig {
    SchedulerConfig { on_failure: OnFailure::Block, ..config(2, "tap") }
}

/// A campaign of three tasks on two clusters, sent to the second under the second command.
fn sent() -> (tempfile::TempDir, Stage) {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::begin(folder.path(), blocking(), 1000, 1000);
    stage.submit("amy", &jdl(&["a", "b", "c"], &["c1"]));
    stage.tell(1, Vec::new());
    stage.cycle().unwrap();
    (folder, stage)
}

#[test]
fn a_refusal_for_good_is_told_in_the_clusters_words() {
    let (_folder, mut stage) = sent();
    stage.tell(1, vec![refused(1, Refusal::BadRequest, "the cluster answers 400:\nno such node")]);
    stage.cycle().unwrap();
    let told = events(&stage);
    let words = "submission: request refused: the cluster answers 400: no such node";
    assert_eq!(told[0], event("RUNNER_SUBMIT_ERROR", true, words));
    assert_eq!(told[1], event("BLACKLIST", true, "because of event 1"));
    assert_eq!(told.len(), 2);
}

#[test]
fn a_campaign_that_waits_has_one_event_until_something_of_it_is_taken() {
    let (folder, mut stage) = sent();
    let words = "the cluster answers 400: nodes are away";
    stage.tell(1, vec![refused(1, Refusal::NotNow, words)]);
    stage.cycle().unwrap();
    let message = format!("submission: not possible for the moment: {words}");
    assert_eq!(events(&stage), [event("RUNNER_SUBMIT_LATER", true, &message)]);
    // It still knows after a restart, and asks again a minute later.
    stage.stop();
    let mut stage = Stage::begin(folder.path(), blocking(), 1000, 1100);
    stage.tell(1, Vec::new());
    let again = stage.cycle().unwrap();
    assert_eq!(again.len(), 1, "it is tried again");
    stage.tell(1, vec![refused(2, Refusal::NotNow, words)]);
    stage.cycle().unwrap();
    assert_eq!(events(&stage).len(), 1, "told once");
    stage.stop();
    let mut stage = Stage::begin(folder.path(), blocking(), 1000, 1300);
    stage.tell(1, Vec::new());
    stage.cycle().unwrap();
    let jobs = vec![job(7), job(8), job(9)];
    stage.tell(1, vec![Fact::CommandAccepted { command: CommandId(3), jobs }]);
    stage.cycle().unwrap();
    assert_eq!(events(&stage), [event("RUNNER_SUBMIT_LATER", false, &message)]);
}

#[test]
fn jobs_go_by_their_numbers_and_clusters_by_their_names() {
    let (_folder, mut stage) = sent();
    let jobs = vec![job(71), job(72), job(73)];
    stage.tell(1, vec![Fact::CommandAccepted { command: CommandId(1), jobs }]);
    stage.cycle().unwrap();
    let cluster = ClusterId(1);
    let at = Timestamp::from_seconds(1010);
    let ended = |id, outcome| Fact::JobEnded { cluster, job: job(id), at, outcome };
    let facts = vec![
        Fact::JobReplaced { cluster, job: job(73), copy: job(74) },
        ended(71, Outcome::KilledBestEffort),
        ended(72, Outcome::Exited(3)),
    ];
    stage.tell(1, facts);
    stage.cycle().unwrap();
    let told = events(&stage);
    let copied = "job 3 (number 74) on cluster `c1` takes the place of number 73";
    assert_eq!(told[0], event("OAR_AUTO_RESUBMIT", false, copied));
    let killed = "job 1 goes back to the bag: killed for an owner's job on cluster `c1`";
    assert_eq!(told[1], event("RESUBMIT", false, killed));
    assert_eq!(told[2], event("EXIT_ERROR", true, "job 2: exit code 3"));
}
