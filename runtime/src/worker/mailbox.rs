//! What a worker and whatever runs it exchange: the time, messages, questions and their answers, reports. Nothing
//! here blocks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use gleaner_core::ids::CommandId;
use gleaner_core::time::Timestamp;

use crate::order::{ClusterUpdate, Sent, ToWorker, Unreadable};
use crate::sites::answer::Answer;
use crate::sites::failure::Failure;
use crate::sites::port::Question;
use crate::sites::resources::Resources;

/// What time it is for a worker, by a clock that nobody can set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time {
    /// Grid time.
    pub now: Timestamp,
    /// For how long it has been running, at the same rate.
    pub ran: Duration,
}

/// What a worker wants before it goes on.
#[derive(Clone, Debug)]
pub enum Want {
    /// The answer to this question to its cluster.
    Ask(Question),
    /// What is known of this submission of ours.
    Recall(CommandId),
    /// A message, or that it has been running for so long. None: only a message.
    Rest {
        /// When it goes on by itself.
        until: Option<Duration>,
    },
    /// Nothing more: it has come to its end.
    End,
}

/// What a worker reports.
#[derive(Debug)]
pub enum Report {
    /// What happened on the cluster.
    Update(ClusterUpdate),
    /// The cluster's clock less grid time, in seconds; none where it is not known any more.
    Clock(Option<i64>),
    /// It has looked, as it was asked to.
    Looked,
    /// What the cluster's resources are like now; none where that is not known any more.
    Resources(Option<Arc<dyn Resources>>),
}

/// What is in a mailbox.
#[derive(Default)]
struct Contents {
    time: Time,
    want: Option<Want>,
    messages: VecDeque<ToWorker>,
    answer: Option<Result<Answer, Failure>>,
    recalled: Option<Result<Option<Sent>, Unreadable>>,
    reports: Vec<Report>,
}

/// A mailbox, shared by a worker and whatever runs it.
#[derive(Clone, Default)]
pub(super) struct Mailbox(Arc<Mutex<Contents>>);

impl Mailbox {
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What time it is.
    pub(super) fn time(&self) -> Time {
        self.contents().time
    }

    pub(super) fn set_time(&self, time: Time) {
        self.contents().time = time;
    }

    /// What the worker waits for; nothing once it has ended.
    pub(super) fn want(&self) -> Want {
        self.contents().want.clone().unwrap_or(Want::End)
    }

    pub(super) fn put_message(&self, message: ToWorker) {
        self.contents().messages.push_back(message);
    }

    pub(super) fn put_answer(&self, answer: Result<Answer, Failure>) {
        self.contents().answer = Some(answer);
    }

    pub(super) fn put_recalled(&self, recalled: Result<Option<Sent>, Unreadable>) {
        self.contents().recalled = Some(recalled);
    }

    pub(super) fn report(&self, report: Report) {
        self.contents().reports.push(report);
    }

    pub(super) fn take_reports(&self) -> Vec<Report> {
        std::mem::take(&mut self.contents().reports)
    }

    /// Asks the cluster.
    pub(super) async fn ask(&self, question: Question) -> Result<Answer, Failure> {
        self.wait(Want::Ask(question), |contents| contents.answer.take()).await
    }

    /// Asks what is known of a submission of ours.
    pub(super) async fn recall(&self, command: CommandId) -> Result<Option<Sent>, Unreadable> {
        self.wait(Want::Recall(command), |contents| contents.recalled.take()).await
    }

    /// The next message, first come, first served; none when there is none at the time `until`. Whatever the time
    /// is, the worker is turned once more before, so that what was wanted of it meanwhile goes first.
    pub(super) async fn message(&self, until: Option<Duration>) -> Option<ToWorker> {
        let mut rested = false;
        self.wait(Want::Rest { until }, |contents| match contents.messages.pop_front() {
            Some(message) => Some(Some(message)),
            None => {
                let due = until.is_some_and(|until| until <= contents.time.ran);
                let over = rested && due;
                rested = true;
                over.then_some(None)
            }
        })
        .await
    }

    /// Waits until `got` finds what is wanted. Whoever turns the worker looks at what it wants, and turns it again
    /// when that is there.
    async fn wait<T>(&self, want: Want, mut got: impl FnMut(&mut Contents) -> Option<T>) -> T {
        let mut want = Some(want);
        std::future::poll_fn(|_| {
            let mut contents = self.contents();
            if let Some(found) = got(&mut contents) {
                contents.want = None;
                return Poll::Ready(found);
            }
            contents.want = want.take().or(contents.want.take());
            Poll::Pending
        })
        .await
    }
}
