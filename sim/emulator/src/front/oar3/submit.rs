//! Submissions to OAR 3: which are refused and how, which wedge a real API, and what the others
//! become. Must not know shapes of jobs.

use std::sync::Arc;

use serde_json::json;

use crate::command::submission::{self, SubmitContext};
use crate::engine::cluster::Cluster;
use crate::engine::submission::Submission;
use crate::engine::submit::{ARRAY_MAX, Refusal};
use crate::front::answer::Answer;
use crate::front::intake::{self, SubmissionFields};
use crate::front::oar3::body::{Fields, fields, json_of};
use crate::front::oar3::{Call, detail, server_error};
use crate::platform::{LEVELS, RequestProblem, Resolved};
use crate::table::row::JobDescription;

/// Longest name of a job that the database takes.
const NAME_MAX: usize = 100;
/// Longest project.
const PROJECT_MAX: usize = 255;

impl Call<'_> {
    pub(super) fn submit(&mut self) -> Answer {
        match self.submission() {
            Err(refused) => refused,
            Ok(submission) => {
                let part = self.part;
                let numbers = self.engine.record(self.cluster, &submission, part);
                match (part, numbers.first()) {
                    (None, Some(first)) => Answer::json(200, &json!({ "id": first.0 })),
                    (Some(_), _) | (None, None) => server_error(),
                }
            }
        }
    }

    /// A submission that would be accepted, or what is answered instead.
    pub(crate) fn submission(&mut self) -> Result<Submission, Answer> {
        let body = json_of(self.request)?;
        let user = self.user()?;
        let fields = fields(&body)?;
        if fields.name.as_deref().is_some_and(|name| !name.is_ascii()) {
            return Err(detail(501, "Not Implemented"));
        }
        if fields.command.contains('\0') {
            return Err(server_error());
        }
        let parameters = parameters(&fields)?;
        let types: Vec<&str> = fields.types.iter().map(String::as_str).collect();
        let queue = intake::queue(&fields.types, fields.queue.as_deref());
        let resources: Vec<&str> = fields.resource.iter().map(String::as_str).collect();
        let filter = fields.property.as_deref().unwrap_or_default();
        let resolved = self.engine.admit(self.cluster, &user, &types, queue, &resources, filter);
        let resolved =
            resolved.map_err(|refusal| self.refused(refusal, parameters.len(), filter))?;
        let too_long = |text: &Option<String>, most| text.as_ref().is_some_and(|t| t.len() > most);
        if too_long(&fields.name, NAME_MAX) || too_long(&fields.project, PROJECT_MAX) {
            return Err(self.wedge());
        }
        // The real one fails on a date that is none, and says no more.
        // A real one takes words for no date at all (`08-errors` of its recordings), and fails at other dates.
        let date = fields.reservation.as_deref();
        let date = date.filter(|date| date.contains(|c: char| c.is_ascii_digit()));
        let reserved = intake::reserved(date).map_err(|_| server_error())?;
        let description = self.description_of(&user, queue, &fields, resolved, parameters.len());
        Ok(Submission { description: Arc::new(description), parameters, reserved })
    }

    fn description_of(
        &self,
        user: &str,
        queue: &str,
        fields: &Fields,
        resolved: Resolved,
        jobs: usize,
    ) -> JobDescription {
        let home = Cluster::home(user);
        let context = SubmitContext { home: &home, now_s: self.date_s() as i64 };
        let filter = fields.property.as_deref().unwrap_or_default();
        let properties = format!("{}drain='NO'", intake::own_properties(queue, filter));
        let directory = fields
            .directory
            .as_deref()
            .map_or_else(|| home.clone(), |directory| submission::oar3(directory, context));
        let submitted = SubmissionFields {
            user,
            queue,
            name: fields.name.as_deref(),
            project: fields.project.as_deref(),
            types: &fields.types,
            resources: &fields.resource,
            filter,
            properties,
            command: submission::oar3(&fields.command, context),
            directory,
            checkpoint_s: fields.checkpoint.max(0),
            reservation: fields.reservation.as_deref(),
            hold: fields.hold,
            after: fields.after.clone(),
            parameters: fields.param_file.is_some(),
            perl: true,
        };
        intake::description(submitted, resolved, jobs)
    }

    fn refused(&mut self, refusal: Refusal, jobs: usize, filter: &str) -> Answer {
        const RULE: &str = "A failed admission rule prevented submitting the job: ";
        match refusal {
            Refusal::PrivilegedUser => {
                detail(403, &format!("{RULE}root and oar users are not allowed to submit jobs.."))
            }
            Refusal::UnknownType(kind) => {
                detail(403, &format!("{RULE}[ADMISSION RULE] Error: unknown job type: {kind}."))
            }
            Refusal::AdminQueue => {
                detail(403, &format!("{RULE}\"getgrnam(): name not found: 'admin'\"."))
            }
            Refusal::NoQueue(queue) => detail(400, &format!("queue {queue} does not exist")),
            Refusal::TooMany(_) => server_error(),
            Refusal::Request(RequestProblem::NotEnough) if jobs > 1 => server_error(),
            Refusal::Request(RequestProblem::NotEnough) => {
                detail(400, "There are not enough resources for your request")
            }
            Refusal::Request(RequestProblem::NoLevel(level)) => {
                let names = LEVELS.join(", ");
                detail(
                    400,
                    &format!(
                        "Bad resources name: {level} is not a valid resources name.\
                         Valid resource names are: {names}"
                    ),
                )
            }
            Refusal::Request(RequestProblem::NoProperty(_)) => detail(
                400,
                &format!("Bad resource SQL constraints request:{filter}\nSQLAlchemyError"),
            ),
            Refusal::Request(RequestProblem::FilterGrammar(_)) => self.wedge(),
            Refusal::Request(RequestProblem::Grammar(_)) => server_error(),
        }
    }
}

/// The parameters of each job: a line of the file each, blank ones included.
fn parameters(fields: &Fields) -> Result<Vec<String>, Answer> {
    let file = fields.param_file.as_deref().filter(|file| !file.is_empty());
    let jobs: Vec<String> = match (file, fields.array) {
        (Some(file), _) => file.split('\n').map(str::to_owned).collect(),
        (None, Some(count)) if count > 1 => {
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            if count > ARRAY_MAX {
                return Err(server_error());
            }
            vec![String::new(); count]
        }
        (None, _) => vec![String::new()],
    };
    if jobs.len() > ARRAY_MAX { Err(server_error()) } else { Ok(jobs) }
}
