//! Shapes of requests, each kept once and compiled for the platform when a pass needs it, and the filters
//! they rest on.

use crate::oar::model::bits::{self, Bits};
use crate::oar::model::config::OarCompat;
use crate::oar::model::platform::Platform;
use crate::oar::model::resources::Resources;
use crate::oar::model::shape::{Form, GroupRequest, Search, Shape, ShapeId};
use gleaner_oar::error::ParseError;
use gleaner_oar::filter::Filter;
use gleaner_oar::request::{Amount, Group};
use gleaner_oar::value::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A shape as written: the job's filter, and each group's filter and levels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Text {
    properties: String,
    groups: Vec<(String, Vec<(String, Amount)>)>,
}

impl Text {
    /// Whether it says more than how many resources.
    fn is_particular(&self) -> bool {
        let plain = |(filter, levels): &(String, Vec<(String, Amount)>)| {
            filter.is_empty()
                && matches!(&levels[..], [(label, Amount::Count(_))] if label == "resource_id")
        };
        !self.properties.is_empty() || !self.groups.iter().all(plain)
    }
}

/// Shapes, each kept once, and compiled when a pass needs it.
#[derive(Debug, Clone, Default)]
pub(in crate::oar) struct Shapes {
    texts: Vec<Text>,
    numbers: BTreeMap<Text, ShapeId>,
    compiled: Vec<Option<Arc<Shape>>>,
    selections: BTreeMap<String, Bits>,
    /// Numbers of filters with levels.
    families: BTreeMap<(String, Vec<usize>), u32>,
    /// Filters in lower case, each once.
    filters: BTreeSet<String>,
    /// Levels asked for.
    labels: BTreeSet<String>,
    /// Whether some request asks for more than a number of resources.
    particular: bool,
    /// The last request, since many come in rows.
    recent: Option<(String, Arc<[Group]>, ShapeId)>,
}

impl Shapes {
    pub(in crate::oar) fn intern(&mut self, properties: &str, groups: &Arc<[Group]>) -> ShapeId {
        if let Some((text, known, id)) = &self.recent
            && (Arc::ptr_eq(known, groups) || known[..] == groups[..])
            && text == properties
        {
            return *id;
        }
        let id = self.number(properties, groups);
        self.recent = Some((properties.to_owned(), Arc::clone(groups), id));
        id
    }

    fn number(&mut self, properties: &str, groups: &[Group]) -> ShapeId {
        let groups = groups.iter().map(|g| (g.filter.clone(), g.levels.clone())).collect();
        let text = Text { properties: properties.to_owned(), groups };
        if let Some(id) = self.numbers.get(&text) {
            return *id;
        }
        let filters = text.groups.iter().map(|(filter, _)| filter).chain([&text.properties]);
        let used = filters.filter(|filter| !filter.is_empty());
        self.filters.extend(used.map(|filter| filter.to_ascii_lowercase()));
        self.particular |= text.is_particular();
        let id = ShapeId(u32::try_from(self.texts.len()).expect("shapes fit 32 bits"));
        let levels = text.groups.iter().flat_map(|(_, levels)| levels);
        self.labels.extend(levels.map(|(label, _)| label.clone()));
        self.texts.push(text.clone());
        self.numbers.insert(text, id);
        self.compiled.push(None);
        id
    }

    /// Forgets what rests on the order of the resources. Numbers of any resources do not, as long
    /// as the usable ones are `alike`.
    pub(super) fn forget_ranked(&mut self, alike: bool) {
        for compiled in &mut self.compiled {
            *compiled = compiled.take().filter(|shape| alike && shape.is_bare());
        }
        self.selections.clear();
    }

    /// Whether some filter may name a column (a name within a text counts too: harmless).
    pub(super) fn mentions(&self, column: &str) -> bool {
        self.filters.iter().any(|filter| filter.contains(column))
    }

    /// Whether some request asks for a level.
    pub(in crate::oar) fn asks_for(&self, label: &str) -> bool {
        self.labels.contains(label)
    }

    /// Whether some request so far asked for more than a number of resources.
    pub(in crate::oar) fn any_particular(&self) -> bool {
        self.particular
    }

    /// How many of any resources a shape asks for, if it is compiled and asks for nothing else.
    pub(in crate::oar) fn units(&self, id: ShapeId) -> Option<u32> {
        match self.compiled[id.0 as usize].as_ref()?.search {
            Search::Count { count, selected: None } => Some(count),
            _ => None,
        }
    }

