//! The JSON of answers, field by field, as CiGri's commands read it. Knows neither routes nor rows of a
//! database.

use std::collections::BTreeMap;

use gleaner_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Where to go on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Link {
    /// `self`, `parent`, `collection`, `item` or `next`.
    #[schema(value_type = String)]
    pub(super) rel: &'static str,
    /// The address.
    pub(super) href: String,
    /// What is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) title: Option<&'static str>,
}

/// Something was done.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Done {
    /// The HTTP status.
    pub(super) status: u16,
    /// Its name.
    #[schema(value_type = String)]
    pub(super) title: &'static str,
    /// What was done.
    pub(super) message: String,
}

/// Something was not done.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// The HTTP status.
    pub(super) status: u16,
    /// Its name.
    #[schema(value_type = String)]
    pub(super) title: &'static str,
    /// What is wrong.
    pub(super) message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint: Option<String>,
}

/// Links alone.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Root {
    pub(super) links: Vec<Link>,
}

/// A list that is whole.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Whole<T> {
    pub(super) items: Vec<T>,
    /// How many there are.
    pub(super) total: u64,
    pub(super) links: Vec<Link>,
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Paged<T> {
    pub(super) items: Vec<T>,
    /// How many there are in all.
    pub(super) total: u64,
    /// How many come before.
    pub(super) offset: u64,
    /// How many were asked for.
    pub(super) limit: u64,
    pub(super) links: Vec<Link>,
}

/// The page asked for is behind the end of the list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NoJobs {
    #[schema(value_type = String)]
    pub(super) title: &'static str,
    #[schema(value_type = String)]
    pub(super) message: &'static str,
}

/// A page of tasks, or that there is none so far behind.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it describes what is written piece by piece")]
pub(super) enum TaskPage {
    Some(Paged<Task>),
    None(NoJobs),
}

/// A campaign.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Campaign {
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) user: String,
    /// `in_treatment`, `paused`, `terminated` or `cancelled`.
    #[schema(value_type = String)]
    pub(super) state: &'static str,
    /// Whether somebody should look at its events.
    pub(super) has_events: bool,
    /// Seconds since 1970.
    pub(super) submission_time: i64,
    pub(super) total_jobs: u32,
    pub(super) finished_jobs: u32,
    pub(super) links: Vec<Link>,
    /// By id of the cluster; for one campaign only.
    #[serde(skip_serializing_if = "Option::is_none")]
    // JSON knows no keys but texts.
    #[schema(value_type = Option<BTreeMap<String, CampaignCluster>>)]
    pub(super) clusters: Option<BTreeMap<u32, CampaignCluster>>,
    /// What the submitter should know, at its submission.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) warnings: Vec<String>,
}

/// A campaign on one of its clusters.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CampaignCluster {
    pub(super) cluster_name: String,
    pub(super) active_jobs: u32,
    pub(super) queued_jobs: u32,
    /// Whether there is nothing left to prepare.
    pub(super) prologue_ok: bool,
    /// Whether there is nothing left to clean up.
    pub(super) epilogue_ok: bool,
}

/// Figures of a campaign.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Stats {
    /// Seconds.
    pub(super) average_jobs_duration: Option<f64>,
    /// Seconds.
    pub(super) stddev_jobs_duration: Option<f64>,
    /// Jobs a second.
    pub(super) jobs_throughput: f64,
    /// Seconds.
    pub(super) remaining_time: f64,
    /// From 0 to 1.
    pub(super) failures_rate: f64,
    /// From 0 to 1.
    pub(super) resubmit_rate: f64,
}

/// A task, once for each try at it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Task {
    /// The number of its parameter in the campaign, from 1.
    pub(super) id: u64,
    /// The first word of its parameter.
    pub(super) name: String,
    pub(super) parameters: String,
    pub(super) cluster: Option<String>,
    pub(super) cigri_job_id: Option<u64>,
    pub(super) remote_id: Option<u64>,
    /// State of the job, or `queued`, or `pending`.
    pub(super) state: String,
    pub(super) href: String,
}

/// One task with all tries at it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OneTask {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) parameters: String,
    /// That of the last try.
    pub(super) state: String,
    pub(super) links: Vec<Link>,
    pub(super) execution: Vec<Execution>,
}

/// A try at a task.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Execution {
    pub(super) id: u64,
    pub(super) cluster_id: u32,
    pub(super) cluster_name: Option<String>,
    pub(super) state: String,
    /// Raw wait status: 768 for exit code 3.
    pub(super) return_code: Option<i32>,
    pub(super) remote_id: Option<u64>,
}

