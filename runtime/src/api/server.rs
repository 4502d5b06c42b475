//! Connections: taken, counted, answered one request after the other, and let go when they bring nothing. Where there
//! is no room, whoever has been quiet for longest makes room; if nobody is, the caller is told to come again. Knows no
//! route.

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
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::api::limits::connections::ConnectionPermit;
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

/// Answers until told to close, then until all that is under way is answered. `room` is how many connections there are
/// descriptors for.
pub(crate) async fn serve(
    listener: TcpListener,
    api: Arc<Api>,
    room: u32,
    mut closed: watch::Receiver<bool>,
) {
    // Those that are accepted have it from here. Without it, the system's own bound holds.
    let _ = rustix::net::sockopt::set_socket_send_buffer_size(&listener, SEND_BUFFER);
    let service = service(Arc::clone(&api));
    let mut under_way = JoinSet::new();
    let mut turned_away = TurnedAway::default();
    loop {
        let accepted = tokio::select! {
            () = closes(&mut closed) => break,
            Some(_) = under_way.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if of_one_caller(&error) => continue,
            Err(error) => {
                turned_away.unable(&error);
                tokio::time::sleep(AGAIN).await;
                continue;
            }
        };
        let config = api.settings().api.clone();
        match api.connections.take(peer.ip(), config.connections_max.min(room), &config) {
            Ok(permit) => {
                let caller = Caller { stream, permit, service: service.clone() };
                under_way.spawn(caller.answer(config, closed.clone()));
            }
            Err(full) => turned_away.tell(stream, peer, full),
        }
    }
    drop(listener);
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
    stream: TcpStream,
    permit: ConnectionPermit,
    service: Service,
}

impl Caller {
    async fn answer(self, config: ApiConfig, mut closed: watch::Receiver<bool>) {
        let Caller { stream, permit, service } = self;
        // Answers are short or come in large pieces.
        let _ = stream.set_nodelay(true);
        let activity = Arc::clone(permit.activity());
        let (head, stall) = (config.head_within.to_std(), config.stall_within.to_std());
        let stream = Watched::new(stream, Arc::clone(&activity), head, stall);
        let answer = {
            let activity = Arc::clone(&activity);
            service_fn(move |request: hyper::Request<Incoming>| {
                let busy = activity.begin();
                let answer = service.clone().oneshot(request.map(Body::new));
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
        drop(permit);
    }
}
