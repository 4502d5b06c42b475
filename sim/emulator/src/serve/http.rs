//! Connections: HTTP in, plain requests to the owner of the engine, answers out, late or broken if
//! so decided. Must not know dialects or time.

use std::convert::Infallible;
use std::future::Future;
use std::path::{Component, Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use gleaner_sim::job::ClusterIndex;
use gleaner_sim::time::SimSpan;
use http_body_util::{BodyExt, Full, Limited, combinators::UnsyncBoxBody};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use crate::body;
use crate::front::answer::Answer;
use crate::front::entry::Reply;
use crate::front::request::{Method, Request};
use crate::identity::IDENT_HEADERS;
use crate::serve::message::Message;

/// Largest body taken, bytes: an array of ten thousand tasks needs a few hundred thousand.
const BODY_MAX: usize = 16 << 20;
/// Longest wait for the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest wait for its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);

type Response = hyper::Response<UnsyncBoxBody<Bytes, Closed>>;

/// A connection that is to be closed without more bytes.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed on purpose")]
struct Closed;

/// What all connections share.
pub(super) struct HttpService {
    clusters: Vec<(String, AtomicU32)>,
    owner: mpsc::Sender<Message>,
    files: PathBuf,
}

impl HttpService {
    pub(super) fn new(
        clusters: Vec<String>,
        owner: mpsc::Sender<Message>,
        files: PathBuf,
    ) -> Arc<HttpService> {
        let clusters = clusters.into_iter().map(|name| (name, AtomicU32::new(0))).collect();
        Arc::new(HttpService { clusters, owner, files })
    }

    /// Takes connections for ever.
    pub(super) async fn accept(self: Arc<HttpService>, listener: TcpListener) {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                // Too many open files: wait for some to be closed.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            // Small answers should not wait for more.
            let _ = stream.set_nodelay(true);
            let this = Arc::clone(&self);
            tokio::spawn(async move {
                let service = service_fn(move |request| Arc::clone(&this).serve(request));
                let connection = hyper::server::conn::http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEAD_TIMEOUT)
                    .serve_connection(TokioIo::new(stream), service);
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "connection ended");
                }
            });
        }
    }

    async fn serve(
        self: Arc<HttpService>,
        request: hyper::Request<Incoming>,
    ) -> Result<Response, Closed> {
        let (parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let (cluster, below) = self.split(target);
        let mut plain = Request::new(method(&parts.method), below);
        let text = |name: &str| {
            let value = parts.headers.get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        plain.authorization = text("authorization");
        plain.ident = IDENT_HEADERS.iter().find_map(|name| text(name));
        plain.accept = text("accept");
        plain.content_type = text("content-type");
        plain.host = text("host");
        let taken = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, BODY_MAX).collect());
        plain.body = match taken.await {
            Ok(Ok(collected)) => collected.to_bytes().to_vec(),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                return Ok(self.finish(Answer::text(413, "Request Entity Too Large"), false).await);
            }
            Ok(Err(_)) | Err(_) => return Err(Closed),
        };
        match cluster {
            Some(cluster) => self.ask(cluster, plain).await,
            None => {
                let (reply, answer) = oneshot::channel();
                let message = Message::Control { request: Box::new(plain), reply };
                self.owner.send(message).await.map_err(|_| Closed)?;
                let answer = answer.await.map_err(|_| Closed)?;
                Ok(self.finish(answer, false).await)
            }
        }
    }

    /// The cluster of a target, and what stands below it; the whole target where there is none.
    fn split<'a>(&self, target: &'a str) -> (Option<ClusterIndex>, &'a str) {
        let rest = target.strip_prefix('/').unwrap_or(target);
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let found = self.clusters.iter().position(|(name, _)| *name == rest[..end]);
        match found.and_then(|at| u16::try_from(at).ok()) {
            Some(at) => (Some(ClusterIndex(at)), &rest[end..]),
            None => (None, target),
        }
    }

    async fn ask(&self, cluster: ClusterIndex, request: Request) -> Result<Response, Closed> {
        let (_, under_way) = &self.clusters[cluster.index()];
        let others = under_way.fetch_add(1, Ordering::Relaxed);
        let _guard = UnderWay(under_way);
        let (reply, answer) = oneshot::channel();
        let message = Message::Request { cluster, request: Box::new(request), others, reply };
        self.owner.send(message).await.map_err(|_| Closed)?;
        match answer.await.map_err(|_| Closed)? {
            Reply::Answer { answer, delay, truncated } => {
                wait(delay).await;
                Ok(self.finish(answer, truncated).await)
            }
            Reply::Silence(hold) => {
                wait(hold).await;
                Err(Closed)
            }
            Reply::Reset => Err(Closed),
        }
    }

    async fn finish(&self, answer: Answer, truncated: bool) -> Response {
        let Answer { status, content_type, headers, body } = answer;
        let (status, content_type, bytes) = match body {
            body::Body::Bytes(bytes) => (status, content_type, bytes),
            body::Body::Local { path, tail } => match self.local(&path, tail).await {
                Some(bytes) => (status, content_type, bytes),
                None => (404, Some("text/plain"), b"File not found".to_vec()),
            },
        };
        let bytes = Bytes::from(bytes);
        let body = match truncated && bytes.len() > 1 {
            true => TruncatedBody::of(&bytes).boxed_unsync(),
            false => Full::new(bytes).map_err(|never: Infallible| match never {}).boxed_unsync(),
        };
        let mut response = hyper::Response::new(body);
        *response.status_mut() =
            hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(kind) = content_type {
            response.headers_mut().insert("content-type", HeaderValue::from_static(kind));
        }
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }

    /// The content of a file that a local command has written.
    async fn local(&self, path: &str, tail: Option<usize>) -> Option<Vec<u8>> {
        let below = Path::new(path.trim_start_matches('/'));
        if !below.components().all(|part| matches!(part, Component::Normal(_))) {
            return None;
        }
        let content = tokio::fs::read(self.files.join(below)).await.ok()?;
        Some(body::tail(&content, tail).to_vec())
    }
}

struct UnderWay<'a>(&'a AtomicU32);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn wait(span: SimSpan) {
    if let Ok(ms) = u64::try_from(span.ms())
        && ms > 0
    {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

fn method(method: &hyper::Method) -> Method {
    match *method {
        hyper::Method::GET | hyper::Method::HEAD => Method::Get,
        hyper::Method::POST => Method::Post,
        hyper::Method::PUT => Method::Put,
        hyper::Method::DELETE => Method::Delete,
        _ => Method::Other,
    }
}

/// How long a broken body waits before it breaks, so that its first half is on its way.
const BREAK_AFTER: Duration = Duration::from_millis(20);

/// A body that promises more than comes.
struct TruncatedBody {
    bytes: Option<Bytes>,
    announced: u64,
    breaks: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl TruncatedBody {
    fn of(bytes: &Bytes) -> TruncatedBody {
        let first = bytes.slice(..bytes.len() / 2);
        TruncatedBody { bytes: Some(first), announced: bytes.len() as u64, breaks: None }
    }
}

impl Body for TruncatedBody {
    type Data = Bytes;
    type Error = Closed;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Closed>>> {
        if let Some(bytes) = self.bytes.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        let breaks = self.breaks.get_or_insert_with(|| Box::pin(tokio::time::sleep(BREAK_AFTER)));
        breaks.as_mut().poll(context).map(|()| Some(Err(Closed)))
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        hyper::body::SizeHint::with_exact(self.announced)
    }
}
