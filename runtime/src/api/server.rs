//! Connections: taken, counted, answered one request after the other, and let go when they bring nothing. Where there
//! is no room, whoever has been quiet for longest makes room; if nobody is, the caller is told to come again. Knows no
//! route.

pub mod door;
mod stream;
mod turned_away;

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::api::limits::connections::{Activity, ConnectionPermit};
use crate::api::peer::{self, Origin, Peer};
use crate::api::server::door::{Door, Stream};
use crate::api::server::stream::Watched;
use crate::api::server::turned_away::TurnedAway;
use crate::api::service::{Service, service};
use crate::api::state::Api;
use crate::config::ApiConfig;

/// The most bytes of a request's head, and of an answer that wait in our memory for their way.
const BUFFER: usize = 64 * 1024;
/// The most bytes of an answer that wait in the system's memory.
const SEND_BUFFER: usize = 256 * 1024;
/// Where the system gives no connection, it is asked again so much later.
const AGAIN: Duration = Duration::from_millis(50);

/// Answers whoever comes in by one of the doors until told to close, then until all that is under way is answered. `room`
/// is how many connections there are descriptors for.
pub(crate) async fn serve(
    doors: Vec<Door>,
    api: Arc<Api>,
    room: u32,
    closed: watch::Receiver<bool>,
) {
    let service = service(Arc::clone(&api));
    let mut open = JoinSet::new();
    for door in doors {
        open.spawn(attend(door, Arc::clone(&api), service.clone(), room, closed.clone()));
    }
    while open.join_next().await.is_some() {}
}

/// Lets callers in by one door.
async fn attend(
    door: Door,
    api: Arc<Api>,
    service: Service,
    room: u32,
    mut closed: watch::Receiver<bool>,
) {
    // Those that are accepted have it from here. Without it, the system's own bound holds.
    let _ = rustix::net::sockopt::set_socket_send_buffer_size(door.socket(), SEND_BUFFER);
    let mut under_way = JoinSet::new();
    let mut turned_away = TurnedAway::default();
    loop {
        let accepted = tokio::select! {
            () = closes(&mut closed) => break,
            Some(_) = under_way.join_next() => continue,
            accepted = door.accept() => accepted,
        };
        let (stream, origin) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if of_one_caller(&error) => continue,
            Err(error) => {
                turned_away.unable(&error);
                tokio::time::sleep(AGAIN).await;
                continue;
            }
        };
        let config = api.settings().api.clone();
        match api.connections.take(origin, config.connections_max.min(room), &config) {
            Ok(permit) => {
                let caller = Caller { stream, origin, permit, service: service.clone() };
                under_way.spawn(caller.come_in(config, closed.clone()));
            }
            Err(full) => turned_away.tell(stream, origin, full),
        }
    }
    drop(door);
    while under_way.join_next().await.is_some() {}
}

/// Waits until nobody is to be taken any more.
async fn closes(closed: &mut watch::Receiver<bool>) {
    // The sender lives as long as the daemon: an error is a close, too.
    let _ = closed.wait_for(|closed| *closed).await;
}

/// Whether a failure concerns the connection that was to come, and no other.
fn of_one_caller(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused
    )
}

/// A connection.
struct Caller {
    stream: Stream,
    origin: Origin,
    permit: ConnectionPermit,
    service: Service,
}

impl Caller {
    /// Finds out who it is, then answers.
    async fn come_in(self, config: ApiConfig, closed: watch::Receiver<bool>) {
        let peer = match self.origin {
            Origin::Address(ip) => Peer::Address { ip, tls: false },
            Origin::User(uid) => {
                let login = tokio::task::spawn_blocking(move || peer::login(uid)).await;
                Peer::User { uid, login: login.ok().flatten() }
            }
        };
        let Caller { stream, permit, service, .. } = self;
        let activity = Arc::clone(permit.activity());
        let (head, stall) = (config.head_within.to_std(), config.stall_within.to_std());
        let stream = Watched::new(stream, Arc::clone(&activity), head, stall);
        answer(stream, peer, &activity, service, &config, closed).await;
        drop(permit);
    }
}

/// Answers one request after the other.
async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: Peer,
    activity: &Arc<Activity>,
    service: Service,
    config: &ApiConfig,
    mut closed: watch::Receiver<bool>,
) {
    let answer = {
        let activity = Arc::clone(activity);
        service_fn(move |request: hyper::Request<Incoming>| {
            let busy = activity.begin();
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer.clone());
            let answer = service.clone().oneshot(request);
            async move { answer.await.map(|response| busy.until_sent(response)) }
        })
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(config.idle_within.to_std())
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), answer);
    let mut connection = std::pin::pin!(connection);
    // How a connection ends is its caller's affair.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = activity.gone() => {}
        () = closes(&mut closed) => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
