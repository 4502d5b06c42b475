//! OAR 2.5's dialect: routes, media types, and who may take them. Knows no OAR 3.

mod body;
mod files;
mod jobs;
mod orders;
mod resources;
mod shape;
mod submit;
mod yaml;

use gleaner_sim::job::ClusterIndex;
use serde_json::{Value, json};

use crate::calendar::unix_s;
use crate::engine::Engine;
use crate::engine::submission::Submission;
use crate::faults::RequestKind;
use crate::front::answer::{Answer, HTML_500};
use crate::front::request::{Method, Request};

/// Version of the server that is imitated.
const OAR_VERSION: &str = "2.5.9 (Canicule)";
/// Version of its API.
const API_VERSION: &str = "1.0.2";

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Yaml,
    Html,
}

impl Form {
    fn content_type(self) -> &'static str {
        match self {
            Form::Json => "application/json; charset=ISO-8859-1",
            Form::Yaml => "text/yaml; charset=ISO-8859-1",
            Form::Html => "text/html; charset=ISO-8859-1",
        }
    }
}

/// One request under way.
pub(crate) struct Call<'a> {
    engine: &'a mut Engine,
    cluster: ClusterIndex,
    request: &'a Request,
    form: Form,
    /// The path without its ending.
    path: String,
    /// Of an array only the first thousandths are recorded.
    part: Option<u32>,
}

/// The kind of a request, for the faults that are injected.
pub fn request_kind(request: &Request) -> RequestKind {
    let (path, _) = ending(&request.path);
    match (request.method, path) {
        (Method::Get | Method::Other, _) => RequestKind::Read,
        (Method::Post, "/jobs") => RequestKind::Submit,
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
        return Answer::html(500, HTML_500);
    }
    match Call::new(engine, cluster, request, part) {
        Ok(mut call) => call.route(),
        Err(refused) => refused,
    }
}

/// What a submission would record; none if it would be refused.
pub(crate) fn submission(
    engine: &mut Engine,
    cluster: ClusterIndex,
    request: &Request,
) -> Option<Submission> {
    Call::new(engine, cluster, request, None).ok()?.submission().ok()
}

/// The answer to a caller whose identity is refused.
pub fn unauthorized() -> Answer {
    Answer::html(401, "<h1>401 Unauthorized</h1>\n")
}

/// A path without `.json` or the like, and the form it asks for.
fn ending(path: &str) -> (&str, Option<Form>) {
    for (end, form) in [(".json", Form::Json), (".yaml", Form::Yaml), (".html", Form::Html)] {
        if let Some(path) = path.strip_suffix(end) {
            return (path, Some(form));
        }
    }
    (path, None)
}

