//! Property filters: SQL's WHERE over one row, as in `-p "gpu > 0 AND NOT host LIKE 'old%'"`, with
//! three-valued logic. Knows no resources: a row is a function from property to value.

pub mod lexer;
pub mod parser;

use crate::error::ParseError;
use crate::value::{Role, Value, compare};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

/// A filter: true, false or unknown (NULL) for a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All parts hold. At least two parts.
    And(Vec<Filter>),
    /// Some part holds. At least two parts.
    Or(Vec<Filter>),
    /// The part does not hold.
    Not(Box<Filter>),
    /// Two operands compare.
    Compare(Operand, Comparison, Operand),
    /// The operand equals one of the list.
    In(Operand, Vec<Operand>),
    /// The operand matches a pattern with `%` and `_`; case matters, as in PostgreSQL.
    Like(Operand, Operand),
    /// The operand lies between the two bounds, both included.
    Between(Operand, Operand, Operand),
    /// The operand is NULL.
    IsNull(Operand),
}

/// A side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A property of the row.
    Property(String),
    /// A value.
    Literal(Value),
}

/// How two operands compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=` or `<>`
    Different,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Filter {
    /// Whether the row is selected: the filter is true, neither false nor unknown. A property the
    /// row does not have is an error, as in SQL; every one is asked for, in order of appearance.
    ///
    /// # Errors
    /// [`ParseError::UnknownProperty`].
    pub fn matches(&self, row: &impl Fn(&str) -> Option<Value>) -> Result<bool, ParseError> {
        Ok(self.truth(row)? == Some(true))
    }

    /// The properties it names, each once, in order of appearance.
    #[must_use]
    pub fn properties(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.collect_properties(&mut names);
        names
    }

    fn collect_properties<'f>(&'f self, names: &mut Vec<&'f str>) {
        let mut note = |operand: &'f Operand| match operand {
            Operand::Property(name) if !names.contains(&name.as_str()) => names.push(name),
            Operand::Property(_) | Operand::Literal(_) => {}
        };
        match self {
            Self::And(parts) | Self::Or(parts) => {
                parts.iter().for_each(|part| part.collect_properties(names));
            }
            Self::Not(part) => part.collect_properties(names),
            Self::Compare(a, _, b) | Self::Like(a, b) => [a, b].into_iter().for_each(note),
            Self::In(a, list) => std::iter::once(a).chain(list).for_each(note),
            Self::Between(a, b, c) => [a, b, c].into_iter().for_each(note),
            Self::IsNull(a) => note(a),
        }
    }

    fn truth(&self, row: &impl Fn(&str) -> Option<Value>) -> Result<Option<bool>, ParseError> {
        Ok(match self {
            Self::And(parts) => {
                let mut truth = Some(true);
                for part in parts {
                    truth = and(truth, part.truth(row)?);
                }
                truth
            }
            Self::Or(parts) => {
                let mut truth = Some(false);
                for part in parts {
                    truth = or(truth, part.truth(row)?);
                }
                truth
            }
            Self::Not(part) => part.truth(row)?.map(|truth| !truth),
            Self::Compare(left, how, right) => {
                order(&left.value(row)?, &right.value(row)?).map(|order| how.holds(order))
            }
            Self::In(operand, list) => {
                let left = operand.value(row)?;
                let mut truth = Some(false);
                for item in list {
                    let equal = order(&left, &item.value(row)?).map(|o| o == Ordering::Equal);
                    truth = or(truth, equal);
                }
                truth
            }
            Self::Like(operand, pattern) => {
                let ((value, _), (pattern, _)) = (operand.value(row)?, pattern.value(row)?);
                like(&value, &pattern)
            }
            Self::Between(operand, low, high) => {
                let value = operand.value(row)?;
                let above = order(&value, &low.value(row)?).map(|o| o != Ordering::Less);
                let below = order(&value, &high.value(row)?).map(|o| o != Ordering::Greater);
                and(above, below)
            }
            Self::IsNull(operand) => Some(*operand.value(row)?.0 == Value::Null),
        })
    }
}

/// What an operand is in a row, and what it was written as.
type Valued<'a> = (Cow<'a, Value>, Role);

impl Operand {
    fn value(&self, row: &impl Fn(&str) -> Option<Value>) -> Result<Valued<'_>, ParseError> {
        match self {
            Self::Literal(value) => Ok((Cow::Borrowed(value), Role::Literal)),
            Self::Property(name) => row(name)
                .map(|value| (Cow::Owned(value), Role::Column))
                .ok_or_else(|| ParseError::UnknownProperty { name: name.clone() }),
        }
    }
}

fn order(left: &Valued<'_>, right: &Valued<'_>) -> Option<Ordering> {
    compare((&left.0, left.1), (&right.0, right.1))
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order == Ordering::Equal,
            Self::Different => order != Ordering::Equal,
            Self::Less => order == Ordering::Less,
            Self::AtMost => order != Ordering::Greater,
            Self::Greater => order == Ordering::Greater,
            Self::AtLeast => order != Ordering::Less,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Different => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }
}

fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

fn like(value: &Value, pattern: &Value) -> Option<bool> {
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::Text(text) => Some(text.clone()),
        number => Some(number.to_string()),
    };
    let (text, pattern) = (text(value)?, text(pattern)?);
    let (text, pattern): (Vec<char>, Vec<char>) =
        (text.chars().collect(), pattern.chars().collect());
    Some(matches_pattern(&text, &pattern))
}

/// Greedy matching with one point to fall back to: linear but for the product of both lengths.
fn matches_pattern(text: &[char], pattern: &[char]) -> bool {
    let (mut t, mut p) = (0, 0);
    let mut fallback = None;
    while t < text.len() {
        if pattern.get(p) == Some(&'%') {
            fallback = Some((p + 1, t));
            p += 1;
        } else if pattern.get(p).is_some_and(|&c| c == '_' || c == text[t]) {
            p += 1;
            t += 1;
        } else if let Some((after_percent, from)) = fallback {
            fallback = Some((after_percent, from + 1));
            p = after_percent;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&c| c == '%')
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(value) => write!(f, "{value}"),
            Self::Property(name) if lexer::is_plain_name(name) => f.write_str(name),
            Self::Property(name) => write!(f, "\"{}\"", name.replace('"', "\"\"")),
        }
    }
}

impl fmt::Display for Filter {
    /// Writes the filter with the parentheses it needs and no others.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, parts: &[Filter], word| {
            for (index, part) in parts.iter().enumerate() {
                f.write_str(if index == 0 { "" } else { word })?;
                let tight = word == " AND ";
                match part {
                    Self::Or(_) => write!(f, "({part})")?,
                    Self::And(_) if tight => write!(f, "({part})")?,
                    part => write!(f, "{part}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::And(parts) => joined(f, parts, " AND "),
            Self::Or(parts) => joined(f, parts, " OR "),
            Self::Not(part) => match **part {
                Self::And(_) | Self::Or(_) => write!(f, "NOT ({part})"),
                _ => write!(f, "NOT {part}"),
            },
            Self::Compare(left, how, right) => write!(f, "{left} {} {right}", how.as_str()),
            Self::In(operand, list) => {
                write!(f, "{operand} IN (")?;
                for (index, item) in list.iter().enumerate() {
                    write!(f, "{}{item}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str(")")
            }
            Self::Like(operand, pattern) => write!(f, "{operand} LIKE {pattern}"),
            Self::Between(operand, low, high) => write!(f, "{operand} BETWEEN {low} AND {high}"),
            Self::IsNull(operand) => write!(f, "{operand} IS NULL"),
        }
    }
}
