//! Quota rules: `"queue,project,type,user": [resources, jobs, resource hours]`, and which of them
//! applies to a job. Knows no slots.

use super::Key;
use crate::oar::error::OarError;
use std::collections::BTreeMap;

/// A limit as written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// A number; negative for none.
    Fixed(f64),
    /// This part of all resources.
    PartOfAll(f64),
}

impl Limit {
    /// Reads `12`, `ALL` or `0.5*ALL`.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<Self, OarError> {
        let error = || OarError::Quota {
            what: "limit",
            text: text.to_owned(),
            must: "a number, `ALL` or `number*ALL`",
        };
        let number = |text: &str| {
            text.trim().parse::<f64>().ok().filter(|n| n.is_finite()).ok_or_else(error)
        };
        match text.split_once('*') {
            Some((part, all)) if all.trim() == "ALL" => Ok(Self::PartOfAll(number(part)?)),
            Some(_) => Err(error()),
            None if text.trim() == "ALL" => Ok(Self::PartOfAll(1.0)),
            None => Ok(Self::Fixed(number(text)?)),
        }
    }

    /// The whole number it stands for.
    #[expect(clippy::cast_possible_truncation, reason = "OAR cuts fractions; casts saturate")]
    #[expect(clippy::cast_precision_loss, reason = "clusters have far less than 2^52 resources")]
    fn whole(self, all: i64) -> i64 {
        match self {
            Self::Fixed(number) => number as i64,
            Self::PartOfAll(part) => (part * all as f64) as i64,
        }
    }
}

/// A rule as written.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Queue, project, type, user; each a name, `*` or `/`.
    pub fields: [String; 4],
    /// Resources, jobs, resource hours.
    pub limits: [Limit; 3],
}

impl Rule {
    /// Reads the four fields.
    ///
    /// # Errors
    /// Not four fields.
    pub fn parse(fields: &str, limits: [Limit; 3]) -> Result<Self, OarError> {
        let parts: Vec<String> = fields.split(',').map(|part| part.trim().to_owned()).collect();
        let fields = <[String; 4]>::try_from(parts).map_err(|_| OarError::Quota {
            what: "rule",
            text: fields.to_owned(),
            must: "four fields `queue,project,type,user`",
        })?;
        Ok(Self { fields, limits })
    }
}

/// A period of the week and its rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Weekly {
    /// First second, counted from Monday 00:00.
    pub begin_s: i64,
    /// Length in seconds.
    pub lasts_s: i64,
    /// Name of the set of rules.
    pub rules: String,
}

/// A period of its own and its rules.
#[derive(Debug, Clone, PartialEq)]
pub struct OneShot {
    /// First second.
    pub begin: i64,
    /// First second after it.
    pub end: i64,
    /// Name of the set of rules.
    pub rules: String,
}

/// Quotas as configured.
#[derive(Debug, Clone, PartialEq)]
pub struct QuotaSettings {
    /// Rules outside any period.
    pub rules: Vec<Rule>,
    /// Named sets of rules.
    pub rule_sets: BTreeMap<String, Vec<Rule>>,
    /// Periods of the week.
    pub weekly: Vec<Weekly>,
    /// Rules for the rest of the week, by name.
    pub weekly_default: Option<String>,
    /// Periods of their own, in order of begin.
    pub oneshots: Vec<OneShot>,
    /// Types counted apart.
    pub job_types: Vec<String>,
    /// Slots are cut by the calendar this far beyond the begin of the week, in seconds.
    pub period_s: i64,
    /// No window of a checked job may end later than this after its begin, in seconds.
    pub window_limit_s: i64,
}

impl Default for QuotaSettings {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            rule_sets: BTreeMap::new(),
            weekly: Vec::new(),
            weekly_default: None,
            oneshots: Vec::new(),
            job_types: Vec::new(),
            period_s: 15 * 86_400,
            window_limit_s: 60 * 86_400,
        }
    }
}

/// One field of a compiled rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// All together.
    All,
    /// Each for itself.
    Each,
    /// This one.
    One(u32),
}

impl Scope {
    fn compile(field: &str, names: &mut BTreeMap<String, u32>) -> Self {
        match field {
            "*" => Self::All,
            "/" => Self::Each,
            name => Self::One(super::intern(names, name)),
        }
    }

    /// Number under which a job of this name is counted, if at all.
    #[must_use]
    pub fn of(self, name: u32) -> Option<u32> {
        match self {
            Self::All => Some(0),
            Self::Each => Some(name),
            Self::One(one) => (one == name).then_some(name),
        }
    }
}

/// Compiled rules: limits by queue, project, type and user.
#[derive(Debug)]
pub struct RuleSet {
    rules: BTreeMap<[Scope; 4], [i64; 3]>,
}

impl RuleSet {
    /// Compiles rules; of two with the same fields the last counts. Hours become seconds.
    pub(super) fn compile(rules: &[Rule], all: i64, names: &mut BTreeMap<String, u32>) -> Self {
        let compiled = rules.iter().map(|rule| {
            let fields = rule.fields.each_ref().map(|field| Scope::compile(field, names));
            let [resources, jobs, hours] = rule.limits.map(|limit| limit.whole(all));
            (fields, [resources, jobs, hours.saturating_mul(3600)])
        });
        Self { rules: compiled.collect() }
    }

    /// The fields of all rules.
    pub(super) fn scopes(&self) -> impl Iterator<Item = [Scope; 4]> + '_ {
        self.rules.keys().copied()
    }

    /// Limits that apply to a job given by numbers, and the counter they are about. At each field
    /// the exact name is preferred to `/`, and that to `*`; there is no way back from a branch.
    /// A type of `/` counts nothing, so no counter is about it.
    pub(super) fn applicable(&self, job: [u32; 4]) -> Option<([i64; 3], Key)> {
        let mut fields: Vec<Scope> = Vec::with_capacity(4);
        let mut key: Key = [0; 4];
        for (depth, name) in job.into_iter().enumerate() {
            // A job without type asks for `*` by name.
            let choices = match name {
                0 => [Scope::All, Scope::Each, Scope::All],
                name => [Scope::One(name), Scope::Each, Scope::All],
            };
            let chosen = choices.into_iter().find(|choice| {
                fields.push(*choice);
                let known = self.rules.keys().any(|rule| rule[..=depth] == fields[..]);
                fields.pop();
                known
            })?;
            fields.push(chosen);
            key[depth] = match chosen {
                Scope::All => 0,
                Scope::Each if depth == 2 => 1,
                Scope::Each | Scope::One(_) => name,
            };
        }
        let fields: [Scope; 4] = fields.try_into().ok()?;
        self.rules.get(&fields).map(|limits| (*limits, key))
    }
}
