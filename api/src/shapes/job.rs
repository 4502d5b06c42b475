//! Tasks of a campaign, and jobs. A task is a parameter; each try at it is a job.

#![expect(missing_docs, reason = "the description of the API tells what a name does not")]

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::shapes::answer::{Link, Paged};
use crate::states::{JobState, JobTag, ShownTaskState};

/// The page asked for is behind the end of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NoJobs {
    #[schema(value_type = String)]
    pub title: Cow<'static, str>,
    #[schema(value_type = String)]
    pub message: Cow<'static, str>,
}

/// A page of tasks, or that there is none so far behind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum TaskPage {
    Some(Paged<Task>),
    None(NoJobs),
}

/// A task, once for each try at it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Task {
    /// The number of its parameter in the campaign, from 1.
    pub id: u64,
    /// The first word of its parameter.
    pub name: String,
    pub parameters: String,
    pub cluster: Option<String>,
    pub cigri_job_id: Option<u64>,
    pub remote_id: Option<u64>,
    /// State of the job, or `queued`, or `pending`.
    #[schema(value_type = String)]
    pub state: ShownTaskState,
    pub href: String,
}

/// One task with all tries at it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OneTask {
    pub id: u64,
    pub name: String,
    pub parameters: String,
    /// That of the last try.
    #[schema(value_type = String)]
    pub state: ShownTaskState,
    pub links: Vec<Link>,
    pub execution: Vec<Execution>,
}

/// A try at a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Execution {
    pub id: u64,
    pub cluster_id: u32,
    pub cluster_name: Option<String>,
    #[schema(value_type = String)]
    pub state: JobState,
    /// Raw wait status: 768 for exit code 3.
    pub return_code: Option<i32>,
    pub remote_id: Option<u64>,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Job {
    pub id: u64,
    pub param: Option<String>,
    pub grid_user: String,
    pub campaign_id: u32,
    /// The number of its parameter in the campaign, from 1; 0 for a prologue or an epilogue.
    pub param_id: u64,
    pub cluster_id: u32,
    #[schema(value_type = String)]
    pub state: JobState,
    /// Raw wait status: 768 for exit code 3.
    pub return_code: Option<i32>,
    pub submission_time: Option<String>,
    pub start_time: Option<String>,
    pub stop_time: Option<String>,
    pub node_name: Option<String>,
    pub remote_id: Option<u64>,
    /// `prologue` or `epilogue`.
    #[schema(value_type = Option<String>)]
    pub tag: Option<JobTag>,
    pub runner_options: RunnerOptions,
    pub links: Vec<Link>,
    pub cluster_name: Option<String>,
}

/// How a job was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunnerOptions {
    pub besteffort: bool,
}

/// Jobs that are over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobList {
    pub items: Vec<Job>,
    pub total: u64,
    pub offset: u64,
}

/// The end of what a job has written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Output {
    /// Its last lines. What is no UTF-8 is shown by replacement characters.
    pub output: String,
    /// There where it does not hold all lines that were asked for: they are too long.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}
