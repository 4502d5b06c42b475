//! Bodies of requests: how long they may be, how long they may take, and how much of all of them is held at a time.
//! A body that does not come holds nothing but its connection. Knows no route.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::api::failed::Failed;

/// So much of each body is held in any case: a request of the usual size never waits for a place.
pub(in crate::api) const SMALL: usize = 64 * 1024;
/// Room is taken by the kilobyte.
const UNIT: usize = 1024;
/// A body for which there is no room waits so long.
const ROOM_WITHIN: Duration = Duration::from_secs(10);

/// Room for large bodies, for all of them together.
#[derive(Debug)]
pub(in crate::api) struct Room(Arc<Semaphore>);

/// A body with the room that it takes.
#[derive(Debug)]
pub(in crate::api) struct Held {
    pub(in crate::api) bytes: Vec<u8>,
    _room: Vec<OwnedSemaphorePermit>,
}

/// Bounds of one body.
#[derive(Clone, Copy, Debug)]
pub(in crate::api) struct Bounds {
    /// The most bytes.
    pub(in crate::api) max: usize,
    /// How long the whole may take.
    pub(in crate::api) within: Duration,
    /// How long a piece may take.
    pub(in crate::api) idle_within: Duration,
}

impl Room {
    /// Makes room for so many bytes.
    pub(in crate::api) fn new(bytes: usize) -> Room {
        Room(Arc::new(Semaphore::new((bytes / UNIT).min(Semaphore::MAX_PERMITS))))
    }

    /// Reads a body; room is taken for what has come, not for what was announced.
    pub(in crate::api) async fn read(&self, body: Body, bounds: Bounds) -> Result<Held, Failed> {
        let Bounds { max, within, idle_within } = bounds;
        let end = Instant::now() + within;
        let mut held = Held { bytes: Vec::new(), _room: Vec::new() };
        let mut roomy = SMALL;
        let mut body = body;
        loop {
            let until = end.min(Instant::now() + idle_within);
            let frame = match timeout_at(until, body.frame()).await {
                Err(_) => return Err(Failed::slow_body(within, idle_within)),
                Ok(None) => return Ok(held),
                Ok(Some(frame)) => frame,
            };
            let frame = frame.map_err(|_| Failed::bad("the body cannot be read", None))?;
            let Ok(piece) = frame.into_data() else { continue };
            let length = held.bytes.len() + piece.len();
            if length > max {
                return Err(Failed::too_large(max));
            }
            if length > roomy {
                let units = (length - roomy).div_ceil(UNIT);
                held._room.push(self.take(units).await?);
                roomy += units * UNIT;
            }
            held.bytes.extend_from_slice(&piece);
        }
    }

    async fn take(&self, units: usize) -> Result<OwnedSemaphorePermit, Failed> {
        let units = u32::try_from(units).map_err(|_| Failed::bug())?;
        let room = Arc::clone(&self.0).acquire_many_owned(units);
        match tokio::time::timeout(ROOM_WITHIN, room).await {
            Ok(Ok(room)) => Ok(room),
            Ok(Err(_)) => Err(Failed::bug()),
            Err(_) => Err(Failed::busy("there is no room for so large a body now")),
        }
    }
}
