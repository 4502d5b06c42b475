//! A resource: one row of OAR's table, with the columns OAR has and those the site added.

use crate::oar::model::ids::{Date, ResourceId};
use crate::oar::model::properties::{Cell, Held, Properties};
use gleaner_oar::states::ResourceState;
use gleaner_oar::value::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// The type of what executes jobs, kept once for all resources.
static DEFAULT_KIND: LazyLock<Arc<str>> = LazyLock::new(|| "default".into());

/// Value of `available_upto` for a resource that never goes away by itself.
pub const ALWAYS_AVAILABLE: i64 = (1 << 31) - 1;

/// One resource, for instance a core.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Its number, from 1.
    pub id: ResourceId,
    /// `default` for what executes jobs; anything else for licences and the like.
    pub kind: Arc<str>,
    /// The node, empty if it is on none.
    pub network_address: Arc<str>,
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
    pub properties: Properties,
}

impl Resource {
    /// An alive resource of type `default` on a node.
    #[must_use]
    pub fn new(id: ResourceId, network_address: impl Into<Arc<str>>) -> Self {
        Self {
            id,
            kind: Arc::clone(&DEFAULT_KIND),
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
            properties: Properties::default(),
        }
    }

    /// Adds a property of the site.
    #[must_use]
    pub fn with(mut self, property: impl Into<Cow<'static, str>>, value: Value) -> Self {
        self.properties.set(property, value);
        self
    }

    /// The site's own properties and their values, by name.
    #[must_use]
    pub fn site_values(&self) -> BTreeMap<String, Value> {
        let names = self.properties.names();
        let row = |name: &str| Some((name.to_owned(), self.site_cell(name)?.into_value()));
        names.filter_map(row).collect()
    }

    /// The value of a property of the site.
    fn site_cell(&self, name: &str) -> Option<Cell<'_>> {
        Some(match self.properties.get(name)? {
            Held::Value(Value::Text(text)) => Cell::Text(text),
            Held::Value(value) => Cell::Other(value.clone()),
            Held::Node => Cell::Text(&self.network_address),
            Held::Id => Cell::Other(Value::Int(i64::from(self.id.0))),
        })
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
        self.cell(column).map(Cell::into_value)
    }

    /// The same where it stands.
    pub(super) fn cell(&self, column: &str) -> Option<Cell<'_>> {
        let own = || self.own_cell(column).or_else(|| self.site_cell(column));
        own().or_else(|| {
            let same = |name: &&str| name.eq_ignore_ascii_case(column);
            let own = self.own_cell(&column.to_ascii_lowercase());
            own.or_else(|| self.site_cell(self.properties.names().find(same)?))
        })
    }

    /// The value of one of OAR's own columns, in lower case.
    fn own_cell(&self, column: &str) -> Option<Cell<'_>> {
        let yes_no = |yes: bool| Cell::Text(if yes { "YES" } else { "NO" });
        let number = |number: i64| Cell::Other(Value::Int(number));
        Some(match column {
            "resource_id" | "id" => number(i64::from(self.id.0)),
            "type" => Cell::Text(&self.kind),
            "network_address" => Cell::Text(&self.network_address),
            "state" => Cell::Text(self.state.as_str()),
            "next_state" => Cell::Text(self.next_state.map_or("UnChanged", ResourceState::as_str)),
            "state_num" => number(self.state.number()),
            "available_upto" => number(self.available_upto),
            "scheduler_priority" => number(self.scheduler_priority),
            "besteffort" => yes_no(self.besteffort),
            "deploy" => yes_no(self.deploy),
            "drain" => yes_no(self.drain),
            "suspended_jobs" => yes_no(self.suspended_jobs),
            "last_job_date" => number(self.last_job_date.0),
            _ => return None,
        })
    }
}
