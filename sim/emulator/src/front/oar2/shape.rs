//! How OAR 2 writes jobs and resources: every key there, null where there is no value, links. Must
//! not know routes.

use gleaner_oar::states::JobState;
use gleaner_sim::time::SimTime;
use serde_json::{Map, Value, json};

use crate::calendar::unix_s;
use crate::engine::Engine;
use crate::engine::planned_starts::PlannedStarts;
use crate::front::answer::property;
use crate::front::job_text;
use crate::platform::Platform;
use crate::table::row::{JobDescription, Row, RowEvent};

/// A view of a cluster's jobs at one moment.
pub(super) struct View<'a> {
    pub(super) engine: &'a Engine,
    /// What is planned for the jobs that are looked at.
    pub(super) planned_starts: PlannedStarts,
    /// The cluster's name, which begins its links.
    pub(super) cluster: &'a str,
    pub(super) platform: &'a Platform,
    /// The date that clients see.
    pub(super) date_s: i64,
    pub(super) skew_s: i64,
}

impl View<'_> {
    fn href(&self, path: &str) -> String {
        format!("/{}{path}", self.cluster)
    }

    fn job_links(&self, id: &str) -> Value {
        let part = |title: &str| {
            let href = self.href(&format!("/jobs/{id}/{title}"));
            json!({ "rel": "collection", "href": href, "title": title })
        };
        let itself = json!({ "rel": "self", "href": self.href(&format!("/jobs/{id}")) });
        json!([itself, part("resources"), part("nodes")])
    }

    /// A job of a list without details.
    pub(super) fn plain(&self, row: &Row, state: JobState) -> Value {
        json!({
            "id": row.number.0,
            "state": state.as_str(),
            "owner": &*row.description.user,
            "name": row.description.name.as_deref(),
            "queue": &*row.description.queue,
            "submission": unix_s(row.submitted) + self.skew_s,
            "api_timestamp": self.date_s,
            "links": self.job_links(&row.number.0.to_string()),
        })
    }

    /// A job by itself. A list with details forgets two of its numbers.
    pub(super) fn job(&self, row: &Row, state: JobState, in_list: bool) -> Map<String, Value> {
        let description = &row.description;
        let date = |time| unix_s(time) + self.skew_s;
        let over = state.is_final() || state == JobState::Finishing;
        let started = row.start.filter(|_| over || state.is_current()).map(date);
        let planned = self.planned(row).map(date);
        let launched = planned.filter(|_| state == JobState::ToLaunch);
        // The plans of jobs that are over are forgotten.
        let scheduled = planned.or(started.filter(|_| !state.is_final()));
        let types: Vec<&str> = description.types.iter().map(|kind| &**kind).collect();
        let number = |number: u64| if in_list { Value::Null } else { json!(number) };
        let value = json!({
            "id": row.number.0,
            "array_id": row.array.0,
            "array_index": number(u64::from(row.index)),
            "resubmit_job_id": number(row.copy_of.map_or(0, |of| of.0)),
            "state": state.as_str(),
            "owner": &*description.user,
            "name": description.name.as_deref(),
            "queue": &*description.queue,
            "project": &*description.project,
            "type": "PASSIVE",
            "types": types,
            "reservation": if description.reservation.is_some() { "Scheduled" } else { "None" },
            "command": &*row.command,
            "initial_request": initial_request(description),
            "wanted_resources": wanted(description),
            "properties": &*description.properties,
            "launching_directory": &*description.directory,
            "message": message(row, planned.is_some()),
            "submission_time": date(row.submitted),
            "start_time": started.or(launched).unwrap_or(0),
            "stop_time": row.stop.filter(|_| over).map_or(0, date),
            "scheduled_start": scheduled,
            "walltime": started.or(planned).map(|_| self.engine.walltime_s(row)),
            "exit_code": row.status.filter(|_| over),
            "cpuset_name": null,
            "dependencies": if state.is_final() { &[] } else { &*description.after },
            "stdout_file": row.stdout_file(),
            "stderr_file": row.stderr_file(),
            "events": row.events.iter().map(|event| self.event(row, event)).collect::<Value>(),
            "api_timestamp": self.date_s,
            "links": self.job_links(&row.number.0.to_string()),
        });
        match value {
            Value::Object(job) => job,
            _ => Map::new(),
        }
    }

    /// When a job that has not started is, or was, to start.
    fn planned(&self, row: &Row) -> Option<SimTime> {
        let planned = self.planned_starts.get(&row.number).map(|planned| planned.start);
        planned.or(row.foreseen.filter(|_| row.start.is_none()))
    }

    /// A job with what it holds.
    pub(super) fn detailed(&self, row: &Row, state: JobState, in_list: bool) -> Value {
        let mut job = self.job(row, state, in_list);
        job.insert("resources".to_owned(), self.resources_of(row).into());
        job.insert("nodes".to_owned(), self.nodes_of(row).into());
        Value::Object(job)
    }

    /// The older form of a job, by the names of the database.
    pub(super) fn structure_oar(&self, row: &Row) -> Value {
        let mut job = self.job(row, row.state, false);
        let renamed = [
            ("start_time", "startTime"),
            ("stop_time", "stopTime"),
            ("submission_time", "submissionTime"),
            ("scheduled_start", "scheduledStart"),
            ("launching_directory", "launchingDirectory"),
            ("type", "jobType"),
        ];
        for (from, to) in renamed {
            if let Some(value) = job.remove(from) {
                job.insert(to.to_owned(), value);
            }
        }
        let resources: Vec<u32> = row.cores.cores().map(|core| core + 1).collect();
        let addresses = self.nodes_among(&resources);
        let addresses: Vec<String> =
            addresses.into_iter().map(|node| self.platform.address(node)).collect();
        job.insert("Job_Id".to_owned(), json!(row.number.0));
        job.insert("id".to_owned(), json!(0));
        job.insert("job_user".to_owned(), json!(&*row.description.user));
        job.insert("assigned_resources".to_owned(), json!(resources));
        job.insert("assigned_network_address".to_owned(), json!(addresses));
        job.insert("links".to_owned(), self.job_links(""));
        Value::Object(job)
    }

    /// A job as a bare row of the database.
    pub(super) fn table(&self, row: &Row) -> Value {
        let mut job = self.job(row, row.state, false);
        let renamed = [
            ("owner", "job_user"),
            ("queue", "queue_name"),
            ("name", "job_name"),
            ("type", "job_type"),
        ];
        for (from, to) in renamed {
            if let Some(value) = job.remove(from) {
                job.insert(to.to_owned(), value);
            }
        }
        for key in [
            "array_index",
            "resubmit_job_id",
            "types",
            "wanted_resources",
            "scheduled_start",
            "cpuset_name",
            "dependencies",
            "events",
        ] {
            job.remove(key);
        }
        let pattern = |end: &str| match &row.description.name {
            Some(name) => format!("OAR.{name}.%jobid%.{end}"),
            None => format!("OAR.%jobid%.{end}"),
        };
        job.insert("stdout_file".to_owned(), json!(pattern("stdout")));
        job.insert("stderr_file".to_owned(), json!(pattern("stderr")));
        job.insert("job_id".to_owned(), json!(row.number.0));
        job.insert("Job_Id".to_owned(), json!(row.number.0));
        job.insert(
            "assigned_moldable_job".to_owned(),
            json!(row.start.map_or(0, |_| row.number.0)),
        );
        Value::Object(job)
    }

    fn event(&self, row: &Row, event: &RowEvent) -> Value {
        json!({
            "event_id": event.id,
            "job_id": row.number.0,
            "type": event.kind,
            "date": unix_s(event.date) + self.skew_s,
            "description": &*event.description,
            "to_check": job_text::to_check(&event.kind),
        })
    }

    /// The numbers of the resources that a job holds or is to hold, and which of both.
    fn held(&self, row: &Row) -> (Vec<u32>, &'static str) {
        match self.planned_starts.get(&row.number) {
            Some(planned) => (planned.resources.clone(), "scheduled"),
            None => (row.cores.cores().map(|core| core + 1).collect(), "assigned"),
        }
    }

    pub(super) fn resources_of(&self, row: &Row) -> Vec<Value> {
        let (numbers, status) = self.held(row);
        let resource = |number: u32| {
            let mut resource = self.resource(number, true);
            resource["status"] = json!(status);
            resource["cpuset"] = json!(self.platform.cpuset(number).to_string());
            resource
        };
        numbers.into_iter().map(resource).collect()
    }

    fn nodes_among(&self, resources: &[u32]) -> Vec<u32> {
        let mut nodes: Vec<u32> =
            resources.iter().map(|number| self.platform.node_of(*number)).collect();
        nodes.dedup();
        nodes
    }

    pub(super) fn nodes_of(&self, row: &Row) -> Vec<Value> {
        let (numbers, status) = self.held(row);
        let node = |node: u32| {
            let address = self.platform.address(node);
            let href = self.href(&format!("/resources/nodes/{address}"));
            json!({
                "network_address": address,
                "status": status,
                "api_timestamp": self.date_s,
                "links": [{ "rel": "self", "href": href }],
            })
        };
        self.nodes_among(&numbers).into_iter().map(node).collect()
    }

    /// A resource, with all its columns or the few of a list.
    pub(super) fn resource(&self, id: u32, full: bool) -> Value {
        let node = self.platform.node_of(id);
        let (address, state) = (self.platform.address(node), self.platform.state(id));
        let mut resource = json!({
            "id": id,
            "network_address": address,
            "state": state.as_str(),
            "available_upto": 2_147_483_647,
            "api_timestamp": self.date_s,
            "links": [
                {
                    "rel": "member", "title": "node",
                    "href": self.href(&format!("/resources/nodes/{address}")),
                },
                { "rel": "self", "href": self.href(&format!("/resources/{id}")) },
                {
                    "rel": "collection", "title": "jobs",
                    "href": self.href(&format!("/resources/{id}/jobs")),
                },
            ],
        });
        if full {
            let columns = json!({
                "type": "default", "next_state": "UnChanged", "finaud_decision": "NO",
                "next_finaud_decision": "NO", "state_num": state.number(), "suspended_jobs": "NO",
                "scheduler_priority": 0, "cpuset": self.platform.cpuset(id), "besteffort": "YES",
                "deploy": "NO", "expiry_date": 0, "desktop_computing": "NO", "last_job_date": 0,
                "last_available_upto": 0, "drain": "NO", "core": id, "cpu": node + 1,
                "host": format!("node{}", node + 1),
            });
            if let (Value::Object(all), Value::Object(more)) = (&mut resource, columns) {
                all.extend(more);
                let added = self.platform.added(id);
                all.extend(added.map(|(name, value)| (name.to_owned(), property(value))));
            }
        }
        resource
    }
}

