//! OAR 2's resource routes. Must not know jobs beyond the row that holds a resource.

use gleaner_oar::states::ResourceState;
use serde_json::{Map, Value, json};

use crate::front::answer::Answer;
use crate::front::oar2::Call;
use crate::front::request::Method;

/// Resources of a page unless told otherwise.
const LIMIT: usize = 500;

impl Call<'_> {
    /// Routes below `/resources`.
    pub(super) fn resources(&mut self, rest: &[&str]) -> Answer {
        match (self.request.method, rest) {
            (Method::Get, []) => self.resource_list(false),
            (Method::Get, ["full" | "details"]) => self.resource_list(true),
            (Method::Get, ["nodes", address]) => self.node(address),
            (Method::Get, ["nodes", address, "jobs"]) => {
                let platform = &self.engine.cluster(self.cluster).platform;
                let node = platform.node_at(address);
                let resources = node.map_or(0..0, |node| platform.of_node(node));
                self.jobs_on(resources)
            }
            (Method::Get, [word, "jobs"]) => match word.parse::<u32>() {
                Ok(id) => self.jobs_on(id..id.saturating_add(1)),
                Err(_) => self.jobs_by(word),
            },
            (Method::Get, [id]) => match id.parse::<u32>() {
                Ok(id) if self.engine.cluster(self.cluster).platform.has(id) => {
                    let resource = self.view().resource(id, true);
                    self.told(resource)
                }
                Ok(_) => self.problem(404, "Resource not found", "Resource not found"),
                Err(_) => self.no_way(),
            },
            (Method::Post, [id, "state"]) => match id.parse() {
                Ok(id) => self.set_state(id),
                Err(_) => self.no_way(),
            },
            (Method::Post, []) => self.only_oar("create new resources"),
            _ => self.no_way(),
        }
    }

    /// Refused to everybody: the platform of a scenario does not change.
    fn only_oar(&self, doing: &str) -> Answer {
        self.problem(401, "Permission denied", &format!("Only the oar user can {doing}"))
    }

    fn resource_list(&mut self, full: bool) -> Answer {
        let number = |key| self.request.value(key).and_then(|text| text.parse::<usize>().ok());
        let offset = number("offset").unwrap_or(0);
        let limit = number("limit").filter(|limit| *limit > 0).unwrap_or(LIMIT);
        let total = self.engine.cluster(self.cluster).platform.len();
        let view = self.view();
        let page = (1..=total).skip(offset).take(limit);
        let items = match self.request.value("structure") {
            Some("oar") => {
                let named = page.map(|id| (id.to_string(), view.resource(id, full)));
                Value::Object(named.collect::<Map<_, _>>())
            }
            Some(_) | None => page.map(|id| view.resource(id, full)).collect(),
        };
        let links = self.page_links(offset, limit, total as usize);
        self.told(json!({
            "items": items, "total": total, "offset": offset, "links": links,
            "api_timestamp": self.date_s(),
        }))
    }

    fn node(&mut self, address: &str) -> Answer {
        let platform = &self.engine.cluster(self.cluster).platform;
        // A real server dies of a node that is not there.
        let Some(node) = platform.node_at(address) else { return self.died() };
        let view = self.view();
        let items: Vec<Value> = platform.of_node(node).map(|id| view.resource(id, false)).collect();
        let links = json!([{ "rel": "self", "href": self.href(&self.request.path) }]);
        self.told(json!({
            "items": items, "total": items.len(), "offset": 0, "links": links,
            "api_timestamp": self.date_s(),
        }))
    }

    fn jobs_on(&mut self, resources: std::ops::Range<u32>) -> Answer {
        let rows = self.engine.table(self.cluster).rows().iter();
        let on = rows.filter(|row| {
            row.state.is_current() && row.cores.cores().any(|core| resources.contains(&(core + 1)))
        });
        let view = self.view();
        let items: Vec<Value> = on.map(|row| view.plain(row, row.state)).collect();
        if items.is_empty() {
            return self.nothing();
        }
        let links = json!([{ "rel": "self", "href": self.href(&self.request.path) }]);
        self.told(json!({
            "items": items, "total": items.len(), "offset": 0, "links": links,
            "api_timestamp": self.date_s(),
        }))
    }

    /// Jobs by the value of a property of their resources.
    fn jobs_by(&mut self, property: &str) -> Answer {
        let platform = &self.engine.cluster(self.cluster).platform;
        let rows = self.engine.table(self.cluster).rows();
        let mut items = Vec::new();
        if property == "network_address" {
            for node in 0..platform.nodes() {
                let resources = platform.of_node(node);
                let on = rows.iter().filter(|row| {
                    row.state.is_current()
                        && row.cores.cores().any(|core| resources.contains(&(core + 1)))
                });
                let jobs: Vec<Value> = on.map(|row| json!({ "id": row.number.0 })).collect();
                items.push(json!({ "network_address": platform.address(node), "jobs": jobs }));
            }
        }
        let href = self.href(&format!("//resources/{property}/jobs"));
        self.told(json!({
            "items": items, "links": [{ "rel": "self", "href": href }],
            "api_timestamp": self.date_s(),
        }))
    }

    fn set_state(&mut self, id: u32) -> Answer {
        if self.ident().as_deref() != Some("oar") {
            return self.only_oar("create new resources");
        }
        let body: Value = serde_json::from_slice(&self.request.body).unwrap_or_default();
        let state = body.get("state").and_then(Value::as_str).map(str::parse::<ResourceState>);
        let Some(Ok(state @ (ResourceState::Alive | ResourceState::Absent | ResourceState::Dead))) =
            state
        else {
            return self.problem(400, "Bad state", "State mut be Alive, Absent or Dead!");
        };
        if self.engine.set_resource(self.cluster, id, state).is_err() {
            return self.problem(404, "Resource not found", "Resource not found");
        }
        self.told(json!({
            "id": id.to_string(), "status": "Change state request registered",
            "uri": self.href(&format!("/resources/{id}")), "api_timestamp": self.date_s(),
        }))
    }
}
