//! The resources of the cluster as they were listed last, and how many of them can be used. Asks for nothing.

use std::sync::Arc;

use gleaner_core::time::{Duration, Timestamp};
use gleaner_oar::error::ParseError;
use gleaner_oar::filter::Filter;
use gleaner_oar::inventory::Inventory;
use gleaner_oar::states::ResourceState;
use gleaner_oar::value::Value;
use gleaner_oar::wire::resource::Resource;

/// The resources as they were listed last.
#[derive(Debug, Default)]
pub(super) struct ResourceListing {
    /// If ever; never empty.
    pub(super) inventory: Option<Arc<Inventory>>,
    /// When that was, by the cluster's clock.
    listed_at: Option<Timestamp>,
}

impl ResourceListing {
    /// What was listed when the cluster's clock showed `cluster_now`.
    pub(super) fn listed(inventory: Arc<Inventory>, cluster_now: Timestamp) -> ResourceListing {
        ResourceListing { inventory: Some(inventory), listed_at: Some(cluster_now) }
    }

    /// Whether the resources were listed within such a span.
    pub(super) fn is_fresh(&self, cluster_now: Timestamp, span: Duration) -> bool {
        self.listed_at.is_some_and(|at| at <= cluster_now && cluster_now <= at + span)
    }
}

/// How many units of selected resources are alive.
pub(super) fn units(
    inventory: &Inventory,
    properties: &str,
    unit: &str,
) -> Result<u32, ParseError> {
    let filter = match properties.trim() {
        "" => None,
        text => Some(Filter::parse(text)?),
    };
    let alive = inventory.alive(filter.as_ref(), unit)?;
    Ok(u32::try_from(alive).unwrap_or(u32::MAX))
}

/// Adds a resource as the server lists it, whose clock shows `now_s`.
pub(super) fn add(inventory: &mut Inventory, resource: &Resource, now_s: i64) {
    let woken = resource.available_upto.is_some_and(|until| until > now_s);
    let there = match resource.state {
        ResourceState::Alive => true,
        ResourceState::Absent => woken,
        _ => false,
    };
    let id = i64::try_from(resource.id.0).map_or(Value::Null, Value::Int);
    let own = [
        ("resource_id", id.clone()),
        ("id", id),
        ("network_address", Value::Text(resource.network_address.clone())),
        ("state", Value::Text(resource.state.to_string())),
        ("available_upto", resource.available_upto.map_or(Value::Null, Value::Int)),
    ];
    let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
    let others = resource.properties.iter();
    let others = others.map(|(name, value)| (name.clone(), Value::from(value)));
    inventory.add(resource.state, there, own.chain(others));
}

#[cfg(test)]
mod tests {
    use gleaner_oar::wire::Dialect;
    use gleaner_oar::wire::answer::{Answer, Expect, decode};
    use gleaner_oar::wire::resource::Resource;

    use super::{Inventory, ParseError, add};

    fn units(resources: &[Resource], properties: &str, unit: &str) -> Result<u32, ParseError> {
        let mut inventory = Inventory::default();
        resources.iter().for_each(|resource| add(&mut inventory, resource, 0));
        super::units(&inventory, properties, unit)
    }

    /// What a real OAR 2.5 listed: 4 nodes of 4 cores.
    fn recorded() -> Vec<Resource> {
        let path = "../oar/tests/data/transcripts/oar2/02-resources.json";
        let text = std::fs::read(path).expect("the transcript is there");
        let transcript: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        let exchanges = transcript["exchanges"].as_array().expect("exchanges");
        let whole = |exchange: &&serde_json::Value| {
            exchange["request"]["path"] == "/oarapi/resources/full.json"
        };
        let body = &exchanges.iter().find(whole).expect("the whole list")["response"]["json"];
        let body = body.to_string();
        match decode(Dialect::Oar2, Expect::Resources, 200, body.as_bytes()) {
            Ok(Answer::Resources(page)) => page.items,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_what_properties_select_counts() {
        let mut resources = recorded();
        assert_eq!(units(&resources, "", "resource_id"), Ok(16));
        assert_eq!(units(&resources, "", "cpu"), Ok(4));
        assert_eq!(units(&resources, "host = 'node2'", "resource_id"), Ok(4));
        let both = "besteffort = 'YES' AND network_address in ('127.0.0.2', '127.0.0.3')";
        assert_eq!(units(&resources, both, "resource_id"), Ok(8));
        assert_eq!(units(&resources, both, "cpu"), Ok(2));
        assert_eq!(units(&resources, "mem >= 5000", "resource_id"), Ok(0));
        let error = units(&resources, "gpu > 0", "resource_id").unwrap_err();
        assert_eq!(error.to_string(), "unknown property `gpu`");
        resources[0].state = gleaner_oar::states::ResourceState::Suspected;
        assert_eq!(units(&resources, "resource_id <= 2", "resource_id"), Ok(1));
    }
}
