//! Checkpoints: what they cost, what they refuse, and how the settings change after one.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the failure")]

#[allow(dead_code, reason = "each test crate uses a part of it")]
mod restore;
#[allow(dead_code, reason = "each test crate uses a part of the world")]
mod world;

use gleaner_core::checkpoint::Checkpoint;
use gleaner_core::config::{OnFailure, SchedulerConfig};
use gleaner_core::decision::{Action, Decision};
use gleaner_core::fact::{Fact, Outcome};
use gleaner_core::ids::{CampaignId, ClusterId, EventId, RemoteJobId, TaskId};
use gleaner_core::ledger::campaign::CampaignState;
use gleaner_core::ledger::task_state::TaskState;
use gleaner_core::observation::Observation;
use gleaner_core::policy::injection;
use gleaner_core::restore::RestoreError;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::scheduler::reconfigure::{ReconfigureError, Rename};
use gleaner_core::scheduler::tracking::{JobWork, SubmittedJob};
use gleaner_core::snapshot::ClusterSnapshot;
use gleaner_core::time::Duration;
use restore::{Kept, restored, through_text};
use world::World;

/// A world with two campaigns under way on its three clusters, and what its facts brought.
fn busy_world(policy: &str) -> (World, Kept) {
    let mut world = World::new(3, policy, OnFailure::Block);
    let mut kept = Kept::default();
    for line in
        ["submit 1 alice c1,c2,c3 200", "submit 2 bob c2 30", "cycle", "accept c1", "accept c2"]
    {
        world.line(line);
        world.facts().iter().for_each(|fact| kept.keep(fact));
    }
    for line in ["unknown c3", "start c1 all", "cycle", "exit c1 1 3", "cycle"] {
        world.line(line);
    }
    (world, kept)
}

fn refused(checkpoint: Checkpoint, config: SchedulerConfig, kept: &mut Kept) -> String {
    let error = Scheduler::restore(config, &injection::standard(), checkpoint, kept).unwrap_err();
    format!("{error}; {}", error.hint())
}

#[test]
fn other_clusters_policies_or_parameters_are_refused() {
    let (world, mut kept) = busy_world("tap");
    let checkpoint = world.scheduler.checkpoint();
    let hint = "restore with the settings in the checkpoint, then change them: clusters are added and retired by name, and a new policy starts afresh";
    let config = |count, policy| SchedulerConfig::new(world::clusters(count, policy));
    let mut check = |config| refused(checkpoint.clone(), config, &mut kept);
    assert_eq!(
        check(config(2, "tap")),
        format!("the checkpoint has 3 clusters, and the settings have 2; {hint}")
    );
    assert_eq!(
        check(config(3, "greedy")),
        format!(
            "cluster `c1` has policy `tap` in the checkpoint, and `greedy` in the settings; {hint}"
        )
    );
    let mut renamed = config(3, "tap");
    renamed.clusters[1].name = "dahu".into();
    assert_eq!(
        check(renamed),
        format!("cluster 1 is `c2` in the checkpoint, and `dahu` in the settings; {hint}")
    );
    let text = refused(checkpoint.clone(), config(3, "tap"), &mut Kept::default());
    assert!(text.starts_with("no parameters for campaign 1 from task 0 on; "), "{text}");
}

#[test]
fn a_damaged_checkpoint_is_an_error_and_no_panic() {
    let (world, mut kept) = busy_world("tap");
    assert!(damaged(&world, &mut kept, &[]) > 100);
    // One campaign waits for a cluster that cannot serve it for the moment.
    let mut kept = Kept::default();
    let mut world = World::new(3, "tap", OnFailure::Block);
    for line in ["submit 1 alice c1,c2 4", "cycle", "refuse c1 later", "accept c2"] {
        world.line(line);
        world.facts().iter().for_each(|fact| kept.keep(fact));
    }
    world.line("cycle");
    let fixed = |id| Fact::EventFixed { event: EventId(id), retry: false };
    let facts = [1, 2, 7].map(fixed);
    assert!(damaged(&world, &mut kept, &facts) > 10);
}

