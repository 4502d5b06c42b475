//! What a campaign is, once its JDL has been read, filled and expanded. Knows no JSON.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::ClusterId;
use crate::jdl::params::Parameters;
use crate::time::Duration;

/// A campaign ready to be scheduled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CampaignSpec {
    /// Its name, for people.
    pub name: Box<str>,
    /// Its settings on each cluster it may use, in the order of [`ClusterId`], each cluster once,
    /// at least one.
    pub clusters: Vec<Arc<ClusterSettings>>,
    /// Its parameters.
    pub parameters: Arc<Parameters>,
}

/// What a campaign wants on one cluster, every default filled in and every macro expanded.
///
/// Variables stand unescaped in the texts (`$HOME`): protecting them on the way through a server's
/// shell is the client's business.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClusterSettings {
    /// Which cluster.
    pub cluster: ClusterId,
    /// The command to run; a blank and the parameter are put behind it.
    pub exec_file: Box<str>,
    /// The directory to run it in.
    pub exec_directory: Box<str>,
    /// The cluster's resource text, without walltime.
    pub resources: Box<str>,
    /// Cores that the resource text asks for, at least 1; 1 where it does not tell.
    pub cores: u32,
    /// Walltime of a task.
    pub walltime: Duration,
    /// How the tasks are to be treated. [`JobKind::Normal`] in test mode.
    pub kind: JobKind,
    /// One job at a time, before all other campaigns.
    pub test_mode: bool,
    /// The most jobs of this campaign here, queued ones included; at least 1.
    pub max_jobs: Option<u32>,
    /// Filter on the cluster's resources, in its own language.
    pub properties: Box<str>,
    /// The project to account the jobs to.
    pub project: Box<str>,
    /// More job types of the cluster, comma-separated, for prologue and epilogue too.
    pub cluster_job_type: Box<str>,
    /// Script lines to run once before the first task.
    pub prologue: Option<Script>,
    /// Script lines to run once after the last task.
    pub epilogue: Option<Script>,
    /// Keys that the scheduler does not use, as (key, value as JSON text), sorted by key.
    pub other: Vec<(Box<str>, Box<str>)>,
}

impl ClusterSettings {
    /// Returns the texts that reach the cluster, each with the key of a JDL that it is given by.
    pub fn texts(&self) -> [(&'static str, &str); 8] {
        [
            ("exec_file", &self.exec_file),
            ("exec_directory", &self.exec_directory),
            ("resources", &self.resources),
            ("properties", &self.properties),
            ("project", &self.project),
            ("cluster_job_type", &self.cluster_job_type),
            ("prologue", self.prologue.as_ref().map_or("", |script| &script.text)),
            ("epilogue", self.epilogue.as_ref().map_or("", |script| &script.text)),
        ]
    }
}

/// A prologue or an epilogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// Its lines, joined by newlines.
    pub text: Box<str>,
    /// Its own walltime.
    pub walltime: Duration,
}

/// How a cluster treats a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// On idle cores only, killed when an owner's job wants them.
    BestEffort,
    /// As any owner's job.
    Normal,
}
