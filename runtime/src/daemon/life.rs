//! The daemon's life from ready to stopped: the API is served until a signal comes or the driver ends, settings
//! are read again when asked, and the service manager hears how it goes. Knows neither what drives nor what
//! is stored.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use crate::api::server;
use crate::api::server::door::{Door, Doors};
use crate::api::state::Api;
use crate::notify::{Notifier, ServiceState};

/// How long requests under way may take when the daemon stops.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// How long the driver may take to finish its cycle and to commit.
const CYCLE_WITHIN: Duration = Duration::from_secs(60);

/// What the outside wants of a running daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlSignal {
    /// Finish what is under way, and end.
    Stop,
    /// Read the settings again.
    Reload,
}

/// The driver as its surroundings see it.
pub struct Driver {
    /// Asks it to end after its cycle.
    pub stop: Box<dyn FnOnce() + Send>,
    /// Hears when it has ended, and why if it failed.
    pub ended: oneshot::Receiver<Result<(), DriverFailure>>,
    /// Whether it still turns: asked before the service manager is told that all is well.
    pub alive: Box<dyn Fn() -> bool + Send>,
    /// Takes the settings anew; the text says what has changed or why nothing has.
    pub reload: Box<dyn FnMut() -> Reloading + Send>,
}

/// Settings on their way to the driver.
pub type Reloading = Pin<Box<dyn Future<Output = String> + Send>>;

/// Why the driver ended by itself.
#[derive(Debug, thiserror::Error)]
#[error("cannot go on")]
pub struct DriverFailure(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Why a daemon ended otherwise than on request.
#[derive(Debug, thiserror::Error)]
pub enum LifeError {
    /// The driver failed.
    #[error("the driver stopped")]
    Driver(#[source] DriverFailure),
    /// The driver ended without a word: a mistake of ours.
    #[error("the driver ended without a word\n  hint: the log says what happened before")]
    Vanished,
    /// The driver did not finish its cycle in time.
    #[error("the driver did not stop within {} s\n  hint: nothing durable is lost; the next start goes on", CYCLE_WITHIN.as_secs())]
    Stuck,
    /// The API cannot be served.
    #[error("cannot serve the API")]
    Serve(#[source] std::io::Error),
}

/// What one life needs.
pub struct Life {
    /// Where callers of the API come in.
    pub doors: Vec<Door>,
    /// The API.
    pub api: Arc<Api>,
    /// How many connections there are descriptors for.
    pub room: u32,
    /// The driver.
    pub driver: Driver,
    /// What the outside wants.
    pub signals: mpsc::Receiver<ControlSignal>,
    /// The service manager.
    pub notifier: Notifier,
    /// How often it wants to hear that we are alive.
    pub watchdog: Option<Duration>,
}

/// Lives until told to stop, or until the driver ends. `ready` hears where the API listens.
///
/// # Errors
/// [`LifeError`] when the end was not asked for, or did not come in time.
pub async fn live(life: Life, ready: impl FnOnce(Doors)) -> Result<(), LifeError> {
    let Life { doors, api, room, mut driver, mut signals, notifier, watchdog } = life;
    let mut open = Doors::default();
    for door in &doors {
        door.is_at(&mut open).map_err(LifeError::Serve)?;
    }
    let told = format!("listening at {open}");
    let (closing, closed) = watch::channel(false);
    let mut server = tokio::spawn(server::serve(doors, api, room, closed));
    ready(open);
    notifier.tell(ServiceState::Ready);
    notifier.tell(ServiceState::Status(&told));
    let mut beat = tokio::time::interval(watchdog.unwrap_or(Duration::from_secs(3600)));
    let ended = loop {
        tokio::select! {
            ended = &mut driver.ended => break Some(ended),
            served = &mut server => {
                let why = match served {
                    Ok(()) => std::io::Error::other("the server ended"),
                    Err(error) => std::io::Error::other(error),
                };
                return Err(LifeError::Serve(why));
            }
            signal = signals.recv() => match signal {
                Some(ControlSignal::Reload) => {
                    notifier.tell(ServiceState::Reloading);
                    let told = (driver.reload)().await;
                    notifier.tell(ServiceState::Status(&told));
                    notifier.tell(ServiceState::Ready);
                }
                Some(ControlSignal::Stop) | None => break None,
            },
            _ = beat.tick(), if watchdog.is_some() => {
                if (driver.alive)() {
                    notifier.tell(ServiceState::Alive);
                }
            }
        }
    };
    notifier.tell(ServiceState::Stopping);
    tracing::info!("stopping");
    // Whoever was promised an answer gets it: the driver answers what it has taken, then ends.
    closing.send_replace(true);
    let ended = match ended {
        Some(ended) => ended,
        None => {
            (driver.stop)();
            let ended = pin!(tokio::time::timeout(CYCLE_WITHIN, &mut driver.ended));
            ended.await.map_err(|_| LifeError::Stuck)?
        }
    };
    if tokio::time::timeout(ANSWERS_WITHIN, &mut server).await.is_err() {
        // Connections that stay open do not keep the daemon from ending.
        server.abort();
    }
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(failure)) => Err(LifeError::Driver(failure)),
        Err(_) => Err(LifeError::Vanished),
    }
}