impl<'a> Call<'a> {
    fn new(
        engine: &'a mut Engine,
        cluster: ClusterIndex,
        request: &'a Request,
        part: Option<u32>,
    ) -> Result<Call<'a>, Answer> {
        // Names of files have endings of their own.
        let media = request.path.starts_with("/media");
        let (path, asked) = if media { (&*request.path, None) } else { ending(&request.path) };
        let form = match (asked, request.accept.as_deref()) {
            (Some(form), _) => form,
            (None, Some("application/json") | None) => Form::Json,
            (None, Some("text/yaml")) => Form::Yaml,
            (None, Some("text/html")) => Form::Html,
            (None, Some(other)) if !media && request.method == Method::Get => {
                return Err(Call::not_acceptable(other));
            }
            (None, Some(_)) => Form::Json,
        };
        let path = path.to_owned();
        Ok(Call { engine, cluster, request, form, path, part })
    }

    fn not_acceptable(accept: &str) -> Answer {
        let problem = json!({
            "code": 406,
            "message": "Valid types are text/yaml, application/json or text/html",
            "title": format!("Invalid content type required {accept}"),
        });
        Answer::bytes(406, Form::Yaml.content_type(), yaml::text(&problem).into_bytes())
    }

    fn route(&mut self) -> Answer {
        let path = self.path.clone();
        let segments: Vec<&str> =
            path.strip_prefix('/').map_or(Vec::new(), |p| p.split('/').collect());
        match (self.request.method, segments.as_slice()) {
            (_, []) => {
                let page = "<title>Not found</title>\n<h1>Not found</h1>\n<p><PRE>\n\
                            No way to handle your request \n</PRE></p>";
                Answer::bytes(404, Form::Html.content_type(), page.as_bytes().to_vec())
            }
            (Method::Get, [""]) => self.root(),
            (Method::Get, ["version"]) => self.told(json!({
                "oar_version": OAR_VERSION, "api_version": API_VERSION,
                "apilib_version": API_VERSION, "api_timezone": "UTC",
                "api_timestamp": self.date_s(),
            })),
            (Method::Get, ["timezone"]) => {
                self.told(json!({ "timezone": "UTC", "api_timestamp": self.date_s() }))
            }
            (Method::Get, ["whoami"]) => self.told(json!({
                "authenticated_user": self.ident().unwrap_or_default(),
                "api_timestamp": self.date_s(),
            })),
            (Method::Get, ["stress_factor"]) => {
                let stress = self.engine.cluster(self.cluster).stress.to_string();
                let links = json!([{ "rel": "self", "href": self.href("/stress_factor") }]);
                self.told(json!({
                    "GLOBAL_STRESS": stress, "links": links, "api_timestamp": self.date_s(),
                }))
            }
            (_, ["resources", rest @ ..]) => self.resources(rest),
            (_, ["jobs", rest @ ..]) => self.jobs(rest),
            (_, ["media", rest @ ..]) => self.media(rest),
            _ => self.no_way(),
        }
    }

    fn root(&self) -> Answer {
        let collection = |path: &str, title: &str| json!({ "rel": "collection", "href": self.href(path), "title": title });
        self.told(json!({
            "oar_version": OAR_VERSION,
            "api_version": API_VERSION,
            "apilib_version": API_VERSION,
            "api_timezone": "UTC",
            "api_timestamp": self.date_s(),
            "links": [
                { "rel": "self", "href": self.href("/./") },
                collection("/resources", "resources"),
                collection("/resources/details", "full_resources"),
                collection("/jobs", "jobs"),
                collection("/jobs/details", "detailed_jobs"),
                collection("/jobs/table", "jobs_table"),
            ],
        }))
    }

    /// A path of this cluster as its links write it.
    fn href(&self, path: &str) -> String {
        format!("/{}{path}", self.engine.cluster(self.cluster).name)
    }

    /// The date that clients see.
    fn date_s(&self) -> i64 {
        unix_s(self.engine.now()) + self.skew_s()
    }

    fn skew_s(&self) -> i64 {
        self.engine.cluster(self.cluster).faults().clock_skew_s
    }

    /// Who calls, if the web server says so.
    fn ident(&self) -> Option<String> {
        self.request.ident.clone().filter(|ident| !ident.is_empty())
    }

    /// Who calls, or the answer to nobody, who wanted to do something.
    fn user(&self, doing: &str) -> Result<String, Answer> {
        self.ident().ok_or_else(|| {
            let text = format!("A suitable authentication must be done before {doing}");
            self.problem(401, "Permission denied", &text)
        })
    }

    fn told(&self, value: Value) -> Answer {
        self.answer(200, &value)
    }

    fn answer(&self, status: u16, value: &Value) -> Answer {
        let text = match self.form {
            Form::Json => value.to_string(),
            Form::Yaml => yaml::text(value),
            Form::Html => format!("<pre>\n{}</pre>\n", escaped(&yaml::text(value))),
        };
        Answer::bytes(status, self.form.content_type(), latin1(text))
    }

    fn problem(&self, code: u16, title: &str, message: &str) -> Answer {
        let problem = json!({ "code": code, "title": title, "message": message });
        self.answer(code, &problem)
    }

    fn no_way(&self) -> Answer {
        let text = format!("No way to handle your request {}", self.request.path);
        self.problem(404, "Not found", &text)
    }

    /// What makes the API's process die: the web server answers for it.
    fn died(&mut self) -> Answer {
        self.engine.cluster_mut(self.cluster).injector.process_died();
        Answer::html(500, HTML_500)
    }
}

/// A text as Perl prints it: in Latin-1, or in UTF-8 where it has a letter that Latin-1 lacks, whatever the answer
/// declares.
fn latin1(text: String) -> Vec<u8> {
    let bytes: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
    bytes.unwrap_or_else(|_| text.into_bytes())
}

/// A text that can stand in a page.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
