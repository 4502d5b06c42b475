//! Quotas: which rule applies to a job, and what it counts of what runs. Knows slots only as
//! something that has counters.

mod allow;
pub mod calendar;
pub mod rules;

use crate::oar::model::config::Config;
use crate::oar::model::job::Job;
use crate::oar::model::slots::SlotSet;
use crate::oar::model::slots::counts::{Amounts, Counter, RulesId, UNSLICED};
use calendar::Calendar;
use gleaner_oar::job_type::JobType;
use rules::{Key, RuleSet, Scope, intern};
use std::collections::BTreeMap;
use std::ops::Range;

/// Who uses resources, as far as quotas are concerned.
#[derive(Debug, Clone, Copy)]
pub struct Consumer {
    /// Number of the class.
    class: usize,
    /// Whether the job is checked at all.
    pub checked: bool,
    /// Whether the job is counted (containers are not).
    counted: bool,
}

/// Jobs that are the same for all rules: queue, project and user by number, and types in order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Who {
    queue: u32,
    project: u32,
    user: u32,
    types: Vec<u32>,
}

/// What rules mean for jobs that are the same for them.
#[derive(Debug)]
struct Class {
    /// Counters the jobs feed.
    counters: Vec<Counter>,
    /// The limits of each set of rules, if any.
    bounds: Vec<Option<Bound>>,
}

/// A limit, and the counter it is about.
#[derive(Debug, Clone, Copy)]
struct Bound {
    counter: Counter,
    /// Resources, jobs, resource-seconds; negative for none.
    limits: Amounts,
}

/// Rules compiled for one pass.
#[derive(Debug)]
pub struct Quotas {
    sets: Vec<RuleSet>,
    default: RulesId,
    calendar: Option<Calendar>,
    /// Types counted apart, by number.
    job_types: Vec<u32>,
    names: BTreeMap<String, u32>,
    /// OAR adds up each slot's counter of resource-seconds, so that a job counts once per slot it
    /// lasts; meant is the surface used.
    real: bool,
    /// All rules' scopes: only counters that a rule can ask for are kept.
    scopes: Vec<[Scope; 4]>,
    numbers: BTreeMap<Who, usize>,
    classes: Vec<Class>,
    counters: BTreeMap<Key, Counter>,
}

impl Quotas {
    /// Compiles the settings; `all` is the number that `ALL` stands for.
    #[must_use]
    pub fn compile(config: &Config, all: i64) -> Option<Self> {
        let settings = config.quotas.as_ref()?;
        let mut names = BTreeMap::from([("*".to_owned(), 0), ("/".to_owned(), 1)]);
        let mut sets = Vec::new();
        let mut numbers = BTreeMap::new();
        for (name, rules) in &settings.rule_sets {
            numbers.insert(name.clone(), sets.len());
            sets.push(RuleSet::compile(rules, all, &mut names));
        }
        let default = sets.len();
        sets.push(RuleSet::compile(&settings.rules, all, &mut names));
        let mut scopes: Vec<_> = sets.iter().flat_map(RuleSet::scopes).collect();
        scopes.sort_unstable();
        scopes.dedup();
        let job_types = settings.job_types.iter().map(|word| intern(&mut names, word)).collect();
        let calendar = Calendar::compile(settings, &numbers, default, config.is_real());
        Some(Self {
            sets,
            default,
            calendar,
            job_types,
            names,
            real: config.is_real(),
            scopes,
            numbers: BTreeMap::new(),
            classes: Vec::new(),
            counters: BTreeMap::new(),
        })
    }

    /// The calendar, if quotas change with time.
    #[must_use]
    pub fn calendar(&self) -> Option<&Calendar> {
        self.calendar.as_ref()
    }

