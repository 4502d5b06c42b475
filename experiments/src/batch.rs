//! Many runs on all cores: each on one thread, their results in order of their numbers, whichever is done
//! first. A run that fails or panics fails alone. Must not know what a run is, nor how progress is shown.

mod window;

use std::any::Any;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Sender};
use std::thread::Builder;

use crate::batch::window::{CloseAtEnd, SlidingWindow};
use crate::cancel::Cancel;

/// How a batch is worked on.
#[derive(Clone, Copy, Debug)]
pub struct BatchOptions {
    /// Threads; each has one run at a time.
    pub threads: NonZeroUsize,
    /// Most results that are kept while one before them is missing. When there are so many, no further
    /// run begins before it is there: so memory has a bound.
    pub ahead: usize,
}

impl Default for BatchOptions {
    /// A thread for each core, and sixteen results ahead for each thread.
    fn default() -> BatchOptions {
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        BatchOptions { threads, ahead: 16 * threads.get() }
    }
}

/// What a batch tells.
#[derive(Debug)]
pub enum BatchEvent<T, E> {
    /// A thread begins with a run.
    Began {
        /// Which.
        index: usize,
    },
    /// A run is over, well or not; its result may have to wait for those before it.
    Ended {
        /// Which.
        index: usize,
    },
    /// The result of a run; those of all runs before it have been told.
    Result {
        /// Which.
        index: usize,
        /// What it returned.
        result: Result<T, BatchFailure<E>>,
    },
}

/// Why one run of a batch has no result. The others go on.
#[derive(Debug, thiserror::Error)]
pub enum BatchFailure<E> {
    /// It failed.
    #[error(transparent)]
    Failed(E),
    /// It panicked: a bug of ours. With the panic's message.
    #[error("the run panicked: {0}")]
    Panicked(String),
}

/// No thread could be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot start a thread for runs")]
pub struct NoThread(#[source] std::io::Error);

/// Does `work` for each number below `count`, and tells on this thread what happens. Returns for how many
/// numbers it told a result: for all, unless `cancel` asked to stop; then no further run begins, and
/// those under way are waited for, so `work` should look at the same `cancel`.
///
/// # Errors
/// The system refuses every thread.
pub fn batch<T: Send, E: Send>(
    count: usize,
    options: BatchOptions,
    cancel: &Cancel,
    work: impl Fn(usize) -> Result<T, E> + Sync,
    mut tell: impl FnMut(BatchEvent<T, E>),
) -> Result<usize, NoThread> {
    let threads = options.threads.get().min(count);
    let window = SlidingWindow::new(count, threads.saturating_add(options.ahead));
    let (sender, messages) = mpsc::channel();
    std::thread::scope(|scope| {
        // Should `tell` panic, nobody waits for a result that is never told.
        let _close = CloseAtEnd(&window);
        for started in 0..threads {
            let (window, work, sender) = (&window, &work, sender.clone());
            let thread = Builder::new().name(format!("run-{started}"));
            let spawned = thread.spawn_scoped(scope, move || worker(window, cancel, work, &sender));
            match spawned {
                Err(error) if started == 0 => return Err(NoThread(error)),
                // Fewer do as well.
                Err(_) => break,
                Ok(_) => {}
            }
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut told = 0;
        for message in messages {
            match message {
                Message::Began(index) => tell(BatchEvent::Began { index }),
                Message::Ended(index, result) => {
                    tell(BatchEvent::Ended { index });
                    waiting.insert(index, result);
                }
            }
            while let Some(result) = waiting.remove(&told) {
                tell(BatchEvent::Result { index: told, result });
                told += 1;
                window.told(told);
            }
        }
        Ok(told)
    })
}

/// What a thread tells.
enum Message<T, E> {
    Began(usize),
    Ended(usize, Result<T, BatchFailure<E>>),
}

/// Takes one number after the other, until there is none or nobody listens.
fn worker<T, E>(
    window: &SlidingWindow,
    cancel: &Cancel,
    work: &impl Fn(usize) -> Result<T, E>,
    sender: &Sender<Message<T, E>>,
) {
    while let Some(index) = window.next(cancel) {
        if sender.send(Message::Began(index)).is_err() {
            return;
        }
        // What the run had made is gone with it, and `work` is only shared.
        let result = match catch_unwind(AssertUnwindSafe(|| work(index))) {
            Ok(result) => result.map_err(BatchFailure::Failed),
            Err(payload) => Err(BatchFailure::Panicked(message(payload.as_ref()))),
        };
        if sender.send(Message::Ended(index, result)).is_err() {
            return;
        }
    }
}

/// Returns the message of a panic.
fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}
