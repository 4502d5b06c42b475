//! The task that tells people: every few seconds it takes a step of gathering, sends what is due, and writes down how that
//! went. It has a connection of its own; the driver meets it only where both write, for some milliseconds.

use std::sync::Arc;
use std::time::Duration;

use gleaner_core::time::Timestamp;
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};

use crate::clock::{Clock, Moment};
use crate::config::Config;
use crate::config::notifications::NotificationConfig;
use crate::notifications::figures::Figures;
use crate::notifications::gather::Gatherer;
use crate::notifications::send::{Note, Sender};
use crate::store::error::StoreError;
use crate::store::notifications::outbox::{self, Message};

/// Between two rounds.
const ROUNDS: Duration = Duration::from_secs(2);
/// After the store failed.
const AFTER_FAILURE: Duration = Duration::from_secs(30);
/// The most messages of one round.
const MESSAGES_MAX: u32 = 200;

/// What the task goes by; it may change while it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskSettings {
    /// Where messages may go, and how.
    pub notifications: NotificationConfig,
    /// Users who hear what administrators subscribe to.
    pub admins: Vec<String>,
}

impl TaskSettings {
    /// Takes out of a configuration what the task needs.
    pub fn of(config: &Config) -> TaskSettings {
        TaskSettings {
            notifications: config.notifications.clone(),
            admins: config.api.admins.clone(),
        }
    }
}

/// What a task is started with.
pub struct TaskStart {
    /// Its connection to the store.
    pub connection: Connection,
    /// The daemon's clock.
    pub clock: Arc<Clock>,
    /// Its settings, now and later. It ends when nobody can change them any more.
    pub settings: watch::Receiver<TaskSettings>,
    /// Where it counts.
    pub figures: Arc<Figures>,
    /// What tells messages of this store apart from those of others.
    pub epoch: String,
}

/// Starts the task. It ends when the sender of its settings is gone; what it was sending then, it may send again with the
/// next start.
pub fn start(start: TaskStart) -> JoinHandle<()> {
    tokio::spawn(async move {
        let run = tokio::spawn(run(start));
        if let Err(error) = run.await
            && error.is_panic()
        {
            tracing::error!("nobody is told anything until the next start: a mistake of ours");
        }
    })
}

async fn run(start: TaskStart) {
    let TaskStart { connection, clock, mut settings, figures, epoch } = start;
    let first = settings.borrow().notifications.clone();
    let mut sender = Sender::new(Arc::clone(&figures), epoch, first);
    let mut connection = Some(connection);
    let mut pause = ROUNDS;
    loop {
        tokio::select! {
            changed = settings.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(pause) => {}
        }
        let now = settings.borrow().clone();
        sender.reconfigure(now.notifications.clone());
        let Some(mut held) = connection.take() else { return };
        let at = clock.moment();
        let (round, back) = blocking(move || {
            let round = round(&mut held, &now, at);
            (round, held)
        })
        .await;
        connection = Some(back);
        let due = match round {
            Ok(Round { due, waiting, lost, more }) => {
                figures.wait(waiting);
                if lost > 0 {
                    tracing::warn!(lost, "messages are lost: too many wait to be sent");
                }
                pause = if more { Duration::ZERO } else { ROUNDS };
                due
            }
            Err(error) => {
                tracing::warn!(%error, hint = error.hint(), "nobody is told anything for the moment");
                pause = AFTER_FAILURE;
                continue;
            }
        };
        if due.is_empty() {
            continue;
        }
        let notes = tokio::select! {
            notes = sender.send(due, at.now) => notes,
            () = ended(&mut settings) => return,
        };
        let Some(mut held) = connection.take() else { return };
        let (written, back) = blocking(move || (write(&mut held, &notes, at.now), held)).await;
        connection = Some(back);
        if let Err(error) = written {
            tracing::warn!(%error, "messages that were sent may be sent again");
            pause = AFTER_FAILURE;
        }
    }
}

/// Returns when nobody can change the settings any more.
async fn ended(settings: &mut watch::Receiver<TaskSettings>) {
    let mut settings = settings.clone();
    while settings.changed().await.is_ok() {}
}

/// Works off the asynchronous threads; a panic there is one here.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await.map_err(JoinError::into_panic) {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

struct Round {
    due: Vec<Message>,
    waiting: u64,
    lost: u64,
    more: bool,
}

fn round(
    connection: &mut Connection,
    settings: &TaskSettings,
    at: Moment,
) -> Result<Round, StoreError> {
    let gatherer = Gatherer { config: &settings.notifications, admins: &settings.admins };
    let (more, lost) = gatherer.step(connection, at)?;
    let due = outbox::due(connection, at.now, MESSAGES_MAX)?;
    Ok(Round { due, waiting: outbox::waiting(connection)?, lost, more })
}

fn write(connection: &mut Connection, notes: &[Note], now: Timestamp) -> Result<(), StoreError> {
    let doing = || StoreError::doing("keep how messages went");
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(doing())?;
    for note in notes {
        match note {
            Note::Over(id) => outbox::over(&transaction, *id, now)?,
            Note::Later(id, attempts, due) => outbox::later(&transaction, *id, *attempts, *due)?,
        }
    }
    transaction.commit().map_err(doing())
}
