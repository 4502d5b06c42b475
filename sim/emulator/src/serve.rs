//! The server: listens, lets one thread own the engine and paces it, carries out what the engine
//! wants done. Must not know dialects.

mod clock;
mod http;
mod log;
mod message;
mod owner;
mod processes;
pub mod tokens;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

use crate::engine::Engine;
use crate::engine::cluster::{Dialect, Execute};
use crate::error::EmulatorError;
use crate::pacing::{Pace, Pacing};
use crate::serve::http::HttpService;
use crate::serve::log::Log;
use crate::serve::message::Message;
use crate::serve::owner::Owner;
use crate::serve::processes::Processes;

/// Requests that may wait for the engine.
const QUEUE: usize = 4096;

/// How the emulated clusters are served.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Where to listen; port 0 for one that is free.
    pub listen: SocketAddr,
    /// Whether others than this machine may call.
    pub allow_remote: bool,
    /// How time passes.
    pub pace: Pace,
    /// File for a line an execution.
    pub log: Option<PathBuf>,
    /// Folder for tokens and for the files of local commands.
    pub folder: PathBuf,
    /// Users for whom tokens are written.
    pub users: Vec<String>,
    /// Most processes at once, where commands really run.
    pub processes_max: usize,
}

/// A cluster that can be called.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Ready {
    /// Its name.
    pub cluster: String,
    /// Its dialect.
    pub dialect: &'static str,
    /// Where its API is.
    pub api_url: String,
    /// Where its tokens are; none where a header tells who calls.
    pub token_file: Option<PathBuf>,
}

/// What ends a server.
pub enum Stop {
    /// The value becomes `true`, or nobody can set it any more.
    Told(watch::Receiver<bool>),
    /// SIGINT (Ctrl-C) or SIGTERM.
    Signal,
}

/// Becomes `true` with the first SIGINT or SIGTERM.
fn signals(runtime: &tokio::runtime::Runtime) -> std::io::Result<watch::Receiver<bool>> {
    let _guard = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let (sender, receiver) = watch::channel(false);
    runtime.spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        // The server may have stopped by itself.
        let _ = sender.send(true);
    });
    Ok(receiver)
}

/// A server that listens, but does not answer yet.
pub struct Server {
    engine: Engine,
    listener: TcpListener,
    options: ServeOptions,
    ready: Vec<Ready>,
    log: Log,
}

impl Server {
    /// Begins to listen and writes the tokens, made with each cluster's `secrets`.
    ///
    /// # Errors
    /// An address that strangers could reach, or that cannot be had; files that cannot be written.
    pub fn bind(
        engine: Engine,
        secrets: &[String],
        options: ServeOptions,
    ) -> Result<Server, EmulatorError> {
        let address = options.listen;
        if !address.ip().is_loopback() {
            if !options.allow_remote {
                return Err(EmulatorError::NotLoopback(address));
            }
            let local = engine.clusters().find(|cluster| cluster.execute == Execute::Local);
            if let Some(cluster) = local {
                let cluster = cluster.name.clone();
                return Err(EmulatorError::LocalForStrangers { cluster, address });
            }
        }
        let listen = |source| EmulatorError::Listen { address, source };
        let listener = TcpListener::bind(address).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let mut ready = Vec::new();
        for (cluster, secret) in engine.clusters().zip(secrets) {
            let token_file = match cluster.dialect {
                Dialect::Oar3 => {
                    let now_s = crate::calendar::unix_s(engine.now());
                    Some(tokens::write(&options.folder, cluster, secret, &options.users, now_s)?)
                }
                Dialect::Oar2 => None,
            };
            ready.push(Ready {
                cluster: cluster.name.clone(),
                dialect: cluster.dialect.word(),
                api_url: format!("http://{address}/{}", cluster.name),
                token_file,
            });
        }
        let log = Log::create(options.log.as_deref())?;
        Ok(Server { engine, listener, options, ready, log })
    }

    /// The clusters, as they can be called.
    pub fn ready(&self) -> &[Ready] {
        &self.ready
    }

    /// Answers until `stop` says so. The calling thread owns the engine.
    ///
    /// # Errors
    /// The system has no threads for it, or the log cannot be written.
    pub fn run(self, stop: Stop) -> Result<(), EmulatorError> {
        let system = |doing| move |source| EmulatorError::System { doing, source };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(system("start threads for connections"))?;
        let Server { engine, listener, options, ready: _, log } = self;
        let (sender, receiver) = mpsc::channel::<Message>(QUEUE);
        let names = engine.clusters().map(|cluster| cluster.name.clone()).collect();
        let files = options.folder.join("files");
        let service = HttpService::new(names, sender.clone(), files.clone());
        let guard = runtime.enter();
        let listener =
            tokio::net::TcpListener::from_std(listener).map_err(system("listen asynchronously"))?;
        drop(guard);
        let accepting = runtime.spawn(service.accept(listener));
        let mut stop = match stop {
            Stop::Told(stop) => stop,
            Stop::Signal => signals(&runtime).map_err(system("wait for signals"))?,
        };
        let pacing = Pacing::new(options.pace, engine.now());
        let processes =
            Processes::new(runtime.handle().clone(), files, options.processes_max, sender);
        let mut owner = Owner::new(engine, pacing, log, processes);
        let done = runtime.block_on(owner.serve(receiver, &mut stop));
        accepting.abort();
        runtime.block_on(owner.close());
        runtime.shutdown_timeout(std::time::Duration::from_secs(1));
        done
    }
}
