//! The system's signals: TERM and INT ask to stop, HUP to read the settings again. Knows nobody who obeys them.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use crate::daemon::life::ControlSignal;

/// Signals that wait, at most; more of the same say nothing new.
const WAITING_MAX: usize = 4;

/// Begins to listen for signals, inside an asynchronous runtime.
///
/// # Errors
/// The system's reason when they cannot be caught.
pub fn control_signals() -> std::io::Result<mpsc::Receiver<ControlSignal>> {
    let (sender, signals) = mpsc::channel(WAITING_MAX);
    let kinds = [
        (SignalKind::terminate(), ControlSignal::Stop),
        (SignalKind::interrupt(), ControlSignal::Stop),
        (SignalKind::hangup(), ControlSignal::Reload),
    ];
    for (kind, meaning) in kinds {
        tokio::spawn(forward(signal(kind)?, meaning, sender.clone()));
    }
    Ok(signals)
}

async fn forward(mut signal: Signal, meaning: ControlSignal, sender: mpsc::Sender<ControlSignal>) {
    while signal.recv().await.is_some() {
        match sender.try_send(meaning) {
            Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => {}
            Err(mpsc::error::TrySendError::Closed(_)) => return,
        }
    }
}
