//! What ended jobs have used, for fair sharing (`oaraccounting`): rows by day, user, project and queue.
//! Where nobody shares fairly, nothing is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::oar::model::config::{Config, JobPriority};
use crate::oar::model::ids::Date;
use crate::oar::model::job::Job;
use crate::oar::model::state::{AccountingRow, Consumption, State};

/// Length of an accounting window (`ACCOUNTING_WINDOW`).
const WINDOW_S: i64 = 86_400;

type Key = (i64, bool, Arc<str>, Arc<str>, Arc<str>);

/// Which row of the state holds what.
#[derive(Clone, Debug, Default)]
pub(super) struct Accounting {
    rows: BTreeMap<Key, usize>,
}

impl Accounting {
    /// Adds what an ended job used and asked for, a row for each day that it touched.
    pub(super) fn note(&mut self, state: &mut State, job: &Job, config: &Config) {
        if config.job_priority == JobPriority::Fifo || job.assigned.is_empty() {
            return;
        }
        let resources = job.assigned.len() as i64;
        let start = job.start.0;
        for (used, seconds) in [(true, job.stop.0 - start), (false, job.assigned_walltime_s())] {
            let mut from = start;
            while from < start + seconds {
                let window = from.div_euclid(WINDOW_S) * WINDOW_S;
                let until = (window + WINDOW_S).min(start + seconds);
                self.add(state, job, window, used, resources.saturating_mul(until - from));
                from = until;
            }
        }
    }

    fn add(&mut self, state: &mut State, job: &Job, window: i64, used: bool, consumption: i64) {
        let names = (Arc::clone(&job.user), Arc::clone(&job.project), Arc::clone(&job.queue));
        let (user, project, queue) = names.clone();
        let key = (window, used, names.0, names.1, names.2);
        if let Some(row) = self.rows.get(&key) {
            state.accounting[*row].consumption += consumption;
            return;
        }
        self.rows.insert(key, state.accounting.len());
        state.add_accounting(AccountingRow {
            window_start: Date(window),
            window_stop: Date(window + WINDOW_S - 1),
            user,
            project,
            queue,
            kind: if used { Consumption::Used } else { Consumption::Asked },
            consumption,
        });
    }
}
