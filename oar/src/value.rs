//! A property's value, and how two values compare: as SQLite does, which agrees with PostgreSQL
//! wherever PostgreSQL accepts the comparison at all.

use std::cmp::Ordering;
use std::fmt;

/// Value of a resource's property.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Not set.
    Null,
    /// A whole number.
    Int(i64),
    /// Any other number; never NaN.
    Real(f64),
    /// A text.
    Text(String),
}

impl Value {
    /// Total order used for sorting: NULL first, then numbers, then texts bytewise.
    #[must_use]
    pub fn sort_order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Null, Self::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Less,
            (_, Self::Null) => Ordering::Greater,
            (Self::Text(a), Self::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Self::Text(_), _) => Ordering::Greater,
            (_, Self::Text(_)) => Ordering::Less,
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (a, b) => a.number().total_cmp(&b.number()),
        }
    }

    /// The value as a number; 0 for what is none (only asked of numbers).
    fn number(&self) -> f64 {
        match self {
            #[expect(
                clippy::cast_precision_loss,
                reason = "mixed comparisons are approximate in SQL too"
            )]
            Self::Int(number) => *number as f64,
            Self::Real(number) => *number,
            Self::Null | Self::Text(_) => 0.0,
        }
    }

    /// The number written in a text, if the whole text is one.
    fn from_number_text(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(number) = text.parse::<i64>() {
            return Some(Self::Int(number));
        }
        let starts_well = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
        text.parse::<f64>().ok().filter(|n| starts_well && n.is_finite()).map(Self::Real)
    }

    /// The value as a text, as SQL converts a number.
    fn to_text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Int(number) => number.to_string(),
            Self::Real(number) => format!("{number:?}"),
            Self::Text(text) => text.clone(),
        }
    }
}

/// As the servers' answers hold it. SQL's truth values are numbers, as in SQLite.
impl From<&serde_json::Value> for Value {
    fn from(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(flag) => Self::Int(i64::from(*flag)),
            serde_json::Value::String(text) => Self::Text(text.clone()),
            serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Self::Int(whole),
                (None, Some(real)) => Self::Real(real),
                (None, None) => Self::Null,
            },
            list => Self::Text(list.to_string()),
        }
    }
}

impl fmt::Display for Value {
    /// Writes the value as a literal of the filter language.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Real(number) => write!(f, "{number:?}"),
            Self::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
        }
    }
}

/// Whether an operand is a column (its type decides) or a literal (it adapts).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A property of the resource.
    Column,
    /// A value written in the filter.
    Literal,
}

/// Compares two operands with SQL's rules: `None` if either is NULL. A number column turns a text
/// literal into a number if it is one; a text column turns a number literal into a text.
#[must_use]
pub fn compare(left: (&Value, Role), right: (&Value, Role)) -> Option<Ordering> {
    let ((a, a_role), (b, b_role)) = (left, right);
    match (a, b) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Text(text), Value::Int(_) | Value::Real(_)) => Some(mixed(text, a_role, b, b_role)),
        (Value::Int(_) | Value::Real(_), Value::Text(text)) => {
            Some(mixed(text, b_role, a, a_role).reverse())
        }
        _ => Some(a.sort_order(b)),
    }
}

fn mixed(text: &str, text_role: Role, number: &Value, number_role: Role) -> Ordering {
    if number_role == Role::Column {
        let converted = Value::from_number_text(text).unwrap_or_else(|| Value::Text(text.into()));
        return converted.sort_order(number);
    }
    if text_role == Role::Column {
        return text.as_bytes().cmp(number.to_text().as_bytes());
    }
    Ordering::Greater
}

#[cfg(test)]
mod tests {
    use super::*;
    use Role::{Column, Literal};

    #[test]
    fn columns_decide_the_type() {
        let text = Value::Text("64".into());
        let node = Value::Text("node".into());
        assert_eq!(compare((&Value::Int(64), Column), (&text, Literal)), Some(Ordering::Equal));
        assert_eq!(compare((&text, Column), (&Value::Int(64), Literal)), Some(Ordering::Equal));
        assert_eq!(compare((&text, Literal), (&Value::Int(64), Literal)), Some(Ordering::Greater));
        assert_eq!(compare((&Value::Int(7), Column), (&node, Literal)), Some(Ordering::Less));
        assert_eq!(compare((&Value::Int(9), Column), (&text, Literal)), Some(Ordering::Less));
        assert_eq!(compare((&Value::Null, Column), (&text, Literal)), None);
    }

    #[test]
    fn texts_sort_bytewise() {
        let (ten, two) = (Value::Text("node10".into()), Value::Text("node2".into()));
        assert_eq!(ten.sort_order(&two), Ordering::Less);
        assert_eq!(Value::Real(1.5).sort_order(&Value::Int(1)), Ordering::Greater);
    }
}
