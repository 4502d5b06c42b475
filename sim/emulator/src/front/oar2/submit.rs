//! Submissions to OAR 2: which are refused and how, and what the others become. Must not know
//! shapes of jobs.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::command::submission::{self, SubmitContext};
use crate::engine::cluster::Cluster;
use crate::engine::submission::Submission;
use crate::engine::submit::{ARRAY_MAX, Refusal};
use crate::front::answer::Answer;
use crate::front::intake::{self, SubmissionFields};
use crate::front::oar2::Call;
use crate::front::oar2::body::{Fields, fields, yaml};
use crate::platform::{RequestProblem, Resolved};
use crate::table::row::JobDescription;
use crate::table::row::JobNumber;

/// What every submission hears.
const TYPED: &str = "[ADMISSION RULE] Modify resource description with type constraints\n";

impl Call<'_> {
    pub(super) fn submit(&mut self) -> Answer {
        match self.submission() {
            Err(refused) => refused,
            Ok(submission) => {
                let part = self.part;
                let numbers = self.engine.record(self.cluster, &submission, part);
                match (part, numbers.first()) {
                    (None, Some(first)) => self.accepted(&submission, *first, &numbers),
                    (Some(_), _) | (None, None) => self.died(),
                }
            }
        }
    }

    fn accepted(&self, submission: &Submission, first: JobNumber, all: &[JobNumber]) -> Answer {
        let description = &submission.description;
        let mut output = String::new();
        if description.is_besteffort() {
            output.push_str("[ADMISSION RULE] Automatically redirect in the besteffort queue\n");
            output.push_str(
                "[ADMISSION RULE] Automatically add the besteffort constraint on the resources\n",
            );
        }
        output.push_str(TYPED);
        if all.len() > 1 {
            output.push_str("Simple array job submission is used\n");
        }
        for number in all {
            output.push_str(&format!("OAR_JOB_ID={}\n", number.0));
        }
        if all.len() > 1 {
            output.push_str(&format!("OAR_ARRAY_ID={}\n", first.0));
        }
        let href = self.href(&format!("/jobs/{}", first.0));
        let value = json!({
            "id": first.0,
            "cmd_output": output,
            "links": [{ "rel": "self", "href": href }],
            "api_timestamp": self.date_s(),
        });
        self.answer(201, &value).with("location", href)
    }

    /// A submission that would be accepted, or what is answered instead.
    pub(crate) fn submission(&mut self) -> Result<Submission, Answer> {
        let user = self.user("posting jobs")?;
        let body = self.body()?;
        let fields = fields(&body);
        if fields.interactive {
            let text = "The API cannot manage interactive jobs";
            return Err(self.problem(400, text, text));
        }
        if fields.command.is_none() && fields.script.is_none() && fields.reservation.is_none() {
            return Err(self.problem(
                400,
                "Missing Required Field",
                "A job must have a script, a command (script_path) or must be a reservation!",
            ));
        }
        if let Some((option, _)) = &fields.unknown {
            let text = format!("Unknown option: {option}\n");
            return Err(self.oarsub_failed(1, &text));
        }
        if fields.odd_resource {
            let text = "/!\\ Cannot recognize the resource description\n";
            return Err(self.oarsub_failed(255, text));
        }
        let home = Cluster::home(&user);
        if let Some(workdir) = &fields.workdir
            && !is_there(workdir, &home)
        {
            let text = format!("bash: line 1: cd: {workdir}: No such file or directory\n");
            return Err(self.oarsub_failed(1, &text));
        }
        let parameters = parameters(&fields).ok_or_else(|| {
            self.oarsub_failed(1, &format!("an array has at most {ARRAY_MAX} jobs\n"))
        })?;
        let types: Vec<&str> = fields.types.iter().map(String::as_str).collect();
        let queue = intake::queue(&fields.types, fields.queue.as_deref());
        let resources: Vec<&str> = fields.resource.iter().map(String::as_str).collect();
        let filter = fields.property.as_deref().unwrap_or_default();
        let resolved = self.engine.admit(self.cluster, &user, &types, queue, &resources, filter);
        let resolved = resolved.map_err(|refusal| self.refusal(&refusal))?;
        let reserved = intake::reserved(fields.reservation.as_deref()).map_err(|date| {
            let text = format!("Syntax error near -r or --reservation option: `{date}`\n");
            self.oarsub_failed(7, &text)
        })?;
        let command = fields.command.as_deref().or(fields.script.as_deref()).unwrap_or_default();
        let context = SubmitContext { home: &home, now_s: self.date_s() };
        let command = submission::oar2(command, context).ok_or_else(|| {
            self.oarsub_failed(
                2,
                "bash: -c: line 1: unexpected EOF while looking for matching `\"'\n",
            )
        })?;
        let description =
            self.description_of(&user, queue, &fields, command, resolved, parameters.len());
        Ok(Submission { description: Arc::new(description), parameters, reserved })
    }

    /// The body as a map, from JSON or YAML.
    fn body(&mut self) -> Result<Map<String, Value>, Answer> {
        let kind = self.request.content_type.as_deref().unwrap_or("application/json");
        let kind = kind.split(';').next().unwrap_or_default().trim();
        match kind {
            "application/json" => match serde_json::from_slice(&self.request.body) {
                Ok(Value::Object(body)) => Ok(body),
                // Anything else makes the API's process die.
                Ok(_) => Err(self.died()),
                Err(error) => {
                    let text = error.to_string();
                    Err(self.problem(400, "JSON data not understood", &text))
                }
            },
            "text/yaml" => {
                let text = String::from_utf8_lossy(&self.request.body);
                let not_understood =
                    || self.problem(400, "YAML data not understood", "not a map of texts");
                yaml(&text).ok_or_else(not_understood)
            }
            _ => Err(self.problem(
                406,
                "Job description must be in YAML or JSON",
                "The correct format for a job request is text/yaml or application/json. ",
            )),
        }
    }

    fn description_of(
        &self,
        user: &str,
        queue: &str,
        fields: &Fields,
        command: String,
        resolved: Resolved,
        jobs: usize,
    ) -> JobDescription {
        let home = Cluster::home(user);
        let context = SubmitContext { home: &home, now_s: self.date_s() };
        let filter = fields.property.as_deref().unwrap_or_default();
        let own = intake::own_properties(queue, filter);
        let not_empty = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let directory = not_empty(&fields.workdir).or_else(|| not_empty(&fields.directory));
        let directory =
            directory.map_or_else(|| home.clone(), |d| submission::oar2(&d, context).unwrap_or(d));
        let submitted = SubmissionFields {
            user,
            queue,
            name: fields.name.as_deref(),
            project: fields.project.as_deref(),
            types: &fields.types,
            resources: &fields.resource,
            filter,
            properties: format!("({own}desktop_computing = 'NO') AND drain='NO'"),
            command,
            directory,
            checkpoint_s: fields.checkpoint.as_deref().and_then(|s| s.parse().ok()).unwrap_or(0),
            reservation: fields.reservation.as_deref(),
            hold: fields.hold,
            after: fields.anterior.iter().filter_map(|id| id.trim().parse().ok()).collect(),
            parameters: fields.param_file.is_some(),
            perl: false,
        };
        intake::description(submitted, resolved, jobs)
    }

    /// The command that submits has failed.
    fn oarsub_failed(&self, status: u8, output: &str) -> Answer {
        let (code, title) = match status {
            8 => (400, "Bad query"),
            _ => (500, "Oar server error"),
        };
        let text = format!("Oarsub command exited with status {status}: {output}");
        self.problem(code, title, &text)
    }

    fn refusal(&self, refusal: &Refusal) -> Answer {
        let bad_request =
            |text: &str| self.oarsub_failed(8, &format!("{TYPED}{text}\nOAR_JOB_ID=-5\n"));
        match refusal {
            Refusal::PrivilegedUser => self.oarsub_failed(
                254,
                "[ADMISSION RULE] root and oar users are not allowed to submit jobs.\n",
            ),
            Refusal::UnknownType(kind) => self.oarsub_failed(
                254,
                &format!("[ADMISSION RULE] Error: unknown job type: {kind}\n"),
            ),
            Refusal::AdminQueue => self.oarsub_failed(
                254,
                "[ADMISSION RULE] Only member of the group admin can submit jobs in the admin queue\n",
            ),
            Refusal::NoQueue(queue) => self.oarsub_failed(
                248,
                &format!("{TYPED}ERROR : The queue {queue} does not exist\n"),
            ),
            Refusal::TooMany(count) => {
                self.oarsub_failed(1, &format!("an array of {count} jobs is too large\n"))
            }
            Refusal::Request(RequestProblem::NotEnough) => {
                bad_request("There are not enough resources for your request")
            }
            Refusal::Request(RequestProblem::NoLevel(name) | RequestProblem::NoProperty(name)) => {
                let text = format!("column \"{name}\" does not exist");
                bad_request(&format!("Bad resource request (ERROR:  {text})"))
            }
            Refusal::Request(RequestProblem::FilterGrammar(error)) => {
                bad_request(&format!("Bad resource request (ERROR:  syntax error: {error})"))
            }
            Refusal::Request(RequestProblem::Grammar(error)) => self.oarsub_failed(
                255,
                &format!("/!\\ Cannot recognize the resource description: {error}\n"),
            ),
        }
    }
}

/// The parameters of each job: a line of the file each, cut at its first `#`, wherever it stands; what is blank
/// then is left out.
fn parameters(fields: &Fields) -> Option<Vec<String>> {
    let lines = fields.param_file.iter().flat_map(|file| file.split('\n'));
    let lines = lines.map(|line| line.split('#').next().unwrap_or_default());
    let jobs: Vec<String> =
        lines.filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    if !jobs.is_empty() {
        return (jobs.len() <= ARRAY_MAX).then_some(jobs);
    }
    let count = fields.array.as_deref().and_then(|text| text.parse::<usize>().ok()).unwrap_or(1);
    (count <= ARRAY_MAX).then(|| vec![String::new(); count.max(1)])
}

/// Whether a directory can be there: homes and the usual places of a machine.
fn is_there(directory: &str, home: &str) -> bool {
    let usual = ["$HOME", "~", "/tmp", "/home", "/scratch", "/var/tmp", home];
    directory == "/" || usual.iter().any(|context| directory.starts_with(context))
}
