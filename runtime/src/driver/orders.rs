//! From commands to orders: names, limits of time, and the texts that a cluster needs. Sends nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gleaner_core::backend::memory::Memory;
use gleaner_core::decision::{Action, Command, JobToDelete, Submission, Work};
use gleaner_core::fact::Fact;
use gleaner_core::ids::{ClusterId, CommandId, RemoteJobId, TaskId};
use gleaner_core::jdl::spec::Script;
use gleaner_core::record::{RecordedAction, RecordedCommand};
use gleaner_core::time::Timestamp;

use crate::driver::settings::DriverSettings;
use crate::order::{Batch, BatchTask, BatchWork, Order, OrderAction};
use crate::store::epoch::Epoch;
use crate::store::journal::Intent;
use crate::submission_name;

/// Returns the commands that have had their final answer.
pub(super) fn answered(
    facts: &[Fact],
    open: &BTreeMap<CommandId, ClusterId>,
    memory: Memory<'_>,
) -> BTreeSet<CommandId> {
    let mut answered = answers(facts);
    answered.retain(|command| open.contains_key(command));
    if !answered.is_empty() {
        // A part of the jobs may still have no name.
        for submission in memory.open_submissions() {
            answered.remove(&submission.command);
        }
    }
    answered
}

/// Returns the commands that facts answer.
fn answers(facts: &[Fact]) -> BTreeSet<CommandId> {
    let command = |fact: &Fact| match fact {
        Fact::CommandAccepted { command, .. }
        | Fact::CommandRefused { command, .. }
        | Fact::CommandExpired { command } => Some(*command),
        _ => None,
    };
    facts.iter().filter_map(command).collect()
}

/// Returns what is noted of a command before it is sent. `ahead_s`: the cluster's clock less grid time,
/// if it is known.
pub(super) fn intent(
    command: RecordedCommand,
    first_job: Option<u64>,
    now: Timestamp,
    settings: &DriverSettings,
    epoch: &Epoch,
    ahead_s: Option<i64>,
) -> Intent {
    let name = match &command.action {
        RecordedAction::Submit(submission) => {
            submission_name::name(submission.campaign, epoch, command.id)
        }
        RecordedAction::Cancel { .. } => String::new(),
    };
    let lease_until = now + settings.lease;
    let there = |ahead_s| Timestamp::from_seconds(lease_until.seconds().saturating_add(ahead_s));
    Intent {
        intent_at: now,
        send_before: now + settings.send_within,
        lease_until,
        lease_there: ahead_s.map(there),
        name,
        first_job,
        command,
    }
}

/// Returns whether anybody can carry a command out: a job whose owner nobody knows cannot be
/// deleted.
pub(super) fn has_owner(command: &Command) -> bool {
    match &command.action {
        Action::Submit(_) => true,
        Action::Cancel { jobs } => jobs.iter().any(|unwanted| unwanted.user.is_some()),
    }
}

/// Returns the orders that a command becomes: one, but for jobs of several users that are to be
/// deleted.
pub(super) fn orders(command: &Command, intent: &Intent) -> Vec<Order> {
    let Intent { intent_at, send_before, .. } = intent;
    let order = |action| Order {
        command: command.id,
        intent_at: *intent_at,
        send_before: *send_before,
        action,
    };
    match &command.action {
        Action::Submit(submission) => vec![order(OrderAction::Submit(batch(submission, intent)))],
        Action::Cancel { jobs } => {
            let mut users: BTreeMap<&Arc<str>, Vec<RemoteJobId>> = BTreeMap::new();
            for JobToDelete { job, user } in jobs {
                if let Some(user) = user {
                    users.entry(user).or_default().push(*job);
                }
            }
            let cancel = |(user, jobs)| OrderAction::Cancel { user: Arc::clone(user), jobs };
            users.into_iter().map(cancel).map(order).collect()
        }
    }
}

fn batch(submission: &Submission, intent: &Intent) -> Batch {
    let Submission { campaign, user, work, kind, walltime, settings, cores: _, parameters: _ } =
        submission;
    let script = |script: &Option<Script>| {
        let script = script.as_ref().expect("a script that is to run was in the JDL");
        BatchWork::Script(script.text.to_string())
    };
    let work = match work {
        Work::Tasks(tasks) => {
            let task = |task: &TaskId| BatchTask {
                index: task.index,
                parameter: submission.parameter(*task).unwrap_or_default().into_owned(),
            };
            BatchWork::Tasks(tasks.iter().map(task).collect())
        }
        Work::Prologue => script(&settings.prologue),
        Work::Epilogue => script(&settings.epilogue),
    };
    Batch {
        name: intent.name.clone(),
        user: Arc::clone(user),
        campaign: *campaign,
        kind: *kind,
        walltime: *walltime,
        settings: Arc::clone(settings),
        lease_until: intent.lease_until,
        lease_there: intent.lease_there,
        work,
    }
}
