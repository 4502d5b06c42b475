//! OAR 2's routes that order something about a job: what OAR's commands would have said, 202 or
//! 400. Must not know shapes of jobs.

use serde_json::{Value, json};

use crate::engine::orders::OrderRefusal;
use crate::front::answer::Answer;
use crate::front::oar2::Call;
use crate::table::row::JobNumber;
use crate::table::watcher::JobRef;

/// The outcome of one deletion.
struct Deletion {
    output: String,
    /// Exit status of the command times 256; 0 if all went well.
    status: i32,
    deleted: Vec<String>,
}

impl Call<'_> {
    fn job(&self, number: JobNumber) -> JobRef {
        JobRef { cluster: self.cluster, number }
    }

    fn delete_jobs(&mut self, jobs: &[JobNumber], user: &str) -> Deletion {
        let mut said = Deletion { output: String::new(), status: 0, deleted: Vec::new() };
        for number in jobs {
            let id = number.0;
            said.output.push_str(&format!("Deleting the job = {id} ..."));
            let (status, line) = match self.engine.delete(self.job(*number), user) {
                Ok(()) => {
                    said.deleted.push(id.to_string());
                    (0, "REGISTERED.\n".to_owned())
                }
                Err(OrderRefusal::NotYours | OrderRefusal::Unknown | OrderRefusal::NotAllowed) => {
                    (256, format!("ERROR.\nCannot frag {id} ; You are not the right user.\n"))
                }
                Err(OrderRefusal::AlreadyKilled | OrderRefusal::WrongState) => {
                    (1536, format!("ERROR.\nCannot frag {id} ; This job was already killed.\n"))
                }
            };
            said.status = said.status.max(status);
            said.output.push_str(&line);
        }
        if !said.deleted.is_empty() {
            let list = said.deleted.join(" ");
            let text = format!("The job(s) [ {list} ] will be deleted in the near future.\n");
            said.output.push_str(&text);
        }
        said
    }

    fn refused(&self, tool: &str, title: &str, status: i32, output: &str, command: &str) -> Answer {
        let text = format!(
            "{tool} command exited with status {status}: {output}. (Command was: {command})."
        );
        self.problem(400, title, &text)
    }

    /// Deletes a job; the two ways to say so answer under different keys.
    pub(super) fn delete(&mut self, id: u64, by_method: bool) -> Answer {
        let user = match self.user("deleting jobs") {
            Ok(user) => user,
            Err(refused) => return refused,
        };
        let said = self.delete_jobs(&[JobNumber(id)], &user);
        if said.status > 0 {
            let (tool, title) =
                if by_method { ("Oardel", "Oardel error") } else { ("Oar", "Oar error") };
            return self.refused(tool, title, said.status, &said.output, &format!("oardel {id}"));
        }
        let mut value = self.registered(id, "Delete request registered");
        match by_method {
            true => {
                value["oardel_output"] = json!(said.output);
                if let Value::Object(value) = &mut value {
                    value.remove("links");
                }
            }
            false => value["cmd_output"] = json!(said.output),
        }
        self.answer(202, &value)
    }

    pub(super) fn delete_array(&mut self, id: u64) -> Answer {
        let user = match self.user("deleting jobs") {
            Ok(user) => user,
            Err(refused) => return refused,
        };
        let jobs = self.engine.table(self.cluster).array(JobNumber(id));
        let said = self.delete_jobs(&jobs, &user);
        if said.status > 0 || jobs.is_empty() {
            let command = format!("oardel --array {id}");
            return self.refused("Oar", "Oar error", said.status.max(256), &said.output, &command);
        }
        let mut value = self.registered(id, "Delete request registered");
        value["cmd_output"] = json!(said.output);
        self.answer(202, &value)
    }

    fn registered(&self, id: u64, status: &str) -> Value {
        let href = self.href(&format!("/jobs/{id}"));
        json!({
            "id": id.to_string(), "status": status, "api_timestamp": self.date_s(),
            "links": [{ "rel": "self", "href": href }],
        })
    }

    /// Hold, suspend, resume and checkpoint.
    pub(super) fn order(&mut self, id: u64, verb: &str) -> Answer {
        let user = match self.user("modifying jobs") {
            Ok(user) => user,
            Err(refused) => return refused,
        };
        let job = self.job(JobNumber(id));
        let (done, status) = match verb {
            "hold" => (self.engine.hold(job, &user), "Hold"),
            "rhold" => (self.engine.suspend(job, &user), "Hold"),
            "resume" => (self.engine.resume(job, &user), "Resume"),
            _ => (self.engine.checkpoint(job, &user), "Checkpoint"),
        };
        if let Err(refusal) = done {
            let (output, command) = match verb {
                "checkpoint" => (
                    format!(
                        "Checkpointing the job {id} ...ERROR.\nCannot checkpoint {id} ; {}\n",
                        of_running(refusal)
                    ),
                    format!("oardel  -c {id}"),
                ),
                "resume" => (cannot("resume", id, refusal), format!("oarresume  {id}")),
                "rhold" => (cannot("hold", id, refusal), format!("oarhold  -r {id}")),
                _ => (cannot("hold", id, refusal), format!("oarhold  {id}")),
            };
            let exit = if verb == "checkpoint" { exit_of_signal(refusal) } else { 256 };
            return self.refused("Oar", "Oar error", exit, &output, &command);
        }
        let text = match status {
            "Checkpoint" => format!(
                "Checkpointing the job {id} ...DONE.\nThe job {id} was notified to checkpoint \
                 itself on {}.\n",
                self.first_node(id)
            ),
            _ => format!("[{id}] {status} request was sent to the OAR server.\n"),
        };
        let mut value = self.registered(id, &format!("{status} request registered"));
        value["cmd_output"] = json!(text);
        self.answer(202, &value)
    }

    /// The node to which signals for a job are sent.
    fn first_node(&self, id: u64) -> String {
        let row = self.engine.table(self.cluster).row(JobNumber(id));
        let core = row.and_then(|row| row.cores.cores().next()).unwrap_or_default();
        let platform = &self.engine.cluster(self.cluster).platform;
        platform.address(platform.node_of(core + 1))
    }

    pub(super) fn signal(&mut self, id: u64, signal: i32) -> Answer {
        let user = match self.user("modifying jobs") {
            Ok(user) => user,
            Err(refused) => return refused,
        };
        let head = format!("Signaling the job {id} with {signal} signal.\n");
        if let Err(refusal) = self.engine.send_signal(self.job(JobNumber(id)), &user, signal) {
            let output = format!("{head}ERROR.\nCannot signal {id} ; {}\n", of_running(refusal));
            let command = format!("oardel -s {signal} {id}");
            return self.refused("Oar", "Oar error", exit_of_signal(refusal), &output, &command);
        }
        let text = format!(
            "{head}DONE.\nThe job {id} was notified to signal itself with {signal} on {}.\n",
            self.first_node(id)
        );
        let mut value = self.registered(id, "Signal sending request registered");
        value["cmd_output"] = json!(text);
        if let Value::Object(value) = &mut value {
            value.remove("links");
        }
        self.answer(202, &value)
    }

    /// A change of the walltime, `+h:m:s` or `-h:m:s`.
    fn change_walltime(&mut self, id: u64, user: &str, change: Option<&Value>) -> Answer {
        if !self.engine.changes_walltimes(self.cluster) {
            return self.problem(405, "Not available", "Functionality is disabled");
        }
        let Some(change) = change else {
            let text = "Walltime change request must have a walltime field";
            return self.problem(400, "Missing Required Field", text);
        };
        let Some(change_s) = change.as_str().and_then(change_s) else {
            return self.problem(400, "Bad request", "Syntax error");
        };
        match self.engine.change_walltime(self.job(JobNumber(id)), user, change_s) {
            Ok(updates) => {
                let word = if updates { "updated" } else { "accepted" };
                let mut value = self.registered(id, "Accepted");
                value["cmd_output"] = json!(format!(
                    "Walltime change request {word} for job {id}, it will be handled shortly"
                ));
                self.answer(202, &value)
            }
            Err(refusal) => {
                let text = match refusal {
                    OrderRefusal::NotYours => format!("Job {id} does not belong to you"),
                    OrderRefusal::NotAllowed => {
                        format!("Walltime of job {id} cannot be changed so much")
                    }
                    OrderRefusal::Unknown
                    | OrderRefusal::AlreadyKilled
                    | OrderRefusal::WrongState => format!("Job {id} is not running"),
                };
                self.problem(403, "Forbidden", &text)
            }
        }
    }

    pub(super) fn resubmit(&mut self, id: u64) -> Answer {
        let user = match self.user("posting jobs") {
            Ok(user) => user,
            Err(refused) => return refused,
        };
        let head = format!("Resubmitting job {id}...");
        match self.engine.resubmit(self.job(JobNumber(id)), &user) {
            Ok(copy) => {
                let href = |id: u64| self.href(&format!("/jobs/{id}"));
                let value = json!({
                    "id": copy.0,
                    "status": "submitted",
                    "cmd_output": format!("{head}DONE\nOAR_JOB_ID={}\n", copy.0),
                    "links": [
                        { "rel": "self", "href": href(copy.0) },
                        { "rel": "parent", "href": href(id) },
                    ],
                    "api_timestamp": self.date_s(),
                });
                self.answer(201, &value)
            }
            Err(refusal) => {
                let why = match refusal {
                    OrderRefusal::Unknown => "Unknown error (0).",
                    OrderRefusal::NotYours | OrderRefusal::NotAllowed => {
                        "You are not the right user."
                    }
                    OrderRefusal::AlreadyKilled | OrderRefusal::WrongState => {
                        "The job must be in Error or Terminated state."
                    }
                };
                let output = format!("{head}[ERROR] {why}\n");
                let command = format!("oarsub  --resubmit {id}");
                self.refused("Oar", "Oar error", 1024, &output, &command)
            }
        }
    }

    /// `POST /jobs/5` with a method in its body.
    pub(super) fn method_in_body(&mut self, id: u64) -> Answer {
        let user = match self.user("modifying jobs") {
            Ok(user) => user,
            Err(refused) => return refused,
        };
        let body: Value = match serde_json::from_slice(&self.request.body) {
            Ok(body) => body,
            Err(error) => {
                return self.problem(400, "JSON data not understood", &error.to_string());
            }
        };
        let method = body.get("method").and_then(Value::as_str).unwrap_or_default();
        match method {
            "delete" => self.delete(id, false),
            "hold" | "rhold" | "resume" | "checkpoint" => self.order(id, method),
            "walltime-change" => self.change_walltime(id, &user, body.get("walltime")),
            other => {
                let text = format!("Could not understand {other} method");
                self.problem(400, "Bad query", &text)
            }
        }
    }
}

