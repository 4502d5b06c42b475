//! Commands that really run: each in a process group of its own, in a folder of the emulator, with
//! its files, its exit code and its death. Must not know why they run.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::{Component, Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use tokio::process::Command;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

use crate::engine::output::{CommandRun, Output};
use crate::serve::message::Message;
use crate::table::watcher::JobRef;

/// Raw status of a command that could not be started: exit code 127.
const NOT_STARTED: i32 = 127 << 8;
/// Raw status of a job whose directory is missing or whose files cannot be written.
const NO_FILES: i32 = 1 << 8;

/// The processes of local commands.
pub(super) struct Processes {
    runtime: Handle,
    folder: PathBuf,
    places: Arc<Semaphore>,
    owner: mpsc::Sender<Message>,
    running: BTreeMap<JobRef, Running>,
}

struct Running {
    orders: mpsc::UnboundedSender<i32>,
    task: JoinHandle<()>,
}

/// The signal that ends a process for certain.
const KILL: i32 = 9;

impl Processes {
    /// At most `places` processes at once, in folders below `folder`.
    pub(super) fn new(
        runtime: Handle,
        folder: PathBuf,
        places: usize,
        owner: mpsc::Sender<Message>,
    ) -> Processes {
        let places = Arc::new(Semaphore::new(places));
        Processes { runtime, folder, places, owner, running: BTreeMap::new() }
    }

    /// Carries out what the engine wants.
    pub(super) fn carry_out(&mut self, output: Output) {
        match output {
            Output::Run(command) => self.start(command),
            Output::Stop { job } => {
                if let Some(running) = self.running.remove(&job) {
                    // It may be over already.
                    let _ = running.orders.send(KILL);
                }
            }
            Output::Signal { job, signal } => {
                if let Some(running) = self.running.get(&job) {
                    let _ = running.orders.send(signal);
                }
            }
            Output::Over(_) => {}
        }
    }

    /// Ends all processes and waits for them.
    pub(super) async fn stop_all(&mut self) {
        for (_, running) in std::mem::take(&mut self.running) {
            let _ = running.orders.send(KILL);
            let _ = running.task.await;
        }
    }

    fn start(&mut self, command: CommandRun) {
        let (orders, received) = mpsc::unbounded_channel();
        let (places, owner, folder) =
            (Arc::clone(&self.places), self.owner.clone(), self.folder.clone());
        let job = command.job;
        let task = self.runtime.spawn(async move {
            let Ok(_place) = places.acquire_owned().await else { return };
            let status = run(&command, &folder, received).await;
            // The emulation may be over.
            let _ = owner.send(Message::CommandOver { job, status }).await;
        });
        self.running.insert(job, Running { orders, task });
    }
}

/// Runs a command to its end. Returns its raw wait status.
async fn run(command: &CommandRun, folder: &Path, mut orders: mpsc::UnboundedReceiver<i32>) -> i32 {
    if orders.try_recv() == Ok(KILL) {
        return KILL;
    }
    let Some(directory) = below(folder, &command.directory) else { return NO_FILES };
    let home = folder.join("home").join(&command.user);
    if tokio::fs::create_dir_all(&home).await.is_err() {
        return NO_FILES;
    }
    // Homes are made; any other directory is there or the job fails, as on a cluster.
    let Ok(stdout) = std::fs::File::create(directory.join(&command.stdout)) else {
        return NO_FILES;
    };
    let Ok(stderr) = std::fs::File::create(directory.join(&command.stderr)) else {
        return NO_FILES;
    };
    let started = Command::new("/bin/bash")
        .arg("-c")
        .arg(&command.command)
        .current_dir(&directory)
        .env("HOME", &home)
        .env("USER", &command.user)
        .env("OAR_JOB_ID", command.job.number.0.to_string())
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    let Ok(mut child) = started else { return NOT_STARTED };
    let group = child.id();
    loop {
        tokio::select! {
            ended = child.wait() => {
                // Whatever it left behind goes with it.
                signal(group, KILL).await;
                return ended.map_or(NOT_STARTED, |status| status.into_raw());
            }
            Some(order) = orders.recv() => signal(group, order).await,
        }
    }
}

/// Sends a signal to a process group. The shell does it, since no safe call of ours can.
async fn signal(group: Option<u32>, signal: i32) {
    let Some(group) = group else { return };
    let sent = Command::new("/bin/bash")
        .arg("-c")
        .arg(format!("kill -s {signal} -- -{group}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .await;
    if let Err(error) = sent {
        tracing::warn!(%error, group, "cannot send a signal");
    }
}

/// A path of the cluster below the emulator's folder; none for tricks with `..`.
fn below(folder: &Path, path: &str) -> Option<PathBuf> {
    let path = Path::new(path.trim_start_matches('/'));
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    plain.then(|| folder.join(path))
}
