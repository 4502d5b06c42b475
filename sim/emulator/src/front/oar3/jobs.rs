//! OAR 3's job routes that read: lists, one job, its parts. Must not know submissions.

use gleaner_oar::states::JobState;
use serde_json::{Value, json};

use crate::calendar::sim_time;
use crate::front::answer::Answer;
use crate::front::oar3::shape::{self, View};
use crate::front::oar3::{Call, detail, invalid, method_not_allowed, not_an_integer, server_error};
use crate::front::request::Method;
use crate::table::JobNumber;
use crate::table::row::Row;
use crate::table::select::Selection;

/// Jobs of a page unless told otherwise.
const LIMIT: usize = 500;

impl Call<'_> {
    /// Routes below `/jobs`.
    pub(super) fn jobs(&mut self, rest: &[&str]) -> Answer {
        let (id, rest) = match rest {
            [] => {
                return match self.request.method {
                    Method::Get => self.list().unwrap_or_else(|refused| refused),
                    Method::Post => self.submit(),
                    Method::Put | Method::Delete | Method::Other => method_not_allowed(),
                };
            }
            [id, rest @ ..] => (id, rest),
        };
        let known = matches!(
            rest,
            [] | ["resources" | "events" | "nodes"]
                | ["hold" | "rhold" | "resumptions" | "checkpoints" | "deletions", "new"]
                | ["signal", _]
        );
        if !known {
            return detail(404, "Not Found");
        }
        let Ok(id) = id.parse::<u64>() else {
            return not_an_integer(&[json!("path"), json!("job_id")]);
        };
        match (self.request.method, rest) {
            (Method::Get, []) => self.one(id),
            (Method::Get, ["resources"]) => self.parts(id, |call, row| call.job_resources(row)),
            (Method::Get, ["events"]) => self.parts(id, |call, row| {
                let events = row.events.iter().map(|e| shape::event(row, e, call.skew_s()));
                events.collect()
            }),
            (Method::Get, ["nodes"]) if self.request.value("limit").is_none() => {
                invalid(&[json!("query"), json!("limit")], "field required", "value_error.missing")
            }
            // A real server forgets to hand its list over.
            (Method::Get, ["nodes"]) => Answer::json(200, &Value::Null),
            (Method::Delete, []) => self.delete(id),
            (Method::Post, ["deletions", "new"]) => self.delete(id),
            (Method::Post, [order @ ("hold" | "rhold" | "resumptions" | "checkpoints"), "new"]) => {
                self.order(id, order)
            }
            (Method::Post, ["signal", signal]) => match signal.parse() {
                Ok(signal) => self.signal(id, signal),
                Err(_) => not_an_integer(&[json!("path"), json!("signal")]),
            },
            _ => method_not_allowed(),
        }
    }

    pub(super) fn skew_s(&self) -> i64 {
        self.engine.cluster(self.cluster).faults.clock_skew_s
    }

    fn list(&mut self) -> Result<Answer, Answer> {
        let paging = self.paging(LIMIT)?;
        let mut selection = self.selection()?;
        let faults = self.engine.cluster(self.cluster).faults;
        if self.engine.cluster_mut(self.cluster).happens(faults.stale_list) {
            let past = self.engine.now().ms() - faults.stale_by.ms();
            selection.as_of = Some(gleaner_sim::time::SimTime::from_ms(past));
        }
        let mut page =
            self.engine.table(self.cluster).page(&selection, paging.offset, paging.limit);
        paging.check(page.total)?;
        if faults.missing_job > 0.0 {
            let cluster = self.engine.cluster_mut(self.cluster);
            page.numbers.retain(|_| !cluster.happens(faults.missing_job));
        }
        // Whatever stands behind `details=` counts as yes.
        let details = self.request.value("details").is_some_and(|value| !value.is_empty());
        let table = self.engine.table(self.cluster);
        let rows = page.numbers.iter().filter_map(|number| table.row(*number));
        let view = |row: &Row| View {
            state: selection.as_of.and_then(|past| row.state_at(past)).unwrap_or(row.state),
            skew_s: faults.clock_skew_s,
        };
        let (total, offset) = (page.total, paging.offset);
        if !details {
            let items: Vec<_> = rows.map(|row| shape::plain(row, view(row))).collect();
            let list = List { total, offset, items };
            return Ok(Answer::json(200, &list));
        }
        let platform = &self.engine.cluster(self.cluster).platform;
        let items: Vec<Value> =
            rows.map(|row| shape::job(row, view(row), Some(platform))).collect();
        let mut list = List { total, offset, items };
        if faults.duplicate_event > 0.0 {
            let cluster = self.engine.cluster_mut(self.cluster);
            list.items.iter_mut().for_each(|job| double_events(job, cluster));
        }
        Ok(Answer::json(200, &list))
    }

    fn selection(&mut self) -> Result<Selection, Answer> {
        let mut ids = Vec::new();
        for (place, text) in self.request.values("job_ids").enumerate() {
            match text.trim().parse::<u64>() {
                Ok(id) => ids.push(JobNumber(id)),
                Err(_) => {
                    let place = [json!("query"), json!("job_ids"), json!(place)];
                    return Err(not_an_integer(&place));
                }
            }
        }
        let mut states = Vec::new();
        for text in self.request.values("states") {
            match text.parse::<JobState>() {
                Ok(state) => states.push(state),
                Err(_) => return Err(self.wedge()),
            }
        }
        let skew_s = self.skew_s();
        let number = |key: &str| match self.request.value(key).map(|t| t.trim().parse::<i64>()) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => Err(not_an_integer(&[json!("query"), json!(key)])),
        };
        let time = |key| Ok(number(key)?.map(|date: i64| sim_time(date.saturating_sub(skew_s))));
        Ok(Selection {
            ids: (!ids.is_empty()).then_some(ids),
            array: number("array")?.and_then(|a| u64::try_from(a).ok()).map(JobNumber),
            states: (!states.is_empty()).then_some(states),
            user: self.request.value("user").map(str::to_owned),
            from: time("start_time")?,
            to: time("stop_time")?,
            as_of: None,
        })
    }

    fn one(&mut self, id: u64) -> Answer {
        let details = self.request.value("details").is_some_and(|value| !value.is_empty());
        let Some(row) = self.engine.table(self.cluster).row(JobNumber(id)) else {
            // A real server stumbles over a job that is not there.
            return server_error();
        };
        let cluster = self.engine.cluster(self.cluster);
        let view = View { state: row.state, skew_s: self.skew_s() };
        let mut job = shape::job(row, view, details.then_some(&cluster.platform));
        if cluster.faults.duplicate_event > 0.0 {
            double_events(&mut job, self.engine.cluster_mut(self.cluster));
        }
        Answer::json(200, &job)
    }

    fn parts(&mut self, id: u64, parts: impl FnOnce(&Self, &Row) -> Vec<Value>) -> Answer {
        let Some(row) = self.engine.table(self.cluster).row(JobNumber(id)) else {
            return server_error();
        };
        let items = parts(self, row);
        Answer::json(200, &List { total: items.len(), offset: 0, items })
    }

    fn job_resources(&self, row: &Row) -> Vec<Value> {
        let platform = &self.engine.cluster(self.cluster).platform;
        let resource = |core: u32| {
            let (id, node) = (core + 1, platform.node_of(core + 1));
            json!({ "id": id, "network_address": platform.address(node) })
        };
        row.cores.cores().map(resource).collect()
    }
}

/// A page of a list.
#[derive(serde::Serialize)]
pub(super) struct List<T> {
    pub(super) total: usize,
    pub(super) offset: usize,
    pub(super) items: Vec<T>,
}

/// Tells some events of a job twice.
fn double_events(job: &mut Value, cluster: &mut crate::engine::cluster::Cluster) {
    let p = cluster.faults.duplicate_event;
    if let Some(events) = job.get_mut("events").and_then(Value::as_array_mut) {
        let mut told = Vec::with_capacity(events.len());
        for event in events.drain(..) {
            if cluster.happens(p) {
                told.push(event.clone());
            }
            told.push(event);
        }
        *events = told;
    }
}
