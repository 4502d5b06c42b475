//! `gleaner restore`: puts a backup in the place of the daemon's store, and says what that means.

use gleaner_core::policy::catalogue::Catalogue;
use gleaner_core::time::Timestamp;
use gleaner_runtime::config::Config;
use gleaner_runtime::restore::{FoundJobs, RestoreError, Restored, restore};
use gleaner_runtime::store::error::StoreError;

use crate::args::daemon::journal::RestoreArgs;
use crate::daemon::check::read;
use crate::daemon::clusters;
use crate::daemon::replay::not_a_store;
use crate::failure::{AWAY, BAD_INPUT, FAILED, Failure, REFUSED};
use crate::output;

/// Restores, prints where the store is, and tells what was found and what may run again.
pub(crate) fn run(options: &RestoreArgs, catalogue: &Catalogue) -> Result<(), Failure> {
    let config = read(&options.config, catalogue)?;
    let restored = clusters::ask(options.clock.as_deref(), async |clock| {
        let mut progress = |cluster: &str| {
            output::note(format!("asking `{cluster}` what was sent since the backup"))
        };
        let (backup, without) = (&options.backup, &options.without);
        let restored = restore(backup, &config, catalogue, clock, without, &mut progress).await;
        restored.map_err(|error| failed(&error))
    })?;
    output::line(config.store.path.display());
    for line in summary(&restored, &config) {
        output::note(line);
    }
    let file = options.config.config.display();
    output::note(format!("next: gleaner check --config {file}, then start the daemon as before"));
    Ok(())
}

fn failed(error: &RestoreError) -> Failure {
    let code = match error {
        RestoreError::Store(StoreError::Locked { .. }) => REFUSED,
        RestoreError::Store(
            StoreError::Same { .. }
            | StoreError::WithoutLog { .. }
            | StoreError::ForeignLog { .. }
            | StoreError::Segment { .. }
            | StoreError::Newer { .. },
        )
        | RestoreError::NoCluster(_) => BAD_INPUT,
        RestoreError::Store(cause) => not_a_store(cause).unwrap_or(FAILED),
        RestoreError::Away { .. } => AWAY,
        RestoreError::Begin(_) | RestoreError::NoRandomness => FAILED,
    };
    Failure::caused(code, error, error.hint())
}

/// What an operator has to know, a line each.
fn summary(restored: &Restored, config: &Config) -> Vec<String> {
    let mut lines: Vec<String> = restored
        .kept
        .iter()
        .map(|path| format!("kept what was there: {}", path.display()))
        .collect();
    let Some(since) = restored.since else {
        lines.push("no daemon had worked on it when it was made: nothing was sent".to_owned());
        return lines;
    };
    let span = format!("between {} and {}", date(since), date(restored.now));
    let FoundJobs { done, ended, alive, unwanted, of_unknown_campaigns } = &restored.found;
    if restored.nameless {
        lines.push(format!(
            "an older release made it, and did not note under which names jobs were sent since: all work that was \
             sent {span} runs again"
        ));
    } else {
        lines.push(format!(
            "jobs sent {span}: {done} are done, and counted; {alive} wait or run, and are followed; {ended} ended \
             otherwise"
        ));
        lines.push(format!(
            "may run again: what was sent {span} and is not listed by its cluster any more, or under no name of ours"
        ));
    }
    for cluster in &restored.not_asked {
        lines.push(format!(
            "may run again: all that was sent to `{cluster}` {span}, which was not asked"
        ));
    }
    if *unwanted > 0 {
        lines.push(format!(
            "{unwanted} jobs wait or run for no task that is left: the daemon deletes them"
        ));
    }
    for (campaign, jobs) in of_unknown_campaigns {
        lines.push(format!(
            "{jobs} jobs of campaign {campaign} wait or run, which came after the backup and is not known any more: \
             delete them with `oardel`, or let them end; its user submits it again"
        ));
    }
    lines.push(format!(
        "forgotten: what people asked for {span} (campaigns, parameters, holds, cancellations, closed events, tokens)"
    ));
    if !config.key_file.exists() {
        let file = config.key_file.display();
        lines.push(format!(
            "put the key `{file}` back as well, or users have to hand in their tokens again"
        ));
    }
    lines
}

fn date(at: Timestamp) -> String {
    let seconds = at.seconds();
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| format!("{seconds} s"), |time| time.to_string())
}
