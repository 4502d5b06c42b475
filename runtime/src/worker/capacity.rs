//! Counts the resources that can be used: those of the cluster that its setting `properties` selects.

use std::collections::BTreeSet;

use gleaner_oar::error::ParseError;
use gleaner_oar::filter::Filter;
use gleaner_oar::states::ResourceState;
use gleaner_oar::value::Value;
use gleaner_oar::wire::answer::Answer;
use gleaner_oar::wire::call::Call;
use gleaner_oar::wire::resource::Resource;

use crate::client::Answered;
use crate::worker::Worker;

/// Resources are counted again after so many looks.
const LOOKS_BETWEEN: u32 = 20;

impl Worker {
    /// Counts the resources, now and then.
    pub(super) async fn count_resources(&mut self) {
        let due =
            self.census.looks.is_multiple_of(LOOKS_BETWEEN) || self.census.capacity_cores.is_none();
        self.census.looks = self.census.looks.wrapping_add(1);
        if !due {
            return;
        }
        let settings = self.client.config();
        let (cluster, size) = (settings.name.clone(), settings.page_size);
        let mut units = match Units::of(&settings.properties, &settings.resource_unit) {
            Ok(units) => units,
            Err(error) => return tracing::error!(%error, cluster, "no resource can be counted"),
        };
        let mut seen = 0_u64;
        loop {
            let call = Call::Resources { details: true, limit: Some(size), offset: Some(seen) };
            let page = match self.client.open(&call).await {
                Ok(Answered { answer: Answer::Resources(page), .. }) => page,
                Ok(Answered { status: 404, .. }) => break,
                Ok(_) | Err(_) => return,
            };
            let more = page.next_offset().is_some();
            seen += page.items.len() as u64;
            if let Err(error) = page.items.iter().try_for_each(|resource| units.add(resource)) {
                tracing::error!(%error, cluster, "no resource can be counted: see `properties`");
                self.census.capacity_cores = Some(0);
                return;
            }
            if !more {
                break;
            }
        }
        self.census.capacity_cores = Some(units.count());
    }
}

/// The different values of one property that selected resources have which are alive.
struct Units {
    filter: Option<Filter>,
    property: String,
    alive: BTreeSet<String>,
}

impl Units {
    fn of(properties: &str, property: &str) -> Result<Units, ParseError> {
        let filter = match properties.trim() {
            "" => None,
            text => Some(Filter::parse(text)?),
        };
        Ok(Units { filter, property: property.to_owned(), alive: BTreeSet::new() })
    }

    fn add(&mut self, resource: &Resource) -> Result<(), ParseError> {
        let selected = match &self.filter {
            None => true,
            Some(filter) => filter.matches(&|name| cell(resource, name))?,
        };
        if selected && resource.state == ResourceState::Alive {
            let unit = resource.properties.get(&self.property).map(ToString::to_string);
            self.alive.insert(unit.unwrap_or_else(|| resource.id.0.to_string()));
        }
        Ok(())
    }

    fn count(&self) -> u32 {
        u32::try_from(self.alive.len()).unwrap_or(u32::MAX)
    }
}

/// A column of a resource; none if it has no such column.
fn cell(resource: &Resource, name: &str) -> Option<Value> {
    let id = || i64::try_from(resource.id.0).ok().map(Value::Int);
    let other = || {
        let named = |(key, _): &(&String, _)| key.eq_ignore_ascii_case(name);
        resource.properties.iter().find(named).map(|(_, value)| Value::from(value))
    };
    match name.to_ascii_lowercase().as_str() {
        "resource_id" | "id" => id(),
        "network_address" => Some(Value::Text(resource.network_address.clone())),
        "state" => Some(Value::Text(resource.state.to_string())),
        "available_upto" => Some(resource.available_upto.map_or(Value::Null, Value::Int)),
        _ => other(),
    }
}

#[cfg(test)]
mod tests {
    use gleaner_oar::wire::Dialect;
    use gleaner_oar::wire::answer::{Answer, Expect, decode};
    use gleaner_oar::wire::resource::Resource;

    use super::{ParseError, Units};

    fn units(resources: &[Resource], properties: &str, property: &str) -> Result<u32, ParseError> {
        let mut units = Units::of(properties, property)?;
        resources.iter().try_for_each(|resource| units.add(resource))?;
        Ok(units.count())
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
