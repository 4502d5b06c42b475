//! OAR's servers as clusters that fail as a test says: the scripted server, told in the words of the port.

use std::sync::{Arc, MutexGuard};

use gleaner_core::fact::{Outcome, Refusal};
use gleaner_runtime::order::WorkerStart;
use gleaner_runtime::sites::job::{Job, JobState};
use gleaner_runtime::sites::oar::client::ANSWER_MAX;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::{Deletes, DeletionRequest, Fake, Sent, Then, Wrong};
use crate::worker::server::{CRASH, NEVER, PAGE, Shared, World, serve};
use crate::worker::{Bench, NOW, bench_known, shared};

/// A server of OAR: of OAR 2.5, or of OAR 3.
pub(crate) struct Oar<const OLD: bool>(Shared);

impl<const OLD: bool> Oar<OLD> {
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().expect("no test has panicked with it")
    }

    /// Lets the server know a job.
    fn describe(&self, job: Job) {
        let mut world = self.world();
        world.current.retain(|(number, _)| *number != job.job.0);
        world.details.insert(job.job.0, details(&job));
        world.ended.retain(|(number, ..)| *number != job.job.0);
        if job.state == JobState::Over {
            let name = job.name.clone().unwrap_or_default();
            world.ended.push((job.job.0, name, job.submitted_at.seconds()));
        }
    }
}

impl<const OLD: bool> Fake for Oar<OLD> {
    fn new() -> Oar<OLD> {
        Oar(shared(World { old: OLD, time_s: NOW, ..World::default() }))
    }

    fn bench_known(&self, known: &str, now_s: i64, begin: WorkerStart) -> Bench {
        let runtime = Runtime::new().expect("a runtime");
        let api_url = runtime.block_on(serve(Arc::clone(&self.0)));
        let dialect = if OLD { "oar2" } else { "oar3" };
        bench_known(&format!("dialect = \"{dialect}\"\n{known}"), runtime, &api_url, now_s, begin)
    }

    fn clock(&self, shows_s: Option<i64>) {
        let mut world = self.world();
        world.timeless = shows_s.is_none();
        world.time_s = shows_s.unwrap_or(world.time_s);
    }

