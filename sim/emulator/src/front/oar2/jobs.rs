//! OAR 2's job routes that read: lists, one job, its parts. Must not know submissions.

use gleaner_oar::states::JobState;
use serde_json::{Map, Value, json};

use crate::calendar::sim_time;
use crate::front::answer::Answer;
use crate::front::listing;
use crate::front::oar2::Call;
use crate::front::oar2::shape::View;
use crate::front::request::Method;
use crate::table::row::JobNumber;
use crate::table::row::Row;
use crate::table::select::Selection;

/// Jobs of a page unless told otherwise.
const LIMIT: usize = 500;

/// The form of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Details,
    Table,
}

impl Call<'_> {
    /// Routes below `/jobs`.
    pub(super) fn jobs(&mut self, rest: &[&str]) -> Answer {
        match (self.request.method, rest) {
            (Method::Get, []) => self.list(Kind::Plain),
            (Method::Get, ["details"]) => self.list(Kind::Details),
            (Method::Get, ["table"]) => self.list(Kind::Table),
            (Method::Post, []) => self.submit(),
            (Method::Post, ["array", id, "deletions", "new"]) => match id.parse() {
                Ok(id) => self.delete_array(id),
                Err(_) => self.no_way(),
            },
            (method, [id, rest @ ..]) => match id.parse() {
                Ok(id) => self.job_route(method, id, rest),
                Err(_) => self.no_way(),
            },
            _ => self.no_way(),
        }
    }

    fn job_route(&mut self, method: Method, id: u64, rest: &[&str]) -> Answer {
        match (method, rest) {
            (Method::Get, []) => self.one(id, |view, row, old_form| match old_form {
                true => view.structure_oar(row),
                false => Value::Object(view.job(row, row.state, false)),
            }),
            (Method::Get, ["details"]) => {
                self.one(id, |view, row, _| view.detailed(row, row.state, false))
            }
            (Method::Get, ["resources"]) => self.parts(id, |view, row| view.resources_of(row)),
            (Method::Get, ["nodes"]) => self.parts(id, |view, row| view.nodes_of(row)),
            (Method::Delete, []) => self.delete(id, true),
            (Method::Post, []) => self.method_in_body(id),
            (Method::Post, ["deletions", "new"]) => self.delete(id, false),
            (Method::Post, ["holds", "new"]) => self.order(id, "hold"),
            (Method::Post, ["rholds", "new"]) => self.order(id, "rhold"),
            (Method::Post, ["resumptions", "new"]) => self.order(id, "resume"),
            (Method::Post, ["checkpoints", "new"]) => self.order(id, "checkpoint"),
            (Method::Post, ["resubmissions", "new"]) => self.resubmit(id),
            (Method::Post, ["signals", signal]) => match signal.parse() {
                Ok(signal) => self.signal(id, signal),
                Err(_) => self.no_way(),
            },
            _ => self.no_way(),
        }
    }

    /// The view of jobs without what is planned for them.
    pub(super) fn view(&self) -> View<'_> {
        self.view_of(std::iter::empty())
    }

    /// The view of those jobs, with what is planned for them.
    fn view_of<'a>(&self, rows: impl Iterator<Item = &'a Row>) -> View<'_> {
        let cluster = self.engine.cluster(self.cluster);
        View {
            engine: self.engine,
            planned_starts: self.engine.planned_starts(self.cluster, rows),
            cluster: &cluster.name,
            platform: &cluster.platform,
            date_s: self.date_s(),
            skew_s: self.skew_s(),
        }
    }

    fn list(&mut self, kind: Kind) -> Answer {
        let number = |key| self.request.value(key).and_then(|text| text.parse::<usize>().ok());
        let offset = number("offset").unwrap_or(0);
        // No limit at all is written as none; a limit that is no number lets nothing through.
        let limit = match self.request.value("limit") {
            None => LIMIT,
            Some("0" | "") => usize::MAX,
            Some(text) => text.parse().unwrap_or(0),
        };
        let Some(mut selection) = self.selection() else { return self.nothing() };
        let page = listing::page(self.engine, self.cluster, &mut selection, offset, limit);
        if page.total == 0 {
            return self.nothing();
        }
        let rows = listing::rows(self.engine, self.cluster, &page);
        let view = match kind {
            Kind::Plain => self.view(),
            Kind::Details | Kind::Table => self.view_of(rows.clone()),
        };
        let item = |row: &Row| {
            let past = selection.as_of.and_then(|past| row.state_at(past));
            let state: JobState = past.unwrap_or(row.state);
            match kind {
                Kind::Plain => view.plain(row, state),
                Kind::Details => view.detailed(row, state, true),
                Kind::Table => view.table(row),
            }
        };
        let items = match self.request.value("structure") {
            Some("oar") => {
                let named = rows.map(|row| (row.number.0.to_string(), item(row)));
                Value::Object(named.collect::<Map<_, _>>())
            }
            Some(_) | None => Value::Array(rows.map(item).collect()),
        };
        let shown = self.page_links(offset, limit, page.total);
        let mut list = json!({
            "items": items, "total": page.total, "offset": offset, "links": shown,
            "api_timestamp": self.date_s(),
        });
        let cluster = self.engine.cluster_mut(self.cluster);
        let jobs = list.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten();
        jobs.for_each(|job| listing::double_events(cluster, job));
        self.told(list)
    }

    /// The list of nothing has neither links nor a date.
    pub(super) fn nothing(&self) -> Answer {
        self.told(json!({ "items": [], "total": 0, "offset": 0, "links": [] }))
    }

    /// What a list is about; none if it can only be about nothing.
    fn selection(&self) -> Option<Selection> {
        let value = |key| self.request.value(key);
        let ids = match value("ids") {
            None => None,
            Some(text) => {
                let ids: Vec<JobNumber> =
                    text.split(':').filter_map(|id| id.parse().ok()).map(JobNumber).collect();
                (!ids.is_empty()).then_some(Some(ids))?
            }
        };
        let states = match value("state") {
            None => None,
            Some(text) => {
                let states: Vec<JobState> =
                    text.split(',').filter_map(|s| s.parse().ok()).collect();
                (!states.is_empty()).then_some(Some(states))?
            }
        };
        let skew_s = self.skew_s();
        let time =
            |key| value(key)?.parse::<i64>().ok().map(|s| sim_time(s.saturating_sub(skew_s)));
        Some(Selection {
            ids,
            array: value("array").and_then(|text| text.parse().ok()).map(JobNumber),
            states,
            user: value("user").map(str::to_owned),
            from: time("from"),
            to: time("to"),
            as_of: None,
        })
    }

    /// Links of a page to itself and its neighbours.
    pub(super) fn page_links(&self, offset: usize, limit: usize, total: usize) -> Value {
        let others: Vec<String> = self
            .request
            .query
            .iter()
            .filter(|(key, _)| key != "offset")
            .map(|(key, value)| format!("{}={}", encoded(key), encoded(value)))
            .collect();
        let href = |offset: Option<usize>| {
            let mut parts = others.clone();
            parts.extend(offset.map(|offset| format!("offset={offset}")));
            let path = self.href(&self.request.path);
            if parts.is_empty() { path } else { format!("{path}?{}", parts.join("&")) }
        };
        let plain =
            self.request.value("limit").is_some_and(|l| l.parse::<usize>().unwrap_or(0) == 0);
        let itself = if plain { href(None) } else { href(Some(offset)) };
        let mut links = vec![json!({ "rel": "self", "href": itself })];
        if limit > 0 && !plain {
            let next = offset.saturating_add(limit);
            if next < total {
                links.push(json!({ "rel": "next", "href": href(Some(next)) }));
            }
            if let Some(previous) = offset.checked_sub(limit).filter(|_| offset > 0) {
                links.push(json!({ "rel": "previous", "href": href(Some(previous)) }));
            }
        }
        Value::Array(links)
    }

    fn one(&mut self, id: u64, form: impl FnOnce(&View<'_>, &Row, bool) -> Value) -> Answer {
        if let Err(refused) = self.user("looking at jobs") {
            return refused;
        }
        let old_form = self.request.value("structure") == Some("oar");
        let Some(row) = self.engine.table(self.cluster).row(JobNumber(id)) else {
            return self.problem(404, "Job not found", "Job not found");
        };
        let job = form(&self.view_of(std::iter::once(row)), row, old_form);
        self.told(job)
    }

    fn parts(&mut self, id: u64, parts: impl FnOnce(&View<'_>, &Row) -> Vec<Value>) -> Answer {
        let Some(row) = self.engine.table(self.cluster).row(JobNumber(id)) else {
            return self.nothing();
        };
        let items = parts(&self.view_of(std::iter::once(row)), row);
        let links = json!([{ "rel": "self", "href": self.href(&self.request.path) }]);
        self.told(json!({
            "total": items.len(), "offset": 0, "items": items, "links": links,
            "api_timestamp": self.date_s(),
        }))
    }
}

/// A value as a link writes it.
fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes()
        .map(|b| if plain(b) { (b as char).to_string() } else { format!("%{b:02X}") })
        .collect()
}