fn message(row: &Row, planned: bool) -> String {
    if row.never_started() {
        return job_text::KILLED_WAITING.to_owned();
    }
    let asked = job_text::asked(&row.description);
    match planned || job_text::was_looked_at(row) {
        true => format!("{asked} (Karma=0.000,quota_ok)"),
        false => asked,
    }
}

/// The command line that would have submitted the job.
fn initial_request(description: &JobDescription) -> String {
    let mut text = String::from("oarsub");
    let mut option = |name: &str, value: &str| text.push_str(&format!(" --{name}={value}"));
    if &*description.project != "default" {
        option("project", &description.project);
    }
    description.types.iter().for_each(|kind| option("type", kind));
    if let Some(name) = &description.name {
        option("name", name);
    }
    description.resources.iter().for_each(|resource| option("resource", resource));
    if let (Some(array), false) = (description.array, description.parameters) {
        option("array", &array.to_string());
    }
    description.after.iter().for_each(|id| option("anterior", &id.to_string()));
    if description.checkpoint_s > 0 {
        option("checkpoint", &description.checkpoint_s.to_string());
    }
    if description.hold {
        text.push_str(" --hold");
    }
    text.push_str(&format!(" {}", description.command));
    text
}

fn wanted(description: &JobDescription) -> String {
    let mut text = String::new();
    for resource in &description.resources {
        let request = resource.split(',').next().unwrap_or_default();
        let walltime = job_text::walltime(description.walltime_s);
        text.push_str(&format!("-l \"{{type = 'default'}}{request},walltime={walltime}\" "));
    }
    text
}
