//! How OAR 3 writes jobs: no key without a value, details only when asked. Must not know routes.

use gleaner_oar::states::JobState;
use gleaner_sim::time::SimTime;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::calendar::unix_s;
use crate::front::job_text;
use crate::platform::Platform;
use crate::table::row::{Row, RowEvent};

/// A job in a list without details.
#[derive(Serialize)]
pub(super) struct Plain<'a> {
    id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    state: &'static str,
    user: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    queue_name: &'a str,
    submission_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_status_code: Option<i32>,
}

/// How a job is seen: its state may be one of the past, and the cluster's clock may be wrong.
#[derive(Clone, Copy)]
pub(super) struct View {
    pub(super) state: JobState,
    pub(super) skew_s: i64,
    /// When it is planned to start.
    pub(super) planned: Option<SimTime>,
    /// Its walltime by now, seconds.
    pub(super) walltime_s: i64,
}

/// Exit code in a raw wait status.
fn decoded(status: i32) -> i32 {
    status >> 8
}

pub(super) fn plain(row: &Row, state: JobState, skew_s: i64) -> Plain<'_> {
    let status = row.status.filter(|_| state.is_final());
    Plain {
        id: row.number.0,
        name: row.description.name.as_deref(),
        state: state.as_str(),
        user: &row.description.user,
        exit_code: status,
        queue_name: &row.description.queue,
        submission_time: unix_s(row.submitted) + skew_s,
        exit_status_code: status.map(decoded),
    }
}

/// The columns of a job that every form of it has.
fn columns(row: &Row, view: View, raw: bool) -> Map<String, Value> {
    let description = &row.description;
    let date = |time| unix_s(time) + view.skew_s;
    let launched = row.foreseen.filter(|_| view.state == JobState::ToLaunch);
    let started = row.start.filter(|_| view.state.is_current() || view.state.is_final());
    let started = started.or(launched);
    let planned = view.planned.or(row.foreseen.filter(|_| row.start.is_none()));
    let over = matches!(view.state, JobState::Finishing) || view.state.is_final();
    let value = json!({
        "id": row.number.0,
        "array_id": row.array.0,
        "array_index": row.index,
        "initial_request": &*description.command,
        "name": description.name.as_deref(),
        "type": "PASSIVE",
        "info_type": "vm:",
        "state": view.state.as_str(),
        "reservation": if description.reservation.is_some() { "toSchedule" } else { "None" },
        "message": message(row, planned.is_some()),
        "scheduler_info": "",
        "user": &*description.user,
        "project": &*description.project,
        "group": "",
        "command": &*row.command,
        "exit_code": row.status.filter(|_| over),
        "queue_name": &*description.queue,
        "properties": &*description.properties,
        "launching_directory": &*description.directory,
        "submission_time": date(row.submitted),
        "start_time": started.or(planned).map_or(0, date),
        "stop_time": row.stop.filter(|_| over).map_or(0, date),
        "accounted": "NO",
        "assigned_moldable_job": started.map_or(0, |_| row.number.0),
        "checkpoint": description.checkpoint_s,
        "checkpoint_signal": 12,
        "stdout_file": if raw { file_pattern(row, "stdout") } else { row.stdout_file() },
        "stderr_file": if raw { file_pattern(row, "stderr") } else { row.stderr_file() },
        "resubmit_job_id": row.copy_of.map_or(0, |of| of.0),
        "suspended": if view.state == JobState::Suspended { "YES" } else { "NO" },
    });
    match value {
        Value::Object(columns) => columns,
        _ => Map::new(),
    }
}

fn file_pattern(row: &Row, end: &str) -> String {
    match &row.description.name {
        Some(name) => format!("OAR.{name}.%jobid%.{end}"),
        None => format!("OAR.%jobid%.{end}"),
    }
}

fn message(row: &Row, planned: bool) -> String {
    if row.never_started() {
        return job_text::KILLED_WAITING.to_owned();
    }
    if !planned && !job_text::was_looked_at(row) {
        return job_text::asked(&row.description);
    }
    let description = &row.description;
    let mut text = format!(
        "R={},W={},J=P,Q={}",
        description.cores,
        description.walltime_s + 1,
        description.queue
    );
    if let Some(name) = &description.name {
        text.push_str(&format!(",N={name}"));
    }
    text
}

/// A job by itself, with or without details; keys without a value are left out.
pub(super) fn job(row: &Row, view: View, details: Option<&Platform>) -> Value {
    let mut job = columns(row, view, false);
    job.retain(|_, value| !value.is_null());
    if let Some(status) = row.status.filter(|_| job.contains_key("exit_code")) {
        job.insert("exit_status_code".to_owned(), json!(decoded(status)));
    }
    if let Some(platform) = details {
        add_details(&mut job, row, view, platform);
    }
    Value::Object(job)
}

fn add_details(job: &mut Map<String, Value>, row: &Row, view: View, platform: &Platform) {
    let resources: Vec<u32> = row.cores.cores().map(|core| core + 1).collect();
    let mut nodes: Vec<u32> = resources.iter().map(|r| platform.node_of(*r)).collect();
    nodes.dedup();
    let resource = |id: &u32| json!({ "id": id });
    let node = |node: &u32| json!({ "network_address": platform.address(*node) });
    job.insert("resources".to_owned(), resources.iter().map(resource).collect());
    job.insert("nodes".to_owned(), nodes.iter().map(node).collect());
    let events = row.events.iter().map(|event| self::event(row, event, view.skew_s));
    job.insert("events".to_owned(), events.collect());
    if !row.description.types.is_empty() {
        let types = row.description.types.iter().map(|kind| match kind.split_once('=') {
            Some((word, value)) => (word.to_owned(), json!(value)),
            None => (kind.to_string(), json!(true)),
        });
        job.insert("types".to_owned(), Value::Object(types.collect()));
    }
    let assigned = !resources.is_empty();
    if assigned {
        job.insert("walltime".to_owned(), json!(view.walltime_s));
    }
    let actual = if assigned { format!("/core={}", resources.len()) } else { String::new() };
    job.insert("actual_resources".to_owned(), json!(actual));
}

pub(super) fn event(row: &Row, event: &RowEvent, skew_s: i64) -> Value {
    json!({
        "id": event.id,
        "type": event.kind,
        "job_id": row.number.0,
        "date": unix_s(event.date) + skew_s,
        "description": event.description,
        "to_check": job_text::to_check(&event.kind),
    })
}

/// A job as a bare row of the database, keys without a value included.
pub(super) fn bare(row: &Row, view: View) -> Value {
    let mut job = columns(row, view, true);
    for key in ["env", "file_id", "notify", "last_karma"] {
        job.insert(key.to_owned(), Value::Null);
    }
    Value::Object(job)
}
