//! Tasks of a campaign, and jobs. A task is a parameter; each try at it is a job.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use gleaner_api::dates::cigri_date;
use gleaner_api::numbers::{ClusterNumber, JobId, TaskNumber};
use gleaner_api::routes::{Endpoint, Param, Route};
use gleaner_api::shapes::answer::{Done, Problem, Rel};
use gleaner_api::shapes::job::{
    Execution, Job, JobList, NoJobs, OneTask, RunnerOptions, Task, TaskPage,
};
use gleaner_core::ids::CampaignId;

use crate::api::answer::RequestContext;
use crate::api::campaigns::readable;
use crate::api::failed::Failed;
use crate::api::lists::pieces::{Frame, answer};
use crate::api::lists::steps::RowSteps;
use crate::api::lists::{ListFields, left, step};
use crate::api::query::number;
use crate::api::state::Api;
use crate::request::{Request, Subject};
use crate::views::rows::{JobRow, TaskRow};
use crate::views::{Page, Views};

impl RequestContext {
    fn task(&self, campaign: CampaignId, row: TaskRow) -> Task {
        let task = TaskNumber::at(row.index);
        Task {
            id: task.0,
            name: row.parameter.split_whitespace().next().unwrap_or_default().to_owned(),
            cluster: row.cluster.and_then(|cluster| self.settings.name(cluster)).map(str::to_owned),
            cigri_job_id: row.job.map(|job| job.0),
            remote_id: row.remote.map(|job| job.0),
            state: row.state,
            href: self.href(Route::Task { campaign, task }),
            parameters: row.parameter,
        }
    }

    fn job(&self, row: JobRow) -> Job {
        Job {
            id: row.id.0,
            param: row.parameter,
            grid_user: row.user,
            campaign_id: row.campaign.0,
            param_id: row.index.map_or(0, |index| TaskNumber::at(index).0),
            cluster_id: ClusterNumber::from(row.cluster).0,
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
                self.link(Rel::Itself, Route::Job { job: row.id }, None),
                self.link(Rel::Parent, Route::Jobs { campaign: row.campaign }, None),
            ],
            cluster_name: self.settings.name(row.cluster).map(str::to_owned),
        }
    }
}

/// List the tasks of a campaign, each with its tries.
#[utoipa::path(get, path = Endpoint::Jobs.template(), tag = "jobs",
    params(("id" = u32, Path, description = "Campaign"),
        ("limit" = Option<u64>, Query, description = "Tasks of a page, 100"),
        ("offset" = Option<u64>, Query, description = "Tasks before the page, 0")),
    responses((status = 200, body = TaskPage), (status = 400, body = Problem),
        (status = 404, body = Problem)))]
pub(super) async fn tasks(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let page = context.query.page()?;
    let campaign: CampaignId = number(&id)?;
    let caller = context.caller()?;
    let read = api.read_much(move |views| match readable(views, &caller, campaign)? {
        None => Ok(None),
        Some(_) => views.tasks(campaign, step(page.offset, &page)).map(Some),
    });
    let (rows, total) = read.await?.ok_or_else(Failed::not_found)?;
    if rows.is_empty() {
        let none = NoJobs { title: "No jobs found".into(), message: "No more jobs".into() };
        return context.json(StatusCode::OK, &none);
    }
    let here = Route::Jobs { campaign };
    let Page { offset, limit } = page;
    let mut links = vec![
        context.link(Rel::Itself, here, None),
        context.link(Rel::Parent, Route::Campaign { campaign }, None),
    ];
    let behind = offset.saturating_add(limit);
    if behind < total {
        let next = here.with(Param::Limit, limit).with(Param::Offset, behind);
        links.push(context.link(Rel::Next, next, None));
    }
    let around = ListFields { total, offset: Some(offset), limit: Some(limit), links: Some(links) };
    let frame = Frame::before("items", &around, context.query.on(Param::Pretty))?;
    let end = behind.min(total);
    let after = move |rows: &[TaskRow]| {
        rows.last().map(|row| u64::from(row.index) + 1).filter(|next| *next < end)
    };
    let read = move |views: &dyn Views, from: u64, _: u64| {
        views.tasks(campaign, step(from, &page)).map(|(rows, _)| rows)
    };
    let show = move |row| context.task(campaign, row);
    answer(frame, RowSteps::behind(api, rows, u64::MAX, after, read, show)).await
}

/// Show one task of a campaign with all tries at it.
#[utoipa::path(get, path = Endpoint::Task.template(), tag = "jobs",
    params(("id" = u32, Path, description = "Campaign"),
        ("task" = u64, Path, description = "Number of the parameter, from 1")),
    responses((status = 200, body = OneTask), (status = 404, body = Problem)))]
