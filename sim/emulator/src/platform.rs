//! The resources of an emulated cluster as OAR lists them, and what a request asks of them. Must
//! not know jobs.

use std::collections::BTreeMap;

use gleaner_oar::error::ParseError;
use gleaner_oar::filter::Filter;
use gleaner_oar::request::{Amount, Group, Request};
use gleaner_oar::states::ResourceState;
use gleaner_oar::value::Value;
use gleaner_sim::job_request::WALLTIME_DEFAULT_S;

/// The names by which resources can be asked for, as OAR lists them.
pub const LEVELS: [&str; 5] = ["network_address", "cpu", "core", "host", "resource_id"];

/// One core on one of equal nodes, each resource.
#[derive(Clone, Debug)]
pub struct Platform {
    nodes: u32,
    cores_per_node: u32,
    /// States other than alive, by resource.
    states: BTreeMap<u32, ResourceState>,
    /// Properties that the site has added, by resource.
    properties: Vec<BTreeMap<String, Value>>,
}

/// What a request comes to on a platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Cores, at least 1.
    pub cores: u32,
    /// Walltime, seconds.
    pub walltime_s: i64,
    /// Whether the request left the walltime to the site.
    pub default_walltime: bool,
}

/// Why a request cannot be.
#[derive(Clone, Debug, PartialEq)]
pub enum RequestProblem {
    /// Not of the request grammar.
    Grammar(ParseError),
    /// A level that no resource has.
    NoLevel(String),
    /// A filter that is not of the grammar.
    FilterGrammar(ParseError),
    /// A filter on a property that no resource has.
    NoProperty(String),
    /// It never fits.
    NotEnough,
}

impl Platform {
    /// A platform of equal nodes.
    pub fn new(nodes: u32, cores_per_node: u32) -> Platform {
        Platform { nodes, cores_per_node, states: BTreeMap::new(), properties: Vec::new() }
    }

    /// Takes over the properties that a site has added to its resources, in order of their numbers.
    pub fn learn(&mut self, properties: Vec<BTreeMap<String, Value>>) {
        self.properties = properties;
    }

    /// The properties that the site has added to a resource.
    pub fn added(&self, resource: u32) -> impl Iterator<Item = (&str, &Value)> {
        let added = (resource as usize).checked_sub(1).and_then(|at| self.properties.get(at));
        added.into_iter().flatten().map(|(name, value)| (name.as_str(), value))
    }

    /// Number of resources.
    pub fn len(&self) -> u32 {
        self.nodes * self.cores_per_node
    }

    /// Whether there is no resource.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of nodes.
    pub fn nodes(&self) -> u32 {
        self.nodes
    }

    /// The node of a resource (numbered from 1), from 0.
    pub fn node_of(&self, resource: u32) -> u32 {
        (resource - 1) / self.cores_per_node
    }

    /// Address of a node. Names of equal length, because OAR sorts them as text.
    pub fn address(&self, node: u32) -> String {
        format!("node{node:08}")
    }

    /// The node of that address.
    pub fn node_at(&self, address: &str) -> Option<u32> {
        let digits = address.strip_prefix("node").filter(|digits| digits.len() == 8)?;
        digits.parse().ok().filter(|node| *node < self.nodes)
    }

    /// The resources of a node, numbered from 1.
    pub fn of_node(&self, node: u32) -> std::ops::Range<u32> {
        let first = node * self.cores_per_node + 1;
        first..first + self.cores_per_node
    }

    /// Index of a resource on its node, from 0.
    pub fn cpuset(&self, resource: u32) -> u32 {
        (resource - 1) % self.cores_per_node
    }

    /// The state an administrator gave a resource; alive unless told otherwise.
    pub fn state(&self, resource: u32) -> ResourceState {
        self.states.get(&resource).copied().unwrap_or(ResourceState::Alive)
    }

    /// Sets a resource's state.
    pub fn set_state(&mut self, resource: u32, state: ResourceState) {
        match state {
            ResourceState::Alive => self.states.remove(&resource),
            other => self.states.insert(resource, other),
        };
    }

