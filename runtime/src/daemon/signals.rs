//! Signals as wishes: TERM and INT ask to stop, HUP to read the settings again. Knows nobody who fulfils them.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use crate::daemon::life::Nudge;

/// Wishes that wait, at most; more of the same say nothing new.
const WAITING_MAX: usize = 4;

/// Begins to listen for signals, inside an asynchronous runtime.
///
/// # Errors
/// The system's reason when they cannot be caught.
pub fn nudges() -> std::io::Result<mpsc::Receiver<Nudge>> {
    let (wish, nudges) = mpsc::channel(WAITING_MAX);
    let kinds = [
        (SignalKind::terminate(), Nudge::Stop),
        (SignalKind::interrupt(), Nudge::Stop),
        (SignalKind::hangup(), Nudge::Reload),
    ];
    for (kind, nudge) in kinds {
        tokio::spawn(forward(signal(kind)?, nudge, wish.clone()));
    }
    Ok(nudges)
}

async fn forward(mut signal: Signal, nudge: Nudge, wish: mpsc::Sender<Nudge>) {
    while signal.recv().await.is_some() {
        match wish.try_send(nudge) {
            Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => {}
            Err(mpsc::error::TrySendError::Closed(_)) => return,
        }
    }
}
