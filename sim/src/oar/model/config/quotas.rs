//! Quotas as configured: rules `"queue,project,type,user": [resources, jobs, resource hours]` and when they
//! hold. Written down only; what they allow is decided elsewhere.

use crate::oar::model::error::OarError;
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
    pub(in crate::oar) fn whole(self, all: i64) -> i64 {
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
