//! A cluster's resources as they were last listed, and what follows for a request: whether they could ever
//! serve it, can now, or name the properties it speaks of. Knows how many are there, not who holds them.

use std::cmp::Ordering;
use std::fmt;

use crate::error::ParseError;
use crate::filter::Filter;
use crate::request::{Amount, Group, Request};
use crate::states::ResourceState;
use crate::value::Value;

/// Levels that OAR's commands know though no column is called so.
const ALIASES: [(&str, &str); 2] = [("nodes", "network_address"), ("node", "network_address")];

/// The resources of a cluster: a table with a row each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inventory {
    /// In lower case: SQL's names of columns know no case.
    columns: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq)]
struct Row {
    state: ResourceState,
    /// Can be used now, or woken.
    there: bool,
    /// In the order of the columns; columns that came later are not set.
    cells: Vec<Value>,
}

/// Whether resources can serve a request that they have to themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Those that are there can.
    Now,
    /// They could if all were there that are not dead.
    Later(Misfit),
    /// They never can.
    Never(Misfit),
}

/// What resources lack for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// No resource is selected.
    None {
        /// By these filters.
        filter: String,
    },
    /// There are too few of a level.
    TooFew {
        /// The level as written.
        level: String,
        /// As many are asked for.
        asked: u32,
        /// As many are there.
        found: u32,
        /// Among those that these filters select; empty: among all.
        filter: String,
    },
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misfit::None { filter } => write!(f, "no resource has `{filter}`"),
            Misfit::TooFew { level, asked, found, filter } => {
                write!(f, "{asked} of `{level}` are asked for, and there are {found}")?;
                if filter.is_empty() { Ok(()) } else { write!(f, " with `{filter}`") }
            }
        }
    }
}

impl Inventory {
    /// Adds a resource. `there`: it can be used now, or would be woken.
    pub fn add(
        &mut self,
        state: ResourceState,
        there: bool,
        properties: impl IntoIterator<Item = (String, Value)>,
    ) {
        let mut cells = vec![Value::Null; self.columns.len()];
        for (name, value) in properties {
            let name = name.to_ascii_lowercase();
            match self.columns.iter().position(|column| *column == name) {
                Some(at) => cells[at] = value,
                None => {
                    self.columns.push(name);
                    cells.push(value);
                }
            }
        }
        cells.shrink_to_fit();
        self.rows.push(Row { state, there, cells });
    }

