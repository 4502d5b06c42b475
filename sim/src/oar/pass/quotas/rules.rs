//! Quota rules compiled, and which of them applies to a job. Knows no slots.

use crate::oar::model::config::quotas::Rule;
use std::collections::BTreeMap;

/// A counter's key: queue, project, type, user by number; 0 for `*`.
pub(super) type Key = [u32; 4];

/// The number of a name; a new one gets the next.
pub(super) fn intern(names: &mut BTreeMap<String, u32>, name: &str) -> u32 {
    if let Some(number) = names.get(name) {
        return *number;
    }
    let number = u32::try_from(names.len()).expect("names fit 32 bits");
    names.insert(name.to_owned(), number);
    number
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
            name => Self::One(intern(names, name)),
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
