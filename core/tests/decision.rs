//! A decision is complete: who sends it asks nobody. What is written down of it is what it always was.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the failure")]

mod complete;
#[allow(dead_code, reason = "each test crate uses a part of the world")]
mod world;

use complete::{Sent, sent};
use gleaner_core::backend::{Backend, CycleBuffers, Stop, cycle};
use gleaner_core::config::SchedulerConfig;
use gleaner_core::decision::{Action, Command, Decision, Wake};
use gleaner_core::fact::Fact;
use gleaner_core::ids::{CampaignId, ClusterId, RemoteJobId};
use gleaner_core::jdl::params::Parameters;
use gleaner_core::observation::Observation;
use gleaner_core::policy::injection;
use gleaner_core::record::RecordedCommand;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::snapshot::ClusterSnapshot;
use gleaner_core::time::Duration;

/// A world that has seen decisions and nothing else. Its clusters take everything, and their jobs wait.
#[derive(Default)]
struct Wire {
    observation: Observation,
    facts: Vec<Fact>,
    commands: Vec<Command>,
    sent: Vec<Sent>,
    jobs: u64,
}

impl Backend for Wire {
    fn observe(&mut self, wake: Wake, into: &mut Observation) -> Result<(), Stop> {
        self.observation.now = self.observation.now.max(wake.earliest) + Duration::from_seconds(60);
        into.now = self.observation.now;
        into.facts.append(&mut self.facts);
        let seen = |cluster| ClusterSnapshot::empty(cluster, into.now, 50);
        into.clusters.extend([ClusterId(0), ClusterId(1)].map(seen));
        Ok(())
    }

    fn dispatch(&mut self, decision: &Decision) -> Result<(), Stop> {
        self.commands.clone_from(&decision.commands);
        self.sent = decision.commands.iter().flat_map(sent).collect();
        for command in &decision.commands {
            if let Action::Submit(submission) = &command.action {
                let first = self.jobs + 1;
                self.jobs += submission.len() as u64;
                let jobs = (first..=self.jobs).map(RemoteJobId).collect();
                self.facts.push(Fact::CommandAccepted { command: command.id, jobs });
            }
        }
        Ok(())
    }
}

struct Grid {
    scheduler: Scheduler,
    wire: Wire,
    buffers: CycleBuffers,
}

impl Grid {
    fn new() -> Grid {
        let config = SchedulerConfig::new(world::clusters(2, "greedy:max=10"));
        let scheduler = Scheduler::new(config, &injection::standard()).unwrap();
        Grid { scheduler, wire: Wire::default(), buffers: CycleBuffers::default() }
    }

    fn submit(&mut self, id: u32, user: &str, jdl: &str) {
        let fact = world::submitted(&self.scheduler, id, user, jdl);
        self.wire.facts.push(fact);
    }

    /// Runs a cycle; answers what was sent.
    fn cycle(&mut self) -> &[Sent] {
        cycle(&mut self.scheduler, &mut self.wire, &mut self.buffers).unwrap();
        complete::check(&self.scheduler, &self.wire.commands);
        &self.wire.sent
    }
}

fn job(cluster: u16, user: &str, line: &str) -> Sent {
    Sent::Job(ClusterId(cluster), user.to_owned(), line.to_owned())
}

fn deletion(cluster: u16, user: &str, job: u64) -> Sent {
    Sent::Deletion(ClusterId(cluster), user.to_owned(), RemoteJobId(job))
}

#[test]
fn whoever_has_a_decision_can_send_it() {
    let mut grid = Grid::new();
    let ann = r#"{"name": "n", "exec_file": "simulate", "params": ["a 1", "b 2"], "clusters": {"c1": {}}}"#;
    grid.submit(1, "ann", ann);
    let bob = r#"{"name": "n", "exec_file": "count", "nb_jobs": 1, "prologue": ["mkdir out"], "clusters": {"c2": {}}}"#;
    grid.submit(2, "bob", bob);
    let first =
        [job(0, "ann", "simulate a 1"), job(0, "ann", "simulate b 2"), job(1, "bob", "mkdir out")];
    assert_eq!(grid.cycle(), first);
    let parameters = std::sync::Arc::new(Parameters::from_lines(["c 3"]).unwrap());
    grid.wire.facts.push(Fact::JobsAdded { campaign: CampaignId(1), first: 2, parameters });
    assert_eq!(grid.cycle(), [job(0, "ann", "simulate c 3")]);
    // Jobs of two users are deleted by one command; of a campaign that nobody knows, by nobody.
    grid.wire.facts.push(Fact::CampaignCancelled { campaign: CampaignId(1) });
    let found = |job, campaign| Fact::JobFound {
        cluster: ClusterId(0),
        job: RemoteJobId(job),
        campaign: CampaignId(campaign),
    };
    grid.wire.facts.extend([found(77, 2), found(78, 3)]);
    let ended = [1, 2, 4].map(|job| deletion(0, "ann", job));
    let all: Vec<Sent> = ended.into_iter().chain([deletion(0, "bob", 77)]).collect();
    assert_eq!(grid.cycle(), all);
    let Action::Cancel { jobs } = &grid.wire.commands[0].action else { panic!("not a deletion") };
    let unwanted: Vec<u64> = jobs.iter().map(|unwanted| unwanted.job.0).collect();
    assert_eq!(unwanted, [1, 2, 4, 77, 78], "what is decided does not depend on who is known");
}

/// As releases have written it that knew of no other form.
const SUBMITTED: &str = concat!(
    r#"[{"id":1,"cluster":0,"action":{"submit":{"campaign":1,"work":{"tasks":[[1,0,2]]},"#,
    r#""kind":"best_effort","walltime":3600,"cores":1,"settings":{"cluster":0,"exec_file":"simulate","#,
    r#""exec_directory":"$HOME","resources":"/resource_id=1","cores":1,"walltime":3600,"#,
    r#""kind":"best_effort","test_mode":false,"max_jobs":null,"properties":"","project":"","#,
    r#""cluster_job_type":"","prologue":null,"epilogue":null,"#,
    r#""other":[["checkpointing_type","\"None\""],["dimensional_grouping","\"false\""],"#,
    r#"["output_gathering_method","\"None\""],["temporal_grouping","\"false\""]]}}}}]"#,
);
const DELETED: &str = r#"[{"id":2,"cluster":0,"action":{"cancel":{"jobs":[1,2]}}}]"#;

#[test]
fn what_is_written_down_of_a_command_is_what_it_always_was() {
    let mut grid = Grid::new();
    let jdl = r#"{"name": "n", "exec_file": "simulate", "params": ["a 1", "b 2"],
        "resources": "/resource_id=1", "clusters": {"c1": {}}}"#;
    grid.submit(1, "ann", jdl);
    grid.cycle();
    let written = |grid: &Grid| {
        let recorded: Vec<RecordedCommand> = grid.wire.commands.iter().map(Into::into).collect();
        serde_json::to_string(&recorded).unwrap()
    };
    assert_eq!(written(&grid), SUBMITTED);
    grid.cycle();
    grid.wire.facts.push(Fact::CampaignCancelled { campaign: CampaignId(1) });
    grid.cycle();
    assert_eq!(written(&grid), DELETED);
}