    /// How many resources there are, dead ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The properties that resources have, in lower case.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The values, each once, that living resources which a filter selects have of a property; the resource's
    /// own number stands for a property that it does not have.
    ///
    /// # Errors
    /// [`ParseError::UnknownProperty`] when the filter names one that no resource has.
    pub fn alive(&self, filter: Option<&Filter>, property: &str) -> Result<usize, ParseError> {
        let column = self.column(property).or_else(|| self.column("resource_id"));
        let mut values = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            if filter.is_none_or(|filter| self.selects(filter, row) == Ok(true))
                && row.state == ResourceState::Alive
            {
                let cell = column.and_then(|column| row.cells.get(column));
                values.push(cell.cloned().unwrap_or(Value::Int(at as i64)));
            }
        }
        if let Some(filter) = filter {
            self.knows(filter)?;
        }
        Ok(blocks(&mut values).count())
    }

    /// Whether the resources have all properties that a filter names.
    ///
    /// # Errors
    /// [`ParseError::UnknownProperty`] with the first that none has.
    pub fn knows(&self, filter: &Filter) -> Result<(), ParseError> {
        match filter.properties().into_iter().find(|name| self.column(name).is_none()) {
            Some(name) => Err(ParseError::UnknownProperty { name: name.to_owned() }),
            None => Ok(()),
        }
    }

    /// Judges one alternative of a request, with the filter that holds for all its groups. Each group is
    /// looked at as if it were alone, so what is judged to fit may still be refused; what names a level or
    /// property that no resource has is not judged: nothing is known against it.
    ///
    /// # Errors
    /// What the grammar does not know of the filters.
    pub fn judge(&self, request: &Request, property: Option<&str>) -> Result<Fit, ParseError> {
        let own = property.filter(|text| !text.trim().is_empty());
        let own_filter = own.map(Filter::parse).transpose()?;
        let mut fit = Fit::Now;
        for group in &request.groups {
            let inner = Some(group.filter.as_str()).filter(|text| !text.is_empty());
            let filters = [own_filter.clone(), inner.map(Filter::parse).transpose()?];
            let filters: Vec<Filter> = filters.into_iter().flatten().collect();
            if filters.iter().any(|filter| self.knows(filter).is_err()) {
                continue;
            }
            let Some(levels) = self.levels(group) else { continue };
            let selected: Vec<&Row> = self
                .rows
                .iter()
                .filter(|row| {
                    row.state != ResourceState::Dead
                        && filters.iter().all(|filter| self.selects(filter, row) == Ok(true))
                })
                .collect();
            let texts: Vec<&str> = [own, inner].into_iter().flatten().collect();
            let texts = texts.join(" AND ");
            if let Some(misfit) = misfit(selected.clone(), &levels, &texts) {
                return Ok(Fit::Never(misfit));
            }
            let there = selected.into_iter().filter(|row| row.there).collect();
            if let (Fit::Now, Some(misfit)) = (&fit, misfit(there, &levels, &texts)) {
                fit = Fit::Later(misfit);
            }
        }
        Ok(fit)
    }

    /// The columns behind the levels of a group, with their amounts; none if one is not known.
    fn levels<'g>(&self, group: &'g Group) -> Option<Vec<Level<'g>>> {
        let level = |(name, amount): &'g (String, Amount)| {
            let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name));
            let column = alias.map_or(name.as_str(), |(_, column)| column);
            Some(Level { name, column: self.column(column)?, amount: *amount })
        };
        group.levels.iter().map(level).collect()
    }

    /// Whether some level of a request is the property of no resource; its name.
    #[must_use]
    pub fn unknown_level<'r>(&self, request: &'r Request) -> Option<&'r str> {
        let levels = request.groups.iter().flat_map(|group| &group.levels);
        let known = |name: &str| {
            self.column(name).is_some()
                || ALIASES.iter().any(|(alias, _)| alias.eq_ignore_ascii_case(name))
        };
        levels.map(|(name, _)| name.as_str()).find(|name| !known(name))
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.eq_ignore_ascii_case(name))
    }

    fn selects(&self, filter: &Filter, row: &Row) -> Result<bool, ParseError> {
        filter.matches(&|name| {
            let column = self.column(name)?;
            Some(row.cells.get(column).cloned().unwrap_or(Value::Null))
        })
    }
}

/// A level of a group.
struct Level<'g> {
    name: &'g str,
    column: usize,
    amount: Amount,
}

impl Level<'_> {
    /// As many blocks are needed at least.
    fn least(&self) -> u32 {
        match self.amount {
            Amount::Count(count) => count,
            Amount::All | Amount::Best | Amount::HalfBest => 1,
        }
    }

    fn of(&self, row: &Row) -> Value {
        row.cells.get(self.column).cloned().unwrap_or(Value::Null)
    }
}

