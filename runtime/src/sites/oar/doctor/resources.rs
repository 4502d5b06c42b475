//! What a cluster's resources are like: how many, in which states, and whether the settings that speak of their
//! properties fit them.

use std::collections::BTreeMap;

use gleaner_oar::error::ParseError;
use gleaner_oar::filter::Filter;
use gleaner_oar::value::Value;
use gleaner_oar::wire::Dialect;
use serde_json::{Map, Value as Json};

use crate::config::inspect::Level;
use crate::sites::oar::doctor::Questions;
use crate::sites::oar::doctor::ask::{AskError, ask};
use crate::sites::session::{As, Session};

/// The most resources that are looked at.
const LOOKED_AT_MAX: u64 = 100_000;
/// Resources of one page, as its answers may have four megabytes.
const PAGE: u64 = 500;

type Resource = Map<String, Json>;

impl Questions<'_> {
    pub(super) async fn resources(&mut self, session: &Session) {
        let resources = match self.all_resources(session).await {
            Ok(resources) => resources,
            Err(error) => return self.check.add("resources", Level::Wrong, error.told(), None),
        };
        let Some(first) = resources.first() else {
            let hint = Some("nothing can run there");
            return self.check.add("resources", Level::Doubtful, "no resources".to_owned(), hint);
        };
        let (message, unit) = (counted(resources.len()), self.check.cluster.resource_unit.clone());
        // Neither OAR returns the default property, which then stands for the resource's id.
        if first.contains_key(&unit) || unit == "resource_id" {
            self.check.add("resources", Level::Good, message, None);
        } else {
            let message = format!("{message}, none with a property `{unit}`");
            self.check.add("resources", Level::Wrong, message, Some("change `resource_unit`"));
        }
        self.states(&resources);
        self.filter(&resources);
    }

    /// Resources of all pages.
    async fn all_resources(&self, session: &Session) -> Result<Vec<Resource>, AskError> {
        let path = match self.dialect {
            Dialect::Oar2 => "resources/full?",
            Dialect::Oar3 => "resources?detailed=true&",
        };
        let page = u64::from(self.check.cluster.page_size).min(PAGE);
        let mut all: Vec<Resource> = Vec::new();
        loop {
            let seen = all.len() as u64;
            let target = format!("{path}limit={page}&offset={seen}");
            let answer = match ask(session, &target, As::Nobody).await {
                // OAR 3 answers a page past the end with 404.
                Err(AskError::Status(404, _)) if seen > 0 => return Ok(all),
                answered => answered?,
            };
            let total = answer.json.get("total").and_then(Json::as_u64).unwrap_or(0);
            let items = answer.json.get("items").and_then(Json::as_array);
            let before = all.len();
            all.extend(items.into_iter().flatten().filter_map(Json::as_object).cloned());
            let (got, seen) = (all.len() - before, all.len() as u64);
            if got == 0 || seen >= total.min(LOOKED_AT_MAX) {
                return Ok(all);
            }
        }
    }

    /// Whether jobs could start on them now.
    fn states(&mut self, resources: &[Resource]) {
        let mut states: BTreeMap<&str, usize> = BTreeMap::new();
        for resource in resources {
            let state = resource.get("state").and_then(Json::as_str).unwrap_or("of no state");
            *states.entry(state).or_default() += 1;
        }
        let told: Vec<String> =
            states.iter().map(|(state, count)| format!("{count} {state}")).collect();
        let alive = states.get("Alive").copied().unwrap_or(0);
        let bad = ["Suspected", "Dead"].iter().any(|state| states.contains_key(state));
        let (level, hint) = match (alive, bad) {
            (0, _) => {
                (Level::Doubtful, Some("nothing starts there now; see `oarnodes` on the cluster"))
            }
            (_, true) => (Level::Doubtful, Some("its administrators see why with `oarnodes`")),
            (_, false) => (Level::Good, None),
        };
        self.check.add("states", level, told.join(", "), hint);
    }

    /// What the setting `properties` selects.
    fn filter(&mut self, resources: &[Resource]) {
        let text = self.check.cluster.properties.trim().to_owned();
        if text.is_empty() {
            return;
        }
        let filter = match Filter::parse(&text) {
            Ok(filter) => filter,
            Err(error) => {
                let message = format!("`{text}`: {error}");
                return self.check.add(
                    "properties",
                    Level::Wrong,
                    message,
                    Some("change `properties`"),
                );
            }
        };
        let selected: Result<Vec<bool>, ParseError> =
            resources.iter().map(|one| filter.matches(&|name| cell(one, name))).collect();
        match selected.map(|selected| selected.into_iter().filter(|one| *one).count()) {
            Ok(0) => {
                let hint =
                    Some("no core is counted there, and nothing is sent: change `properties`");
                let message = format!("`{text}` selects none of {}", counted(resources.len()));
                self.check.add("properties", Level::Wrong, message, hint);
            }
            Ok(count) => {
                let message = format!("`{text}` selects {count} of {}", counted(resources.len()));
                self.check.add("properties", Level::Good, message, None);
            }
            Err(error) => {
                let hint =
                    Some("`oarnodes` on the cluster lists the properties; change `properties`");
                self.check.add("properties", Level::Wrong, format!("`{text}`: {error}"), hint);
            }
        }
    }
}

fn counted(resources: usize) -> String {
    if resources == 1 { "1 resource".to_owned() } else { format!("{resources} resources") }
}

/// A property of a resource; none if it has none of that name, in whatever case.
fn cell(resource: &Resource, name: &str) -> Option<Value> {
    let name = if name.eq_ignore_ascii_case("resource_id") { "id" } else { name };
    let named = |(key, _): &(&String, _)| key.eq_ignore_ascii_case(name);
    resource.iter().find(named).map(|(_, value)| match value {
        Json::Null => Value::Null,
        Json::Number(number) if number.is_i64() => number.as_i64().map_or(Value::Null, Value::Int),
        Json::String(text) => Value::Text(text.clone()),
        other => Value::Text(other.to_string()),
    })
}
