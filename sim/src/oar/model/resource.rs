//! A resource: one row of OAR's table, with the columns OAR has and those the site added.

use crate::oar::model::ids::{Date, ResourceId};
use gleaner_oar::states::ResourceState;
use gleaner_oar::value::Value;
use std::collections::BTreeMap;

/// Value of `available_upto` for a resource that never goes away by itself.
pub const ALWAYS_AVAILABLE: i64 = (1 << 31) - 1;

/// One resource, for instance a core.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Its number, from 1.
    pub id: ResourceId,
    /// `default` for what executes jobs; anything else for licences and the like.
    pub kind: String,
    /// The node, empty if it is on none.
    pub network_address: String,
    /// State.
    pub state: ResourceState,
    /// State it shall take at the next look at node states, if any.
    pub next_state: Option<ResourceState>,
    /// Date from which it is not available, in `0..=ALWAYS_AVAILABLE`.
    pub available_upto: i64,
    /// Raised while best-effort jobs use it, so that others avoid it.
    pub scheduler_priority: i64,
    /// Whether best-effort jobs may use it (`YES` or `NO`).
    pub besteffort: bool,
    /// Whether deploy jobs may use it (`YES` or `NO`).
    pub deploy: bool,
    /// Whether it is being drained (`YES` or `NO`).
    pub drain: bool,
    /// Whether suspended jobs hold it (`YES` or `NO`).
    pub suspended_jobs: bool,
    /// Date at which the last job left it.
    pub last_job_date: Date,
    /// The site's own properties.
    pub properties: BTreeMap<String, Value>,
}

impl Resource {
    /// An alive resource of type `default` on a node.
    #[must_use]
    pub fn new(id: ResourceId, network_address: impl Into<String>) -> Self {
        Self {
            id,
            kind: "default".to_owned(),
            network_address: network_address.into(),
            state: ResourceState::Alive,
            next_state: None,
            available_upto: ALWAYS_AVAILABLE,
            scheduler_priority: 0,
            besteffort: true,
            deploy: false,
            drain: false,
            suspended_jobs: false,
            last_job_date: Date::UNSET,
            properties: BTreeMap::new(),
        }
    }

    /// Adds a property of the site.
    #[must_use]
    pub fn with(mut self, property: impl Into<String>, value: Value) -> Self {
        self.properties.insert(property.into(), value);
        self
    }

    /// Date from which it is not available, if it ever leaves: the two last dates that OAR knows mean "always"
    /// and "always, but may be switched off" where time goes on behind them.
    #[must_use]
    pub fn leaves(&self, end_of_time: Date) -> Option<i64> {
        let always = end_of_time > Date::MAX && self.available_upto >= ALWAYS_AVAILABLE - 1;
        (!always).then_some(self.available_upto)
    }

    /// The value of a column, OAR's own or the site's; `None` if this row has no such column.
    /// Names compare without case.
    #[must_use]
    pub fn value(&self, column: &str) -> Option<Value> {
        let own = || self.own_value(column).or_else(|| self.properties.get(column).cloned());
        own().or_else(|| {
            let same = |(name, _): &(&String, &Value)| name.eq_ignore_ascii_case(column);
            let site = || self.properties.iter().find(same).map(|(_, value)| value.clone());
            self.own_value(&column.to_ascii_lowercase()).or_else(site)
        })
    }

    /// The value of one of OAR's own columns, in lower case.
    fn own_value(&self, column: &str) -> Option<Value> {
        let yes_no = |yes: bool| Value::Text(if yes { "YES" } else { "NO" }.to_owned());
        Some(match column {
            "resource_id" | "id" => Value::Int(i64::from(self.id.0)),
            "type" => Value::Text(self.kind.clone()),
            "network_address" => Value::Text(self.network_address.clone()),
            "state" => Value::Text(self.state.as_str().to_owned()),
            "next_state" => {
                Value::Text(self.next_state.map_or("UnChanged", ResourceState::as_str).to_owned())
            }
            "state_num" => Value::Int(self.state.number()),
            "available_upto" => Value::Int(self.available_upto),
            "scheduler_priority" => Value::Int(self.scheduler_priority),
            "besteffort" => yes_no(self.besteffort),
            "deploy" => yes_no(self.deploy),
            "drain" => yes_no(self.drain),
            "suspended_jobs" => yes_no(self.suspended_jobs),
            "last_job_date" => Value::Int(self.last_job_date.0),
            _ => return None,
        })
    }
}