#[test]
fn a_refused_deletion_on_a_cluster_that_is_not_there_is_refused() {
    let mut kept = Kept::default();
    let mut world = World::new(3, "tap", OnFailure::Block);
    let sent = ["submit 1 alice c1 3", "cycle", "accept c1", "start c1 all", "cycle"];
    let dropped = ["drop 1.0", "cycle", "undeleted c1 not_allowed 1"];
    for line in sent.into_iter().chain(dropped) {
        world.line(line);
        world.facts().iter().for_each(|fact| kept.keep(fact));
    }
    world.line("cycle");
    let text = serde_json::to_string(&world.scheduler.checkpoint()).unwrap();
    let event = |cluster| format!(r#"{{"campaign":1,"cluster":{cluster},"cause":{{"undeleted""#);
    assert!(text.contains(&event(0)), "{text}");
    let elsewhere = serde_json::from_str(&text.replace(&event(0), &event(7))).unwrap();
    let told = refused(elsewhere, world.scheduler.config().clone(), &mut kept);
    assert!(told.contains("an event is about nothing"), "{told}");
}

/// Takes up checkpoints of a world that are damaged in one digit each, and lets those that are taken hear
/// `facts`; answers how many were refused.
fn damaged(world: &World, kept: &mut Kept, facts: &[Fact]) -> usize {
    let text = serde_json::to_string(&world.scheduler.checkpoint()).unwrap();
    // Each number of the text in turn becomes another.
    let digits: Vec<usize> =
        text.match_indices(|c: char| c.is_ascii_digit()).map(|(at, _)| at).collect();
    let (mut unread, mut refused, mut taken) = (0, 0, 0_usize);
    for at in digits {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'7' { b'3' } else { b'7' };
        let Ok(checkpoint) = serde_json::from_slice::<Checkpoint>(&bytes) else {
            unread += 1;
            continue;
        };
        let config = world.scheduler.config().clone();
        match Scheduler::restore(config, &injection::standard(), checkpoint, kept) {
            Err(error) => {
                assert!(!error.hint().is_empty());
                refused += 1;
            }
            // A time or a name may be another one: only the store's checksum could tell.
            Ok(mut scheduler) => {
                let observation = Observation { facts: facts.to_vec(), ..Observation::new() };
                scheduler.step(&observation, &mut Decision::new());
                taken += 1;
            }
        }
    }
    assert!(unread > 0 && taken > 0, "{unread} unread, {refused} refused, {taken} taken");
    refused
}

#[test]
fn a_format_of_the_future_is_refused() {
    let (world, mut kept) = busy_world("greedy");
    let mut value = serde_json::to_value(world.scheduler.checkpoint()).unwrap();
    value["format"] = 99.into();
    let checkpoint: Checkpoint = serde_json::from_value(value).unwrap();
    let text = refused(checkpoint, world.scheduler.config().clone(), &mut kept);
    assert!(text.starts_with("the checkpoint has format 99, and this release reads format "));
}

#[test]
fn a_driver_learns_what_to_follow() {
    let (world, mut kept) = busy_world("tap");
    let scheduler = restored(&world.scheduler, &mut kept);
    let open: Vec<_> = scheduler.open_submissions().collect();
    let unknown = open.iter().find(|open| open.cluster == ClusterId(2)).unwrap();
    assert!(unknown.unknown);
    assert!(unknown.jobs.iter().all(|job| matches!(job, SubmittedJob::Nameless(JobWork::Task(_)))));
    let (job, live) = scheduler.jobs_on(ClusterId(0)).next().unwrap();
    assert_eq!(job, RemoteJobId(2));
    assert_eq!(live.work, JobWork::Task(TaskId { campaign: CampaignId(1), index: 3 }));
    assert_eq!(live.started_at.map(|at| at.seconds()), Some(15));
    assert_eq!(scheduler.job(ClusterId(0), job), Some(live));
    assert_eq!(scheduler.jobs().count(), scheduler.live_jobs());
    assert_eq!(scheduler.open_events().count(), 1);
}

/// Lets one campaign of `tasks` tasks run to its end on an ever idle cluster, in few cycles.
fn finish(scheduler: &mut Scheduler, id: u32, tasks: u32, observation: &mut Observation) {
    let mut decision = Decision::new();
    let jdl = world::jdl(tasks, "c1", "");
    observation.facts.push(world::submitted(scheduler, id, "alice", &jdl));
    let mut job = u64::from(id) << 32;
    while !observation.facts.is_empty() || !scheduler.is_idle() {
        let at = observation.now + Duration::from_seconds(60);
        observation.now = at;
        observation.clusters.push(ClusterSnapshot::empty(ClusterId(0), at, 1_000_000));
        scheduler.step(observation, &mut decision);
        observation.facts.clear();
        observation.clusters.clear();
        for command in &decision.commands {
            let Action::Submit(submission) = &command.action else { continue };
            let jobs: Vec<_> = (job..).take(submission.len()).map(RemoteJobId).collect();
            job += jobs.len() as u64;
            let (cluster, outcome) = (command.cluster, Outcome::Exited(0));
            let ends = jobs.clone();
            observation.facts.push(Fact::CommandAccepted { command: command.id, jobs });
            let ends = ends.into_iter().map(|job| Fact::JobEnded { cluster, job, at, outcome });
            observation.facts.extend(ends);
        }
    }
}

#[test]
#[expect(clippy::disallowed_types, reason = "what is measured is the test's, not the core's")]
fn ten_million_past_tasks_are_restored_at_once() {
    let mut config = SchedulerConfig::new(world::clusters(1, "greedy:max=1000000"));
    config.placed_max = 1_000_000;
    let mut scheduler = Scheduler::new(config.clone(), &injection::standard()).unwrap();
    let mut observation = Observation::new();
    for id in 1..=10 {
        finish(&mut scheduler, id, 1_000_000, &mut observation);
    }
    for id in 11..=1000 {
        finish(&mut scheduler, id, 3, &mut observation);
    }
    let began = std::time::Instant::now();
    let text = serde_json::to_vec(&scheduler.checkpoint()).unwrap();
    let written = began.elapsed();
    let began = std::time::Instant::now();
    let checkpoint: Checkpoint = serde_json::from_slice(&text).unwrap();
    let mut nobody = Kept::default();
    let again =
        Scheduler::restore(config, &injection::standard(), checkpoint, &mut nobody).unwrap();
    let read = began.elapsed();
    eprintln!("{} kB, written in {written:?}, read in {read:?}", text.len() / 1000);
    assert_eq!(again.checkpoint(), scheduler.checkpoint());
    let done: u64 = again.campaigns().map(|found| u64::from(found.tasks.of(TaskState::Done))).sum();
    assert_eq!(done, 10_002_970);
    assert!(text.len() < 1_000_000, "{} bytes", text.len());
    // Far more than it takes, for machines that do much else.
    assert!(read.as_secs() < 5, "{read:?}");
}

#[test]
fn a_finished_campaign_grows_after_a_restore() {
    let config = SchedulerConfig::new(world::clusters(1, "greedy"));
    let mut scheduler = Scheduler::new(config, &injection::standard()).unwrap();
    let mut observation = Observation::new();
    finish(&mut scheduler, 1, 3, &mut observation);
    assert!(scheduler.forget_parameters(CampaignId(1)));
    assert!(!scheduler.forget_parameters(CampaignId(1)));
    let mut kept = Kept::default();
    let mut again = restored(&scheduler, &mut kept);
    let parameters = gleaner_core::jdl::params::Parameters::from_lines(["a", "b"]).unwrap();
    let campaign = CampaignId(1);
    observation.facts.push(Fact::JobsAdded { campaign, first: 3, parameters: parameters.into() });
    let at = observation.now;
    observation.clusters.push(ClusterSnapshot::empty(ClusterId(0), at, 10));
    let mut decision = Decision::new();
    again.step(&observation, &mut decision);
    assert_eq!(again.campaign(campaign).unwrap().state, CampaignState::InTreatment);
    let Action::Submit(submission) = &decision.commands[0].action else { panic!("{decision:?}") };
    assert_eq!(submission.len(), 2);
    let parameter = |index| again.parameter(TaskId { campaign, index }).map(String::from);
    assert_eq!((parameter(2), parameter(4)), (None, Some("b".into())));
}

#[test]
fn clusters_come_and_go_by_name_and_keep_their_ids() {
    let (mut world, mut kept) = busy_world("tap");
    let catalogue = injection::standard();
    // c1 goes, c9 comes, c2 gets another policy; the order in the file does not matter.
    let mut clusters = world::clusters(3, "tap");
    clusters[0].name = "c9".into();
    clusters[1].policy = "greedy".parse().unwrap();
    world.scheduler.reconfigure(SchedulerConfig::new(clusters), &catalogue).unwrap();
    let list = |scheduler: &Scheduler| {
        let spec = |spec: &gleaner_core::config::ClusterSpec| {
            format!("{} {}{}", spec.name, spec.policy, if spec.retired { " retired" } else { "" })
        };
        scheduler.config().clusters.iter().map(spec).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(list(&world.scheduler), "c1 tap retired, c2 greedy, c3 tap, c9 tap");
    world.line("accept c1");
    world.line("cycle");
    let before = world.scheduler.jobs_on(ClusterId(0)).count();
    assert!(before > 1);
    world.line("submit 3 carol c9 4");
    world.facts().iter().for_each(|fact| kept.keep(fact));
    for line in ["fix 1", "cycle", "exit c1 2 0", "cycle"] {
        world.line(line);
    }
    // Nothing new for the one that went; its jobs are followed. The new one is served.
    assert_eq!(world.scheduler.jobs_on(ClusterId(0)).count(), before - 1);
    assert!(world.scheduler.open_submissions().all(|open| open.cluster != ClusterId(0)));
    assert!(world.scheduler.open_submissions().any(|open| open.cluster == ClusterId(3)));
    assert_eq!(list(&restored(&world.scheduler, &mut kept)), list(&world.scheduler));
    let all = SchedulerConfig::new(world::clusters(3, "tap"));
    world.scheduler.reconfigure(all, &catalogue).unwrap();
    world.line("start c1 all");
    world.line("cycle");
    assert_eq!(list(&world.scheduler), "c1 tap, c2 tap, c3 tap, c9 tap retired");
    assert!(world.scheduler.open_submissions().any(|open| open.cluster == ClusterId(0)));
}

#[test]
fn a_renamed_cluster_keeps_its_id_its_jobs_and_its_queue() {
    let (mut world, mut kept) = busy_world("tap");
    let catalogue = injection::standard();
    world.line("accept c1");
    world.line("cycle");
    let jobs = world.scheduler.jobs_on(ClusterId(0)).count();
    let pairs = format!("{:?}", world.scheduler.pairs(ClusterId(0)).collect::<Vec<_>>());
    let mut clusters = world::clusters(3, "tap");
    clusters[0].name = "lune".into();
    clusters.rotate_left(1);
    let rename = Rename { cluster: ClusterId(0), name: "lune".into() };
    let config = SchedulerConfig::new(clusters);
    let taken = [Rename { cluster: ClusterId(0), name: "c2".into() }];
    let before = through_text(&world.scheduler.checkpoint());
    let error =
        world.scheduler.reconfigure_renamed(config.clone(), &taken, &catalogue).unwrap_err();
    assert!(matches!(error, ReconfigureError::SameName { .. }), "{error}");
    assert_eq!(world.scheduler.checkpoint(), before);
    world.scheduler.reconfigure_renamed(config, &[rename], &catalogue).unwrap();
    let names: Vec<&str> =
        world.scheduler.config().clusters.iter().map(|spec| &*spec.name).collect();
    assert_eq!(names, ["lune", "c2", "c3"]);
    assert!(world.scheduler.config().clusters.iter().all(|spec| !spec.retired));
    assert_eq!(world.scheduler.jobs_on(ClusterId(0)).count(), jobs);
    let after = format!("{:?}", world.scheduler.pairs(ClusterId(0)).collect::<Vec<_>>());
    assert_eq!(after, pairs);
    let again = restored(&world.scheduler, &mut kept);
    assert_eq!(again.jobs_on(ClusterId(0)).count(), jobs);
}

#[test]
fn wrong_settings_change_nothing() {
    let (mut world, _) = busy_world("tap");
    let before = through_text(&world.scheduler.checkpoint());
    let twice =
        SchedulerConfig::new([world::clusters(3, "tap"), world::clusters(1, "tap")].concat());
    let error = world.scheduler.reconfigure(twice, &injection::standard()).unwrap_err();
    assert!(matches!(error, ReconfigureError::SameName { .. }), "{error}");
    let wrong = SchedulerConfig::new(world::clusters(3, "tpa"));
    let error = world.scheduler.reconfigure(wrong, &injection::standard()).unwrap_err();
    assert_eq!(error.to_string(), "cannot make the policy of cluster `c1`");
    assert_eq!(error.hint(), "did you mean `tap`?");
    assert_eq!(world.scheduler.checkpoint(), before);
}

#[test]
fn a_policy_s_memory_of_another_form_is_refused() {
    let (world, mut kept) = busy_world("tap");
    let mut value = serde_json::to_value(world.scheduler.checkpoint()).unwrap();
    value["policies"][1] = serde_json::json!([0, []]);
    let checkpoint: Checkpoint = serde_json::from_value(value.clone()).unwrap();
    let config = world.scheduler.config().clone();
    let catalogue = injection::standard();
    let error = Scheduler::restore(config.clone(), &catalogue, checkpoint, &mut kept).unwrap_err();
    assert!(matches!(error, RestoreError::PolicyState { .. }), "{error}");
    value["policies"][1] = serde_json::json!("nonsense");
    let checkpoint: Checkpoint = serde_json::from_value(value).unwrap();
    let error = Scheduler::restore(config, &catalogue, checkpoint, &mut kept).unwrap_err();
    assert!(matches!(error, RestoreError::PolicyState { .. }), "{error}");
}
