//! Order of the waiting jobs: submission, karma, or multifactor priority. Knows no resources.

use crate::oar::model::config::{Fairshare, JobPriority, Multifactor};
use crate::oar::model::ids::{Date, JobId};
use crate::oar::model::state::{AccountingRow, Consumption, State};
use std::collections::BTreeMap;

/// A waiting job: id and index in the table.
pub(super) type Candidate = (JobId, u32);

/// Sorts candidates, which come by id, as the priority says. Stable.
pub(super) fn sort(
    candidates: &mut [Candidate],
    state: &State,
    queues: &[usize],
    priority: &JobPriority,
    now: Date,
) {
    match priority {
        JobPriority::Fifo => {}
        JobPriority::Fairshare(settings) => {
            let sums = Sums::of(state, queues, settings, now);
            sort_by(candidates, |entry_index| sums.karma(state, entry_index, settings));
        }
        JobPriority::Multifactor(settings) => {
            let sums = Sums::of(state, queues, &settings.fairshare, now);
            sort_by(candidates, |entry_index| -weigh(state, entry_index, settings, &sums, now));
        }
    }
}

fn sort_by(candidates: &mut [Candidate], key: impl Fn(u32) -> f64) {
    // Adding zero makes no difference between -0 and 0.
    candidates.sort_by_cached_key(|(_, entry_index)| OrderedKey(key(*entry_index) + 0.0));
}

/// A number that can be sorted by.
#[derive(PartialEq)]
struct OrderedKey(f64);

impl Eq for OrderedKey {}

impl PartialOrd for OrderedKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OrderedKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Sums of the accounting window, in resource-seconds.
struct Sums<'a> {
    asked: f64,
    used: f64,
    used_by_project: BTreeMap<&'a str, f64>,
    used_by_user: BTreeMap<&'a str, f64>,
    asked_by_user: BTreeMap<&'a str, f64>,
}

impl<'a> Sums<'a> {
    fn of(state: &'a State, queues: &[usize], settings: &Fairshare, now: Date) -> Self {
        let in_queues = |row: &&AccountingRow| {
            queues.iter().any(|index| state.queues[*index].name == row.queue)
        };
        let recent = |row: &&AccountingRow| row.window_start.0 >= now.0 - settings.window_s;
        let rows: Vec<_> = state.accounting.iter().filter(in_queues).filter(recent).collect();
        let sum = |kind: Consumption, key: &dyn Fn(&'a AccountingRow) -> &'a str, last: i64| {
            let mut sums: BTreeMap<&'a str, i64> = BTreeMap::new();
            for row in rows.iter().filter(|row| row.kind == kind && row.window_stop.0 <= last) {
                *sums.entry(key(row)).or_default() += row.consumption;
            }
            sums.into_iter().map(|(key, sum)| (key, as_float(sum))).collect::<BTreeMap<_, _>>()
        };
        // Users are summed up to and including now, the rest up to the second before.
        let total = |kind| {
            let sums = sum(kind, &|_| "", now.0 - 1);
            sums.values().next().copied().filter(|total| *total != 0.0).unwrap_or(1.0)
        };
        Self {
            asked: total(Consumption::Asked),
            used: total(Consumption::Used),
            used_by_project: sum(Consumption::Used, &|row| &row.project, now.0 - 1),
            used_by_user: sum(Consumption::Used, &|row| &row.user, now.0),
            asked_by_user: sum(Consumption::Asked, &|row| &row.user, now.0),
        }
    }

    /// OAR 3's karma (`oar/kao/karma.py`): shares of the total beyond the targets, weighted. The
    /// order of operations is kept, since ties decide.
    fn karma(&self, state: &State, entry_index: u32, settings: &Fairshare) -> f64 {
        let job = &state.table.entry(entry_index).job;
        let of = |sums: &BTreeMap<&str, f64>, name: &str| sums.get(name).copied().unwrap_or(0.0);
        let target = |targets: &BTreeMap<String, f64>, name: &str| {
            targets.get(name).copied().unwrap_or(0.0) / 100.0
        };
        let project_target = target(&settings.project_targets, &job.project);
        let user_target = target(&settings.user_targets, &job.user);
        let project_share = of(&self.used_by_project, &job.project) / self.used;
        let user_share = of(&self.used_by_user, &job.user) / self.used;
        let asked_share = of(&self.asked_by_user, &job.user) / self.asked;
        let project = settings.coef_project * (project_share - project_target);
        let user = settings.coef_user * (user_share - user_target);
        let asked = settings.coef_user_ask * (asked_share - user_target);
        project + user + asked
    }
}

/// OAR 3's weighted sum (`oar/kao/multifactor_priority.py`).
fn weigh(
    state: &State,
    entry_index: u32,
    settings: &Multifactor,
    sums: &Sums<'_>,
    now: Date,
) -> f64 {
    let job = &state.table.entry(entry_index).job;
    let age = as_float(now.0 - job.submission.0);
    let mut priority = settings.age_weight * (settings.age_coef * age).max(1.0);
    if settings.queue_weight > 0.0
        && let Some(coefficient) = settings.queue_coefs.get(&*job.queue)
    {
        priority += settings.queue_weight * coefficient;
    }
    let karma = sums.karma(state, entry_index, &settings.fairshare);
    priority + settings.karma_weight * (1.0 / (1.0 + karma))
}

#[expect(clippy::cast_precision_loss, reason = "OAR computes with doubles too")]
fn as_float(number: i64) -> f64 {
    number as f64
}
