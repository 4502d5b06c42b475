//! OAR 2's routes that order something about a job: what OAR's commands would have said, 202 or
//! 400. Must not know shapes of jobs.

use serde_json::{Value, json};

use crate::engine::orders::OrderRefusal;
use crate::front::answer::Answer;
use crate::front::oar2::Call;
use crate::table::JobNumber;
use crate::table::watcher::JobRef;

/// What one deletion said.
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
                Err(OrderRefusal::NotYours | OrderRefusal::Unknown) => {
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

    /// Hold, resume and checkpoint.
    pub(super) fn order(&mut self, id: u64, verb: &str) -> Answer {
        let user = match self.user("changing jobs") {
            Ok(user) => user,
            Err(refused) => return refused,
        };
        let job = self.job(JobNumber(id));
        let (done, tool, text, status) = match verb {
            "hold" => (
                self.engine.hold(job, &user),
                "oarhold",
                format!("[{id}] Hold request was sent to the OAR server.\n"),
                "Hold request registered",
            ),
            "resume" => (
                self.engine.resume(job, &user),
                "oarresume",
                format!("[{id}] Resume request was sent to the OAR server.\n"),
                "Resume request registered",
            ),
            _ => (
                self.engine.checkpoint(job, &user),
                "oardel -c",
                format!(
                    "Checkpointing the job {id} ...DONE.\nThe job {id} was notified to \
                     checkpoint itself.\n"
                ),
                "Checkpoint request registered",
            ),
        };
        if let Err(refusal) = done {
            let output = format!("/!\\ Cannot {verb} {id} : {}\n", why(refusal));
            return self.refused("Oar", "Oar error", 256, &output, &format!("{tool} {id}"));
        }
        let mut value = self.registered(id, status);
        value["cmd_output"] = json!(text);
        self.answer(202, &value)
    }

    pub(super) fn signal(&mut self, id: u64, signal: i32) -> Answer {
        let user = match self.user("changing jobs") {
            Ok(user) => user,
            Err(refused) => return refused,
        };
        let head = format!("Signaling the job {id} with {signal} signal.\n");
        if let Err(refusal) = self.engine.signal(self.job(JobNumber(id)), &user, signal) {
            let output = format!("{head}ERROR.\nCannot signal {id} ; {}\n", why(refusal));
            let command = format!("oardel -s {signal} {id}");
            return self.refused("Oar", "Oar error", 1280, &output, &command);
        }
        let mut value = self.registered(id, "Signal request registered");
        value["cmd_output"] = json!(format!("{head}DONE.\n"));
        self.answer(202, &value)
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
                let output = format!("{head}[ERROR] {}\n", why(refusal));
                let command = format!("oarsub  --resubmit {id}");
                self.refused("Oar", "Oar error", 1024, &output, &command)
            }
        }
    }

    /// `POST /jobs/5` with a method in its body.
    pub(super) fn method_in_body(&mut self, id: u64) -> Answer {
        if let Err(refused) = self.user("changing jobs") {
            return refused;
        }
        let body: Value = match serde_json::from_slice(&self.request.body) {
            Ok(body) => body,
            Err(error) => {
                return self.problem(400, "JSON data not understood", &error.to_string());
            }
        };
        let method = body.get("method").and_then(Value::as_str).unwrap_or_default();
        match method {
            "delete" => self.delete(id, false),
            "hold" | "rhold" => self.order(id, "hold"),
            "resume" => self.order(id, "resume"),
            "checkpoint" => self.order(id, "checkpoint"),
            "walltime-change" => self.problem(405, "Not available", "Functionality is disabled"),
            other => {
                let text = format!("Could not understand {other} method");
                self.problem(400, "Bad query", &text)
            }
        }
    }
}

fn why(refusal: OrderRefusal) -> &'static str {
    match refusal {
        OrderRefusal::Unknown => "This job does not exist.",
        OrderRefusal::NotYours => "You are not the right user.",
        OrderRefusal::AlreadyKilled => "This job was already killed.",
        OrderRefusal::WrongState => "This job is not running.",
    }
}