    /// A compiled shape.
    pub(in crate::oar) fn get(&self, id: ShapeId) -> &Shape {
        self.compiled[id.0 as usize].as_ref().expect("shapes are compiled before placement")
    }

    /// Compiles a shape for the platform, if that is not done yet.
    pub(in crate::oar) fn compile(
        &mut self,
        id: ShapeId,
        platform: &Platform,
        resources: &Resources,
        labels: &[String],
        compat: OarCompat,
    ) {
        if self.compiled[id.0 as usize].is_some() {
            return;
        }
        let text = &self.texts[id.0 as usize];
        let selections = &mut self.selections;
        let requests: Option<Vec<GroupRequest>> = text
            .groups
            .iter()
            .map(|(filter, levels)| {
                let label = |(name, amount): &(String, Amount)| {
                    let level = labels.iter().position(|label| label == name)?;
                    Some((level, *amount))
                };
                let levels = levels.iter().map(label).collect::<Option<_>>()?;
                let effective = effective_filter(&text.properties, filter, compat);
                let selected = selections
                    .entry(effective)
                    .or_insert_with_key(|filter| select(filter, platform, resources, compat))
                    .clone();
                Some(GroupRequest { selected, levels })
            })
            .collect();
        // What was known at submission can be gone since: then nothing satisfies the request.
        let requests = requests.unwrap_or_default();
        let mut shape = Shape::compile(platform, &requests);
        if let ([request], [(filter, _)]) = (&requests[..], &text.groups[..]) {
            let filter = effective_filter(&text.properties, filter, compat);
            shape.form = form(&mut self.families, filter, request, platform);
        }
        self.compiled[id.0 as usize] = Some(shape.into());
    }
}

/// A request in numbers, if all of its levels are counted.
fn form(
    families: &mut BTreeMap<(String, Vec<usize>), u32>,
    filter: String,
    request: &GroupRequest,
    platform: &Platform,
) -> Option<Form> {
    let count = |(_, amount): &(usize, Amount)| match amount {
        Amount::Count(count) => Some(*count),
        Amount::All | Amount::Best | Amount::HalfBest => None,
    };
    let counts = request.levels.iter().map(count).collect::<Option<_>>()?;
    let mut number = |filter: String| {
        let levels = request.levels.iter().map(|(level, _)| *level).collect();
        let next = u32::try_from(families.len()).expect("requests fit 32 bits");
        *families.entry((filter, levels)).or_insert(next)
    };
    let part = !filter.is_empty() && bits::is_subset(&request.selected, &platform.default_kind);
    let wider = part.then(|| number(String::new()));
    Some(Form { family: number(filter), wider, counts })
}

/// The filter of a group together with its job's, empty for all resources of type `default`.
/// OAR joins the two without parentheses (`Real`).
pub(in crate::oar) fn effective_filter(properties: &str, group: &str, compat: OarCompat) -> String {
    match (properties.trim(), group.trim()) {
        ("", "" | "type = 'default'") => String::new(),
        ("", one) | (one, "") => one.to_owned(),
        (job, group) => match compat {
            OarCompat::Real => format!("{job} AND {group}"),
            OarCompat::Intended => format!("({job}) AND ({group})"),
        },
    }
}

/// Usable ranks that a filter selects. It looks at all rows: in OAR, one that is not usable stands
/// for rank 0.
fn select(filter: &str, platform: &Platform, resources: &Resources, compat: OarCompat) -> Bits {
    if filter.is_empty() {
        return platform.default_kind.clone();
    }
    let mut selected = bits::empty(platform.words);
    let Ok(parsed) = Filter::parse(filter) else {
        return selected;
    };
    for rank in 0..platform.ids.len() {
        let resource = &resources[platform.row(rank)];
        // A column that only other rows have is NULL here.
        let cell = |column: &str| Some(resource.value(column).unwrap_or(Value::Null));
        if !parsed.matches(&cell).unwrap_or(false) {
            continue;
        }
        if bits::contains(&platform.usable, rank) {
            bits::insert(&mut selected, rank);
        } else if compat == OarCompat::Real {
            bits::insert(&mut selected, 0);
        }
    }
    bits::keep(&mut selected, &platform.usable);
    selected
}

/// Reads a filter and makes sure that its columns exist.
pub(in crate::oar) fn checked_filter(text: &str, resources: &Resources) -> Result<(), ParseError> {
    let filter = Filter::parse(text)?;
    for name in filter.properties() {
        if !resources.is_empty() && !resources.iter().any(|r| r.value(name).is_some()) {
            return Err(ParseError::UnknownProperty { name: name.to_owned() });
        }
    }
    Ok(())
}