pub(super) async fn task(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path((id, task)): Path<(String, String)>,
) -> Result<Response, Failed> {
    let campaign: CampaignId = number(&id)?;
    let task: TaskNumber = number(&task)?;
    let offset = task.position().ok_or_else(Failed::not_found)?;
    let caller = context.caller()?;
    let read = api.read(move |views| match readable(views, &caller, campaign)? {
        None => Ok(None),
        Some(_) => views.tasks(campaign, Page { offset, limit: 1 }).map(Some),
    });
    let (rows, _) = read.await?.ok_or_else(Failed::not_found)?;
    let last = rows.last().cloned().ok_or_else(Failed::not_found)?;
    let execution = rows.iter().filter_map(|row| row.job).collect::<Vec<_>>();
    let jobs = api
        .read(move |views| {
            execution.into_iter().map(|job| views.job(job)).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    let execution = jobs.into_iter().flatten().map(|job| Execution {
        id: job.id.0,
        cluster_id: ClusterNumber::from(job.cluster).0,
        cluster_name: context.settings.name(job.cluster).map(str::to_owned),
        state: job.state,
        return_code: job.return_code,
        remote_id: job.remote.map(|remote| remote.0),
    });
    let execution = execution.collect();
    let Task { id, name, parameters, state, .. } = context.task(campaign, last);
    let links = vec![
        context.link(Rel::Itself, Route::Task { campaign, task }, None),
        context.link(Rel::Parent, Route::Jobs { campaign }, None),
    ];
    context.json(StatusCode::OK, &OneTask { id, name, parameters, state, links, execution })
}

/// List the jobs of a campaign that are over.
#[utoipa::path(get, path = Endpoint::FinishedJobs.template(), tag = "jobs",
    params(("id" = u32, Path, description = "Campaign"),
        ("limit" = Option<u64>, Query, description = "Jobs of a page, 100"),
        ("offset" = Option<u64>, Query, description = "Jobs before the page, 0")),
    responses((status = 200, body = JobList), (status = 400, body = Problem),
        (status = 404, body = Problem)))]
pub(super) async fn finished(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let page = context.query.page()?;
    let campaign: CampaignId = number(&id)?;
    let caller = context.caller()?;
    // Of a campaign that nobody knows, no job is over.
    let first = api.read_much(move |views| match readable(views, &caller, campaign)? {
        None => Ok((Vec::new(), 0)),
        Some(_) => views.finished_jobs(campaign, step(page.offset, &page)),
    });
    let (rows, total) = first.await?;
    let around = ListFields { total, offset: Some(page.offset), limit: None, links: None };
    let frame = Frame::before("items", &around, context.query.on(Param::Pretty))?;
    let left = left(&page, total, rows.len());
    let after = |rows: &[JobRow]| rows.last().map(|row| row.id.0);
    let read = move |views: &dyn Views, after: u64, limit: u64| {
        views.finished_jobs_behind(campaign, JobId(after), limit)
    };
    let show = move |row| context.job(row);
    answer(frame, RowSteps::behind(api, rows, left, after, read, show)).await
}

/// Show a job.
#[utoipa::path(get, path = Endpoint::Job.template(), tag = "jobs",
    params(("id" = u64, Path, description = "Job, in the grid's own numbering")),
    responses((status = 200, body = Job), (status = 404, body = Problem)))]
pub(super) async fn job(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let id: JobId = number(&id)?;
    let caller = context.caller()?;
    let row = api.read(move |views| views.job(id)).await?;
    let row = row.filter(|row| caller.may_read(Subject::Of(&row.user)));
    context.json(StatusCode::OK, &context.job(row.ok_or_else(Failed::not_found)?))
}

/// Kill a job; its task is not tried again. With `drop`, an administrator has it followed no more instead.
#[utoipa::path(delete, path = Endpoint::KillJob.template(), tag = "jobs",
    params(("id" = u64, Path, description = "Job, in the grid's own numbering"),
        ("drop" = Option<bool>, Query, description = "Follow it no more, whatever it does; its task waits for a person")),
    responses((status = 202, body = Done), (status = 400, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn kill(
    State(api): State<Arc<Api>>,
    context: RequestContext,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let caller = context.caller()?;
    let id: JobId = number(&id)?;
    let row = api.read(move |views| views.job(id)).await?.ok_or_else(Failed::not_found)?;
    let Some(remote) = row.remote else {
        let hint = "try again when it has an id there".to_owned();
        let message = format!("job {} is not known to its cluster yet", id.0);
        return Err(Failed::bad(message, Some(hint)));
    };
    if context.query.on(Param::Drop) {
        api.ask(&caller, Request::DropJob(row.cluster, remote)).await?;
        return context.done(StatusCode::ACCEPTED, "Accepted", format!("Job {} is dropped", id.0));
    }
    api.ask(&caller, Request::KillJob(row.cluster, remote)).await?;
    context.done(StatusCode::ACCEPTED, "Accepted", format!("Job {} will be killed", id.0))
}