    /// The state that all resources of a node have, if they have one.
    pub fn node_state(&self, node: u32) -> Option<ResourceState> {
        let mut states = self.of_node(node).map(|resource| self.state(resource));
        let first = states.next()?;
        states.all(|state| state == first).then_some(first)
    }

    /// Whether a resource is there, from 1.
    pub fn has(&self, resource: u32) -> bool {
        (1..=self.len()).contains(&resource)
    }

    /// The value of a property.
    pub fn value(&self, resource: u32, property: &str) -> Option<Value> {
        let added = self.added(resource).find(|(name, _)| name.eq_ignore_ascii_case(property));
        if let Some((_, value)) = added {
            return Some(value.clone());
        }
        let node = self.node_of(resource);
        let text = |text: &str| Value::Text(text.to_owned());
        Some(match property.to_ascii_lowercase().as_str() {
            "id" | "resource_id" | "core" => Value::Int(i64::from(resource)),
            "cpu" => Value::Int(i64::from(node) + 1),
            "network_address" | "nodes" => Value::Text(self.address(node)),
            "host" => Value::Text(format!("node{}", node + 1)),
            "type" => text("default"),
            "besteffort" => text("YES"),
            "deploy" | "drain" | "suspended_jobs" | "desktop_computing" => text("NO"),
            "cpuset" => Value::Int(i64::from(self.cpuset(resource))),
            "state" => text(self.state(resource).as_str()),
            "available_upto" => Value::Int((1 << 31) - 1),
            _ => return None,
        })
    }

    /// What the alternatives of a request, with a filter on all resources, come to: the first one
    /// decides.
    ///
    /// # Errors
    /// The first thing that is wrong, in the order in which OAR would find it.
    pub fn resolve(&self, alternatives: &[&str], filter: &str) -> Result<Resolved, RequestProblem> {
        let mut first = None;
        for text in alternatives {
            let request = Request::parse(text).map_err(RequestProblem::Grammar)?;
            let cores = self.cores(&request.groups, filter)?;
            let resolved = Resolved {
                cores,
                walltime_s: request.walltime_s.unwrap_or(WALLTIME_DEFAULT_S),
                default_walltime: request.walltime_s.is_none(),
            };
            first.get_or_insert(resolved);
        }
        match first {
            Some(resolved) => Ok(resolved),
            None => {
                self.cores(&[], filter)?;
                let walltime_s = WALLTIME_DEFAULT_S;
                Ok(Resolved { cores: 1, walltime_s, default_walltime: true })
            }
        }
    }

    fn cores(&self, groups: &[Group], filter: &str) -> Result<u32, RequestProblem> {
        for (level, _) in groups.iter().flat_map(|group| &group.levels) {
            let of_site = self.added(1).any(|(name, _)| name == level);
            if !LEVELS.contains(&level.as_str()) && level != "nodes" && !of_site {
                return Err(RequestProblem::NoLevel(level.clone()));
            }
        }
        let everywhere = self.selected(filter)?;
        if groups.is_empty() {
            return if everywhere.is_empty() { Err(RequestProblem::NotEnough) } else { Ok(1) };
        }
        let mut cores: u32 = 0;
        for group in groups {
            let own = self.selected(&group.filter)?;
            let eligible: Vec<u32> =
                everywhere.iter().filter(|r| own.binary_search(r).is_ok()).copied().collect();
            let wanted = self.group(&group.levels, &eligible).ok_or(RequestProblem::NotEnough)?;
            cores = cores.checked_add(wanted).ok_or(RequestProblem::NotEnough)?;
        }
        if cores == 0 || cores as usize > everywhere.len() {
            return Err(RequestProblem::NotEnough);
        }
        Ok(cores)
    }

