//! The way of a request past the injected faults to the cluster's dialect and back. Must not know sockets.

use gleaner_sim::job::ClusterIndex;
use gleaner_sim::time::SimSpan;

use crate::engine::Engine;
use crate::engine::cluster::Dialect;
use crate::engine::submission::Submission;
use crate::faults::{Handling, RequestKind};
use crate::front::answer::{Answer, HTML_500};
use crate::front::request::Request;
use crate::front::{oar2, oar3};

/// What is done with a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It is answered.
    Answer {
        /// The answer.
        answer: Answer,
        /// After so much wall time.
        delay: SimSpan,
        /// The body breaks off.
        truncated: bool,
    },
    /// It is held for so much wall time, and closed without a byte.
    Silence(SimSpan),
    /// It is closed at once, without a byte.
    Reset,
}

/// Answers a request to a cluster while `others` more are being answered there.
pub fn reply(engine: &mut Engine, cluster: ClusterIndex, request: &Request, others: u32) -> Reply {
    let now = engine.now();
    let dialect = engine.cluster(cluster).dialect;
    let kind = match dialect {
        Dialect::Oar3 => oar3::request_kind(request),
        Dialect::Oar2 => oar2::request_kind(request),
    };
    let injector = &mut engine.cluster_mut(cluster).injector;
    let (handling, delay) = injector.decide(now, kind, others);
    let (hang, late_by) = (injector.faults().hang, injector.faults().late_by);
    let mut ask = |part| match dialect {
        Dialect::Oar3 => oar3::answer(engine, cluster, request, part),
        Dialect::Oar2 => oar2::answer(engine, cluster, request, part),
    };
    let (answer, truncated) = match handling {
        Handling::Pass => (ask(None), false),
        Handling::WrongType => (mistyped(ask(None)), false),
        Handling::Truncated => (ask(None), true),
        Handling::Silence => return Reply::Silence(hang),
        Handling::SilenceAfter => {
            ask(None);
            return Reply::Silence(hang);
        }
        Handling::Late => {
            if let Some(submission) = late(engine, cluster, request, dialect) {
                engine.record_later(cluster, submission, late_by);
            }
            return Reply::Silence(hang);
        }
        Handling::Reset => return Reply::Reset,
        Handling::Error => (broken(dialect), false),
        Handling::ErrorAfter => {
            ask(None);
            (broken(dialect), false)
        }
        Handling::Html => (Answer::html(500, HTML_500), false),
        Handling::HtmlAfter => {
            ask(None);
            (Answer::html(500, HTML_500), false)
        }
        Handling::Partial(part) => match kind {
            RequestKind::Submit => (ask(Some(part)), false),
            RequestKind::Read | RequestKind::Change => (broken(dialect), false),
        },
        Handling::BadGateway => (Answer::html(502, "<h1>502 Bad Gateway</h1>\n"), false),
        Handling::Unavailable => (Answer::html(503, "<h1>503 Service Unavailable</h1>\n"), false),
        Handling::Unauthorized => match dialect {
            Dialect::Oar3 => (oar3::unauthorized(), false),
            Dialect::Oar2 => (oar2::unauthorized(), false),
        },
    };
    Reply::Answer { answer, delay, truncated }
}

/// Reads a submission that is to be recorded later.
fn late(
    engine: &mut Engine,
    cluster: ClusterIndex,
    request: &Request,
    dialect: Dialect,
) -> Option<Submission> {
    match dialect {
        Dialect::Oar3 => oar3::submission(engine, cluster, request),
        Dialect::Oar2 => oar2::submission(engine, cluster, request),
    }
}

/// A 500 of the API or of the web server before it.
fn broken(dialect: Dialect) -> Answer {
    match dialect {
        Dialect::Oar3 => oar3::server_error(),
        Dialect::Oar2 => Answer::html(500, HTML_500),
    }
}

/// Declares JSON as a page, and a page as JSON.
fn mistyped(mut answer: Answer) -> Answer {
    let json = answer.content_type.is_some_and(|kind| kind.starts_with("application/json"));
    answer.content_type = Some(if json { "text/html; charset=utf-8" } else { "application/json" });
    answer
}
