//! A named column of values: a list, a range of numbers, or a law by which numbers are drawn. Knows no other column.

use serde_json::Value;

use crate::jdl::params::made::chance::Chance;

/// The most decimals of a range's numbers.
const DECIMALS_MAX: usize = 9;

/// A column.
#[derive(Debug)]
pub(super) struct Column {
    /// Its name.
    pub(super) name: Box<str>,
    values: Values,
}

#[derive(Debug)]
enum Values {
    /// These texts.
    Listed(Vec<Box<str>>),
    /// `first + step * k` for k below `count`, in units of the last of so many decimals.
    Range { first: i64, step: i64, count: u64, decimals: usize },
    /// Drawn evenly between both.
    Uniform(f64, f64),
    /// Whole numbers, drawn evenly, both ends included.
    Integer(i64, i64),
}

const RANGE: &str = "expected a range, as `0..9` or `0..90:10`, both ends included";
const LAW: &str = "expected `uniform:LOW,HIGH`, `integer:LOW,HIGH`, or a list to choose from";

impl Column {
    /// Reads `0..9`, `0..90:10`, `0..1:0.25`, or the same with a name, `i=0..9`; the usual name is `i`.
    pub(super) fn range(text: &str) -> Result<Column, String> {
        let (name, range) = text.split_once('=').unwrap_or(("i", text));
        Column::new(name.trim(), range_of(range.trim()).ok_or_else(|| wrong("range", text, RANGE))?)
    }

    /// Reads the values of a column of `cross`: a list, or a range.
    pub(super) fn listed(name: &str, values: &Value) -> Result<Column, String> {
        let path = format!("cross.{name}");
        let values = match values {
            Value::Array(list) => Values::Listed(texts(&path, list)?),
            Value::String(text) => range_of(text).ok_or_else(|| wrong(&path, text, RANGE))?,
            other => {
                return Err(wrong(
                    &path,
                    &other.to_string(),
                    "expected a list of values, or a range",
                ));
            }
        };
        Column::new(name, values)
    }

    /// Reads the law of a column of `draw`.
    pub(super) fn drawn(name: &str, law: &Value) -> Result<Column, String> {
        let path = format!("draw.{name}");
        let values = match law {
            Value::Array(list) => Values::Listed(texts(&path, list)?),
            Value::String(text) => law_of(text).ok_or_else(|| wrong(&path, text, LAW))?,
            other => return Err(wrong(&path, &other.to_string(), LAW)),
        };
        Column::new(name, values)
    }

    fn new(name: &str, values: Values) -> Result<Column, String> {
        let good = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || !name.chars().all(good) {
            return Err(format!(
                "`{name}` cannot name a value of `params`: take letters, digits, `_` and `-`"
            ));
        }
        Ok(Column { name: name.into(), values })
    }

    /// Returns how many values it has; those that are drawn count as one.
    pub(super) fn len(&self) -> u64 {
        match &self.values {
            Values::Listed(list) => list.len() as u64,
            Values::Range { count, .. } => *count,
            Values::Uniform(..) | Values::Integer(..) => 1,
        }
    }

    /// Writes a value over a text.
    pub(super) fn write(&self, index: u64, text: &mut String) {
        text.clear();
        match &self.values {
            Values::Listed(list) => {
                text.push_str(
                    usize::try_from(index)
                        .ok()
                        .and_then(|at| list.get(at))
                        .map_or("", |value| value),
                );
            }
            Values::Range { first, step, decimals, .. } => {
                let at = i128::from(*first) + i128::from(*step) * i128::from(index);
                text.push_str(&decimal(at, *decimals));
            }
            Values::Uniform(..) | Values::Integer(..) => {}
        }
    }

    /// Writes a value that is drawn over a text.
    pub(super) fn draw(&self, chance: &mut Chance, text: &mut String) {
        match &self.values {
            Values::Listed(list) => self.write(chance.below(list.len() as u64), text),
            Values::Range { count, .. } => self.write(chance.below(*count), text),
            Values::Uniform(low, high) => {
                let drawn = low + (high - low) * chance.unit();
                *text = drawn.to_string();
            }
            Values::Integer(low, high) => {
                let count = high.abs_diff(*low).saturating_add(1);
                let at = i128::from(*low) + i128::from(chance.below(count));
                *text = at.to_string();
            }
        }
    }
}

fn wrong(path: &str, found: &str, expected: &str) -> String {
    format!("`params.{path}` is `{found}`, {expected}")
}

/// The values of a list as texts.
fn texts(path: &str, list: &[Value]) -> Result<Vec<Box<str>>, String> {
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.as_str().into()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string().into()),
        other => Err(wrong(path, &other.to_string(), "expected texts and numbers")),
    };
    if list.is_empty() {
        return Err(wrong(path, "[]", "expected at least one value"));
    }
    list.iter().map(text).collect()
}

/// Reads a range: `first..last`, and `:step`.
fn range_of(text: &str) -> Option<Values> {
    let (first, rest) = text.split_once("..")?;
    let (last, step) = rest.split_once(':').unwrap_or((rest, "1"));
    let decimals = [first, last, step].map(decimals_of).into_iter().max()?;
    if decimals > DECIMALS_MAX {
        return None;
    }
    let [first, last, step] = [first, last, step].map(|number| scaled(number.trim(), decimals));
    let (first, last, step) = (first?, last?, step?);
    let upwards = (last >= first && step > 0) || (last <= first && step < 0);
    let count = last.abs_diff(first).checked_div(step.unsigned_abs())?.checked_add(1)?;
    upwards.then_some(Values::Range { first, step, count, decimals })
}

fn decimals_of(number: &str) -> usize {
    number.trim().split_once('.').map_or(0, |(_, decimals)| decimals.len())
}

/// A decimal number in units of its last decimal.
fn scaled(number: &str, decimals: usize) -> Option<i64> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let all = digits.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit());
    if digits.is_empty() || !all || (number.contains('.') && part.is_empty()) {
        return None;
    }
    let zeros = "0".repeat(decimals.checked_sub(part.len())?);
    format!("{whole}{part}{zeros}").parse().ok()
}

/// Writes a number that is counted in units of its last decimal.
fn decimal(value: i128, decimals: usize) -> String {
    if decimals == 0 {
        return value.to_string();
    }
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = decimals + 1);
    let (whole, part) = digits.split_at(digits.len() - decimals);
    format!("{}{whole}.{part}", if value < 0 { "-" } else { "" })
}

/// Reads `uniform:0,1` or `integer:1,6`.
fn law_of(text: &str) -> Option<Values> {
    let (law, bounds) = text.split_once(':')?;
    let (low, high) = bounds.split_once(',')?;
    let (low, high) = (low.trim(), high.trim());
    match law.trim() {
        "uniform" => {
            let (low, high): (f64, f64) = (low.parse().ok()?, high.parse().ok()?);
            let good = low <= high && (high - low).is_finite();
            good.then_some(Values::Uniform(low, high))
        }
        "integer" => {
            let (low, high): (i64, i64) = (low.parse().ok()?, high.parse().ok()?);
            (low <= high).then_some(Values::Integer(low, high))
        }
        _ => None,
    }
}
