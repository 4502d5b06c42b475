//! A worker from outside: a state machine without clock or I/O. Whatever runs it gives it messages, answers and the
//! time, and turns it; it returns what it wants next. The same inputs make the same worker, whatever runs it.
//!
//! Inside, it is one procedure that stops wherever it waits for something, and goes on from there when it is turned.

use std::pin::Pin;
use std::task::{Context, Waker};

use gleaner_core::ids::ClusterId;

use crate::config::ClusterConfig;
use crate::order::{Sent, ToWorker, Unreadable, WorkerStart};
use crate::sites::answer::Answer;
use crate::sites::failure::Failure;
use crate::worker::Worker;
use crate::worker::mailbox::Mailbox;
pub use crate::worker::mailbox::{Report, Time, Want};

/// A worker.
pub struct Machine {
    mailbox: Mailbox,
    /// None once it has ended.
    life: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Machine {
    /// A worker that takes up where the last one stopped, and has done nothing yet. `by_hand`: it looks and carries
    /// orders out only when it is told to look, since its clock stands still meanwhile.
    pub fn new(
        cluster: ClusterId,
        config: ClusterConfig,
        start: WorkerStart,
        by_hand: bool,
    ) -> Machine {
        let mailbox = Mailbox::default();
        let worker = Worker::new(cluster, config, mailbox.clone(), start);
        Machine { mailbox, life: Some(Box::pin(worker.live(by_hand))) }
    }

    /// Gives it a message: taken up when those before it are done. Its cluster must be talked to by new settings
    /// before it hears of them.
    pub fn tell(&mut self, message: ToWorker) {
        self.mailbox.put_message(message);
    }

    /// Gives it the answer to the question that it wants.
    pub fn answer(&mut self, answer: Result<Answer, Failure>) {
        self.mailbox.put_answer(answer);
    }

    /// Gives it what is known of the submission that it wants to know of.
    pub fn recalled(&mut self, recalled: Result<Option<Sent>, Unreadable>) {
        self.mailbox.put_recalled(recalled);
    }

    /// Lets it go on, as far as it can with what it was given, and returns what it wants: the same again, as long as
    /// that has not been given.
    pub fn turn(&mut self, time: Time) -> Want {
        self.mailbox.set_time(time);
        if let Some(life) = &mut self.life {
            let mut nobody = Context::from_waker(Waker::noop());
            if life.as_mut().poll(&mut nobody).is_ready() {
                self.life = None;
            }
        }
        self.mailbox.want()
    }

    /// Returns what it has reported since the last call, in order.
    pub fn reports(&mut self) -> Vec<Report> {
        self.mailbox.take_reports()
    }
}
