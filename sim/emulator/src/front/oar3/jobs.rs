//! OAR 3's job routes that read: lists, one job, its parts. Must not know submissions.

use gleaner_oar::states::JobState;
use serde_json::{Value, json};

use crate::calendar::sim_time;
use crate::engine::planned_starts::PlannedStarts;
use crate::front::answer::Answer;
use crate::front::listing;
use crate::front::oar3::shape::{self, View};
use crate::front::oar3::{
    Call, Paging, detail, invalid, method_not_allowed, not_an_integer, server_error,
};
use crate::front::request::Method;
use crate::table::row::JobNumber;
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
        self.engine.cluster(self.cluster).faults().clock_skew_s
    }

    fn list(&mut self) -> Result<Answer, Answer> {
        let paging = self.paging(LIMIT)?;
        let mut selection = self.selection()?;
        let Paging { offset, limit } = paging;
        let page = listing::page(self.engine, self.cluster, &mut selection, offset, limit);
        paging.check(page.total)?;
        let (total, engine) = (page.total, &*self.engine);
        let rows = listing::rows(engine, self.cluster, &page);
        let state =
            |row: &Row| selection.as_of.and_then(|past| row.state_at(past)).unwrap_or(row.state);
        // Whatever stands behind `details=` counts as yes.
        let details = self.request.value("details").is_some_and(|value| !value.is_empty());
        if !details {
            let skew_s = self.skew_s();
            let items: Vec<_> = rows.map(|row| shape::plain(row, state(row), skew_s)).collect();
            return Ok(Answer::json(200, &List { total, offset, items }));
        }
        let planned_starts = engine.planned_starts(self.cluster, rows.clone());
        let platform = &engine.cluster(self.cluster).platform;
        let view = |row: &Row| self.view(row, state(row), &planned_starts);
        let items = rows.map(|row| shape::job(row, view(row), Some(platform)));
        let mut items: Vec<Value> = items.collect();
        let cluster = self.engine.cluster_mut(self.cluster);
        items.iter_mut().for_each(|job| listing::double_events(cluster, job));
        Ok(Answer::json(200, &List { total, offset, items }))
    }

    /// How a job is seen in that state.
    pub(super) fn view(&self, row: &Row, state: JobState, planned_starts: &PlannedStarts) -> View {
        View {
            state,
            skew_s: self.skew_s(),
            planned: planned_starts.get(&row.number).map(|planned| planned.start),
            walltime_s: self.engine.walltime_s(row),
        }
    }

    fn selection(&mut self) -> Result<Selection, Answer> {
        let mut ids = Vec::new();
        for (index, text) in self.request.values("job_ids").enumerate() {
            match text.trim().parse::<u64>() {
                Ok(id) => ids.push(JobNumber(id)),
                Err(_) => {
                    let location = [json!("query"), json!("job_ids"), json!(index)];
                    return Err(not_an_integer(&location));
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
        let planned_starts = self.engine.planned_starts(self.cluster, std::iter::once(row));
        let view = self.view(row, row.state, &planned_starts);
        let mut job = shape::job(row, view, details.then_some(&cluster.platform));
        listing::double_events(self.engine.cluster_mut(self.cluster), &mut job);
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
