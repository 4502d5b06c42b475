//! Who is connected: counted in all and by address, and how long each has been quiet. Knows no socket.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::response::Response;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::Notify;

use crate::api::peer::Origin;
use crate::config::ApiConfig;

/// A connection that has been quiet for less is not closed for another one.
const QUIET_LEAST: Duration = Duration::from_millis(500);

/// All connections.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    known: Mutex<Known>,
    turned_away: AtomicU64,
    made_room: AtomicU64,
}

#[derive(Debug, Default)]
struct Known {
    next: u64,
    by_number: BTreeMap<u64, (Origin, Arc<Activity>)>,
    by_peer: BTreeMap<Origin, u32>,
}

/// There is no room, and no quiet connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Full {
    /// All are taken.
    #[error("{max} connections are busy, and there may be no more")]
    All {
        /// How many there may be.
        max: u32,
    },
    /// All of this address are taken.
    #[error("{max} connections from one address are busy, and there may be no more")]
    Peer {
        /// How many there may be.
        max: u32,
    },
}

impl Full {
    /// The status of an answer, and its title.
    pub(crate) fn status(self) -> (u16, &'static str) {
        match self {
            Full::All { .. } => (503, "Service Unavailable"),
            Full::Peer { .. } => (429, "Too Many Requests"),
        }
    }

    /// What the operator can do about it.
    pub(crate) fn hint(self) -> &'static str {
        match self {
            Full::All { .. } => {
                "`connections_max` in `[api]` sets the bound, and so do the descriptors of the daemon (`LimitNOFILE` of \
                 its unit)"
            }
            Full::Peer { .. } => {
                "`peer_connections_max` in `[api]` sets the bound; behind a proxy all callers have one address"
            }
        }
    }
}

impl Connections {
    /// Admits a connection, of at most `max`; if need be, in place of the one that has been quiet for longest.
    pub(in crate::api) fn take(
        self: &Arc<Connections>,
        peer: Origin,
        max: u32,
        config: &ApiConfig,
    ) -> Result<ConnectionPermit, Full> {
        let mut known = self.known();
        let of_peer = known.by_peer.get(&peer).copied().unwrap_or(0);
        let all = known.by_number.len();
        let full = if of_peer >= config.peer_connections_max {
            let max = config.peer_connections_max;
            (!known.make_room(|of| *of == peer)).then_some(Full::Peer { max })
        } else if all >= max as usize {
            (!known.make_room(|_| true)).then_some(Full::All { max })
        } else {
            return Ok(self.admit(&mut known, peer));
        };
        match full {
            None => {
                self.made_room.fetch_add(1, Ordering::Relaxed);
                Ok(self.admit(&mut known, peer))
            }
            Some(full) => {
                self.turned_away.fetch_add(1, Ordering::Relaxed);
                Err(full)
            }
        }
    }

    fn admit(self: &Arc<Connections>, known: &mut Known, peer: Origin) -> ConnectionPermit {
        let activity = Arc::new(Activity::new());
        let number = known.next;
        known.next += 1;
        known.by_number.insert(number, (peer, Arc::clone(&activity)));
        *known.by_peer.entry(peer).or_default() += 1;
        ConnectionPermit { number, activity, of: Arc::clone(self) }
    }

    /// How many there are; how many were turned away, and how many have made room, so far.
    pub(crate) fn figures(&self) -> (u64, u64, u64) {
        let there = self.known().by_number.len() as u64;
        let so_far = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        (there, so_far(&self.turned_away), so_far(&self.made_room))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Closes the one that has been quiet for longest. Returns whether there is one.
    fn make_room(&mut self, among: impl Fn(&Origin) -> bool) -> bool {
        let quiet = |activity: &Activity| activity.quiet_for().filter(|span| *span >= QUIET_LEAST);
        let candidates = self.by_number.iter().filter(|(_, (peer, _))| among(peer));
        let longest = candidates
            .filter_map(|(number, (_, activity))| Some((quiet(activity)?, *number)))
            .max();
        let Some((_, number)) = longest else { return false };
        if let Some((_, activity)) = self.by_number.get(&number) {
            activity.gone.notify_one();
        }
        self.leave(number);
        true
    }

    /// Removes a connection; one that was closed to make room is removed already.
    fn leave(&mut self, number: u64) {
        let Some((peer, _)) = self.by_number.remove(&number) else { return };
        if let Some(count) = self.by_peer.get_mut(&peer) {
            *count -= 1;
            if *count == 0 {
                self.by_peer.remove(&peer);
            }
        }
    }
}

/// The permit of a connection; it is returned when it is dropped.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    number: u64,
    activity: Arc<Activity>,
    of: Arc<Connections>,
}

impl ConnectionPermit {
    pub(in crate::api) fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.of.known().leave(self.number);
    }
}

/// What a connection does.
#[derive(Debug)]
pub(crate) struct Activity {
    since: Instant,
    /// Milliseconds after `since` at which it became quiet; [`BUSY`] while a request is under way.
    quiet_from: AtomicU64,
    /// Requests so far.
    requests: AtomicU64,
    gone: Notify,
}

const BUSY: u64 = u64::MAX;

impl Activity {
    fn new() -> Activity {
        Activity {
            since: Instant::now(),
            quiet_from: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            gone: Notify::new(),
        }
    }

    /// A request has come.
    pub(in crate::api) fn begin(self: &Arc<Activity>) -> Busy {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.quiet_from.store(BUSY, Ordering::Relaxed);
        Busy(Arc::clone(self))
    }

    /// Whether a request has come so far.
    pub(in crate::api) fn asked(&self) -> bool {
        self.requests.load(Ordering::Relaxed) > 0
    }

    /// Ends when the connection has to make room.
    pub(in crate::api) async fn gone(&self) {
        self.gone.notified().await;
    }

    fn quiet_for(&self) -> Option<Duration> {
        match self.quiet_from.load(Ordering::Relaxed) {
            BUSY => None,
            from => Some(self.since.elapsed().saturating_sub(Duration::from_millis(from))),
        }
    }
}

/// A request under way; quiet begins when this is dropped.
pub(in crate::api) struct Busy(Arc<Activity>);

impl Busy {
    /// Holds on until the answer's body is over.
    pub(in crate::api) fn until_sent(self, response: Response) -> Response {
        response.map(|body| Body::new(Sending { body, _busy: self }))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let now = u64::try_from(self.0.since.elapsed().as_millis()).unwrap_or(BUSY - 1);
        self.0.quiet_from.store(now, Ordering::Relaxed);
    }
}

/// A body that is being sent.
struct Sending {
    body: Body,
    _busy: Busy,
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
