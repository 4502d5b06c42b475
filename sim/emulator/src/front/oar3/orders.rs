//! OAR 3's routes that order something about a job: answers in the words of OAR's commands, status
//! 200 even when refused. Must not know shapes of jobs.

use serde_json::json;

use crate::engine::orders::OrderRefusal;
use crate::front::answer::Answer;
use crate::front::oar3::Call;
use crate::table::row::JobNumber;
use crate::table::watcher::JobRef;

impl Call<'_> {
    fn told(id: u64, output: &str, status: i32) -> Answer {
        Answer::json(200, &json!({ "id": id, "cmd_output": output, "exit_status": status }))
    }

    fn job(&self, number: JobNumber) -> JobRef {
        JobRef { cluster: self.cluster, number }
    }

    pub(super) fn delete(&mut self, id: u64) -> Answer {
        let user = match self.user() {
            Ok(user) => user,
            Err(refused) => return refused,
        };
        let whole = self.request.value("array").is_some_and(|value| {
            matches!(value.to_ascii_lowercase().as_str(), "true" | "1" | "yes" | "on" | "t" | "y")
        });
        let jobs = match whole {
            true => self.engine.table(self.cluster).array(JobNumber(id)),
            false => vec![JobNumber(id)],
        };
        let (mut output, mut status, mut deleted) = (String::new(), 0, Vec::new());
        let mut refused_outright = jobs.is_empty();
        for number in jobs {
            output.push_str(&format!("Deleting the job = {number} ...\n", number = number.0));
            let line = match self.engine.delete(self.job(number), &user) {
                Ok(()) => {
                    deleted.push(number.0.to_string());
                    "\n".to_owned()
                }
                Err(OrderRefusal::NotYours | OrderRefusal::NotAllowed) => {
                    (status, refused_outright) = (1, true);
                    format!("#ERROR: Cannot frag {} ; You are not the right user. -1\n", number.0)
                }
                Err(OrderRefusal::AlreadyKilled | OrderRefusal::WrongState) => {
                    status = 6;
                    let number = number.0;
                    format!("#WARNING: Cannot frag {number} ; This job was already killed. -2\n")
                }
                Err(OrderRefusal::Unknown) => {
                    (status, refused_outright) = (7, true);
                    format!("#WARNING: Cannot frag {} ; Job does not exist. -3\n", number.0)
                }
            };
            output.push_str(&line);
        }
        if !refused_outright {
            let list = deleted.join(", ");
            output.push_str(&format!("The job(s) [{list}]  will be deleted in the near future.\n"));
        }
        Self::told(id, &output, status)
    }

    /// Hold, resume and checkpoint.
    pub(super) fn order(&mut self, id: u64, order: &str) -> Answer {
        let user = match self.user() {
            Ok(user) => user,
            Err(refused) => return refused,
        };
        let job = self.job(JobNumber(id));
        let (done, verb) = match order {
            "resumptions" => (self.engine.resume(job, &user), "resume"),
            "checkpoints" => (self.engine.checkpoint(job, &user), "checkpoint"),
            "rhold" => (self.engine.suspend(job, &user), "hold"),
            _ => (self.engine.hold(job, &user), "hold"),
        };
        match (done, verb) {
            (Ok(()), "checkpoint") => {
                Self::told(id, &format!("Checkpointing the job {id} ...\nDONE\n"), 0)
            }
            (Ok(()), verb) => {
                let verb = if verb == "hold" { "Hold" } else { "Resume" };
                let text = format!("[{id}] {verb} request was sent to the OAR server.\n");
                Self::told(id, &text, 0)
            }
            (Err(refusal), verb) => {
                let why = match refusal {
                    OrderRefusal::Unknown => "the job does not exist. -1",
                    OrderRefusal::NotYours | OrderRefusal::NotAllowed => {
                        "you are not the right user. -2"
                    }
                    OrderRefusal::AlreadyKilled | OrderRefusal::WrongState => match verb {
                        "resume" => "the job is not in the Hold or Suspended state. -3",
                        "checkpoint" => "the job is not running. -3",
                        _ => "the job is not in the Waiting state. -3",
                    },
                };
                Self::told(id, &format!("#ERROR: /!\\ Cannot {verb} {id} : {why}\n"), 1)
            }
        }
    }

    pub(super) fn signal(&mut self, id: u64, signal: i32) -> Answer {
        let user = match self.user() {
            Ok(user) => user,
            Err(refused) => return refused,
        };
        let head = format!("Signaling the job {id} with {signal} signal {user}.\n");
        match self.engine.send_signal(self.job(JobNumber(id)), &user, signal) {
            Ok(()) => Self::told(id, &format!("{head}DONE\n"), 0),
            Err(refusal) => {
                let why = match refusal {
                    OrderRefusal::Unknown => "This job does not exist. 1",
                    OrderRefusal::NotYours | OrderRefusal::NotAllowed => {
                        "You are not the right user. 3"
                    }
                    OrderRefusal::AlreadyKilled | OrderRefusal::WrongState => {
                        "This job is not running. 2"
                    }
                };
                Self::told(id, &format!("{head}ERROR\n#ERROR: Cannot signal {id} ; {why}\n"), 5)
            }
        }
    }
}
