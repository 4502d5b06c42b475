//! The way of a request through a cluster's door to its dialect and back. Must not know sockets.

use gleaner_sim::job::ClusterIndex;
use gleaner_sim::time::SimSpan;

use crate::door::{Errand, Verdict};
use crate::engine::Engine;
use crate::engine::cluster::Dialect;
use crate::engine::submit::Submission;
use crate::front::answer::{Answer, HTML_500};
use crate::front::request::Request;
use crate::front::{oar2, oar3};

/// What becomes of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It is answered.
    Answer {
        /// How.
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
    let errand = match dialect {
        Dialect::Oar3 => oar3::errand(request),
        Dialect::Oar2 => oar2::errand(request),
    };
    let door = &mut engine.cluster_mut(cluster).door;
    let (fate, hang, late_by) = (door.fate(now, errand, others), door.hang(), door.late_by());
    let mut ask = |part| match dialect {
        Dialect::Oar3 => oar3::answer(engine, cluster, request, part),
        Dialect::Oar2 => oar2::answer(engine, cluster, request, part),
    };
    let (answer, truncated) = match fate.verdict {
        Verdict::Pass => (ask(None), false),
        Verdict::WrongType => (mistyped(ask(None)), false),
        Verdict::Truncated => (ask(None), true),
        Verdict::Silence => return Reply::Silence(hang),
        Verdict::SilenceAfter => {
            ask(None);
            return Reply::Silence(hang);
        }
        Verdict::Late => {
            if let Some(submission) = late(engine, cluster, request, dialect) {
                engine.record_later(cluster, submission, late_by);
            }
            return Reply::Silence(hang);
        }
        Verdict::Reset => return Reply::Reset,
        Verdict::Error => (broken(dialect), false),
        Verdict::ErrorAfter => {
            ask(None);
            (broken(dialect), false)
        }
        Verdict::Html => (Answer::html(500, HTML_500), false),
        Verdict::HtmlAfter => {
            ask(None);
            (Answer::html(500, HTML_500), false)
        }
        Verdict::Partial(part) => match errand {
            Errand::Submit => (ask(Some(part)), false),
            Errand::Read | Errand::Order => (broken(dialect), false),
        },
        Verdict::BadGateway => (Answer::html(502, "<h1>502 Bad Gateway</h1>\n"), false),
        Verdict::Unavailable => (Answer::html(503, "<h1>503 Service Unavailable</h1>\n"), false),
        Verdict::Unauthorized => match dialect {
            Dialect::Oar3 => (oar3::not_believed(), false),
            Dialect::Oar2 => (oar2::not_believed(), false),
        },
    };
    Reply::Answer { answer, delay: fate.delay, truncated }
}

/// A submission that is under way for a while.
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

/// What was JSON is called a page, and the other way round.
fn mistyped(mut answer: Answer) -> Answer {
    let json = answer.content_type.is_some_and(|kind| kind.starts_with("application/json"));
    answer.content_type = Some(if json { "text/html; charset=utf-8" } else { "application/json" });
    answer
}