    /// The resources that a filter selects and that are not dead, by number.
    fn selected(&self, filter: &str) -> Result<Vec<u32>, RequestProblem> {
        let all = 1..=self.len();
        let alive = |resource: &u32| self.state(*resource) != ResourceState::Dead;
        if filter.trim().is_empty() {
            return Ok(all.filter(alive).collect());
        }
        let filter = Filter::parse(filter).map_err(RequestProblem::FilterGrammar)?;
        let mut selected = Vec::new();
        for resource in all.filter(alive) {
            let matches = filter.matches(&|property| self.value(resource, property));
            let matches = matches.map_err(|error| match error {
                ParseError::UnknownProperty { name } => RequestProblem::NoProperty(name),
                error => RequestProblem::FilterGrammar(error),
            })?;
            if matches {
                selected.push(resource);
            }
        }
        Ok(selected)
    }

    /// Cores that one group takes among the eligible resources.
    fn group(&self, levels: &[(String, Amount)], eligible: &[u32]) -> Option<u32> {
        let (level, amount) = levels.first()?;
        let mut blocks: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for resource in eligible {
            let added = self.added(*resource).find(|(name, _)| name == level);
            let block = match (added, level.as_str()) {
                (Some((_, Value::Null)), _) => continue,
                (Some((_, value)), _) => format!("{value:?}"),
                (None, "core" | "resource_id") => resource.to_string(),
                (None, _) => self.node_of(*resource).to_string(),
            };
            blocks.entry(block).or_default().push(*resource);
        }
        let inner = &levels[1..];
        let takes = |block: &Vec<u32>| match inner {
            [] => u32::try_from(block.len()).ok(),
            inner => self.group(inner, block),
        };
        let fitting: Vec<u32> = blocks.values().filter_map(takes).collect();
        let count = match amount {
            Amount::Count(count) => *count as usize,
            Amount::All | Amount::Best => fitting.len(),
            Amount::HalfBest => fitting.len().div_ceil(2),
        };
        if count == 0 || count > fitting.len() {
            return None;
        }
        fitting.into_iter().take(count).try_fold(0u32, u32::checked_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cores(texts: &[&str], filter: &str) -> Result<u32, RequestProblem> {
        Platform::new(4, 4).resolve(texts, filter).map(|resolved| resolved.cores)
    }

    #[test]
    fn requests_come_to_cores() {
        assert_eq!(cores(&["/core=1,walltime=00:05:00"], ""), Ok(1));
        assert_eq!(cores(&["resource_id=16"], ""), Ok(16));
        assert_eq!(cores(&["/nodes=2/core=1,walltime=1"], ""), Ok(2));
        assert_eq!(cores(&["/nodes=2"], ""), Ok(8));
        assert_eq!(cores(&["{host='node1'}/core=1+{host='node2'}/core=2"], ""), Ok(3));
        assert_eq!(cores(&["/core=2", "/core=1"], ""), Ok(2));
        assert_eq!(cores(&["/core=ALL"], "host='node3'"), Ok(4));
        assert_eq!(cores(&[], ""), Ok(1));
    }

    #[test]
    fn requests_that_cannot_be_say_why() {
        assert_eq!(cores(&["/core=17"], ""), Err(RequestProblem::NotEnough));
        assert_eq!(cores(&["/core=1"], "host='node99'"), Err(RequestProblem::NotEnough));
        assert_eq!(cores(&["/nodes=1/core=5"], ""), Err(RequestProblem::NotEnough));
        assert_eq!(cores(&["/nosuch=1"], ""), Err(RequestProblem::NoLevel("nosuch".to_owned())));
        let no_property = RequestProblem::NoProperty("nosuch".to_owned());
        assert_eq!(cores(&["/core=1"], "nosuch='x'"), Err(no_property));
        let quote = cores(&["/core=1"], "host='node1");
        assert!(matches!(quote, Err(RequestProblem::FilterGrammar(_))), "{quote:?}");
        let walltime = cores(&["/core=1,walltime=foo"], "");
        assert!(matches!(walltime, Err(RequestProblem::Grammar(_))), "{walltime:?}");
    }
}