/// What these resources lack for the levels of one group.
fn misfit(rows: Vec<&Row>, levels: &[Level<'_>], filter: &str) -> Option<Misfit> {
    let outermost = levels.first()?;
    if rows.is_empty() && !filter.is_empty() {
        return Some(Misfit::None { filter: filter.to_owned() });
    }
    let found = count(rows, levels);
    let names: Vec<String> =
        levels[1..].iter().map(|level| format!("/{}={}", level.name, level.amount)).collect();
    (found < outermost.least()).then(|| Misfit::TooFew {
        level: format!("{}{}", outermost.name, names.concat()),
        asked: outermost.least(),
        found,
        filter: filter.to_owned(),
    })
}

/// How many blocks of the first level hold all that the others ask for.
fn count(mut rows: Vec<&Row>, levels: &[Level<'_>]) -> u32 {
    let Some((level, inner)) = levels.split_first() else { return 0 };
    rows.sort_by(|a, b| level.of(a).sort_order(&level.of(b)));
    let same = |a: &&Row, b: &&Row| level.of(a).sort_order(&level.of(b)) == Ordering::Equal;
    let blocks = rows.chunk_by(same).filter(|block| level.of(block[0]) != Value::Null);
    let holds = |block: &&[&Row]| match inner.first() {
        None => true,
        Some(next) => count(block.to_vec(), inner) >= next.least(),
    };
    u32::try_from(blocks.filter(holds).count()).unwrap_or(u32::MAX)
}

/// Equal values together.
fn blocks(values: &mut [Value]) -> impl Iterator<Item = &[Value]> {
    values.sort_by(Value::sort_order);
    values.chunk_by(|a, b| a.sort_order(b) == Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::{Fit, Inventory};
    use crate::request::Request;
    use crate::states::ResourceState;
    use crate::value::Value;

    /// Four nodes of two processors of two cores; the last is suspected, and the one before it dead.
    fn four_nodes() -> Inventory {
        let mut inventory = Inventory::default();
        for id in 0..16_i64 {
            let node = id / 4;
            let state = match node {
                2 => ResourceState::Dead,
                3 => ResourceState::Suspected,
                _ => ResourceState::Alive,
            };
            let cells = [
                ("resource_id", Value::Int(id + 1)),
                ("network_address", Value::Text(format!("n{node}"))),
                ("Host", Value::Text(format!("n{node}"))),
                ("cpu", Value::Int(id / 2)),
                ("core", Value::Int(id)),
                ("gpu", if node == 0 { Value::Int(id) } else { Value::Null }),
            ];
            let cells = cells.map(|(name, value)| (name.to_owned(), value));
            inventory.add(state, state == ResourceState::Alive, cells);
        }
        inventory
    }

    fn judged(request: &str, property: &str) -> String {
        let request = Request::parse(request).expect("a request of the grammar");
        match four_nodes().judge(&request, Some(property)) {
            Ok(Fit::Now) => "now".to_owned(),
            Ok(Fit::Later(misfit)) => format!("later: {misfit}"),
            Ok(Fit::Never(misfit)) => format!("never: {misfit}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_can_never_be_served_is_told_from_what_can_later() {
        assert_eq!(judged("/resource_id=1", ""), "now");
        assert_eq!(judged("/nodes=2/cpu=2/core=2", ""), "now");
        assert_eq!(judged("/cpu=4", "host in ('n0', 'N1', 'n1')"), "now");
        assert_eq!(judged("/nodes=ALL+/core=1", ""), "now");
        assert_eq!(judged("/nodes=3", ""), "later: 3 of `nodes` are asked for, and there are 2");
        assert_eq!(
            judged("core=12", "host <> 'n2'"),
            "later: 12 of `core` are asked for, and there are 8 with `host <> 'n2'`"
        );
        assert_eq!(
            judged("/nodes=1000", ""),
            "never: 1000 of `nodes` are asked for, and there are 3"
        );
        assert_eq!(
            judged("/nodes=1/core=5", ""),
            "never: 1 of `nodes/core=5` are asked for, and there are 0"
        );
        assert_eq!(
            judged("/core=1", "host = 'luke99'"),
            "never: no resource has `host = 'luke99'`"
        );
        assert_eq!(judged("{host = 'n2'}/core=1", ""), "never: no resource has `host = 'n2'`");
        assert_eq!(
            judged("/nodes=1+/core=13", ""),
            "never: 13 of `core` are asked for, and there are 12"
        );
        assert_eq!(judged("/gpu=5", ""), "never: 5 of `gpu` are asked for, and there are 4");
        // Nothing is known against these.
        assert_eq!(judged("/licence=9", ""), "now");
        assert_eq!(judged("/core=99", "banana = 3"), "now");
        assert_eq!(
            judged("/core=1", "("),
            "column 2: expected a property or a value, found the end"
        );
    }

    #[test]
    fn names_of_properties_know_no_case() {
        let inventory = four_nodes();
        let request = Request::parse("/NODES=1/licence=1").expect("a request");
        assert_eq!(inventory.unknown_level(&request), Some("licence"));
        assert!(inventory.columns().contains(&"host".to_owned()));
        let filter = crate::filter::Filter::parse("HOST = 'n0' OR banana = 3").expect("a filter");
        assert_eq!(inventory.knows(&filter).unwrap_err().to_string(), "unknown property `banana`");
        assert_eq!((inventory.len(), inventory.alive(None, "cpu")), (16, Ok(4)));
    }
}
