//! Tasks of a campaign, and jobs. A task is a parameter; each try at it is a job.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use crate::api::answer::Asked;
use crate::api::campaigns::campaign_id;
use crate::api::failed::Failed;
use crate::api::limits::ids;
use crate::api::limits::leafing::{Leafing, STEP, left};
use crate::api::limits::pieces::{Frame, answer};
use crate::api::roster::shown;
use crate::api::shapes::{
    Done, Execution, Job, JobList, Link, NoJobs, OneTask, Problem, RunnerOptions, Task, TaskPage,
    cigri_date,
};
use crate::api::state::Api;
use crate::api::views::{JobId, JobRow, Page, TaskRow, Views};
use crate::request::Request;

impl Asked {
    fn task(&self, campaign: &str, row: TaskRow) -> Task {
        let id = u64::from(row.index) + 1;
        Task {
            id,
            name: row.parameter.split_whitespace().next().unwrap_or_default().to_owned(),
            cluster: row.cluster.and_then(|cluster| self.roster.name(cluster)).map(str::to_owned),
            cigri_job_id: row.job.map(|job| job.0),
            remote_id: row.remote.map(|job| job.0),
            state: row.state,
            href: self.href(&format!("/campaigns/{campaign}/jobs/{id}")),
            parameters: row.parameter,
        }
    }

    fn job(&self, row: JobRow) -> Job {
        Job {
            id: row.id.0,
            param: row.parameter,
            grid_user: row.user,
            campaign_id: row.campaign.0,
            param_id: row.index.map_or(0, |index| u64::from(index) + 1),
            cluster_id: shown(row.cluster),
            state: row.state,
            return_code: row.return_code,
            submission_time: row.submitted_at.map(cigri_date),
            start_time: row.started_at.map(cigri_date),
            stop_time: row.stopped_at.map(cigri_date),
            node_name: row.node,
            remote_id: row.remote.map(|job| job.0),
            tag: row.tag,
            runner_options: RunnerOptions { besteffort: row.besteffort },
            links: vec![
                self.link("self", &format!("/jobs/{}", row.id.0), None),
                self.link("parent", &format!("/campaigns/{}/jobs", row.campaign), None),
            ],
            cluster_name: self.roster.name(row.cluster).map(str::to_owned),
        }
    }
}

/// List the tasks of a campaign, each with its tries.
#[utoipa::path(get, path = "/campaigns/{id}/jobs", tag = "jobs",
    params(("id" = u32, Path, description = "Campaign"),
        ("limit" = Option<u64>, Query, description = "Tasks of a page, 100"),
        ("offset" = Option<u64>, Query, description = "Tasks before the page, 0")),
    responses((status = 200, body = TaskPage), (status = 400, body = Problem),
        (status = 404, body = Problem)))]
pub(super) async fn tasks(
    State(api): State<Arc<Api>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let page = asked.query.page()?;
    let campaign = campaign_id(&id)?;
    let read = api.read_much(move |views| match views.campaign(campaign)? {
        None => Ok(None),
        Some(_) => views.tasks(campaign, step(page.offset, &page)).map(Some),
    });
    let (rows, total) = read.await?.ok_or_else(Failed::not_found)?;
    if rows.is_empty() {
        let none = NoJobs { title: "No jobs found", message: "No more jobs" };
        return asked.json(StatusCode::OK, &none);
    }
    let path = format!("/campaigns/{id}/jobs");
    let Page { offset, limit } = page;
    let mut links = vec![
        asked.link("self", &path, None),
        asked.link("parent", &format!("/campaigns/{id}"), None),
    ];
    let behind = offset.saturating_add(limit);
    if behind < total {
        links.push(asked.link("next", &format!("{path}?limit={limit}&offset={behind}"), None));
    }
    let around = Around { total, offset, limit: Some(limit), links: Some(links) };
    let frame = Frame::before("items", &around, asked.query.on("pretty"))?;
    let end = behind.min(total);
    let after = move |rows: &[TaskRow]| {
        rows.last().map(|row| u64::from(row.index) + 1).filter(|next| *next < end)
    };
    let read = move |views: &dyn Views, from: u64, _: u64| {
        views.tasks(campaign, step(from, &page)).map(|(rows, _)| rows)
    };
    let show = move |row| asked.task(&id, row);
    answer(frame, Leafing::behind(api, rows, u64::MAX, after, read, show)).await
}

/// What stands around the items of a page.
#[derive(Serialize)]
pub(super) struct Around {
    pub(super) total: u64,
    pub(super) offset: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) limit: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) links: Option<Vec<Link>>,
}

/// The part of a page that is read in one step.
pub(super) fn step(from: u64, page: &Page) -> Page {
    let end = page.offset.saturating_add(page.limit);
    Page { offset: from, limit: end.saturating_sub(from).min(STEP) }
}

