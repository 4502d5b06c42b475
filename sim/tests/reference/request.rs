//! Requests of the plain pass: blocks as sets, searched in order.

use crate::slots::Set;
use gleaner_oar::filter::Filter;
use gleaner_oar::request::{Amount, Group};
use gleaner_oar::value::Value;
use gleaner_sim::oar::model::config::Config;
use gleaner_sim::oar::model::resource::Resource;
use gleaner_sim::oar::model::resources::Resources;
use std::collections::BTreeMap;

/// Rows in order, and what they mean.
pub(crate) struct World<'a> {
    pub(crate) config: &'a Config,
    pub(crate) rows: Vec<&'a Resource>,
    pub(crate) usable: Set,
    pub(crate) default: Set,
    blocks: BTreeMap<String, Vec<Set>>,
}

impl<'a> World<'a> {
    pub(crate) fn new(resources: &'a Resources, config: &'a Config) -> Self {
        let mut rows: Vec<&Resource> = resources.iter().collect();
        rows.sort_by(|a, b| {
            for key in config.resource_order.keys() {
                let value = |r: &Resource| r.value(&key.property).unwrap_or(Value::Null);
                let order = value(a).sort_order(&value(b));
                let order = if key.descending { order.reverse() } else { order };
                if order.is_ne() {
                    return order;
                }
            }
            a.id.cmp(&b.id)
        });
        let usable: Set = (0..rows.len()).filter(|&rank| rows[rank].state.is_usable()).collect();
        let default =
            usable.iter().copied().filter(|&rank| &*rows[rank].kind == "default").collect();
        let mut blocks: BTreeMap<String, Vec<Set>> = BTreeMap::new();
        for label in &config.hierarchy_labels {
            let mut values: Vec<Value> = Vec::new();
            let level = blocks.entry(label.clone()).or_default();
            for &rank in &usable {
                let value = rows[rank].value(label).unwrap_or(Value::Null);
                let known = values.iter().position(|v| v.sort_order(&value).is_eq());
                let number = known.unwrap_or_else(|| {
                    values.push(value);
                    level.push(Set::new());
                    level.len() - 1
                });
                level[number].insert(rank);
            }
        }
        Self { config, rows, usable, default, blocks }
    }

    pub(crate) fn ranks(&self, ids: &[gleaner_sim::oar::model::ids::ResourceId]) -> Set {
        let mut set = Set::new();
        for id in ids {
            let rank = self
                .rows
                .iter()
                .position(|row| row.id == *id)
                .expect("known rows and valid filters");
            if self.usable.contains(&rank) {
                set.insert(rank);
            } else if self.config.is_real() {
                set.insert(0);
            }
        }
        set
    }

    pub(crate) fn ids(&self, set: &Set) -> Vec<u32> {
        let id = |rank: &usize| {
            if self.usable.contains(rank) { self.rows[*rank].id.0 } else { 0 }
        };
        let mut ids: Vec<u32> = set.iter().map(id).collect();
        ids.sort_unstable();
        ids
    }

    fn selected(&self, properties: &str, filter: &str) -> Set {
        if properties.is_empty() && (filter.is_empty() || filter == "type = 'default'") {
            return self.default.clone();
        }
        let text = match (properties, filter) {
            ("", one) | (one, "") => one.to_owned(),
            (a, b) if self.config.is_real() => format!("{a} AND {b}"),
            (a, b) => format!("({a}) AND ({b})"),
        };
        let filter = Filter::parse(&text).expect("known rows and valid filters");
        let mut set = Set::new();
        for (rank, row) in self.rows.iter().enumerate() {
            let cells: BTreeMap<&str, Value> = filter
                .properties()
                .into_iter()
                .map(|name| (name, row.value(name).unwrap_or(Value::Null)))
                .collect();
            if filter
                .matches(&|name: &str| cells.get(name).cloned())
                .expect("known rows and valid filters")
            {
                if self.usable.contains(&rank) {
                    set.insert(rank);
                } else if self.config.is_real() {
                    set.insert(0);
                }
            }
        }
        set
    }

    /// Resources for all groups of an alternative.
    pub(crate) fn solve(&self, properties: &str, groups: &[Group], free: &Set) -> Option<Set> {
        let mut all = Set::new();
        for group in groups {
            let usable = &self.selected(properties, &group.filter) & free;
            let levels: Vec<&Vec<Set>> =
                group.levels.iter().map(|(name, _)| &self.blocks[name]).collect();
            let amounts: Vec<Amount> = group.levels.iter().map(|(_, amount)| *amount).collect();
            let found = match amounts[..] {
                [amount] => one_level(&usable, levels[0], amount),
                _ => {
                    let tops: Vec<Set> = levels[0].clone();
                    several(&usable, &levels, &amounts, &tops)
                }
            };
            if found.is_empty() {
                return None;
            }
            all.extend(found);
        }
        Some(all)
    }
}

fn first_whole(free: &Set, blocks: &[Set], count: u32) -> Set {
    let whole: Vec<&Set> = blocks.iter().filter(|b| b.is_subset(free)).collect();
    if whole.len() < count as usize {
        return Set::new();
    }
    whole.into_iter().take(count as usize).flatten().copied().collect()
}

fn one_level(free: &Set, blocks: &[Set], amount: Amount) -> Set {
    let whole = blocks.iter().filter(|b| b.is_subset(free)).count();
    let count = match amount {
        Amount::Count(count) => count,
        Amount::All if whole == blocks.len() => whole as u32,
        Amount::All => 0,
        Amount::Best => whole as u32,
        Amount::HalfBest => whole as u32 / 2,
    };
    if count == 0 { Set::new() } else { first_whole(free, blocks, count) }
}

fn several(free: &Set, levels: &[&Vec<Set>], amounts: &[Amount], tops: &[Set]) -> Set {
    let Amount::Count(wanted) = amounts[0] else {
        return Set::new();
    };
    let mut found = Set::new();
    let mut got = 0;
    for top in tops.iter().filter(|top| !top.is_disjoint(free)) {
        if got == wanted {
            break;
        }
        let part = if levels.len() == 2 {
            let parts: Vec<Set> =
                levels[1].iter().map(|sub| sub & top).filter(|sub| !sub.is_empty()).collect();
            match amounts[1] {
                Amount::Count(count) => first_whole(free, &parts, count),
                _ => Set::new(),
            }
        } else {
            let children: Vec<Set> =
                levels[1].iter().filter(|sub| sub.is_subset(top)).cloned().collect();
            several(free, &levels[1..], &amounts[1..], &children)
        };
        if !part.is_empty() {
            found.extend(part);
            got += 1;
        }
    }
    if got == wanted { found } else { Set::new() }
}