/// A job.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Job {
    pub(super) id: u64,
    pub(super) param: Option<String>,
    pub(super) grid_user: String,
    pub(super) campaign_id: u32,
    /// The number of its parameter in the campaign, from 1; 0 for a prologue or an epilogue.
    pub(super) param_id: u64,
    pub(super) cluster_id: u32,
    pub(super) state: String,
    /// Raw wait status: 768 for exit code 3.
    pub(super) return_code: Option<i32>,
    pub(super) submission_time: Option<String>,
    pub(super) start_time: Option<String>,
    pub(super) stop_time: Option<String>,
    pub(super) node_name: Option<String>,
    pub(super) remote_id: Option<u64>,
    /// `prologue` or `epilogue`.
    pub(super) tag: Option<String>,
    pub(super) runner_options: RunnerOptions,
    pub(super) links: Vec<Link>,
    pub(super) cluster_name: Option<String>,
}

/// How a job was sent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RunnerOptions {
    pub(super) besteffort: bool,
}

/// An event in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Event {
    pub(super) id: u64,
    /// `cluster`, `job`, `campaign`, `notify` or `log`.
    pub(super) class: String,
    pub(super) code: String,
    pub(super) job_id: Option<u64>,
    pub(super) cluster_id: Option<u32>,
    pub(super) cluster_name: Option<String>,
    pub(super) date_open: String,
    pub(super) message: Option<String>,
    /// The event that caused it.
    pub(super) parent: Option<u64>,
    /// `open` or `closed`.
    #[schema(value_type = String)]
    pub(super) state: &'static str,
}

/// One event.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OneEvent {
    #[serde(flatten)]
    pub(super) event: Event,
    pub(super) campaign_id: Option<u32>,
    pub(super) date_closed: Option<String>,
    pub(super) date_update: String,
    pub(super) links: Vec<Link>,
}

/// A cluster in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClusterItem {
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) links: Vec<Link>,
}

/// One cluster.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Cluster {
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) api_url: String,
    #[schema(value_type = String)]
    pub(super) api_auth_type: &'static str,
    /// The header that tells the server who a user is.
    pub(super) api_auth_header: String,
    pub(super) api_chunk_size: u32,
    pub(super) api_limit: u32,
    pub(super) ssh_host: String,
    /// `oar2_5` or `oar3`.
    #[schema(value_type = String)]
    pub(super) batch: &'static str,
    pub(super) resource_unit: String,
    pub(super) power: u32,
    pub(super) properties: String,
    /// Last value and limit, as in `0/0.8`.
    pub(super) stress_factor: String,
    pub(super) enabled: bool,
    pub(super) links: Vec<Link>,
    pub(super) blacklisted: bool,
    pub(super) under_stress: bool,
}

/// A token, which is never shown itself.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Token {
    pub(super) cluster_id: u32,
    pub(super) cluster_name: String,
    /// By which tokens can be told apart.
    pub(super) fingerprint: String,
    /// RFC 3339; null where the token does not say.
    pub(super) expires_at: Option<String>,
    pub(super) expired: bool,
    /// RFC 3339.
    pub(super) registered_at: String,
}

/// Tokens of the caller.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TokenList {
    pub(super) items: Vec<Token>,
    pub(super) links: Vec<Link>,
}

/// Events of a campaign, or of the grid.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventList {
    pub(super) items: Vec<Event>,
    pub(super) total: u64,
    pub(super) offset: u64,
}

/// Jobs that are over.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JobList {
    pub(super) items: Vec<Job>,
    pub(super) total: u64,
    pub(super) offset: u64,
}

/// Whether the daemon is at work.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    #[schema(value_type = String)]
    pub(super) status: &'static str,
    #[schema(value_type = String)]
    pub(super) version: &'static str,
}

/// A date as CiGri writes it, in UTC: `2026-11-20 13:03:26+00`.
pub(super) fn cigri_date(at: Timestamp) -> String {
    written(at, "%Y-%m-%d %H:%M:%S+00")
}

/// A date as RFC 3339 writes it, in UTC.
pub(super) fn rfc3339(at: Timestamp) -> String {
    written(at, "%Y-%m-%dT%H:%M:%SZ")
}

fn written(at: Timestamp, form: &str) -> String {
    match jiff::Timestamp::from_second(at.seconds()) {
        Ok(time) => time.strftime(form).to_string(),
        // Beyond the year 9999: a server's nonsense, shown as it is.
        Err(_) => at.seconds().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use gleaner_core::time::Timestamp;

    use super::{cigri_date, rfc3339};

    #[test]
    fn dates_are_written_in_utc() {
        let at = Timestamp::from_seconds(1_795_179_806);
        assert_eq!(cigri_date(at), "2026-11-20 13:03:26+00");
        assert_eq!(rfc3339(at), "2026-11-20T13:03:26Z");
        assert_eq!(rfc3339(Timestamp::NEVER), i64::MAX.to_string());
    }
}