    /// Who a job is.
    pub fn consumer(&mut self, job: &Job) -> Consumer {
        let plain = |kind: &&JobType| {
            !matches!(
                kind,
                JobType::Timesharing(..)
                    | JobType::Placeholder(_)
                    | JobType::Allow(_)
                    | JobType::NoQuotas
            )
        };
        let words = job.types.iter().filter(plain).map(JobType::word);
        let types: Vec<u32> = words.map(|word| intern(&mut self.names, word)).collect();
        let [queue, project, user] =
            [&*job.queue, &*job.project, &*job.user].map(|name| intern(&mut self.names, name));
        Consumer {
            class: self.class(Who { queue, project, user, types }),
            checked: !job.types.contains(&JobType::NoQuotas),
            counted: job.container().is_none(),
        }
    }

    /// The consumer that stands for resources that go away: OAR counts it like a job of the queue
    /// `default`, of nobody.
    pub fn absence(&mut self) -> Consumer {
        let [queue, nobody] = ["default", ""].map(|name| intern(&mut self.names, name));
        let who = Who { queue, project: nobody, user: nobody, types: Vec::new() };
        Consumer { class: self.class(who), checked: false, counted: true }
    }

    /// The number of a class; a new one is compiled.
    fn class(&mut self, who: Who) -> usize {
        if let Some(number) = self.numbers.get(&who) {
            return *number;
        }
        let keys = self.keys(&who);
        let mut number = |key: Key| {
            let next = self.counters.len();
            *self.counters.entry(key).or_insert(next)
        };
        let counters: Vec<Counter> = keys.iter().map(|key| number(*key)).collect();
        let first_type = who.types.first().copied().unwrap_or(0);
        let bound = |set: &RuleSet| {
            let rule = set.applicable([who.queue, who.project, first_type, who.user]);
            let (limits, key) = rule.filter(|(_, key)| keys.contains(key))?;
            let counter = self.counters[&key];
            limits.iter().any(|limit| *limit >= 0).then_some(Bound { counter, limits })
        };
        let bounds = self.sets.iter().map(bound).collect();
        self.classes.push(Class { counters, bounds });
        self.numbers.insert(who, self.classes.len() - 1);
        self.classes.len() - 1
    }

    /// Counters that jobs feed, of those that some rule can ask for.
    fn keys(&self, who: &Who) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::new();
        for &[queue, project, kind, user] in &self.scopes {
            let counted_type = match kind {
                Scope::All => Some(0),
                Scope::Each => None,
                Scope::One(name) => {
                    (self.job_types.contains(&name) && who.types.contains(&name)).then_some(name)
                }
            };
            let key =
                (queue.of(who.queue), project.of(who.project), counted_type, user.of(who.user));
            if let (Some(queue), Some(project), Some(kind), Some(user)) = key {
                keys.push([queue, project, kind, user]);
            }
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Starts counting in a slot set, and cuts it at the borders of the calendar.
    pub fn start(&self, slots: &mut SlotSet) {
        let rules = if self.calendar.is_some() { UNSLICED } else { self.default };
        slots.start_counting(rules);
        if self.calendar.is_some() {
            self.slice(slots, 0);
        }
    }

    /// Cuts an unsliced slot at the borders of the calendar, up to its horizon.
    pub fn slice(&self, slots: &mut SlotSet, index: usize) {
        let Some(calendar) = &self.calendar else {
            return;
        };
        let mut index = index;
        let begin = slots.begin(index);
        let horizon = calendar.horizon(begin);
        let mut period = calendar.at(begin);
        loop {
            let border = slots.begin(index).saturating_add(period.lasts_s);
            if slots.end(index) <= border {
                slots.set_rules(index, period.rules);
                return;
            }
            slots.cut(index, border);
            slots.set_rules(index, period.rules);
            index += 1;
            if border >= horizon {
                return;
            }
            period = calendar.after(border);
        }
    }
}

impl Consumer {
    /// Adds a running job to its counters in some slots.
    pub fn count(self, slots: &mut SlotSet, window: Range<usize>, amounts: Amounts) {
        if self.counted {
            slots.count(window, self.class, amounts);
        }
    }
}
