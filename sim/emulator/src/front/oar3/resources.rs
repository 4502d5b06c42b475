//! OAR 3's resource routes. Must not know jobs beyond the row that holds a resource.

use gleaner_oar::states::ResourceState;
use serde_json::{Value, json};

use crate::engine::planned_starts::PlannedStarts;
use crate::front::answer::{Answer, property};
use crate::front::oar3::jobs::List;
use crate::front::oar3::shape;
use crate::front::oar3::{Call, detail, method_not_allowed, not_an_integer, server_error};
use crate::front::request::Method;
use crate::platform::Platform;

/// Resources of a page unless told otherwise.
const LIMIT: usize = 25;

impl Call<'_> {
    /// Routes below `/resources`.
    pub(super) fn resources(&mut self, rest: &[&str]) -> Answer {
        match (self.request.method, rest) {
            (Method::Get, []) => self.resource_list().unwrap_or_else(|refused| refused),
            (Method::Post, []) => match self.user() {
                // Nobody may: the platform of a scenario is what it is.
                Ok(_) => self.with_time(json!({ "status": "Bad user" })),
                Err(refused) => refused,
            },
            (Method::Get, ["busy"]) => {
                let rows = self.engine.table(self.cluster).rows().iter();
                let busy = rows.filter(|row| row.state.is_current()).map(|row| row.cores.len());
                let busy: u32 = busy.sum();
                self.with_time(json!({ "busy": busy }))
            }
            // A real server stumbles over each of these.
            (Method::Get, [_]) => server_error(),
            (Method::Get, [id, "jobs"]) => match id.parse::<u32>() {
                Ok(id) => self.jobs_on(id),
                Err(_) => not_an_integer(&[json!("path"), json!("resource_id")]),
            },
            (Method::Post, [id, "state"]) => match id.parse::<u32>() {
                Ok(id) => self.set_state(id),
                Err(_) => not_an_integer(&[json!("path"), json!("resource_id")]),
            },
            (_, [] | [_] | [_, "jobs" | "state"]) => method_not_allowed(),
            _ => detail(404, "Not Found"),
        }
    }

    fn resource_list(&mut self) -> Result<Answer, Answer> {
        let paging = self.paging(LIMIT)?;
        let detailed = self.request.value("detailed").is_some_and(|value| {
            matches!(value.to_ascii_lowercase().as_str(), "true" | "1" | "yes" | "on")
        });
        let platform = &self.engine.cluster(self.cluster).platform;
        let ids: Vec<u32> = match self.request.value("network_address") {
            None => (1..=platform.len()).collect(),
            Some(address) => platform
                .node_at(address)
                .map_or(Vec::new(), |node| platform.of_node(node).collect()),
        };
        paging.check(ids.len())?;
        let page = ids.iter().skip(paging.offset).take(paging.limit);
        let items: Vec<Value> = match detailed {
            true => page.map(|id| detailed_resource(platform, *id)).collect(),
            false => page.map(|id| plain_resource(platform, *id)).collect(),
        };
        let list = json!({ "total": ids.len(), "offset": paging.offset, "items": items });
        Ok(self.with_time(list))
    }

    fn jobs_on(&mut self, id: u32) -> Answer {
        let rows = self.engine.table(self.cluster).rows().iter();
        let on = rows
            .filter(|row| row.state.is_current() && row.cores.cores().any(|core| core + 1 == id));
        let nothing = PlannedStarts::new();
        let bare = |row| shape::bare(row, self.view(row, row.state, &nothing));
        let items: Vec<Value> = on.map(bare).collect();
        let List { total, offset, items } = List { total: items.len(), offset: 0, items };
        self.with_time(json!({ "total": total, "offset": offset, "items": items }))
    }

    fn set_state(&mut self, id: u32) -> Answer {
        let user = match self.user() {
            Ok(user) => user,
            Err(refused) => return refused,
        };
        if user != "oar" {
            return self.with_time(json!({ "status": "Bad user" }));
        }
        let body: Value = serde_json::from_slice(&self.request.body).unwrap_or_default();
        let state = body.get("state").and_then(Value::as_str).map(str::parse::<ResourceState>);
        let Some(Ok(state)) = state else { return server_error() };
        match self.engine.set_resource(self.cluster, id, state) {
            Ok(()) => self.with_time(json!({
                "id": id, "uri": format!("/resources/{id}"),
                "status": "Change state request registered",
            })),
            Err(_) => server_error(),
        }
    }
}

fn plain_resource(platform: &Platform, id: u32) -> Value {
    json!({
        "id": id,
        "network_address": platform.address(platform.node_of(id)),
        "state": platform.state(id).as_str(),
        "available_upto": 2_147_483_647,
    })
}

fn detailed_resource(platform: &Platform, id: u32) -> Value {
    let node = platform.node_of(id);
    let state = platform.state(id);
    let mut resource = json!({
        "id": id,
        "type": "default",
        "network_address": platform.address(node),
        "state": state.as_str(),
        "next_state": "UnChanged",
        "finaud_decision": "NO",
        "next_finaud_decision": "NO",
        "state_num": state.number(),
        "suspended_jobs": "NO",
        "scheduler_priority": 0,
        "cpuset": platform.cpuset(id).to_string(),
        "besteffort": "YES",
        "deploy": "NO",
        "expiry_date": 0,
        "desktop_computing": "NO",
        "last_job_date": 0,
        "available_upto": 2_147_483_647,
        "last_available_upto": 0,
        "drain": "NO",
        "core": id,
        "cpu": node + 1,
        "host": format!("node{}", node + 1),
    });
    for (name, value) in platform.added(id) {
        resource[name] = property(value);
    }
    resource
}
