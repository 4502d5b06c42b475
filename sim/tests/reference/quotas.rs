//! Quotas of the plain pass, without calendar: all counters of all slots.

use gleaner_oar::job_type::JobType;
use gleaner_sim::oar::model::config::quotas::{Limit, QuotaSettings};
use gleaner_sim::oar::model::job::Job;
use std::collections::BTreeMap;

/// Queue, project, type, user; `*` for all together.
pub(crate) type Key = [String; 4];

#[derive(Clone, Default)]
pub(crate) struct Counters(BTreeMap<Key, [i64; 3]>);

impl Counters {
    pub(crate) fn add(&mut self, keys: &[Key], amounts: [i64; 3]) {
        for key in keys {
            let used = self.0.entry(key.clone()).or_default();
            for (used, amount) in used.iter_mut().zip(amounts) {
                *used += amount;
            }
        }
    }
}

/// Types that count, in order.
fn words(job: &Job) -> Vec<String> {
    let hidden = |kind: &&JobType| {
        matches!(
            kind,
            JobType::Timesharing(..)
                | JobType::Placeholder(_)
                | JobType::Allow(_)
                | JobType::NoQuotas
        )
    };
    job.types.iter().filter(|kind| !hidden(kind)).map(|kind| kind.word().to_owned()).collect()
}

/// Counters a job feeds.
pub(crate) fn keys(settings: &QuotaSettings, job: &Job) -> Vec<Key> {
    keys_of(settings, &job.queue, &job.project, &job.user, &words(job))
}

pub(crate) fn keys_of(
    settings: &QuotaSettings,
    queue: &str,
    project: &str,
    user: &str,
    types: &[String],
) -> Vec<Key> {
    let mut keys = Vec::new();
    let counted = settings.job_types.iter().filter(|kind| types.contains(kind));
    for kind in std::iter::once("*").chain(counted.map(String::as_str)) {
        for queue in ["*", queue] {
            for project in ["*", project] {
                for user in ["*", user] {
                    keys.push([queue, project, kind, user].map(str::to_owned));
                }
            }
        }
    }
    keys
}

/// Whether a job fits beside what a window's slots count; each slot with its seconds.
pub(crate) fn allow<'a>(
    settings: &QuotaSettings,
    job: &Job,
    slots: impl Iterator<Item = (i64, &'a Counters)>,
    real: bool,
    amounts: [i64; 3],
    all: i64,
) -> bool {
    let kind = words(job).first().cloned().unwrap_or_else(|| "*".to_owned());
    let names = [job.queue.to_string(), job.project.to_string(), kind, job.user.to_string()];
    let mut path: Vec<String> = Vec::new();
    let mut key: Vec<String> = Vec::new();
    for (depth, name) in names.iter().enumerate() {
        let choice = [name.as_str(), "/", "*"].into_iter().find(|choice| {
            let fits = |rule: &&gleaner_sim::oar::model::config::quotas::Rule| {
                rule.fields[..depth] == path[..] && rule.fields[depth] == *choice
            };
            settings.rules.iter().any(|rule| fits(&rule))
        });
        let Some(choice) = choice else { return true };
        path.push(choice.to_owned());
        let substituted = if choice == "/" && depth != 2 { name.as_str() } else { choice };
        key.push(substituted.to_owned());
    }
    let key: Key = key.try_into().expect("four fields were walked");
    if !keys(settings, job).contains(&key) {
        return true;
    }
    let rule = settings
        .rules
        .iter()
        .rfind(|rule| rule.fields[..] == path[..])
        .expect("four fields were walked");
    let mut used = [0; 3];
    for (seconds, counters) in slots {
        let here = counters.0.get(&key).copied().unwrap_or_default();
        let surface = if real { here[2] } else { here[0] * seconds };
        used = [used[0].max(here[0]), used[1].max(here[1]), used[2] + surface];
    }
    (0..3).all(|i| {
        let limit = match rule.limits[i] {
            Limit::Fixed(number) => number as i64,
            Limit::PartOfAll(part) => (part * all as f64) as i64,
        };
        let limit = if i == 2 { limit * 3600 } else { limit };
        limit < 0 || used[i] + amounts[i] <= limit
    })
}