/// Why a job cannot be held or resumed.
fn cannot(verb: &str, id: u64, refusal: OrderRefusal) -> String {
    let why = match refusal {
        OrderRefusal::Unknown => "this job does not exist.",
        OrderRefusal::NotYours => "you are not the right user.",
        OrderRefusal::NotAllowed => "only oar or root may hold running jobs.",
        OrderRefusal::AlreadyKilled | OrderRefusal::WrongState if verb == "resume" => {
            "the job is not in the Hold or Suspended state."
        }
        OrderRefusal::AlreadyKilled | OrderRefusal::WrongState => {
            "the job is not in the right state (try '-r' option)."
        }
    };
    format!("/!\\ Cannot {verb} {id} : {why}\n")
}

/// Why a job cannot be sent a signal; a job that is not there is nobody's.
fn of_running(refusal: OrderRefusal) -> &'static str {
    match refusal {
        OrderRefusal::Unknown | OrderRefusal::NotYours | OrderRefusal::NotAllowed => {
            "You are not the right user."
        }
        OrderRefusal::AlreadyKilled | OrderRefusal::WrongState => "This job is not running.",
    }
}

/// Exit status of the command that sends signals, times 256.
fn exit_of_signal(refusal: OrderRefusal) -> i32 {
    match refusal {
        OrderRefusal::Unknown | OrderRefusal::NotYours | OrderRefusal::NotAllowed => 256,
        OrderRefusal::AlreadyKilled | OrderRefusal::WrongState => 1280,
    }
}

/// Seconds of a change of walltime, `+h:m:s` or `-h:m:s`.
fn change_s(text: &str) -> Option<i64> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    gleaner_oar::walltime::parse(rest, 1).ok().map(|seconds| sign * seconds)
}