/// Show one task of a campaign with all tries at it.
#[utoipa::path(get, path = "/campaigns/{id}/jobs/{task}", tag = "jobs",
    params(("id" = u32, Path, description = "Campaign"),
        ("task" = u64, Path, description = "Number of the parameter, from 1")),
    responses((status = 200, body = OneTask), (status = 404, body = Problem)))]
pub(super) async fn task(
    State(api): State<Arc<Api>>,
    asked: Asked,
    Path((id, task)): Path<(String, String)>,
) -> Result<Response, Failed> {
    let campaign = campaign_id(&id)?;
    let number = ids::row(&task)?;
    let offset = number.checked_sub(1).ok_or_else(Failed::not_found)?;
    let (rows, _) = api.read(move |views| views.tasks(campaign, Page { offset, limit: 1 })).await?;
    let last = rows.last().cloned().ok_or_else(Failed::not_found)?;
    let execution = rows.iter().filter_map(|row| row.job).collect::<Vec<_>>();
    let jobs = api
        .read(move |views| {
            execution.into_iter().map(|job| views.job(job)).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    let execution = jobs.into_iter().flatten().map(|job| Execution {
        id: job.id.0,
        cluster_id: shown(job.cluster),
        cluster_name: asked.roster.name(job.cluster).map(str::to_owned),
        state: job.state,
        return_code: job.return_code,
        remote_id: job.remote.map(|remote| remote.0),
    });
    let execution = execution.collect();
    let Task { id: number, name, parameters, state, .. } = asked.task(&id, last);
    let links = vec![
        asked.link("self", &format!("/campaigns/{id}/jobs/{number}"), None),
        asked.link("parent", &format!("/campaigns/{id}/jobs"), None),
    ];
    asked.json(StatusCode::OK, &OneTask { id: number, name, parameters, state, links, execution })
}

/// List the jobs of a campaign that are over.
#[utoipa::path(get, path = "/campaigns/{id}/jobs/finished", tag = "jobs",
    params(("id" = u32, Path, description = "Campaign"),
        ("limit" = Option<u64>, Query, description = "Jobs of a page, 100"),
        ("offset" = Option<u64>, Query, description = "Jobs before the page, 0")),
    responses((status = 200, body = JobList), (status = 400, body = Problem),
        (status = 404, body = Problem)))]
pub(super) async fn finished(
    State(api): State<Arc<Api>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let page = asked.query.page()?;
    let campaign = campaign_id(&id)?;
    let first = api.read_much(move |views| views.finished_jobs(campaign, step(page.offset, &page)));
    let (rows, total) = first.await?;
    let around = Around { total, offset: page.offset, limit: None, links: None };
    let frame = Frame::before("items", &around, asked.query.on("pretty"))?;
    let left = left(&page, total, rows.len());
    let after = |rows: &[JobRow]| rows.last().map(|row| row.id.0);
    let read = move |views: &dyn Views, after: u64, limit: u64| {
        views.finished_jobs_behind(campaign, JobId(after), limit)
    };
    let show = move |row| asked.job(row);
    answer(frame, Leafing::behind(api, rows, left, after, read, show)).await
}

fn job_id(text: &str) -> Result<JobId, Failed> {
    ids::row(text).map(JobId)
}

/// Show a job.
#[utoipa::path(get, path = "/jobs/{id}", tag = "jobs",
    params(("id" = u64, Path, description = "Job, in the grid's own numbering")),
    responses((status = 200, body = Job), (status = 404, body = Problem)))]
pub(super) async fn job(
    State(api): State<Arc<Api>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let id = job_id(&id)?;
    let row = api.read(move |views| views.job(id)).await?.ok_or_else(Failed::not_found)?;
    asked.json(StatusCode::OK, &asked.job(row))
}

/// Kill a job; its task is not tried again. With `drop`, an administrator has it followed no more instead.
#[utoipa::path(delete, path = "/jobs/{id}", tag = "jobs",
    params(("id" = u64, Path, description = "Job, in the grid's own numbering"),
        ("drop" = Option<bool>, Query, description = "Follow it no more, whatever it does; its task waits for a person")),
    responses((status = 202, body = Done), (status = 400, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn kill(
    State(api): State<Arc<Api>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let caller = asked.caller()?;
    let id = job_id(&id)?;
    let row = api.read(move |views| views.job(id)).await?.ok_or_else(Failed::not_found)?;
    let Some(remote) = row.remote else {
        let hint = "try again when it has an id there".to_owned();
        let message = format!("job {} is not known to its cluster yet", id.0);
        return Err(Failed::bad(message, Some(hint)));
    };
    if asked.query.on("drop") {
        api.ask(&caller, Request::DropJob(row.cluster, remote)).await?;
        return asked.done(StatusCode::ACCEPTED, "Accepted", format!("Job {} is dropped", id.0));
    }
    api.ask(&caller, Request::KillJob(row.cluster, remote)).await?;
    asked.done(StatusCode::ACCEPTED, "Accepted", format!("Job {} will be killed", id.0))
}
