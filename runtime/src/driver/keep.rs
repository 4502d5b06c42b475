//! What a cycle leaves behind, in one transaction, before anything of it is sent. Sends nothing.

use std::collections::BTreeMap;

use gleaner_core::backend::memory::Memory;
use gleaner_core::decision::{Action, Decision};
use gleaner_core::ids::{ClusterId, CommandId};
use gleaner_core::record::RecordedCommand;

use crate::driver::backend::GridBackend;
use crate::driver::orders;
use crate::failpoint;
use crate::store::error::StoreError;
use crate::store::journal::{self, CycleId, Intent};
use crate::store::rows::{Line, clusters, events};
use crate::store::{retention, submissions};

impl GridBackend {
    /// Writes it; returns the intents of the commands that may now be sent.
    pub(super) fn keep_cycle(
        &mut self,
        decision: &Decision,
        memory: Memory<'_>,
    ) -> Result<BTreeMap<CommandId, Intent>, StoreError> {
        let GridBackend { store, rows, told, settings, open, clocks, clock, .. } = self;
        let at = told.at;
        let epoch = store.epoch().clone();
        let due = self.since_checkpoint + 1 >= settings.checkpoint_cycles;
        // Another file takes it in before this one lets it go.
        let old = if due { store.forgettable(at.now - settings.keep_journal)? } else { None };
        let transaction = store.begin()?;
        let reported = &told.facts[told.asked..];
        let last_fact = journal::put_facts(&transaction, self.last_fact, reported)?;
        let cycle = CycleId(self.cycle.0 + 1);
        let recorded: Vec<RecordedCommand> = decision.commands.iter().map(Into::into).collect();
        journal::put_cycle(&transaction, cycle, at.now, last_fact, &told.snapshots, &recorded)?;
        journal::put_clock_record(&transaction, &clock.record(at))?;
        if let Some(step_s) = told.step_s {
            events::clock_step(&transaction, step_s, at.date)?;
        }
        rows.facts(&transaction, &told.facts, at)?;
        rows.notes(&transaction, &told.notes)?;
        let answered = orders::answered(&told.facts, open, memory);
        for command in &answered {
            journal::drop_intent(&transaction, *command)?;
        }
        let mut intents = BTreeMap::new();
        for (command, recorded) in decision.commands.iter().zip(recorded) {
            let first_job = rows.command(&transaction, command, at.date)?;
            if !orders::has_owner(command) {
                // Nobody would ever answer.
                continue;
            }
            let ahead_s = clocks.get(&command.cluster).copied();
            let intent = orders::intent(recorded, first_job, at.now, settings, &epoch, ahead_s);
            journal::put_intent(&transaction, &intent)?;
            if let Action::Submit(submission) = &command.action {
                let campaign = submission.campaign;
                submissions::put(&transaction, command.id, command.cluster, campaign)?;
            }
            intents.insert(command.id, intent);
        }
        let lines = rows.report(&transaction, &decision.report, memory.clusters(), at)?;
        rows.activity(&transaction, memory)?;
        for (id, _) in ClusterId::with_each(memory.clusters()) {
            let seen = told.snapshots.iter().find(|snapshot| snapshot.cluster == id);
            clusters::put(&transaction, memory, id, seen, at)?;
        }
        if due {
            let saved = memory.checkpoint();
            journal::put_checkpoint(&transaction, cycle, last_fact, false, &saved)?;
            if let Some(old) = &old {
                journal::forget(&transaction, old)?;
            }
            let kept = at.now - settings.keep_campaigns;
            retention::forget_campaigns(&transaction, kept, |campaign| memory.is_open(campaign))?;
        }
        failpoint::hit("before-commit");
        transaction.commit().map_err(StoreError::doing("commit a cycle"))?;
        lines.iter().for_each(Line::log);
        store.note(cycle);
        self.shown = std::time::Instant::now();
        self.since_checkpoint = if due { 0 } else { self.since_checkpoint + 1 };
        self.last_fact = last_fact;
        self.cycle = cycle;
        for command in answered {
            open.remove(&command);
        }
        open.extend(intents.values().map(|intent| (intent.command.id, intent.command.cluster)));
        failpoint::hit("after-intent");
        Ok(intents)
    }
}
