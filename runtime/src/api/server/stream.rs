//! A caller's socket with patience that ends: for the head of its first request once it has begun, and for its taking
//! of what is sent. Knows no HTTP beyond that.

use std::future::Future;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::api::limits::connections::Activity;

/// A socket that is watched.
pub(super) struct Watched<S> {
    stream: S,
    activity: Arc<Activity>,
    head_within: Duration,
    stall_within: Duration,
    /// Since its first byte, until a request has come.
    head: Option<Pin<Box<Sleep>>>,
    /// Since it has taken nothing.
    stall: Option<Pin<Box<Sleep>>>,
}

impl<S> Watched<S> {
    pub(super) fn new(
        stream: S,
        activity: Arc<Activity>,
        head_within: Duration,
        stall_within: Duration,
    ) -> Watched<S> {
        Watched { stream, activity, head_within, stall_within, head: None, stall: None }
    }

    /// Whether something to write has waited for too long.
    fn taken<T>(&mut self, context: &mut Context<'_>, poll: Poll<Result<T>>) -> Poll<Result<T>> {
        if poll.is_ready() {
            self.stall = None;
            return poll;
        }
        let within = self.stall_within;
        let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(within)));
        match stall.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(late("what is sent is not taken"))),
            Poll::Pending => Poll::Pending,
        }
    }
}

fn late(what: &'static str) -> Error {
    Error::new(ErrorKind::TimedOut, what)
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let before = into.filled().len();
        let poll = Pin::new(&mut self.stream).poll_read(context, into);
        if self.activity.asked() {
            self.head = None;
            return poll;
        }
        if into.filled().len() > before && self.head.is_none() {
            self.head = Some(Box::pin(sleep(self.head_within)));
        }
        let late_head = match &mut self.head {
            Some(head) if poll.is_pending() => head.as_mut().poll(context).is_ready(),
            Some(_) | None => false,
        };
        match late_head {
            true => Poll::Ready(Err(late("the head of a request does not come"))),
            false => poll,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.taken(context, poll)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.taken(context, poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let poll = Pin::new(&mut self.stream).poll_flush(context);
        self.taken(context, poll)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let poll = Pin::new(&mut self.stream).poll_shutdown(context);
        self.taken(context, poll)
    }
}
