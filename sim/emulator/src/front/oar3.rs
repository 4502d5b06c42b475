//! OAR 3's dialect: routes, and who may take them. Knows no OAR 2.

mod body;
mod jobs;
mod media;
mod orders;
mod resources;
mod shape;
mod submit;

use gleaner_sim::job::ClusterIndex;
use serde_json::{Value, json};

use crate::calendar::unix_float_s;
use crate::engine::Engine;
use crate::engine::submission::Submission;
use crate::faults::RequestKind;
use crate::front::answer::Answer;
use crate::front::request::{Method, Request};
use crate::identity::Credentials;

/// Version of the server that is imitated.
const OAR_VERSION: &str = "3.0.3dev";
/// Version of its API.
const API_VERSION: &str = "3.0.0.dev11";

/// One request under way.
pub(crate) struct Call<'a> {
    pub(crate) engine: &'a mut Engine,
    pub(crate) cluster: ClusterIndex,
    pub(crate) request: &'a Request,
    /// Of an array only the first thousandths are recorded.
    pub(crate) part: Option<u32>,
}

/// The kind of a request, for the faults that are injected.
pub fn request_kind(request: &Request) -> RequestKind {
    let segments = request.segments();
    match (request.method, segments.as_slice()) {
        (Method::Get | Method::Other, _) => RequestKind::Read,
        (Method::Post, ["jobs"] | ["jobs", ""]) => RequestKind::Submit,
        _ => RequestKind::Change,
    }
}

/// Answers a request; of an array only the first `part` thousandths are recorded, if given.
pub fn answer(
    engine: &mut Engine,
    cluster: ClusterIndex,
    request: &Request,
    part: Option<u32>,
) -> Answer {
    if engine.cluster(cluster).wedged.is_some() {
        return server_error();
    }
    Call { engine, cluster, request, part }.route()
}

/// What a submission would record; none if it would be refused.
pub(crate) fn submission(
    engine: &mut Engine,
    cluster: ClusterIndex,
    request: &Request,
) -> Option<Submission> {
    Call { engine, cluster, request, part: None }.submission().ok()
}

/// The answer to a caller whose identity is refused.
pub fn unauthorized() -> Answer {
    detail(401, "Could not validate credentials !!! ")
}

/// A 500 of the API itself.
pub fn server_error() -> Answer {
    Answer::text(500, "Internal Server Error")
}

fn detail(status: u16, text: &str) -> Answer {
    Answer::json(status, &json!({ "detail": text }))
}

/// A complaint about one value of a request, in the words of its validator.
fn invalid(location: &[Value], message: &str, kind: &str) -> Answer {
    let problem = json!({ "loc": location, "msg": message, "type": kind });
    Answer::json(422, &json!({ "detail": [problem] }))
}

fn not_an_integer(location: &[Value]) -> Answer {
    invalid(location, "value is not a valid integer", "type_error.integer")
}

