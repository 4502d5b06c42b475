//! What jobs have written, and all that their clusters tell of them: read there when somebody asks, in the name of the
//! campaign's user, by a connection of its own, so that no worker and no driver waits for it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use gleaner_api::numbers::JobId;
use gleaner_api::routes::{Endpoint, Param};
use gleaner_api::shapes::answer::Problem;
use gleaner_api::shapes::job::Output;
use gleaner_core::ids::RemoteJobId;

use crate::api::answer::RequestContext;
use crate::api::failed::Failed;
use crate::api::query::number;
use crate::api::state::Api;
use crate::request::{Refused, Subject, Unavailable};
use crate::sites::answer::{Answer, FileEnd};
use crate::sites::dialects::manager;
use crate::sites::failure::Failure;
use crate::sites::job::Job;
use crate::sites::port::{Question, Site};

/// Lines that are read if nothing is said: as many as with CiGri.
const LINES: u64 = 100_000;
/// The most lines that can be asked for.
const LINES_MAX: u64 = 1_000_000;
/// The most bytes that are answered with.
const BYTES_MAX: usize = 8 << 20;

/// A job of a campaign, and a way to ask its cluster about it.
struct There {
    user: Arc<str>,
    cluster: String,
    job: RemoteJobId,
    site: Box<dyn Site>,
}

impl There {
    async fn ask(&mut self, question: Question) -> Result<Answer, Failed> {
        self.site.ask(question).await.map_err(|failure| failed(&self.cluster, &failure))
    }

    fn odd(&self, failure: &Failure) -> Failed {
        failed(&self.cluster, failure)
    }
}

/// What it means for who asks that a cluster could not be asked.
fn failed(cluster: &str, failure: &Failure) -> Failed {
    let why = failure.to_string();
    let later = "it is asked again with the next request; `GET /clusters` tells how it is";
    match failure {
        Failure::NotSent(_) | Failure::Unanswered(_) => {
            Failed::cluster(StatusCode::GATEWAY_TIMEOUT, cluster, &why, later)
        }
        Failure::Odd(_) | Failure::Unreadable(_) => {
            Failed::cluster(StatusCode::BAD_GATEWAY, cluster, &why, later)
        }
        Failure::TooMuch(_) => {
            let hint = "its lines are very long: ask for fewer of them, by `tail`";
            Failed::cluster(StatusCode::BAD_GATEWAY, cluster, &why, hint)
        }
        Failure::NoLogin(_) | Failure::NoToken(_) | Failure::Unsendable(_) => {
            let hint = "users hand in tokens by POST /tokens; administrators give logins";
            Failed::cluster(StatusCode::FORBIDDEN, cluster, &why, hint)
        }
    }
}

/// Finds a job of the caller's, or of anybody for an administrator, and opens its cluster.
async fn there(api: &Api, context: &RequestContext, id: &str) -> Result<There, Failed> {
    let caller = context.caller()?;
    let id: JobId = number(id)?;
    let row = api.read(move |views| views.job(id)).await?.ok_or_else(Failed::not_found)?;
    if !caller.may_change(Subject::Of(&row.user)) {
        return Err(Refused::NotYours(format!("job {}", id.0)).into());
    }
    let Some(job) = row.remote else {
        let message = format!("job {} is not known to its cluster yet", id.0);
        return Err(Failed::nothing_there(message, Some("try again when it has an id there")));
    };
    let Some(config) = context.settings.cluster(row.cluster).cloned() else {
        let message = format!("the cluster of job {} is in use no more", id.0);
        let hint = "an administrator can put it back into the configuration";
        return Err(Failed::nothing_there(message, Some(hint)));
    };
    let (cluster, vault) = (config.name.clone(), Arc::clone(&api.vault));
    // Certificates are read from files.
    let opened =
        tokio::task::spawn_blocking(move || manager(config.dialect).open(config, vault)).await;
    let site = opened.map_err(|_| Failed::bug())?.map_err(|error| {
        tracing::error!(%error, cluster, "the cluster cannot be talked to");
        let hint = "the administrator finds the reason in the daemon's log";
        Failed::cluster(StatusCode::BAD_GATEWAY, &cluster, "it cannot be talked to", hint)
    })?;
    Ok(There { user: row.user.into(), cluster, job, site })
}

