//! Quotas: which rule applies to a job, and counters per slot of what runs. Knows slots only as
//! something that has counters.

pub mod calendar;
pub mod rules;

use crate::oar::model::config::Config;
use crate::oar::model::job::Job;
use crate::oar::model::slots::SlotSet;
use crate::oar::model::slots::counts::{Amounts, Key, RulesId, SlotCounts, UNSLICED};
use calendar::Calendar;
use gleaner_oar::job_type::JobType;
use rules::{RuleSet, Scope, intern};
use std::collections::BTreeMap;
use std::ops::Range;

/// What quotas need to know of a job.
#[derive(Debug, Clone)]
pub struct Consumer {
    /// Queue, project, user by number.
    queue: u32,
    project: u32,
    user: u32,
    /// First type by number, if any.
    first_type: Option<u32>,
    /// Counters the job feeds.
    keys: Vec<Key>,
    /// Whether the job is checked at all.
    pub checked: bool,
    /// Whether the job is counted (containers are not).
    pub counted: bool,
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
        Some(Self { sets, default, calendar, job_types, names, real: config.is_real(), scopes })
    }

    /// The calendar, if quotas change with time.
    #[must_use]
    pub fn calendar(&self) -> Option<&Calendar> {
        self.calendar.as_ref()
    }

    /// What quotas need to know of a job.
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
        let mut consumer = Consumer {
            queue,
            project,
            user,
            first_type: types.first().copied(),
            keys: Vec::new(),
            checked: !job.types.contains(&JobType::NoQuotas),
            counted: job.container().is_none(),
        };
        consumer.keys = self.keys(&consumer, &types);
        consumer
    }

    /// The consumer that stands for resources that go away: OAR counts it like a job of the queue
    /// `default`, of nobody.
    pub fn absence(&mut self) -> Consumer {
        let [queue, nobody] = ["default", ""].map(|name| intern(&mut self.names, name));
        let mut consumer = Consumer {
            queue,
            project: nobody,
            user: nobody,
            first_type: None,
            keys: Vec::new(),
            checked: false,
            counted: true,
        };
        consumer.keys = self.keys(&consumer, &[]);
        consumer
    }

    /// Counters a job feeds, of those that some rule can ask for.
    fn keys(&self, who: &Consumer, types: &[u32]) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::new();
        for &[queue, project, kind, user] in &self.scopes {
            let counted_type = match kind {
                Scope::All => Some(0),
                Scope::Each => None,
                Scope::One(name) => {
                    (self.job_types.contains(&name) && types.contains(&name)).then_some(name)
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
        slots.start_counting(SlotCounts { rules, used: BTreeMap::new() });
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

    /// Whether a job that uses `amounts` for a time from the first of these slots on may run.
    #[must_use]
    pub fn allow(
        &self,
        slots: &SlotSet,
        window: Range<usize>,
        who: &Consumer,
        amounts: Amounts,
        width_s: i64,
    ) -> bool {
        let mut seen: Vec<RulesId> = Vec::new();
        for index in window.clone() {
            let rules = slots.counts(index).rules;
            if !seen.contains(&rules) {
                seen.push(rules);
            }
        }
        seen.iter()
            .all(|&rules| self.allow_under(slots, window.clone(), who, (amounts, width_s), rules))
    }

    fn allow_under(
        &self,
        slots: &SlotSet,
        window: Range<usize>,
        who: &Consumer,
        (amounts, width_s): (Amounts, i64),
        rules: RulesId,
    ) -> bool {
        let set = self.sets.get(rules).unwrap_or(&self.sets[self.default]);
        let first_type = who.first_type.unwrap_or(0);
        let rule = set.applicable([who.queue, who.project, first_type, who.user]);
        let Some((limits, key)) = rule.filter(|(_, key)| who.keys.contains(key)) else {
            return true;
        };
        let mut used: Amounts = [0; 3];
        let window_end = slots.begin(window.start).saturating_add(width_s);
        for index in window {
            let counts = slots.counts(index);
            if counts.rules == rules
                && let Some(here) = counts.used.get(&key)
            {
                let seconds = slots.end(index).min(window_end) - slots.begin(index);
                let surface = match self.real {
                    true => here[2],
                    false => here[0].saturating_mul(seconds),
                };
                used = [used[0].max(here[0]), used[1].max(here[1]), used[2] + surface];
            }
        }
        (0..3).all(|i| limits[i] < 0 || used[i] + amounts[i] <= limits[i])
    }
}

impl Consumer {
    /// Adds a running job to the counters of some slots.
    pub fn count(&self, slots: &mut SlotSet, window: Range<usize>, amounts: Amounts) {
        if !self.counted {
            return;
        }
        for index in window {
            let counts = slots.counts_mut(index);
            for key in &self.keys {
                let used = counts.used.entry(*key).or_default();
                for (used, amount) in used.iter_mut().zip(amounts) {
                    *used += amount;
                }
            }
        }
    }
}