    fn takes(&self, jobs: usize, then: Then) {
        let mut world = self.world();
        world.records = jobs;
        world.submit = match then {
            Then::Answers => None,
            Then::Breaks if OLD => Some(PAGE),
            Then::Breaks => Some(CRASH),
            Then::IsCut => Some((200, r#"{"id": 1"#)),
            Then::IsSilent => Some((NEVER, "")),
            Then::IsAway => Some((502, "<html>")),
            Then::Refuses(Refusal::NotNow) => Some((429, r#"{"detail":"slow down"}"#)),
            Then::Refuses(Refusal::NotAllowed) => {
                Some((401, r#"{"detail":"Could not validate credentials !!! "}"#))
            }
            Then::BreaksFor(_) | Then::TakesFirst => panic!("OAR's resources decide about this"),
            Then::Refuses(_) => Some((
                400,
                r#"{"title":"Oar server error","detail":"[ADMISSION RULE] Error: unknown job type: x"}"#,
            )),
        };
    }

    fn sent(&self) -> Vec<Sent> {
        let text = |body: &Value, key: &str| body[key].as_str().unwrap_or_default().to_owned();
        let sent = |body: &Value| Sent {
            // OAR 2 hands it to two more shells.
            opening: text(body, "command").replace("\\$", "$"),
            lines: text(body, "param_file").lines().map(str::to_owned).collect(),
        };
        self.world().posts.iter().map(sent).collect()
    }

    fn fails(&self, times: usize, how: Wrong) {
        let answers = match how {
            Wrong::OutOfOrder => vec![(503, "<html>")],
            // Asked three times each.
            Wrong::Cut => vec![(200, "{\"total\": 1, \"items\": [{"); 3],
            Wrong::Unheard => panic!("its port is open"),
            Wrong::TooLong => {
                let long = " ".repeat(ANSWER_MAX + 1);
                // A test ends soon.
                vec![(200, &*Box::leak(long.into_boxed_str()))]
            }
        };
        for _ in 0..times {
            self.world().wrong.extend(&answers);
        }
    }

    fn endless(&self, endless: bool) {
        self.world().announced = endless.then_some(1_000_000_000);
    }

    fn shows_all(&self, jobs: Vec<Job>) {
        for job in jobs {
            let (number, lives) = (job.job.0, job.state != JobState::Over);
            let name = job.name.clone().unwrap_or_default();
            self.describe(job);
            if lives {
                self.world().current.push((number, name));
            }
        }
    }

    fn garbles(&self, job: u64) {
        let mut world = self.world();
        world.details.get_mut(&job).expect("it is shown")["state"] = json!("Dreaming");
    }

    fn owner(&self, login: &'static str) {
        self.world().owner = Some(login);
    }

    fn knows(&self, who: Option<fn(&str) -> String>) {
        self.world().whoami = who;
    }

    fn asked_who(&self) -> Vec<String> {
        self.world().asked_about.clone()
    }

    fn deletes(&self, how: Deletes) {
        self.world().deletion = match how {
            Deletes::Well => None,
            Deletes::Unclear => Some(PAGE),
            Deletes::NotYours if OLD => Some((
                400,
                r#"{"code":400,"title":"Bad Request","message":"Oardel command exited with status 256: Cannot frag 100 ; You are not the right user."}"#,
            )),
            Deletes::NotYours => Some((
                200,
                r##"{"id":100,"cmd_output":"#ERROR: Cannot frag 100 ; You are not the right user. -1","exit_status":1}"##,
            )),
            Deletes::NotAllowed => Some((403, r#"{"detail":"Not authenticated"}"#)),
        };
    }

    fn deleted(&self) -> Vec<DeletionRequest> {
        let deletions = std::mem::take(&mut self.world().deletions);
        let doom = |target: &String| {
            let (path, query) = target.split_once('?').expect("a target has a query");
            let number = path.split('/').nth(2).and_then(|number| number.split('.').next());
            let number = number.and_then(|number| number.parse().ok()).expect("a job's number");
            if query.contains("array") {
                DeletionRequest::Array(number)
            } else {
                DeletionRequest::Job(number)
            }
        };
        deletions.iter().map(doom).collect()
    }
}

/// What the server tells of a job in detail.
fn details(job: &Job) -> Value {
    let (number, name) = (job.job.0, &job.name);
    let seconds =
        |time: Option<gleaner_core::time::Timestamp>| time.map_or(0, |time| time.seconds());
    let (state, exit_code, mut events) = how(job);
    if let Some(copy) = job.copy {
        let text = format!("Resubmission of the job {number} => {copy}");
        events.push(("RESUBMIT_JOB_AUTOMATICALLY", text));
    }
    let event = |(at, (kind, text)): (usize, &(&str, String))| {
        json!({ "id": at + 1, "type": kind, "job_id": number, "date": seconds(job.stopped_at),
                "description": text, "to_check": "NO" })
    };
    let events: Vec<Value> = events.iter().enumerate().map(event).collect();
    json!({
        "id": number, "name": name, "array_id": job.array.0, "array_index": job.index, "type": "PASSIVE",
        "state": state, "user": job.owner, "owner": job.owner, "queue_name": "besteffort",
        "queue": "besteffort", "launching_directory": "/home/alice",
        "submission_time": job.submitted_at.seconds(), "start_time": seconds(job.started_at),
        "stop_time": seconds(job.stopped_at), "exit_code": exit_code, "events": events,
        "command": job.command, "resubmit_job_id": job.copy_of.map(|of| of.0),
    })
}

/// OAR's state, wait status and events of a job.
fn how(job: &Job) -> (&'static str, Option<i32>, Vec<(&'static str, String)>) {
    let event = |kind: &'static str| ("Error", None, vec![(kind, "so it was".to_owned())]);
    match (job.state, job.ended) {
        (JobState::Over, Some(Outcome::Exited(code))) => {
            ("Terminated", Some(i32::from(code) << 8), Vec::new())
        }
        (JobState::Over, Some(Outcome::Signalled(signal))) => {
            ("Terminated", Some(i32::from(signal)), Vec::new())
        }
        (JobState::Over, Some(Outcome::KilledBestEffort)) => event("BESTEFFORT_KILL"),
        (JobState::Over, Some(Outcome::KilledWalltime)) => event("WALLTIME"),
        (JobState::Over, Some(Outcome::Deleted)) => event("FRAG_JOB_REQUEST"),
        (JobState::Over, Some(Outcome::NotStarted)) => event("LAUNCHING_OAREXEC_TIMEOUT"),
        (JobState::Over, Some(Outcome::Unknown)) => ("Error", None, Vec::new()),
        (JobState::Over, other) => panic!("no test ends a job like this: {other:?}"),
        (JobState::Running, _) => ("Running", None, Vec::new()),
        (JobState::Waiting, _) => ("Waiting", None, Vec::new()),
        (other, _) => panic!("no test has a job like this: {other:?}"),
    }
}