impl Call<'_> {
    fn route(&mut self) -> Answer {
        let request = self.request;
        let mut segments = request.segments();
        // One slash too many is forgiven at the roots, and redirected below them.
        if segments.len() == 2 && segments[1].is_empty() {
            segments.pop();
        }
        if segments.len() > 2 && segments.last().is_some_and(|last| last.is_empty()) {
            let host = request.host.as_deref().unwrap_or("localhost");
            let cluster = &self.engine.cluster(self.cluster).name;
            let path = request.path.trim_end_matches('/');
            let target = format!("http://{host}/{cluster}{path}");
            return Answer::empty(307).with("location", target);
        }
        match segments.as_slice() {
            [] => self.get(|call| {
                call.with_time(json!({
                    "api_version": API_VERSION, "apilib_version": API_VERSION,
                    "oar_version": OAR_VERSION,
                }))
            }),
            ["version"] => self.get(|call| {
                call.with_time(json!({
                    "oar_server_version": OAR_VERSION, "oar_version": OAR_VERSION,
                    "oar_lib_version": OAR_VERSION, "api_version": API_VERSION,
                    "apilib_version": API_VERSION,
                }))
            }),
            ["timezone"] => self.get(|call| call.with_time(json!({}))),
            ["whoami"] => self.get(Call::whoami),
            ["check_token"] => self.get(|call| match call.user() {
                Ok(user) => call.with_time(json!({ "user": user, "auth": "Token valid" })),
                Err(refused) => refused,
            }),
            ["get_new_token"] => self.get(Call::new_token),
            ["authentication"] => {
                self.get(|_| detail(404, "File for basic authentication is not found"))
            }
            ["stress_factor"] => self.get(|call| {
                let stress = format!("{:?}", call.engine.cluster(call.cluster).stress);
                call.with_time(json!({ "GLOBAL_STRESS": stress }))
            }),
            ["resources", rest @ ..] => self.resources(rest),
            ["jobs", rest @ ..] => self.jobs(rest),
            ["media", rest @ ..] => self.media(rest),
            _ => detail(404, "Not Found"),
        }
    }

    fn get(&mut self, answer: impl FnOnce(&mut Self) -> Answer) -> Answer {
        match self.request.method {
            Method::Get => answer(self),
            _ => method_not_allowed(),
        }
    }

    /// The date that clients see, with its fraction.
    fn date_s(&self) -> f64 {
        let skew_s = self.engine.cluster(self.cluster).faults().clock_skew_s;
        unix_float_s(self.engine.now()) + skew_s as f64
    }

    fn with_time(&self, mut value: Value) -> Answer {
        value["api_timestamp"] = json!(self.date_s());
        value["api_timezone"] = json!("UTC");
        Answer::json(200, &value)
    }

    fn credentials(&self) -> Credentials {
        let tokens = &self.engine.cluster(self.cluster).tokens;
        tokens.credentials(self.request.authorization.as_deref(), self.date_s() as i64)
    }

    /// Who calls.
    fn user(&self) -> Result<String, Answer> {
        match self.credentials() {
            Credentials::User(user) => Ok(user),
            Credentials::Absent => Err(detail(403, "Not authenticated")),
            Credentials::WrongScheme => Err(detail(403, "Invalid authentication credentials")),
            Credentials::Invalid => Err(unauthorized()),
        }
    }

    fn whoami(&mut self) -> Answer {
        match self.credentials() {
            Credentials::User(user) => self.with_time(json!({ "authenticated_user": user })),
            Credentials::Invalid => self.with_time(json!({ "authenticated_user": "" })),
            Credentials::Absent | Credentials::WrongScheme => detail(403, "Not authenticated"),
        }
    }

    fn new_token(&mut self) -> Answer {
        let user = match self.user() {
            Ok(user) => user,
            Err(refused) => return refused,
        };
        match self.engine.cluster(self.cluster).tokens.token(&user, self.date_s() as i64) {
            Ok(token) => self.with_time(json!({ "OAR_API_TOKEN": token })),
            Err(_) => server_error(),
        }
    }

    /// What wedges a real API: 500, and here too if the scenario says so.
    fn wedge(&mut self) -> Answer {
        self.engine.wedge(self.cluster);
        server_error()
    }
}

fn method_not_allowed() -> Answer {
    detail(405, "Method Not Allowed")
}

/// Offset and limit of a list.
struct Paging {
    offset: usize,
    limit: usize,
}

impl Call<'_> {
    /// The page that is asked for, or what a real API answers to what cannot be.
    fn paging(&mut self, usual: usize) -> Result<Paging, Answer> {
        let number = |key: &str| match self.request.value(key) {
            None => Ok(None),
            Some(text) => match text.trim().parse::<i64>() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(not_an_integer(&[json!("query"), json!(key)])),
            },
        };
        let (offset, limit) = (number("offset")?.unwrap_or(0), number("limit")?);
        let Ok(limit) = usize::try_from(limit.unwrap_or(usual as i64)) else {
            return Err(self.wedge());
        };
        match usize::try_from(offset) {
            Ok(offset) => Ok(Paging { offset, limit }),
            Err(_) => Err(detail(404, "Pagination out of bounds")),
        }
    }
}

impl Paging {
    /// Past the end there is nothing, not even an empty list.
    fn check(&self, total: usize) -> Result<(), Answer> {
        if self.offset > 0 && self.offset >= total {
            return Err(detail(404, "Empty request"));
        }
        Ok(())
    }
}
