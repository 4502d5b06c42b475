//! Callers for whom there is no room: answered in a word, and logged, but not one by one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Semaphore;

use crate::api::limits::connections::Full;
use crate::api::peer::Origin;
use crate::api::service::LATER_S;

/// So many are answered at the same time; others see their connection closed.
const ANSWERED_MAX: usize = 32;
/// How long that may take.
const ANSWERED_WITHIN: Duration = Duration::from_secs(1);
/// How often it is logged.
const LOGGED_EVERY: Duration = Duration::from_secs(10);

/// What was logged of callers that were turned away.
#[derive(Debug)]
pub(super) struct TurnedAway {
    answers: Arc<Semaphore>,
    logged_at: Option<Instant>,
    unlogged: u64,
}

impl Default for TurnedAway {
    fn default() -> TurnedAway {
        TurnedAway { answers: Arc::new(Semaphore::new(ANSWERED_MAX)), logged_at: None, unlogged: 0 }
    }
}

impl TurnedAway {
    /// Turns a caller away.
    pub(super) fn tell(
        &mut self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: Origin,
        full: Full,
    ) {
        if let Ok(place) = Arc::clone(&self.answers).try_acquire_owned() {
            tokio::spawn(async move {
                let _place = place;
                // Whoever does not listen is not waited for.
                let _ = tokio::time::timeout(ANSWERED_WITHIN, answer(stream, full)).await;
            });
        }
        if let Some(callers) = self.due() {
            tracing::warn!(callers, %peer, why = %full, hint = full.hint(), "callers are turned away");
        }
    }

    /// The system gives no connection: most likely, it has no descriptor left.
    pub(super) fn unable(&mut self, error: &std::io::Error) {
        if let Some(callers) = self.due() {
            let hint = "raise `LimitNOFILE` of the unit, or lower `connections_max` in `[api]`";
            tracing::error!(callers, %error, hint, "callers cannot be taken");
        }
    }

    /// Counts one more. Returns how many there were, if it is time to log it.
    fn due(&mut self) -> Option<u64> {
        self.unlogged += 1;
        let now = Instant::now();
        if self.logged_at.is_some_and(|at| now.duration_since(at) < LOGGED_EVERY) {
            return None;
        }
        self.logged_at = Some(now);
        Some(std::mem::take(&mut self.unlogged))
    }
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    full: Full,
) -> std::io::Result<()> {
    let (status, title) = full.status();
    let body = serde_json::json!({
        "status": status, "title": title, "message": full.to_string(),
        "hint": "nothing was changed; send the request again later",
    });
    let body = format!("{body}\n");
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} {title}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Retry-After: {LATER_S}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    stream.shutdown().await?;
    // What the caller has sent must be read, or the system takes the answer back.
    let mut rest = [0; 4096];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}