/// Reads the end of one of a job's files.
async fn output(
    api: &Api,
    context: &RequestContext,
    id: &str,
    file: impl FnOnce(Job) -> Option<String>,
) -> Result<Response, Failed> {
    let lines = context.query.whole(Param::Tail, LINES, 1..=LINES_MAX)?;
    let _place = api.cluster_readers.try_acquire().map_err(|_| Failed::from(Unavailable::Busy))?;
    let mut there = there(api, context, id).await?;
    let told = there.ask(Question::Alone(there.job)).await?.job();
    let job = told.map_err(|failure| there.odd(&failure))?;
    let none = |what: &str| {
        let message = format!("job {id}: {what} on cluster `{}`", there.cluster);
        Failed::nothing_there(message, Some("a job writes its files when it starts"))
    };
    let job = job.ok_or_else(|| none("it is not known any more"))?;
    let file = file(*job).ok_or_else(|| none("it writes no such file"))?;
    let missing = none("its file is not there");
    let lines = u32::try_from(lines).map_err(|_| Failed::bug())?;
    let question = Question::File { user: Arc::clone(&there.user), file, lines };
    let end = there.ask(question).await?.file().map_err(|failure| there.odd(&failure))?;
    match end {
        FileEnd::Found(bytes) => {
            let cut = bytes.len() > BYTES_MAX;
            let kept = &bytes[bytes.len().saturating_sub(BYTES_MAX)..];
            let output = String::from_utf8_lossy(kept).into_owned();
            context.json(StatusCode::OK, &Output { output, cut })
        }
        FileEnd::Missing => Err(missing),
        FileEnd::Refused(words) => {
            let why = format!("it does not show the file: {words}");
            let hint = "the file is read in the name of the campaign's user";
            Err(Failed::cluster(StatusCode::FORBIDDEN, &there.cluster, &why, hint))
        }
    }
}

/// Show the end of what a job has written to its standard output.
#[utoipa::path(get, path = Endpoint::Stdout.template(), tag = "jobs",
    params(("id" = u64, Path, description = "Job, in the grid's own numbering"),
        ("tail" = Option<u64>, Query, description = "Its last lines, 100000")),
    responses((status = 200, body = Output), (status = 400, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 502, body = Problem), (status = 504, body = Problem)))]
pub(super) async fn stdout(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    output(&api, &context, &id, |job| job.stdout).await
}

/// Show the end of what a job has written to its standard error.
#[utoipa::path(get, path = Endpoint::Stderr.template(), tag = "jobs",
    params(("id" = u64, Path, description = "Job, in the grid's own numbering"),
        ("tail" = Option<u64>, Query, description = "Its last lines, 100000")),
    responses((status = 200, body = Output), (status = 400, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 502, body = Problem), (status = 504, body = Problem)))]
pub(super) async fn stderr(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    output(&api, &context, &id, |job| job.stderr).await
}

/// Show a job as its cluster does, in the cluster's own words.
#[utoipa::path(get, path = Endpoint::ClusterInfos.template(), tag = "jobs",
    params(("id" = u64, Path, description = "Job, in the grid's own numbering")),
    responses((status = 200, body = Object), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 502, body = Problem),
        (status = 504, body = Problem)))]
pub(super) async fn cluster_infos(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let _place = api.cluster_readers.try_acquire().map_err(|_| Failed::from(Unavailable::Busy))?;
    let mut there = there(&api, &context, &id).await?;
    let told = there.ask(Question::Told(there.job)).await?.told();
    match told.map_err(|failure| there.odd(&failure))? {
        Some(told) => context.json(StatusCode::OK, &told),
        None => {
            let message = format!("job {id} is not known any more on cluster `{}`", there.cluster);
            Err(Failed::nothing_there(message, None))
        }
    }
}
